"""The second lock as it stands now: conventions as they are told, routes as the DPO keeps them."""

import re
from datetime import timedelta
from uuid import uuid4

import asyncpg
import httpx
import pytest

from contracts.envelope import Envelope
from contracts.facts import ConventionRecorded
from contracts.refusals import NoConvention, NoRoute, NotFound, PurposeNotRouted
from contracts.replies import ConventionState
from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind
from services.intake import web_erasures
from services.intake.commands import WithdrawConsent
from services.intake.consent_handlers import withdraw_consent
from services.intake.conventions import learn_conventions
from services.runtime.web.guard import session_hash
from tests.intake.handover_world import YEAR, Ready, World, person_at_work
from tests.intake.pages_world import text


def told(ready: Ready, at, *, ends, revision: int, **other) -> ConventionRecorded:
    values = {"ref": ready.recipient.convention, "organisation": ready.recipient.organisation, "starts": at - YEAR}
    return ConventionRecorded(**(values | other), ends=ends, revision=revision, at=at)


async def take(world: World, *facts) -> None:
    envelopes = [
        Envelope.of(fact, source="partners", time=fact.at, territory="valbrume", actor_kind="dpo") for fact in facts
    ]
    await world.service.inbox.take("intake-convention", envelopes)


async def read(world: World, ready: Ready, ref):
    [answer] = await world.disclose(ready.agent, ref)
    return answer


async def test_a_convention_ended_early_closes_the_lock_at_the_next_reading(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    now = world.service.clock()
    await take(world, told(ready, now, ends=now + YEAR, revision=1))
    assert (await read(world, ready, ref)).disclosure is not None
    await take(world, told(ready, now, ends=now - timedelta(seconds=1), revision=2))
    answer = await read(world, ready, ref)
    assert answer.disclosure is None and answer.refusal["slug"] == NoConvention.slug
    assert answer.refusal["lock"] == "route" and "convention" in answer.refusal["opened_by"]
    # A telling that comes late, or again, does not open it.
    await take(world, told(ready, now, ends=now + YEAR, revision=1))
    assert (await read(world, ready, ref)).disclosure is None
    await take(world, told(ready, now, ends=now + YEAR, revision=3))
    assert (await read(world, ready, ref)).disclosure is not None


async def test_a_new_convention_opens_what_was_handed_over_under_one_that_ended(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    now = world.service.clock()
    await take(world, told(ready, now, ends=now - timedelta(seconds=1), revision=2))
    assert (await read(world, ready, ref)).disclosure is None
    await take(world, told(ready, now, ends=now + YEAR, revision=1, ref=uuid4()))
    assert (await read(world, ready, ref)).disclosure is not None


async def test_what_the_bus_lost_is_learnt_from_the_directory(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    now = world.service.clock()
    ended = ConventionState(
        ref=ready.recipient.convention, organisation=ready.recipient.organisation, starts=now - YEAR,
        ends=now - timedelta(seconds=1), revision=2,
    )  # fmt: skip

    world.directory.conventions = [ended]
    assert await learn_conventions(world.service) == [ended.ref]
    assert (await read(world, ready, ref)).refusal["slug"] == NoConvention.slug


# --- the DPO's pages ----------------------------------------------------------------------------------------------


@pytest.fixture
def dpo() -> Viewer:
    return person_at_work(uuid4(), OrganisationKind.EPCI, Role.DPO)


def browser(world: World, viewer: Viewer) -> httpx.AsyncClient:
    world.sessions[session_hash(viewer.account.hex)] = viewer
    return world.browser(viewer)


HERE = "/circuits/france_travail/caf"
FORM = {"basis": "social_action", "purposes": ["open_right"], "why": "Délibération du 12 mars"}


async def test_the_dpo_sees_what_a_decision_closes_then_ends_a_circuit_and_opens_it_anew(world: World, dpo):
    ready = await world.ready(sender=OrganisationKind.FRANCE_TRAVAIL)
    ref = (await world.hand_over(ready)).ref
    async with browser(world, dpo) as pages:
        matrix = await pages.get("/circuits")
        assert "Depuis France Travail" in text(matrix) and f'<b>Vers</b> <a href="{HERE}">Caf<span' in matrix.text
        asked = await pages.post(HERE, data={"action": "preview_end"})
        assert asked.status_code == 200 and "1 orientation en cours ne serait plus lisible" in text(asked)
        assert (await read(world, ready, ref)).disclosure is not None, "nothing happened yet"
        done = await pages.post(HERE, data={"action": "end", "why": "Décision du comité"})
        assert done.status_code == 303
        closed = await read(world, ready, ref)
        assert closed.refusal["slug"] == NoRoute.slug and "DPO" in closed.refusal["opened_by"]
        opened = await pages.post(HERE, data=FORM | {"action": "validate"})
        assert opened.status_code == 303
        found = (await read(world, ready, ref)).disclosure
        assert (found.basis, found.route_version) == ("social_action", 2), "a disclosure names the version it passed"
        shown = text(await pages.get(HERE))
        assert "Version 2 validée" in shown and "Version 1 arrêtée" in shown and "Décision du comité" in shown
    assert [one.route_version for one in await world.journal(ref) if one.kind == "disclosed"] == [1, 0, 2]


async def test_a_version_for_other_purposes_closes_the_second_lock_and_says_so(world: World, dpo):
    ready = await world.ready(sender=OrganisationKind.CARSAT)
    ref = (await world.hand_over(ready)).ref
    async with browser(world, dpo) as pages:
        form = FORM | {"purposes": ["appointment"]}
        here = "/circuits/carsat/caf"
        assert "1 orientation en cours" in text(await pages.post(here, data=form | {"action": "preview"}))
        assert (await pages.post(here, data=form | {"action": "validate"})).status_code == 303
        answer = await read(world, ready, ref)
        assert (answer.refusal["slug"], answer.refusal["lock"]) == (PurposeNotRouted.slug, "route")
        await pages.post(here, data=FORM | {"action": "validate"})
    assert (await read(world, ready, ref)).disclosure is not None


async def test_a_past_version_is_never_edited_and_a_coming_one_waits_for_its_day(world: World, dpo):
    here, pair = "/circuits/departement/mdph", ("departement", "mdph")

    async def versions():
        async with world.service.database.worker() as work:
            rows = await work.execute(
                "SELECT version, valid_from, valid_until, basis FROM sharingroute WHERE sender_kind = :a"
                " AND recipient_kind = :b ORDER BY version",
                a=pair[0], b=pair[1],
            )  # fmt: skip
            return list(rows)

    later = (world.service.clock() + timedelta(days=9)).date().isoformat()
    async with browser(world, dpo) as pages:
        await pages.post(here, data=FORM | {"action": "validate"})
        [first] = await versions()
        await pages.post(here, data=FORM | {"action": "validate", "starts": later, "basis": "same_follow_up"})
        one, two = await versions()
        assert (one.version, one.valid_from, one.basis) == (1, first.valid_from, first.basis)
        assert one.valid_until == two.valid_from and two.valid_until is None
        await pages.post(here, data=FORM | {"action": "validate"})
        one, two, three = await versions()
        assert two.valid_until == two.valid_from, "what had not begun never does"
        assert three.version == 3 and three.valid_until is None
        past = await pages.post(here, data=FORM | {"action": "validate", "starts": "2020-01-01"})
        assert past.status_code == 422 and len(await versions()) == 3


async def test_a_decision_without_a_reason_or_by_somebody_else_is_none(world: World, dpo):
    async with browser(world, dpo) as pages:
        short = await pages.post(HERE, data=FORM | {"why": " ", "action": "validate"})
        assert short.status_code == 422 and "Dites pourquoi" in text(short) and "social_action" in short.text
        assert (await pages.get("/circuits/ccas/nowhere")).status_code == NotFound.status
    for role in (Role.ADMINISTRATOR, Role.COORDINATOR, Role.REFERENT, Role.DESK_MANAGER):
        async with browser(world, person_at_work(uuid4(), OrganisationKind.EPCI, role)) as pages:
            assert (await pages.get("/circuits")).status_code == 403
            assert (await pages.post(HERE, data=FORM | {"action": "end"})).status_code == 403
    referent = person_at_work(uuid4(), OrganisationKind.EPCI, Role.REFERENT)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with world.service.database.web(referent) as work:
            await work.execute(
                "INSERT INTO sharingroute (ref, sender_kind, recipient_kind, basis, purposes, version, valid_from)"
                " VALUES (:ref, 'ccas', 'bailleur', 'person_agreement', '{open_right}', 1, :now)",
                ref=uuid4(), now=work.now,
            )  # fmt: skip


async def test_the_dpo_sees_the_overdue_first_how_many_wait_and_no_name(
    world: World, dpo, monkeypatch: pytest.MonkeyPatch
):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    await world.disclose(ready.agent, ref)
    async with world.service.database.web(ready.referent) as work:
        await withdraw_consent(WithdrawConsent(grant=ready.grant), work)
    async with world.service.database.worker() as work:
        await work.execute("UPDATE erasurerequest SET due_on = '2026-01-05' WHERE handover = :ref", ref=ref)
    async with browser(world, dpo) as pages:
        answer = await pages.get("/effacements")
        monkeypatch.setattr(web_erasures, "MOST", 0)
        cut = text(await pages.get("/effacements"))
    assert "1 demande en retard" in cut and "Caf de Valbrume" not in cut
    assert re.search(r"\b[1-9]\d* de plus viendront ici", cut)
    shown = text(answer)
    assert "1 demande en retard" in shown and "de plus" not in shown
    assert "Caf de Valbrume, Accès aux droits En retard" in shown
    assert "Kaddour" not in answer.text and str(ready.person) not in answer.text
