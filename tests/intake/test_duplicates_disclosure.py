"""A merge widens nothing: a desk reads what its own grant covers of the file handed to it, before as after."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from contracts.consent import Category, Disclosure
from contracts.refusals import Refusal
from contracts.viewer import Viewer
from contracts.vocabulary import Channel, HousingKind, Purpose
from services.intake.commands import AskedDesk, MeetPerson, RecordConsent, SituationNow, WithdrawConsent
from services.intake.consent_handlers import record_consent, withdraw_consent
from services.intake.duplicate_merging import MergeFiles, UndoMerge, compare, merge_files, undo_merge
from services.intake.duplicates import KEPT, MERGED
from services.intake.handlers import meet_person
from services.intake.handover import HandOver, hand_over
from services.intake.tables import Handover, Person, Situation
from tests.intake.handover_world import Ready, World
from tests.intake.pages_world import fields, only

NARROW = frozenset({Category.IDENTITY_MIN, Category.BIRTH_DATE})


async def second_file(world: World, one: Ready, other: Ready) -> tuple[UUID, UUID, UUID]:
    """The same person met again by the same referent, handed over to another desk for less: file, grant, hand-over."""
    viewer = one.referent
    async with world.service.database.web(viewer) as work:
        met = MeetPerson(
            channel=Channel.PERMANENCE, first_name="Amina", last_name="Kaddour", birth_date=None,
            phone="07 11 22 33 44", postal_address="3 rue du Puits", situation=SituationNow(housing=HousingKind.HOSTED),
        )  # fmt: skip
        person = await meet_person(met, work, world.keys)
        await work.session.flush()
        fields = {"organisation", "organisation_name", "organisation_kind", "desk", "desk_name"}
        to = AskedDesk.model_validate(other.recipient.model_dump(include=fields))
        agreed = RecordConsent(
            person=person, to=to, purpose=Purpose.OPEN_RIGHT, categories=NARROW, rights=frozenset({"rsa"}),
            expires_at=work.now + timedelta(days=60),
        )  # fmt: skip
        grant = await record_consent(agreed, work)
    command = HandOver(
        command_id=uuid4(), person=person, right="rsa", desk=other.recipient.desk, contact=other.recipient.contact
    )
    sent = await hand_over(command, viewer, world.service, world.keys)
    return person, grant, sent.ref


async def read(world: World, agent: Viewer, ref: UUID) -> dict[str, object] | str:
    """What a desk reads of one hand-over: the values by field, or the slug of the refusal."""
    (row,) = await world.disclose(agent, ref)
    if row.disclosure is None:
        return str((row.refusal or {}).get("slug"))
    found: Disclosure = row.disclosure
    return {item.category.value: item.model_dump() for item in found.shared}


async def merged(world: World, viewer: Viewer, kept: UUID, other: UUID, choice: str) -> UUID:
    async with world.service.database.web(viewer) as work:
        found = await compare(viewer, work, kept, other, world.keys)
        choices = {one.field: choice for one in found.differ}
        command = MergeFiles(kept=kept, merged=other, choices=choices, seen=found.seen)
        return await merge_files(command, work, world.keys)


async def test_a_merge_shows_no_desk_anything_that_it_did_not_read_before(world: World):
    one, other = await world.ready(), await world.ready()
    first = (await world.hand_over(one)).ref
    person, _, second = await second_file(world, one, other)
    agents = ((one.agent, first), (other.agent, second))
    before = [await read(world, agent, ref) for agent, ref in agents]
    assert all(isinstance(found, dict) for found in before)
    merge = await merged(world, one.referent, one.person, person, KEPT)
    assert [await read(world, agent, ref) for agent, ref in agents] == before
    assert await read(world, other.agent, first) == await read(world, one.agent, second) == "not-found"
    # Row-level security, without the rule above it: each desk reaches the file that was handed to it, and no other.
    for agent, mine in ((one.agent, one.person), (other.agent, person)):
        async with world.service.database.web(agent) as work:
            files = (await work.session.exec(select(Person.ref).where(col(Person.ref).in_((one.person, person))))).all()
            situations = (await work.session.exec(select(Situation.person))).all()
        assert list(files) == [mine] and set(situations) <= {mine}
    async with world.service.database.web(one.referent) as work:
        await undo_merge(UndoMerge(kept=one.person, merge=merge), work, world.keys)
    assert [await read(world, agent, ref) for agent, ref in agents] == before


async def test_a_value_of_the_other_file_is_read_only_where_a_grant_covers_it(world: World):
    one, other = await world.ready(), await world.ready()
    first = (await world.hand_over(one)).ref
    person, _, second = await second_file(world, one, other)
    before = await read(world, one.agent, first), await read(world, other.agent, second)
    await merged(world, one.referent, one.person, person, MERGED)
    after = await read(world, one.agent, first), await read(world, other.agent, second)
    assert set(after[0]) == set(before[0]) and "06 12 34 56 78" in str(before[0])
    assert "07 11 22 33 44" in str(after[0]) and "rue du Puits" not in str(after[0])
    assert after[1] == before[1]


async def test_a_grant_of_the_merged_file_is_withdrawn_from_the_kept_one_and_touches_no_other(world: World):
    one, other = await world.ready(), await world.ready()
    first = (await world.hand_over(one)).ref
    person, grant, second = await second_file(world, one, other)
    await merged(world, one.referent, one.person, person, KEPT)
    browser = world.browser(one.referent)
    assert (await browser.get(f"/orientations/{second}")).status_code == 200
    async with world.service.database.web(one.referent) as work:
        assert await withdraw_consent(WithdrawConsent(grant=grant), work) == person
    assert isinstance(await read(world, one.agent, first), dict)
    assert await read(world, other.agent, second) == "grant-withdrawn"


async def test_a_grant_of_one_file_opens_no_new_referral_of_the_other(world: World):
    one, other = await world.ready(), await world.ready()
    person, _, _ = await second_file(world, one, other)
    await merged(world, one.referent, one.person, person, KEPT)
    command = HandOver(
        command_id=uuid4(), person=one.person, right="rsa", desk=other.recipient.desk, contact=other.recipient.contact
    )
    for file, slug in ((one.person, "no-live-grant"), (person, "file-merged")):
        with pytest.raises(Refusal) as refused:
            await hand_over(command.model_copy(update={"person": file}), one.referent, world.service, world.keys)
        assert refused.value.slug == slug


async def test_a_draft_of_the_merged_file_goes_on_in_the_kept_one(world: World):
    one, other = await world.ready(), await world.ready()
    person, _, _ = await second_file(world, one, other)
    only(world, one)
    browser, kept = world.browser(one.referent), fields(one, action="keep", message="Plutôt le soir")
    assert (await browser.post(f"/personnes/{person}/confier", data=kept)).status_code == 303
    async with world.service.database.worker() as work:
        unsent = col(Handover.step).in_(("draft", "awaiting_consent"))
        query = select(Handover.ref).where(Handover.person == person, unsent)
        draft = (await work.session.exec(query)).one()
    await merged(world, one.referent, one.person, person, KEPT)
    page = await browser.get(f"/personnes/{one.person}/confier?brouillon={draft}&chez={kept['chosen']}&droit=rsa")
    assert page.status_code == 200 and "Plutôt le soir" in page.text
    sent = fields(one, draft=str(draft), message="Plutôt le soir")
    assert (await browser.post(f"/personnes/{one.person}/confier", data=sent)).status_code == 303
    row = await world.row(draft)
    assert (row.person, row.step, row.grant) == (one.person, "sent", one.grant)
    assert world.keys.open(one.person, "need_summary", row.need_summary) == "Plutôt le soir"
