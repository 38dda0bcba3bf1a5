"""Free text is watched wherever intake takes one: a NIR is refused however it is written, other numbers pass, health
and other people are asked about before saving.
"""

import importlib
import json
import pkgutil
import re
from datetime import date, timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy import LargeBinary
from stdnum import iban, luhn
from stdnum.fr import nir

import services.intake
from contracts.asks import ASKS
from contracts.refusals import FreeTextToConfirm, SocialSecurityNumberRefused
from services.intake.base import Base
from services.intake.free_text import FIELDS, accept_free_text, holds_a_nir
from services.intake.free_text_words import passages
from tests.intake.people_world import People, referent, text_of

SPACES = ["", " ", "  ", ".", "-", "\u2011", "\u2013", "\u2212", "_", "/", "\u00a0", "\u202f", "\u2009", "\u200b",
          ", ", " - ", "\t", "\n", " · "]  # fmt: skip
BEFORE = ["", "NIR ", "n°", "sécu:", "Son numéro est le ", "NIR=", "(", "née en 1985, ", "CAF 1234567 ; ", "nir"]
AFTER = ["", ".", ")", " merci", ", et sa carte", "\nà rappeler"]


def a_number(rng: Random) -> str:
    sex = rng.choice("11112222347 8".replace(" ", ""))
    month = rng.choice([*range(1, 13)] * 4 + [20, 31, 42, 50, 76, 99])
    department = rng.choice([*(f"{one:02d}" for one in range(1, 96) if one != 20), "2A", "2B", "97", "98", "99"])
    return f"{sex}{rng.randrange(100):02d}{month:02d}{department}{rng.randrange(1, 991):03d}{rng.randrange(1, 999):03d}"


def written(rng: Random, number: str) -> str:
    """As people write it: in its parts, in pairs, in one piece, or with blanks anywhere."""
    style, gap = rng.choice(["parts", "pairs", "whole", "anywhere"]), rng.choice(SPACES)
    ends = {"parts": (1, 3, 5, 7, 10, 13), "pairs": (1, 3, 5, 7, 9, 11, 13), "whole": ()}
    cuts = ends.get(style, tuple(sorted(rng.sample(range(1, 13), 3))))
    text = gap.join(number[a:b] for a, b in zip((0, *cuts), (*cuts, None), strict=True) if number[a:b])
    if re.search(r"(?<!\d)0\d(\s?\d\d){4}(?!\d)", text) and style == "anywhere":
        return written(rng, number)  # a part of it reads as a phone number, and nobody could tell
    if rng.random() < 0.2:
        text = "".join(chr(ord(one) + 0xFEE0) if one.isdigit() else one for one in text)
    return text.lower() if rng.random() < 0.5 else text


def test_five_hundred_ways_of_writing_a_social_security_number_are_refused():
    rng = Random(20261122)
    through, seen = [], set()
    for _ in range(500):
        number = a_number(rng)
        whole = number + nir.calc_check_digits(number) if rng.random() < 0.6 else number
        text = rng.choice(BEFORE) + written(rng, whole) + rng.choice(AFTER)
        seen.add(text)
        try:
            accept_free_text(text, "message", confirmed=True)
            through.append(text)
        except SocialSecurityNumberRefused:
            pass
    assert len(seen) > 490 and through == []


PHONES = st.builds(
    lambda head, rest, gap: head.join(["", gap.join([rest[0], *(rest[i : i + 2] for i in range(1, 9, 2))])]),
    st.sampled_from(["0", "+33 ", "0033 ", "+33", "+33 (0)"]),
    st.from_regex(r"[1-79][0-9]{8}", fullmatch=True),
    st.sampled_from(["", " ", ".", "-"]),
)
DAYS = st.dates(date(1930, 1, 1), date(2030, 1, 1)).flatmap(
    lambda day: st.sampled_from([f"{day:%d/%m/%Y}", f"{day:%d.%m.%Y}", f"{day:%d %m %Y}", day.isoformat()])
)
COMPANIES = st.from_regex(r"[1-9][0-9]{12}", fullmatch=True).flatmap(
    lambda body: st.sampled_from(
        [f"{whole[:3]} {whole[3:6]} {whole[6:9]} {whole[9:]}" for whole in [body + luhn.calc_check_digit(body)]]
        + [body + luhn.calc_check_digit(body)]
    )
)
FILES = st.builds(
    lambda year, number: f"{year}-{number:06d}", st.integers(2000, 2030), st.integers(0, 999_999)
)
OURS = st.from_regex(r"[0-9]{2}-[23456789ABCDEFGHJKMNPQRSTVWXYZ]{5}", fullmatch=True)
ACCOUNTS = st.from_regex(r"[0-9]{23}", fullmatch=True).map(
    lambda body: " ".join(re.findall(r".{1,4}", "FR" + iban.calc_check_digits("FR00" + body) + body))
)
AMOUNTS = st.integers(0, 99_999).map(lambda one: f"{one} €")
OTHERS = st.lists(st.one_of(PHONES, DAYS, COMPANIES, FILES, OURS, ACCOUNTS, AMOUNTS), min_size=1, max_size=4)


@settings(max_examples=150, deadline=None)
@given(numbers=OTHERS, between=st.sampled_from([", ", " ", " ; ", " ou ", ". Puis ", "\n"]))
def test_phone_numbers_dates_companies_accounts_and_file_numbers_pass(numbers, between):
    text = between.join(numbers)
    assert not holds_a_nir(text), text


@pytest.mark.parametrize(
    ("text", "noticed"),
    [
        ("Sa fille Léa est diabétique", ["Sa fille Léa", "diabétique"]),
        ("son MARI est hospitalisé", ["son MARI", "hospitalisé"]),
        ("Vit avec la sœur de Paul", []),
        ("Le propriétaire, M. Karam, attend", ["propriétaire, M. Karam"]),
        ("Le propriétaire attend", []),
        ("Elle a un cancer, AAH en cours", ["cancer"]),
        ("Suit une chimiothérapie à l’hôpital", ["chimiothérapie", "hôpital"]),
        ("enceinte de 6 mois", ["enceinte"]),
        ("Elle préfère le matin. Elle travaille le soir.", []),
        ("Accord du tuteur. Elle signera.", []),
        ("Demande l’AAH et l’APL, opération achat-vente", []),
    ],
)
def test_health_and_other_people_are_noticed_and_nothing_else(text: str, noticed: list[str]):
    assert [text[one.start : one.end] for one in passages(text)] == noticed


def test_a_field_that_asks_for_somebody_only_asks_about_names():
    assert accept_free_text("sa fille, un interprète", "present") == "sa fille, un interprète"
    assert accept_free_text("Sa sœur", "accompanied_by") == "Sa sœur"
    with pytest.raises(FreeTextToConfirm):
        accept_free_text("sa fille Léa", "present")


def test_the_question_names_the_field_and_the_places_and_never_quotes_the_text():
    text = "  Sa fille Léa est diabétique\r\net son mari aussi  "
    with pytest.raises(FreeTextToConfirm) as asked:
        accept_free_text(text, "message")
    said = json.dumps(asked.value.wire(), ensure_ascii=False)
    assert asked.value.field == "message" and not re.search("Léa|fille|mari|diab", said)
    assert [words for _, words in asked.value.words(text)] == ["Sa fille Léa", "diabétique", "son mari"]
    assert accept_free_text(text, "message", confirmed={"message"}).startswith("Sa fille")
    with pytest.raises(FreeTextToConfirm):
        accept_free_text(text, "message", confirmed={"place"})


def test_confirming_does_not_let_a_social_security_number_through():
    for confirmed in (True, {"message"}):
        with pytest.raises(SocialSecurityNumberRefused):
            accept_free_text("sa fille 2 69 05 49 588 157 80", "message", confirmed=confirmed)


# --- every field ---------------------------------------------------------------------------------

# What a sealed column is called where it comes in.
COMES_IN_AS = {"need_summary": "message", "accompaniment": "accompanied_by", "body": "text"}
# Texts of commands, forms and asks that are codes, references or answers of a list, and no free text.
# What a territory writes in its file of the screening.
SCREENING = {"Option", "Question", "Condition", "Rule", "LocalRight", "Screening"}
# What is kept of an event, and the text of a notice, which is written for everybody.
RECORDS = {"EventDetails", "WriteDraft", "DraftForm", *SCREENING}
CODED = {
    "right", "chosen", "reason", "decision", "answer", "kind", "notice_version", "desk_name", "organisation_name",
    "action", "step", "outcome", "purpose", "recipient_name", "method",
    "contacted", "useful", "right_open", "who", "birth_date",  # read as codes, a reference, a date
    "evidence_sha256", "suite", "change", "with_proxy", "file_number", "code", "reference",
    "seen",  # a fingerprint
}  # fmt: skip


def free_texts() -> dict[str, str]:
    """Every text field of what comes into intake, by where it is declared."""
    found: dict[str, str] = {}
    for module in pkgutil.iter_modules(services.intake.__path__, "services.intake."):
        for name, thing in vars(importlib.import_module(module.name)).items():
            ours = isinstance(thing, type) and issubclass(thing, BaseModel) and thing.__module__ == module.name
            goes_out = name in RECORDS or name.endswith(("Read", "Listed", "Accepted", "Kept"))
            if ours and not goes_out and not issubclass(thing, Base):
                found |= {f"{name}.{one}": one for one, info in thing.model_fields.items() if takes_text(info)}
    for ask in ASKS.values():
        if ask.answered_by == "intake":
            found |= {f"{ask.__name__}.{one}": one for one, info in ask.model_fields.items() if takes_text(info)}
    return found


def takes_text(info: object) -> bool:
    return info.annotation in (str, str | None)  # type: ignore[attr-defined]


def test_every_free_text_that_intake_takes_is_watched():
    unwatched = {where for where, field in free_texts().items() if field not in FIELDS and field not in CODED}
    assert unwatched == set()
    assert {"HandOver.message", "WriteNote.text", "MeetPerson.place"} <= set(free_texts())


def test_every_sealed_column_comes_in_by_a_watched_field():
    sealed = {
        column.name
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) and "outbox" not in table.name
    }
    assert {COMES_IN_AS.get(one, one) for one in sealed} - {"contact_rules", "before"} <= set(FIELDS)
    # The first is hours and yes or no; the second what stood in fields that came in so.


def test_every_field_for_text_on_a_page_of_intake_asks_its_question_where_it_is():
    templates = Path(services.intake.__file__).with_name("templates")
    for page in templates.rglob("*.html"):
        text = page.read_text("utf-8")
        for field in re.findall(r'\{\{ text(?:area|_field)\("(\w+)"', text):
            if field in FIELDS and FIELDS[field].asked:
                assert f'keep_text("{field}"' in text, (page.name, field)


# --- on the page ---------------------------------------------------------------------------------


async def test_an_encounter_comes_back_with_what_was_noticed_and_is_kept_once_confirmed(people: People):
    browser = await people.client(referent())
    form = {
        "command_id": str(uuid4()), "channel": "permanence", "met_on": str(date.today() - timedelta(days=1)),
        "first_name": "Ysaline", "last_name": "Corvandec", "present": "sa fille Maëva", "language": "fr",
        "scheme": "general", "place": "À l’hôpital d’Arvel",
    }  # fmt: skip
    first = await browser.post("/personnes/nouvelle", data=form)
    assert first.status_code == 422 and "la santé : « hôpital »" in text_of(first.text)
    assert 'name="confirmed" value="place"' in first.text
    assert "Garder ce texte : il est nécessaire" in text_of(first.text)
    second = await browser.post("/personnes/nouvelle", data={**form, "confirmed": "place"})
    assert second.status_code == 422 and "une autre personne : « fille Maëva »" in text_of(second.text)
    assert re.search(r'value="place"[^>]*checked', second.text)
    done = await browser.post("/personnes/nouvelle", data={**form, "confirmed": ["place", "present"]})
    assert done.status_code == 303
    assert "hôpital" in text_of((await browser.get(done.headers["location"])).text)
