"""The papers that are hers: what her letter says in each language, what her summary says, and how they print."""

import re
import zlib
from dataclasses import fields, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest

from contracts.facts import OpeningHours
from contracts.replies import Permanence
from contracts.vocabulary import Document, Scheme
from services.intake.appointment_guide_words import Helper, Preparation
from services.intake.letter import Expected, language_of, letter_of
from services.intake.letter_words import WORDS, LetterWords
from services.intake.paper import Paper
from services.intake.paper_pdf import can_be_pdf, paper_pdf
from services.intake.summary import Ready, ToCheck, Together, summary_of
from services.runtime.web.pages import icon
from tests.intake.people_world import a_desk

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DESK = a_desk().model_copy(
    update={
        "phone": "05 36 49 10 14",
        "documents": (Document.IDENTITY, Document.RENT),
        "documents_note": "Le bail de l’année.",
        "hours": (
            OpeningHours(weekday=1, opens=time(9), closes=time(12)),
            OpeningHours(weekday=1, opens=time(14), closes=time(17, 30)),
            OpeningHours(weekday=4, opens=time(9), closes=time(12)),
        ),
        "permanences": (
            Permanence(
                ref=uuid4(), organisation=uuid4(), place="Centre social", weekday=2, opens=time(9), closes=time(11)
            ),
        ),
    }
)
SEEN = Expected(
    ref=uuid4(),
    person="Élise Valtorix",
    right="rsa",
    organisation="Caf de Valbrume",
    desk_name="Accueil social",
    contact="Julie Perrin",
    referent="Nadia Benali",
    referent_organisation="CCAS d’Arvel",
    referent_phone="01 99 00 06 49",
    made_at=NOW,
    desk=DESK,
    promised=date(2026, 11, 26),
    answer_due=NOW + timedelta(days=1),
)


def said(paper: Paper) -> str:
    return "\n".join(paper.texts()).replace("\u202f", " ")


def when(seen: Expected, language: str = "fr") -> str:
    title = WORDS[language].when
    found = [one for one in letter_of(seen, language).sections if one.title == title]
    return found[0].items[0].text if found else ""


def test_the_letter_says_where_by_whom_when_with_what_and_whom_to_call():
    words = said(letter_of(SEEN, "fr"))
    for text in ("Caf de Valbrume, Accueil social", "05 36 49 10 14", "Julie Perrin", "RSA", "jeudi 26 novembre 2026",
                 "Lundi : 9 h – 12 h, 14 h – 17 h 30", "Jeudi : 9 h – 12 h", "Mardi : 9 h – 11 h", "Centre social",
                 "Pièce d’identité", "Bail ou quittance de loyer", "Le bail de l’année.", "Nadia Benali, CCAS d’Arvel",
                 "01 99 00 06 49", "la personne de votre choix"):  # fmt: skip
        assert text in words, text


def test_an_appointment_comes_before_a_promise_a_promise_before_a_due_day_and_what_is_past_is_said():
    at = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    assert when(replace(SEEN, at=at)) == "Rendez-vous le mardi 24 novembre 2026 à 10 h 30."
    phoned = replace(SEEN, at=at, by_phone=True)
    assert when(phoned).endswith("à 10 h 30. Par téléphone\u202f: on vous appelle.")
    assert "Maison de quartier" in said(letter_of(replace(SEEN, at=at, place="Maison de quartier"), "fr"))
    assert when(SEEN) == "Caf de Valbrume doit vous contacter au plus tard le jeudi 26 novembre 2026."
    assert "lundi 23 novembre 2026" in when(replace(SEEN, promised=None))
    assert "n’a pas encore répondu" in when(replace(SEEN, promised=date(2026, 11, 20)))
    assert "n’a pas encore répondu" in when(replace(SEEN, promised=None, answer_due=NOW - timedelta(days=3)))
    assert when(replace(SEEN, at=NOW - timedelta(days=1))) == when(SEEN), "a past appointment is not given to her"
    assert when(replace(SEEN, promised=None, answer_due=None)) == ""


def test_without_the_directory_the_letter_still_says_what_is_known():
    words = said(letter_of(replace(SEEN, desk=None, referent_phone=None), "fr"))
    assert "Caf de Valbrume" in words and "Julie Perrin" in words and "Une pièce d’identité." in words
    assert "Heures d’ouverture" not in words


@pytest.mark.parametrize("language", sorted(set(WORDS) - {"fr", "fr-falc"}))
def test_every_word_of_the_letter_is_translated_and_names_stay(language: str):
    french, other = WORDS["fr"], WORDS[language]
    for one in fields(LetterWords):
        mine, theirs = getattr(french, one.name), getattr(other, one.name)
        if one.name == "documents":
            assert set(theirs) == set(Document) and not set(theirs.values()) & set(mine.values())
        else:
            assert theirs and theirs != mine, one.name
            assert set(re.findall(r"{(\w+)}", theirs)) == set(re.findall(r"{(\w+)}", mine)), one.name
    paper = letter_of(SEEN, language)
    assert "Caf de Valbrume, Accueil social" in said(paper) and "RSA" in said(paper) and paper.lang == language
    assert "novembre 2026" not in said(paper) or language in ("pt",)


def test_arabic_is_read_from_the_right_and_an_unknown_language_is_french():
    assert letter_of(SEEN, "ar").direction == "rtl" and letter_of(SEEN, "es").direction == "ltr"
    assert language_of("uk") == "fr" and letter_of(SEEN, "uk").lang == "fr" and letter_of(SEEN, "fr-falc").lang == "fr"


def test_the_name_of_the_file_and_the_title_of_the_document_say_nothing_of_her():
    paper = letter_of(SEEN, "fr")
    assert re.fullmatch(r"lettre-[0-9a-f]{8}\.pdf", paper.file_name("pdf"))
    titles = re.findall(rb"/Title \((.*?)\)", paper_pdf(paper))
    assert titles == [b"On vous attend"]


def test_a_pdf_is_never_under_fourteen_points():
    for paper in (letter_of(SEEN, "fr"), letter_of(SEEN, "pt"), summary_of(TOGETHER)):
        body = paper_pdf(paper)
        packed = re.findall(rb"stream\n(.*?)\nendstream", body, re.S)
        streams = [zlib.decompress(one) for one in packed if one[:1] == b"x"]
        sizes = [float(one) for stream in streams for one in re.findall(rb"/F\d+ ([\d.]+) Tf", stream)]
        assert len(sizes) > 10 and min(sizes) >= 14


def test_no_pdf_where_a_letter_would_be_missing():
    assert can_be_pdf(letter_of(SEEN, "fr")) and not can_be_pdf(letter_of(SEEN, "ar"))
    assert not can_be_pdf(letter_of(replace(SEEN, person="Łucja Wójcik"), "fr"))


def test_every_picture_of_a_paper_is_there():
    for paper in (letter_of(SEEN, "en"), summary_of(TOGETHER)):
        assert all(icon(one.picture) for one in paper.sections)


# --- the summary -----------------------------------------------------------------------------------

TOGETHER = Together(
    ref=uuid4(),
    person="Élise Valtorix",
    scheme=Scheme.GENERAL,
    referent="Nadia Benali",
    organisation="CCAS d’Arvel",
    phone="01 99 00 06 49",
    at=NOW,
    held_at=NOW,
    next_at=NOW + timedelta(days=12),
    goal="Ne plus avoir peur du courrier.",
    topics=("Votre logement",),
    rights=(ToCheck("rsa"), ToCheck("domiciliation"), ToCheck("apl", "Caf de Valbrume, Logement", "acknowledged")),
    steps=(
        Ready(Preparation.IDENTITY, done=True, helper=Helper.HERSELF),
        Ready(Preparation.BANK, done=False, helper=Helper.HERSELF),
        Ready(Preparation.TAX, done=False, helper=Helper.REFERENT),
        Ready(Preparation.RENT, done=False, helper=None),
    ),
)


def test_the_summary_says_who_does_what_and_what_is_done_is_nobodys_any_more():
    paper = summary_of(TOGETHER)
    does = next(one for one in paper.sections if one.title == "Qui fait quoi").items
    assert [(one.text, one.small) for one in does] == [
        ("Vous", "Un relevé d’identité bancaire (RIB)."),
        ("Nadia Benali, CCAS d’Arvel", "Le dernier avis d’imposition."),
        ("Caf de Valbrume, Logement", "Étudie votre demande\u202f: Aide au logement."),
    ]
    ready = next(one for one in paper.sections if one.title == "Ce que vous allez préparer").items
    assert [one.done for one in ready] == [True, False, False, False]


def test_the_summary_says_who_decides_by_her_scheme_and_never_an_amount():
    words = said(summary_of(TOGETHER))
    assert "C’est la Caf qui décide." in words and "C’est le CCAS ou une association qui décide." in words
    assert "€" not in words and "pas des décisions" in words
    assert "C’est la MSA qui décide." in said(summary_of(replace(TOGETHER, scheme=Scheme.AGRICULTURAL)))


def test_a_referral_that_is_over_is_not_said_to_be_under_way():
    for state in ("declined", "withdrawn", "recalled", "expired", "entered_in_error"):
        words = said(summary_of(replace(TOGETHER, rights=(ToCheck("apl", "Caf de Valbrume, Logement", state),))))
        assert "Caf de Valbrume" not in words
    closed = said(summary_of(replace(TOGETHER, rights=(ToCheck("apl", "Caf de Valbrume, Logement", "closed"),))))
    assert "a donné sa réponse" in closed and "Étudie" not in closed


def test_a_summary_before_any_appointment_holds_what_there_is():
    bare = replace(TOGETHER, held_at=None, next_at=None, goal=None, topics=(), steps=(), rights=(), phone=None)
    assert [one.title for one in summary_of(bare).sections] == ["Pour nous joindre"]
    past = replace(TOGETHER, next_at=NOW - timedelta(hours=1))
    assert "Prochain rendez-vous" not in said(summary_of(past))
