"""The letter that a person takes with her: where she is expected, by whom, when, with what, and whom to call.

Pure. What is on it is hers: no need, no situation, and nothing that the desk would not tell her itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from contracts.replies import DeskOption
from contracts.rights import right_name
from contracts.vocabulary import Document, Language
from services.intake.letter_words import WORDS, LetterWords
from services.intake.notice import RIGHT_TO_LEFT
from services.intake.paper import Item, Paper, section, sections
from services.runtime.web.dates import PARIS


@dataclass(frozen=True)
class Expected:
    """What is known of where she is expected. `at` is an appointment that both sides agreed on, held at `place` when it
    is not at the desk, or `by_phone`; `promised` the day by which the desk said it makes contact, `answer_due` by when
    it has to answer at all; `desk` None while the directory is away.
    """

    ref: UUID
    person: str
    right: str
    organisation: str
    desk_name: str
    contact: str
    referent: str
    referent_organisation: str
    made_at: datetime
    referent_phone: str | None = None
    desk: DeskOption | None = None
    at: datetime | None = None
    place: str = ""
    by_phone: bool = False
    promised: date | None = None
    answer_due: datetime | None = None


def language_of(wanted: str) -> str:
    """The language of a letter: the wanted one, or French where its words are not translated."""
    return wanted if wanted in WORDS else Language.FR.value


def letter_of(seen: Expected, language: str) -> Paper:
    """The letter in that language."""
    code = language_of(language)
    words = WORDS[code]
    return Paper(
        kind="lettre",
        ref=seen.ref,
        lang=code.split("-")[0],
        direction="rtl" if code in RIGHT_TO_LEFT else "ltr",
        title=words.title,
        person=seen.person,
        intro=words.intro,
        sections=sections(
            section(words.what, "file-text", right_name(seen.right)),
            section(words.where, "map-pin", *_where(seen)),
            section(words.who, "user", seen.contact),
            section(words.when, "calendar-check", _when(seen, words)),
            section(words.hours, "clock", *_hours(seen.desk, words)),
            section(words.bring, "file-check", *_bring(seen, words)),
            section(words.together, "users", words.your_choice),
            section(words.reach, "phone", _reach(seen, words)),
        ),
        closing=(words.shared, words.yours),
        ticks=("", ""),
        made_on=words.made_on.format(day=_day(seen.made_at.astimezone(PARIS).date(), words)),
    )


def _reach(seen: Expected, words: LetterWords) -> Item:
    who = ", ".join(one for one in (seen.referent, seen.referent_organisation) if one)
    return Item(words.reach_when.format(who=who), seen.referent_phone or "")


def _where(seen: Expected) -> Iterable[Item | str]:
    yield Item(f"{seen.organisation}, {seen.desk_name}", seen.place)
    if seen.desk is not None and seen.desk.phone:
        yield seen.desk.phone


def _when(seen: Expected, words: LetterWords) -> str | None:
    desk, today = seen.organisation, seen.made_at.astimezone(PARIS).date()
    if seen.at is not None and seen.at >= seen.made_at:
        day = _day(seen.at.astimezone(PARIS).date(), words)
        said = words.appointment.format(day=day, hour=_clock(seen.at.astimezone(PARIS).time(), words))
        return f"{said} {words.by_phone}" if seen.by_phone else said
    due = seen.promised or (seen.answer_due.astimezone(PARIS).date() if seen.answer_due else None)
    if due is not None and due < today:
        return words.late.format(desk=desk)
    if seen.promised is not None:
        return words.promised.format(desk=desk, day=_day(seen.promised, words))
    return words.waiting.format(desk=desk, day=_day(due, words)) if due is not None else None


def _bring(seen: Expected, words: LetterWords) -> Iterable[Item | str]:
    documents: tuple[Document, ...] = seen.desk.documents if seen.desk else ()
    if not documents:
        yield words.bring_unknown
    for one in documents:
        yield Item(words.documents[one], done=False)
    if seen.desk is not None and seen.desk.documents_note:
        yield seen.desk.documents_note


def _hours(desk: DeskOption | None, words: LetterWords) -> Iterable[Item | str]:
    """One line a day, in the language of the letter, then the permanences with their place."""
    from babel.dates import get_day_names

    if desk is None:
        return
    names = get_day_names(locale=words.locale)
    for weekday in sorted({one.weekday for one in desk.hours}):
        said = [_stretch(one.opens, one.closes, words) for one in desk.hours if one.weekday == weekday]
        yield f"{names[weekday - 1].capitalize()}{_colon(words)} {', '.join(said)}"
    for held in desk.permanences:
        day = names[held.weekday - 1].capitalize()
        yield Item(f"{day}{_colon(words)} {_stretch(held.opens, held.closes, words)}", held.place)


def _stretch(opens: time, closes: time, words: LetterWords) -> str:
    return f"{_clock(opens, words)} – {_clock(closes, words)}"


def _colon(words: LetterWords) -> str:
    return "\u202f:" if words.locale.startswith("fr") else ":"


def _clock(value: time, words: LetterWords) -> str:
    if words.locale.startswith("fr"):
        return f"{value.hour} h" + (f" {value.minute:02d}" if value.minute else "")
    return f"{value.hour:02d}:{value.minute:02d}"


def _day(value: date, words: LetterWords) -> str:
    from babel.dates import format_date

    said: str = format_date(value, format="full", locale=words.locale)
    return said
