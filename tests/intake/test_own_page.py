"""A person's own page: opened with a reference and a code, without an account; she sees hers, and nothing else."""

import html
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from asyncpg import InsufficientPrivilegeError
from sqlmodel import select

from contracts.asks import Disclose
from contracts.refusals import GrantWithdrawn
from contracts.viewer import Role, Viewer
from contracts.vocabulary import Representation
from services.intake import own_page
from services.intake.commands import WithdrawConsent
from services.intake.consent_handlers import withdraw_consent
from services.intake.data_request_tables import DataRequest
from services.intake.journal_tables import JournalEntry
from services.intake.own_page_rules import NEVER, in_groups, new_address, new_code, typed_address, typed_code
from services.intake.own_page_tables import PersonLink, PersonVisit
from services.intake.tables import ConsentGrant, Encounter, Handover, Person
from services.runtime.web import dates
from tests.intake.consent_record_world import agree
from tests.intake.people_world import People, a_desk, referent, text_of


def stranger(people: People, client: tuple[str, int] = ("127.0.0.1", 1)) -> httpx.AsyncClient:
    """A browser without any cookie, as a phone that photographed the sheet."""
    transport = httpx.ASGITransport(people.service.app, client=client)  # type: ignore[arg-type]
    headers = {"sec-fetch-site": "same-origin"}
    return httpx.AsyncClient(transport=transport, base_url="http://relais.test", headers=headers)


async def sheet(people: People, viewer: Viewer, person: UUID) -> tuple[str, str]:
    """The reference and the code of a new sheet, read off the page."""
    page = await (await people.client(viewer)).post(f"/personnes/{person}/sa-page")
    assert page.status_code == 200, page.text[:2000]
    reference, code = re.findall(r'<dd class="big">([^<]+)</dd>', page.text)
    return reference, code


async def opened(people: People, viewer: Viewer, person: UUID) -> httpx.AsyncClient:
    """The browser of the person, on her page."""
    reference, code = await sheet(people, viewer, person)
    browser = stranger(people)
    answer = await browser.post("/moi", data={"reference": reference, "code": code})
    assert answer.status_code == 303 and answer.headers["location"] == "/moi/page", answer.text[:2000]
    return browser


def hidden(page: str, name: str) -> str:
    return html.unescape(re.search(rf'name="{name}" value="([^"]*)"', page)[1])  # type: ignore[index]


async def test_the_sheet_opens_the_page_and_its_code_is_shown_once(people: People):
    viewer = referent()
    person = await people.meet(viewer, last_name="Brindamour")
    reference, code = await sheet(people, viewer, person)
    again = await (await people.client(viewer)).get(f"/personnes/{person}/sa-page")
    assert code not in again.text and "pas encore" in text_of(again.text)
    assert "Relais n’en envoie pas encore" in text_of(again.text)
    browser = stranger(people)
    door = await browser.get(f"/moi/r/{reference.replace(' ', '')}")
    assert door.status_code == 200 and 'name="code"' in door.text and "Brindamour" not in door.text
    answer = await browser.post("/moi", data={"reference": reference.lower(), "code": code.replace(" ", "")})
    assert answer.headers["location"] == "/moi/page"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/moi" in cookie
    page = await browser.get("/moi/page")
    assert page.status_code == 200 and "Brindamour" in page.text
    assert page.headers["x-robots-tag"].startswith("noindex")
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")


async def test_whatever_does_not_open_is_one_answer(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    reference, code = await sheet(people, viewer, person)
    wrong = "0000 0000" if code != "0000 0000" else "1111 1111"
    browser = stranger(people)
    pages = []
    for given in ({"reference": reference, "code": wrong}, {"reference": "ZZZZ ZZZZ", "code": code},
                  {"reference": "pas une référence", "code": code}):  # fmt: skip
        answer = await browser.post("/moi", data=given)
        assert answer.status_code == 422 and "set-cookie" not in answer.headers
        pages.append(re.sub(r'(<input[^>]*name="reference"[^>]*value=")[^"]*', r"\1", answer.text))
    assert len(set(pages)) == 1


async def test_five_wrong_codes_lock_the_sheet_and_the_right_one_opens_nothing_more(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    reference, code = await sheet(people, viewer, person)
    browser = stranger(people)
    for number in range(5):
        await browser.post("/moi", data={"reference": reference, "code": f"1234567{number}"})
    assert (await browser.post("/moi", data={"reference": reference, "code": code})).status_code == 422
    assert (await browser.get("/moi/page")).headers["location"] == "/moi"
    page = text_of((await (await people.client(viewer)).get(f"/personnes/{person}/sa-page")).text)
    assert "trop de codes faux" in page
    refused = await people.rows(JournalEntry, JournalEntry.person == person, JournalEntry.outcome == "refused")
    assert len(refused) == 5
    reference, code = await sheet(people, viewer, person)
    assert (await browser.post("/moi", data={"reference": reference, "code": code})).status_code == 303


async def test_a_network_that_tries_too_often_waits(people: People):
    browser = stranger(people, client=("203.0.113.9", 4711))
    answers = [
        (await browser.post("/moi", data={"reference": "ZZZZ ZZZZ", "code": "12345678"})).status_code
        for _ in range(21)
    ]
    assert answers == [422] * 20 + [429]
    assert (await stranger(people, client=("198.51.100.7", 1)).post(
        "/moi", data={"reference": "ZZZZ ZZZZ", "code": "12345678"})).status_code == 422  # fmt: skip


async def test_nothing_that_opens_the_page_can_be_read_from_the_database(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    reference, code = await sheet(people, viewer, person)
    browser = stranger(people)
    await browser.post("/moi", data={"reference": reference, "code": code})
    [link] = await people.rows(PersonLink, PersonLink.person == person)
    [visit] = await people.rows(PersonVisit, PersonVisit.person == person)
    kept = str(link.model_dump()) + str(visit.model_dump())
    assert code.replace(" ", "") not in kept and browser.cookies["relais_moi"] not in kept
    assert link.address == reference.replace(" ", "") and link.made_by == viewer.account


async def test_a_visit_ends_by_itself_when_closed_and_with_a_new_sheet(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    browser = await opened(people, viewer, person)
    cookie = browser.cookies["relais_moi"]
    for minutes, there in ((14, True), (28, True), (44, False)):
        at = datetime.now(UTC) + timedelta(minutes=minutes)
        async with people.work(None, at) as work:
            assert (await own_page.visitor_of(cookie, work) is not None) is there, minutes
    for way in ("closed", "new sheet", "ended"):
        browser = await opened(people, viewer, person)
        assert (await browser.get("/moi/page")).status_code == 200
        if way == "closed":
            await browser.post("/moi/fermer")
        elif way == "new sheet":
            await sheet(people, viewer, person)
        else:
            await _end(people, viewer, person)
        assert (await browser.get("/moi/page")).headers["location"] == "/moi", way


async def _end(people: People, viewer: Viewer, person: UUID) -> None:
    await (await people.client(viewer)).post(f"/personnes/{person}/sa-page/fin")


async def test_a_sheet_serves_for_as_long_as_the_territory_says(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    async with people.work(viewer) as work:
        made = await own_page.make_link(viewer, person, work, people.keys, 30)
    for days, opens in ((29, True), (31, False)):
        async with people.work(None, datetime.now(UTC) + timedelta(days=days)) as work:
            assert (await own_page.open_visit(made.link.address, made.code, work, people.keys) is not None) is opens


async def test_the_page_says_who_may_read_what_today_and_who_read_it(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer, phone="06 99 88 77 66")
    grant = await people.agree(viewer, person, desk)
    browser = await opened(people, viewer, person)
    page = text_of((await browser.get("/moi/page")).text)
    assert "Aujourd’hui, 1 guichet a votre accord." in page and "Caf de Valbrume, Accueil social" in page
    assert "il n’a pas de demande en cours" in page
    ref = await people.hand_over(viewer, person, grant, desk, "sent")
    async with people.service.database.worker() as work:
        await work.execute(
            "UPDATE handover SET convention = :one, convention_starts = now() - interval '1 day',"
            " convention_ends = now() + interval '1 day' WHERE ref = :ref", one=uuid4(), ref=ref,
        )  # fmt: skip
    agent = viewer.model_copy(update={
        "account": uuid4(), "organisation": desk.organisation, "desks": (desk.desk,),
        "roles": frozenset({Role.DESK_AGENT}),
    })  # fmt: skip
    await people.partners.ask(Disclose(viewer=agent, referrals=(ref,)))  # type: ignore[union-attr]
    page = text_of((await browser.get("/moi/page")).text)
    assert "Peut lire" in page and "Un agent a lu une fois" in page and "Téléphone" in page
    assert "99 88 77 66" not in page
    printed = text_of((await (await people.client(viewer)).get(f"/personnes/{person}/sa-page/papier")).text)
    assert "Un agent a lu une fois" in printed and "Fermer ma page" not in printed


async def test_she_withdraws_on_her_page_as_through_her_referent(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    grant = await people.agree(viewer, person, desk)
    ref = await people.hand_over(viewer, person, grant, desk, "sent")
    browser = await opened(people, viewer, person)
    page = (await browser.get(f"/moi/accords/{grant}")).text
    form = {"command_id": hidden(page, "command_id"), "change": "withdraw"}
    for _ in range(2):
        assert (await browser.post(f"/moi/accords/{grant}", data=form)).headers["location"] == "/moi/page"
    [row] = await people.rows(ConsentGrant, ConsentGrant.ref == grant)
    [handover] = await people.rows(Handover, Handover.ref == ref)
    assert row.withdrawn_at is not None and row.epoch == 2 and handover.readable_until == row.withdrawn_at
    [told] = [one for one in await people.facts(grant) if one["type"] == "consent.withdrawn.v1"]
    assert told["actor_kind"] == "person" and told["data"]["referrals"] == [str(ref)]
    entries = await people.rows(JournalEntry, JournalEntry.person == person, JournalEntry.kind == "consent_withdrawn")
    assert [(one.actor_kind, one.viewer, one.viewer_organisation) for one in entries] == [("person", person, None)]
    assert "aucun guichet n’a votre accord" in text_of((await browser.get("/moi/page")).text)
    assert (await browser.get(f"/moi/accords/{grant}")).status_code == 404


async def test_she_keeps_a_part_of_what_she_agreed_to(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    grant = await people.agree(viewer, person, desk)
    browser = await opened(people, viewer, person)
    page = (await browser.get(f"/moi/accords/{grant}")).text
    form = {
        "command_id": hidden(page, "command_id"), "change": "narrow", "categories": ["identity_min"],
        "rights": ["rsa"], "until": hidden(page.replace('type="date" ', "").replace("\n", " "), "until"),
    }  # fmt: skip
    answer = await browser.post(f"/moi/accords/{grant}", data=form)
    assert answer.status_code == 303, text_of(answer.text)[:1500]
    [row] = await people.rows(ConsentGrant, ConsentGrant.ref == grant)
    assert row.categories == ["identity_min"]
    nothing = {**form, "command_id": str(uuid4()), "categories": []}
    assert (await browser.post(f"/moi/accords/{grant}", data=nothing)).status_code == 422


async def test_what_is_refused_of_an_agreement_is_said_and_what_she_chose_is_kept(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    grant = await people.agree(viewer, person, desk)
    browser = await opened(people, viewer, person)
    form = {"command_id": str(uuid4()), "change": "narrow", "categories": ["identity_min"], "rights": ["rsa"]}
    past = await browser.post(f"/moi/accords/{grant}", data={**form, "until": "2020-01-01"})
    assert past.status_code == 422 and "Cette date est passée" in past.text and 'value="2020-01-01"' in past.text
    assert re.findall(r'name="categories" value="(\w+)"[^>]* checked', past.text) == ["identity_min"]
    async with people.work(viewer) as work:
        await withdraw_consent(WithdrawConsent(grant=grant), work)
    over = await browser.post(f"/moi/accords/{grant}", data=form)
    assert over.status_code == GrantWithdrawn.status and "Vous avez déjà retiré cet accord." in over.text
    assert 'name="change"' not in over.text


async def test_an_agreement_whose_representative_speaks_for_her_no_more_is_shown_as_over(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    now = datetime.now(UTC)
    said = {"with_proxy": Representation.TUTELLE, "representative": "X", "expires_at": now + timedelta(days=100)}
    for days, shown in ((10, True), (-10, False)):
        until = (now + timedelta(days=days)).date()
        await agree(people, viewer, person, desk, now - timedelta(days=60), represented_until=until, **said)
        page = text_of((await (await opened(people, viewer, person)).get("/moi/page")).text)
        assert page.count(dates.until(until)) == shown and ("accords terminés (1)" in page) is not shown


@pytest.mark.parametrize("kind", ["access", "rectification", "erasure", "limitation", "opposition"])
async def test_she_asks_about_her_data_and_sees_until_when_she_is_answered(people: People, kind: str):
    viewer = referent()
    person = await people.meet(viewer)
    browser = await opened(people, viewer, person)
    page = (await browser.get("/moi/demande")).text
    form = {"command_id": hidden(page, "command_id"), "kind": kind, "words": "Ma date de naissance est fausse."}
    for _ in range(2):
        assert (await browser.post("/moi/demande", data=form)).status_code == 303
    [row] = await people.rows(DataRequest, DataRequest.person == person)
    assert (row.kind, row.origin, row.state) == (kind, "person_page", "received")
    assert "bien reçue, réponse avant le" in text_of((await browser.get("/moi/page")).text)
    refused = await browser.post("/moi/demande", data={**form, "words": "2 69 05 49 588 157 80"})
    assert refused.status_code == 422


async def test_on_her_page_she_reaches_no_other_person_even_of_the_same_team(people: People):
    viewer, desk = referent(), a_desk()
    hers, other = await people.meet(viewer), await people.meet(viewer, last_name="Autrefois")
    grant = await people.agree(viewer, other, desk)
    ref = await people.hand_over(viewer, other, grant, desk, "sent")
    browser = await opened(people, viewer, hers)
    for path in (f"/moi/accords/{grant}", f"/moi/orientations/{ref}"):
        assert (await browser.get(path)).status_code == 404
        form = {"command_id": str(uuid4()), "change": "withdraw", "answer": "non"}
        assert (await browser.post(path, data=form)).status_code == 404
    for path in (f"/personnes/{hers}", "/personnes", "/aujourdhui", f"/personnes/{hers}/sa-page"):
        assert (await browser.get(path)).headers["location"].startswith("/connexion")


async def test_row_security_shows_her_rows_alone_whatever_the_code_asks_for(people: People):
    viewer, desk = referent(), a_desk()
    hers, other = await people.meet(viewer), await people.meet(viewer)
    for person in (hers, other):
        await people.agree(viewer, person, desk)
    herself = own_page.herself(hers, viewer.organisation, "valbrume")
    async with people.work(herself) as work:
        for table, column in ((Person, Person.ref), (Encounter, Encounter.person), (ConsentGrant, ConsentGrant.person),
                              (JournalEntry, JournalEntry.person)):  # fmt: skip
            assert set((await work.session.exec(select(column))).all()) == {hers}, table
    with pytest.raises(InsufficientPrivilegeError):
        async with people.work(herself) as work:
            await work.execute("INSERT INTO encounter (ref, person, organisation, referent, channel, met_on, at) VALUES"
                               " (:ref, :other, :mine, :ref, 'permanence', now(), now())",
                               ref=uuid4(), other=other, mine=viewer.organisation)  # fmt: skip


async def test_another_site_can_change_nothing_on_her_page(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    grant = await people.agree(viewer, person, desk)
    browser = await opened(people, viewer, person)
    form = {"command_id": str(uuid4()), "change": "withdraw"}
    for site in ("cross-site", "same-site"):
        answer = await browser.post(f"/moi/accords/{grant}", data=form, headers={"sec-fetch-site": site})
        assert answer.status_code == 403
    [row] = await people.rows(ConsentGrant, ConsentGrant.ref == grant)
    assert row.withdrawn_at is None


async def test_a_colleague_elsewhere_cannot_make_a_sheet(people: People):
    person = await people.meet(referent())
    client = await people.client(referent())
    for path in ("", "/papier"):
        assert (await client.get(f"/personnes/{person}/sa-page{path}")).status_code == 404
    for path in ("", "/fin"):
        assert (await client.post(f"/personnes/{person}/sa-page{path}")).status_code == 404


def test_a_reference_and_a_code_are_read_as_people_type_them():
    address, code = new_address(2**63 + 12345), new_code(2**100 + 7)
    assert len(address) == len(code) == 8
    for typed in (in_groups(address), address.lower(), f" {address[:4]}-{address[4:]} "):
        assert typed_address(typed) == address
    for typed in (in_groups(code), f"{code[:4]}.{code[4:]}"):
        assert typed_code(typed) == code
    assert typed_address("K7M2 P4Q") == typed_address("OOOO IIII") == typed_code("1234567a") == NEVER


def test_a_text_message_is_only_offered_where_one_can_be_sent():
    assert own_page.ways_to_hand((), phone_known=True) == (own_page.Handed.IN_PERSON,)
    assert own_page.ways_to_hand(("sms",), phone_known=False) == (own_page.Handed.IN_PERSON,)
    assert own_page.Handed.SMS in own_page.ways_to_hand(("sms",), phone_known=True)
