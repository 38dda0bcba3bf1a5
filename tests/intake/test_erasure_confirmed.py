"""Before an erasure the DPO reads what goes, what stays and why, and types the number of the file."""

import re
from uuid import UUID

from services.intake.data_request_rules import Kind
from services.intake.erasable import APART, KEPT, personal_tables
from services.intake.erasing_words import GOES, STAYS
from services.intake.tables import Base, Person
from tests.intake.data_requests_world import asked, the_dpo
from tests.intake.people_world import People, a_desk, referent, text_of


async def number_of(people: People, person: UUID) -> str:
    return (await people.rows(Person, Person.ref == person))[0].file_number


async def test_the_page_says_what_goes_what_stays_and_what_it_stops_and_names_nobody(people: People):
    nadia, desk = referent(), a_desk("Accueil des droits")
    person = await people.meet(nadia, last_name="Quentavel", phone="06 12 34 56 78")
    handover = await people.hand_over(nadia, person, await people.agree(nadia, person, desk), desk, "sent")
    ref = await asked(people, nadia, person, Kind.ERASURE)
    async with people.service.database.worker() as work:
        delivered = "UPDATE intake.handover SET delivered_at = :now WHERE ref = :ref"
        await work.execute(delivered, now=work.now, ref=handover)
    browser = await people.client(the_dpo())
    page = await browser.get(f"/demandes/{ref}/effacer")
    said = text_of(page.text)
    for words in ("Ses rencontres 1 ligne", "Ses accords de partage 1 ligne", "Sa clé de chiffrement détruite",
                  "Ses demandes preuve qu’il y a été répondu", "Une orientation est en cours",
                  "Caf de Valbrume, Accueil des droits", "1 guichet qui a reçu ou lu"):  # fmt: skip
        assert words in said, words
    assert not re.search("Quentavel|Élise|06 12", page.text)
    assert 'name="file_number"' in page.text and page.text.count('data-color="danger"') == 1


async def test_nothing_is_erased_by_a_click_nor_under_another_number(people: People):
    nadia = referent()
    person, other = await people.meet(nadia), await people.meet(nadia)
    ref = await asked(people, nadia, person, Kind.ERASURE)
    browser = await people.client(the_dpo())
    await browser.post(f"/demandes/{ref}", data={"step": "take"})
    click = await browser.post(f"/demandes/{ref}", data={"step": "do"})
    assert (click.status_code, click.headers["location"]) == (303, f"/demandes/{ref}/effacer")
    for typed in ("", "26-AAAAA", await number_of(people, other)):
        wrong = await browser.post(f"/demandes/{ref}/effacer", data={"file_number": typed})
        assert wrong.status_code == 422 and 'id="file_number-error"' in wrong.text and f'value="{typed}"' in wrong.text
    assert {one.ref for one in await people.rows(Person, Person.organisation == nadia.organisation)} == {person, other}
    number = (await number_of(people, person)).lower()
    done = await browser.post(f"/demandes/{ref}/effacer", data={"file_number": number})
    assert done.headers["location"] == f"/demandes/{ref}"
    assert [one.ref for one in await people.rows(Person, Person.organisation == nadia.organisation)] == [other]
    again = await browser.get(f"/demandes/{ref}/effacer")
    assert (again.status_code, again.headers["location"]) == (303, f"/demandes/{ref}")


async def test_only_a_request_to_erase_has_that_page(people: People):
    nadia = referent()
    ref = await asked(people, nadia, await people.meet(nadia), Kind.ACCESS)
    browser = await people.client(the_dpo())
    for answer in (await browser.get(f"/demandes/{ref}/effacer"),
                   await browser.post(f"/demandes/{ref}/effacer", data={"file_number": "x"})):  # fmt: skip
        assert answer.status_code == 404


def test_every_table_of_a_person_has_its_words_on_the_page():
    personal = {one.name for one in personal_tables(Base.metadata)}
    assert personal - set(KEPT) == set(GOES)
    assert personal & set(KEPT) == set(STAYS)
    assert set(GOES) >= APART
