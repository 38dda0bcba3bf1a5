"""The pages of agreements: the notice in her language, who speaks for her, a receipt to keep, and sharing less."""

import re
from datetime import date, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.consent import Category
from contracts.viewer import Role
from services.intake.consent_state import Standing
from services.intake.notice import notice, shipped_notices
from services.intake.receipt import receipt_of
from services.intake.receipt_words import WORDS
from services.intake.tables import ConsentEvent, ConsentGrant, Person
from tests.intake.consent_record_world import agree
from tests.intake.people_world import People, a_desk, referent, text_of
from tests.intake.test_consent_ends import kinds
from tests.intake.test_consent_pages import presume


def typed(desk: object, **values: object) -> dict[str, object]:
    return {
        "command_id": str(uuid4()), "desk": str(desk.desk), "purpose": "open_right", "rights": ["rsa"],  # type: ignore[attr-defined]
        "categories": ["identity_min", "contact_phone"], "until": (date.today() + timedelta(days=90)).isoformat(),
        "method": "oral_in_person", "language": "fr", "notice_version": "fr-2026-11", "notice_read": "true",
        "answer": "oui", **values,
    }  # fmt: skip


async def a_person(people: People, **values: object) -> tuple[httpx.AsyncClient, UUID, object, object]:
    viewer, desk = referent(), a_desk()
    people.desks[:] = [desk]
    person = await people.meet(viewer, **values)
    await presume(people, viewer, person, "rsa", "apl")
    return await people.client(viewer), person, desk, viewer


async def grants(people: People, person: UUID) -> list[ConsentGrant]:
    return await people.rows(ConsentGrant, ConsentGrant.person == person)


async def test_the_notice_is_read_in_the_language_of_the_person_and_the_record_says_which_text(people: People):
    client, person, desk, _ = await a_person(people)
    path = f"/personnes/{person}/accord"
    page = (await client.get(f"{path}?langue=ar")).text
    assert '<div class="notice" lang="ar" dir="rtl">' in page and notice("ar-2026-11").title in page
    assert 'value="ar-2026-11"' in page and re.search(r'lang="es"[^>]*>Español', page)
    other = await client.post(path, data=typed(desk, language="ar"))
    assert other.status_code == 422 and "La notice existe en arabe" in text_of(other.text)
    assert 'value="ar-2026-11"' in other.text and notice("ar-2026-11").title in other.text
    assert not re.search(r'name="notice_read"[^>]* checked', other.text), "another text is to be read first"
    read = await client.post(path, data=typed(desk, language="ar", notice_version="ar-2026-11"))
    assert read.status_code == 303
    interpreted = await client.post(path, data=typed(desk, language="ar", interpreter="true"))
    assert interpreted.status_code == 303
    rows = {row.notice_version: row for row in await grants(people, person)}
    assert set(rows) == {"ar-2026-11", "fr-2026-11"} and rows["ar-2026-11"].notice_hash == notice("ar-2026-11").digest


async def test_of_a_minor_one_says_who_gives_the_agreement(people: People):
    born = date.today() - timedelta(days=16 * 365)
    client, person, desk, _ = await a_person(people, birth_date=born)
    path = f"/personnes/{person}/accord"
    page = (await client.get(path)).text
    assert "Elle n’a pas 18 ans" in text_of(page)
    unsaid = await client.post(path, data=typed(desk))
    assert unsaid.status_code == 422 and 'href="#with_proxy"' in unsaid.text
    said = await client.post(
        path, data=typed(desk, with_proxy="minor", representative="Sa mère", present="sa mère", confirmed=["present"])
    )
    assert said.status_code == 303
    [row] = await grants(people, person)
    assert row.with_proxy == "minor" and row.represented_until.date() <= born.replace(year=born.year + 18)
    shown = text_of((await client.get(said.headers["location"])).text)
    assert "l’autorité parentale" in shown and "Sa mère" in shown
    alone = await client.post(path, data=typed(desk, with_proxy="self"))
    assert alone.status_code == 303


async def test_of_a_signed_paper_only_the_fingerprint_is_kept(people: People):
    client, person, desk, _ = await a_person(people)
    files = {"evidence": ("papier.png", b"une signature", "image/png")}
    answer = await client.post(f"/personnes/{person}/accord", data=typed(desk, method="paper"), files=files)
    assert answer.status_code == 303
    [given] = await people.rows(ConsentEvent, ConsentEvent.person == person, ConsentEvent.kind == "given")
    assert given.details["evidence_sha256"] == sha256(b"une signature").hexdigest()


async def test_sharing_less_is_done_from_the_page_of_the_agreement(people: People):
    client, person, desk, viewer = await a_person(people)
    ref = await agree(people, viewer, person, desk)
    await people.hand_over(viewer, person, ref, desk, "sent")
    here = f"/personnes/{person}/accords/{ref}"
    page = (await client.get(f"{here}/reduire")).text
    assert re.search(r'value="housing"[^>]* checked', page) and 'value="birth_date"' not in page
    same = {
        "command_id": str(uuid4()), "categories": ["identity_min", "contact_phone", "housing"],
        "rights": ["rsa", "apl"],
        "until": re.search(r'name="until" type="date" value="([^"]+)"', page)[1], "method": "oral_by_phone",
    }  # fmt: skip
    nothing = await client.post(f"{here}/reduire", data=same)
    assert nothing.status_code == 422 and "Rien n’est enlevé" in text_of(nothing.text)
    done = await client.post(f"{here}/reduire", data={**same, "categories": ["identity_min"]})
    assert (done.status_code, done.headers["location"]) == (303, here)
    [row] = await grants(people, person)
    assert row.categories == ["identity_min"] and row.rights == ["apl", "rsa"]
    shown = text_of((await client.get(here)).text)
    assert "Accord réduit" in shown and "Initiale et âge" in shown and "Logement" not in shown
    stranger = await people.client(referent())
    for path in (here, f"{here}/reduire", f"{here}/recu", f"{here}/recu.html", f"/personnes/{person}/accords.json"):
        assert (await stranger.get(path)).status_code == 404
    elsewhere = f"/personnes/{await people.meet(viewer)}/accords/{ref}"
    assert (await client.get(elsewhere)).status_code == 404, "an agreement is shown under its own person"


async def test_an_agreement_is_renewed_with_what_it_said(people: People):
    client, person, desk, viewer = await a_person(people)
    ref = await agree(people, viewer, person, desk)
    page = (await client.get(f"/personnes/{person}/accord?renouvelle={ref}")).text
    assert "Renouveler l’accord" in text_of(page) and re.search(r'value="housing"[^>]* checked', page)
    done = await client.post(f"/personnes/{person}/accord", data=typed(desk, renews=str(ref), until=(
        date.today() + timedelta(days=170)).isoformat()))  # fmt: skip
    assert done.status_code == 303 and "renewed" in await kinds(people, ref)


async def test_the_receipt_is_in_her_language_and_can_be_kept_as_a_file(people: People):
    client, person, desk, viewer = await a_person(people)
    ref = await agree(people, viewer, person, desk, notice_version="ar-2026-11", language="ar")
    here = f"/personnes/{person}/accords/{ref}"
    page = (await client.get(f"{here}/recu")).text
    assert '<article class="receipt" lang="ar" dir="rtl">' in page and WORDS["ar"].change_title in page
    assert "receipt_given" not in await kinds(people, ref), "looking is not giving"
    file = await client.get(f"{here}/recu.html")
    name = file.headers["content-disposition"]
    assert file.status_code == 200 and re.search(r'attachment; filename="recu-[0-9a-f]{8}\.html"', name)
    assert WORDS["ar"].keep in file.text and "<style>" in file.text and "Caf de Valbrume" in file.text
    assert not re.search(r'(src|href)="', file.text), "it needs nothing else"
    assert (await client.get(f"{here}/recu.pdf")).status_code == 422
    unsaid = await client.post(f"{here}/recu", data={"command_id": str(uuid4())})
    assert unsaid.status_code == 422
    given = {"command_id": str(uuid4()), "way": "file"}
    for _ in range(2):
        assert (await client.post(f"{here}/recu", data=given)).status_code == 303
    assert (await kinds(people, ref)).count("receipt_given") == 1
    assert "Reçu remis aujourd’hui" in text_of((await client.get(f"{here}/recu")).text)


@pytest.mark.parametrize("language", ["fr", "fr-falc", "en", "es", "pt"])
async def test_a_receipt_is_one_small_page_in_each_western_language(people: People, language: str):
    from services.intake.receipt_pdf import can_be_pdf, receipt_pdf

    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    everything = {"categories": frozenset(Category), "rights": frozenset({"rsa", "apl", "css", "ppa"})}
    ref = await agree(people, viewer, person, desk, notice_version=f"{language}-2026-11", **everything)
    [row] = await people.rows(ConsentGrant, ConsentGrant.ref == ref)
    [who] = await people.rows(Person, Person.ref == person)
    receipt = receipt_of(row, who, Standing.LIVE, viewer.organisation_name, viewer.display_name)
    assert can_be_pdf(receipt) and len(receipt.shared) == len(Category)
    body = receipt_pdf(receipt)
    assert body.startswith(b"%PDF") and body.count(b"/Type /Page\n") == 1 and b"419.53" in body, "one page of A5"


async def test_a_published_notice_never_changes_and_the_next_one_is_a_version_of_its_own(people: People):
    officer = referent(None, Role.DPO)
    client, reader = await people.client(officer), await people.client(referent())
    draft = f"/notices/brouillons/{uuid4()}"
    assert (await reader.post(draft, data={"language": "ro", "body": "# A\n\nB"})).status_code == 403
    bad = await client.post(draft, data={"language": "ro", "body": "Sans titre", "action": "keep"})
    assert bad.status_code == 422 and "Sans titre" in bad.text
    body = f"# Ce acceptați să partajați\n\nUn text {uuid4().hex}."
    kept = await client.post(draft, data={"language": "ro", "body": body, "action": "keep"})
    assert kept.headers["location"] == draft and "Brouillons" in (await client.get("/notices")).text
    unread = await client.post(draft, data={"language": "ro", "body": body, "action": "publish"})
    assert unread.status_code == 422 and 'href="#reread"' in unread.text
    done = await client.post(draft, data={"language": "ro", "body": body, "action": "publish", "reread": "true"})
    first = done.headers["location"]
    assert re.fullmatch(r"/notices/ro-\d{4}-\d{2}", first) and (await client.get(draft)).status_code == 404
    again = f"/notices/brouillons/{uuid4()}"
    data = {"language": "ro", "body": f"{body} Mai clar.", "action": "publish", "reread": "true"}
    second = (await client.post(again, data=data)).headers["location"]
    assert second == f"{first}-2"
    nobody = httpx.AsyncClient(transport=client._transport, base_url="http://relais.test")
    assert body.split("\n\n")[1] in (await nobody.get(first)).text and (await nobody.get("/notices")).status_code == 303
    assert (
        "Mai clar" in (await nobody.get(second)).text and (await nobody.get("/notices/ro-1999-01")).status_code == 404
    )
    listed = text_of((await reader.get("/notices")).text)
    assert "Roumain" in listed and "Versions passées" in listed and "Préparer" not in listed


async def test_nobody_can_change_a_published_notice_in_the_database(people: People):
    import asyncpg

    officer = referent(None, Role.DPO)
    for viewer in (officer, None):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            if viewer is None:
                async with people.service.database.worker() as work:
                    await work.execute("UPDATE noticetext SET body = ''")
            else:
                async with people.work(viewer) as work:
                    await work.execute("DELETE FROM noticetext")


def test_each_shipped_translation_says_everything_that_the_french_says():
    french = notice()
    for version, one in shipped_notices().items():
        assert version.endswith("2026-11")
        assert version == "fr-falc-2026-11" or len(one.paragraphs) == len(french.paragraphs), version
    assert {one.language for one in shipped_notices().values()} >= {"fr", "en", "es", "pt", "ar"}
    for words in WORDS.values():
        assert set(words.categories) == set(Category) and "{organisation}" in words.change
