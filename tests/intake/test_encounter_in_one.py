"""An encounter noted in one go: all of it in one transaction, once, or nothing at all."""

from datetime import date
from uuid import uuid4

import pytest

from contracts.refusals import InvalidInput, SocialSecurityNumberRefused
from contracts.vocabulary import Channel, ConsentMethod, Ground
from services.intake.commands import AskedDesk, MeetPerson
from services.intake.domain import DEFAULT_GRANT_AGE
from services.intake.encounter_in_one import (
    AgreedDesk,
    Agreement,
    RecordEncounter,
    agreed_desks,
    birth_of,
    method_of,
    noted,
    record_encounter,
)
from services.intake.tables import ConsentGrant, Encounter, Person, PresumedRight
from tests.intake.people_world import People, a_desk, asked, referent, text_of


def form(**more: object) -> dict[str, object]:
    return {
        "command_id": str(uuid4()), "first_name": "Orphélie", "last_name": "Sarcebrune", "birth_date": "29021988",
        "channel": "permanence", **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "day"),
    [("29/02/1988", date(1988, 2, 29)), ("29021988", date(1988, 2, 29)), ("1988-02-29", date(1988, 2, 29)),
     ("1.2.1988", None), ("30/02/1988", None), ("02/1988", None), ("abcdefgh", None)],
)  # fmt: skip
def test_a_birth_date_is_typed_as_people_type_it(typed: str, day: date | None) -> None:
    if day is not None:
        assert birth_of(typed, False) == day
    else:
        with pytest.raises(InvalidInput) as refused:
            birth_of(typed, False)
        assert refused.value.field == "birth_date"


def test_not_knowing_her_birth_date_is_said_not_left_empty() -> None:
    assert birth_of("", True) is None
    with pytest.raises(InvalidInput):
        birth_of("  ", False)


def test_a_right_gets_its_usual_ground_unless_one_is_said() -> None:
    usual = {one.right: one.ground for one in noted(["apl", "rsa", "apl", "aspa"], None, None)}
    assert usual == {"apl": Ground.HOUSING, "rsa": Ground.RESOURCES, "aspa": Ground.AGE}
    assert {one.ground for one in noted(["apl", "rsa"], Ground.LOST_RIGHT, None)} == {Ground.LOST_RIGHT}


def test_a_desk_gets_the_agreement_for_its_own_rights_alone() -> None:
    desk, other = a_desk(rights=("rsa", "apl")), a_desk("Logement", rights=("fsl",))
    choices = {one.desk: (asked(one), frozenset(one.rights)) for one in (desk, other)}
    [agreed] = agreed_desks(choices, [desk.desk, desk.desk], ["rsa", "css"])
    assert agreed.rights == {"rsa"}
    for chosen, rights, field in (([other.desk], ["rsa"], "desks"), ([uuid4()], ["rsa"], "desks"),
                                  ([desk.desk], [], "rights")):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            agreed_desks(choices, chosen, rights)
        assert refused.value.field == field
    assert method_of(Channel.TELEPHONE) is ConsentMethod.ORAL_BY_PHONE


async def test_everything_is_kept_or_nothing_is(people: People):
    viewer, desk = referent(), a_desk()
    meeting = MeetPerson(channel=Channel.MARAUDE, first_name="Ismène", last_name="Dutoncle")
    async with people.work(viewer) as work:
        late = Agreement(
            desks=(AgreedDesk(to=AskedDesk.model_validate(desk.model_dump()), rights=frozenset({"rsa"})),),
            expires_at=work.now + 2 * DEFAULT_GRANT_AGE,
        )
    with pytest.raises(InvalidInput):  # the agreement, which comes last, lasts too long
        async with people.work(viewer) as work:
            command = RecordEncounter(meeting=meeting, rights=noted(["rsa"], None, None), agreement=late)
            await record_encounter(command, work, people.keys)
    assert await people.rows(Person, Person.organisation == viewer.organisation) == []
    async with people.work(viewer) as work:
        soon = late.model_copy(update={"expires_at": work.now + DEFAULT_GRANT_AGE})
        kept = command.model_copy(update={"agreement": soon})
        ref = await record_encounter(kept, work, people.keys)
    for _ in range(2):
        async with people.work(viewer) as work:
            assert await record_encounter(kept, work, people.keys) == ref
    for table in (Encounter, PresumedRight, ConsentGrant):
        assert len(await people.rows(table, table.person == ref)) == 1, table


async def test_the_page_keeps_all_of_it_and_leads_to_the_person(people: People):
    viewer, desk = referent(), a_desk()
    people.desks = [desk]
    async with await people.client(viewer) as browser:
        page = await browser.get("/rencontre")
        assert page.text.count('name="rights"') == 17 and "Caf de Valbrume, Accueil social" in page.text
        assert 'data-rights="rsa ppa apl"' in page.text
        assert text_of(page.text).index("RSA") < text_of(page.text).index("autres droits")
        sent = form(phone="0612345678", rights=["rsa", "apl"], desks=[str(desk.desk)], agreed="true", place="Marché")
        first, again = [await browser.post("/rencontre", data=sent) for _ in range(2)]
        assert first.status_code == again.status_code == 303
        assert first.headers["location"] == again.headers["location"]
        shown = text_of((await browser.get(first.headers["location"])).text)
        assert "Orphélie Sarcebrune" in shown and "06 12 34 56 78" in shown and "Marché" in shown
        assert "Caf de Valbrume, Accueil social" in shown
        # The next one of the day begins where this one was.
        assert 'value="Marché"' in (await browser.get("/rencontre")).text
        sent = form(command_id=str(uuid4()), first_name="Ode", last_name="Vantrisque", rights=["css"])
        assert (await browser.post("/rencontre", data=sent)).status_code == 303
        nobody = await browser.get("/rencontre/hors-ligne")
    assert viewer.display_name not in nobody.text and str(viewer.account) not in nobody.text
    assert "Sarcebrune" not in nobody.text and "Marché" not in nobody.text
    [grant] = await people.rows(ConsentGrant, ConsentGrant.organisation == viewer.organisation)
    assert (grant.rights, grant.method, grant.notice_version) == (["apl", "rsa"], "oral_in_person", "fr-2026-11")
    journal = await read_journal(people, viewer)
    written = {kind: journal.count(kind) for kind in ("created", "right_noted", "consent_given")}
    assert written == {"created": 2, "right_noted": 2, "consent_given": 1}
    assert "listed" in journal, "the place of the last encounter was read"


async def read_journal(people: People, viewer) -> list[str]:
    async with people.service.database.worker() as work:
        query = "SELECT kind FROM journalentry WHERE viewer = :account ORDER BY at, ref"
        return [row.kind for row in await work.execute(query, account=viewer.account)]


@pytest.mark.parametrize(
    ("more", "field", "sentence"),
    [
        ({"birth_date": ""}, "birth_date", "Ne sait pas"),
        ({"last_name": "2 90 05 35 238 123 89"}, "last_name", "sécurité sociale"),
        ({"place": "chez sa psychiatre"}, "place", "Garder ce texte"),
        ({"rights": ["rsa"], "desks": ["desk"]}, "agreed", "Lisez la notice à voix haute"),
        ({"agreed": "true"}, "desks", "Cochez le guichet"),
        ({"desks": ["desk"], "agreed": "true"}, "rights", "Cochez le droit"),
        ({"rights": ["css"], "desks": ["desk"], "agreed": "true"}, "desks", "ne s’occupe d’aucun des droits"),
        ({"rights": ["rsa"], "desks": ["desk"], "agreed": "true", "birth_date": "01012015"}, "desks", "pas 18 ans"),
        ({"rights": ["rsa"], "desks": ["desk"], "agreed": "true", "language": "ar"}, "language", "interprète"),
        ({"channel": "pigeon"}, "channel", "Choisissez une réponse"),
    ],
)
async def test_what_cannot_be_taken_comes_back_at_its_field(people: People, more, field, sentence):
    viewer, desk = referent(), a_desk()
    people.desks = [desk]
    sent = form(**{name: [str(desk.desk)] if value == ["desk"] else value for name, value in more.items()})
    async with await people.client(viewer) as browser:
        page = await browser.post("/rencontre", data=sent)
        machine = await browser.post("/rencontre", data=sent, headers={"accept": "application/json"})
    assert page.status_code == 422 and f'href="#{field}"' in page.text and sentence in text_of(page.text)
    assert "Orphélie" in page.text and sent["command_id"] in page.text
    assert machine.status_code == 422 and machine.json() == {"slug": "to-correct", "fields": [field]}
    assert await people.rows(Person, Person.organisation == viewer.organisation) == []


async def test_an_empty_form_says_at_once_that_a_name_and_a_birth_date_are_missing(people: People):
    async with await people.client(referent()) as browser:
        page = await browser.post("/rencontre", data=form(first_name="", last_name="", birth_date=""))
    assert page.status_code == 422 and "Il reste 2 points à corriger" in page.text
    assert page.text.index('href="#last_name"') < page.text.index('href="#birth_date"')
    assert "<title>À corriger\u202f: Nouvelle rencontre" in page.text


async def test_somebody_already_on_file_is_proposed_while_one_writes_and_before_one_keeps(people: People):
    viewer = referent()
    known = await people.meet(viewer, first_name="Bertille", last_name="Quasnoy", birth_date=date(1970, 1, 2))
    async with await people.client(viewer) as browser:
        part = await browser.post(
            "/rencontre/recherche", data={"last_name": "Quasnoi"}, headers={"x-relais-fragment": "1"}
        )
        assert str(known) in part.text and "<html" not in part.text and "Quasnoy" in part.text
        whole = await browser.post("/rencontre/recherche", data={"last_name": "Quasnoi"})
        assert str(known) in whole.text and 'value="Quasnoi"' in whole.text
        sent = form(first_name="Bertile", last_name="Quasnoy", birth_date="02011970")
        warned = await browser.post("/rencontre", data=sent)
        assert warned.status_code == 422 and str(known) in warned.text and "peut-être déjà au dossier" in warned.text
        again = await browser.post("/rencontre", data=sent | {"who": str(known), "rights": ["apl"]})
        assert again.headers["location"] == f"/personnes/{known}"
        other = await browser.post("/rencontre", data=sent | {"who": "autre", "command_id": str(uuid4())})
        assert other.status_code == 303 and other.headers["location"] != f"/personnes/{known}"
    assert len(await people.rows(Encounter, Encounter.person == known)) == 2


async def test_a_colleagues_person_is_met_for_a_reason_that_the_journal_keeps(people: People):
    colleague = referent()
    viewer = referent(colleague.organisation)
    known = await people.meet(colleague, first_name="Gaspardine", last_name="Ullibois")
    async with await people.client(viewer) as browser:
        found = await browser.post("/rencontre/recherche", data={"last_name": "Ullibois"})
        assert "Suivie par une collègue" in found.text
        kept = await browser.post("/rencontre", data=form(who=str(known)))
        assert kept.headers["location"] == f"/personnes/{known}"
    async with people.service.database.worker() as work:
        query = "SELECT reason FROM journalentry WHERE person = :person AND kind = 'reason_given'"
        assert [row.reason for row in await work.execute(query, person=known)] == ["person_in_front"]


async def test_a_form_that_comes_late_is_taken_once_and_only_for_its_account(people: People):
    viewer, other = referent(), referent()
    sent = form(last_name="Retardine")
    machine = {"accept": "application/json", "x-relais-account": str(viewer.account)}
    async with await people.client(other) as browser:
        refused = await browser.post("/rencontre", data=sent, headers=machine)
        assert refused.status_code == 401
    async with await people.client(viewer) as browser:
        first, again = [await browser.post("/rencontre", data=sent, headers=machine) for _ in range(2)]
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert len(await people.rows(Person, Person.last_name == "Retardine")) == 1


async def test_the_service_worker_may_serve_the_page_and_nothing_else(people: People):
    async with await people.client(referent()) as browser:
        answer = await browser.get("/rencontre/travailleur.js")
    assert answer.headers["service-worker-allowed"] == "/rencontre"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "worker-src 'self'" in answer.headers["content-security-policy"]


async def test_a_nir_is_refused_by_the_command_itself(people: People):
    viewer = referent()
    meeting = MeetPerson(channel=Channel.MARAUDE, first_name="Ida", last_name="N", place="2 90 05 35 238 123 89")
    with pytest.raises(SocialSecurityNumberRefused):
        async with people.work(viewer) as work:
            await record_encounter(RecordEncounter(meeting=meeting), work, people.keys)
