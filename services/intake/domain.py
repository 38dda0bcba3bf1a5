"""The rules of meeting people and of recording what they agreed to. Pure: instants and random numbers are arguments.

Free text has its own rule, in `free_text`; what leaves for a partner has its own, in `contracts.consent`.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from uuid import UUID

import phonenumbers
from rapidfuzz import fuzz

from contracts.consent import MAX_GRANT_AGE, Category
from contracts.refusals import DateInTheFuture, DateInThePast, InvalidInput
from contracts.rights import catalogue
from contracts.vocabulary import Purpose

# Letters that NFKD does not take apart.
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_FILE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is read as another
_FILE_LENGTH = 5
_FILE_NUMBER = re.compile(rf"\d{{2}}-?[{_FILE_LETTERS}]{{{_FILE_LENGTH}}}")
_DATE = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})")
OLDEST = 120
SURE, POSSIBLE = 90, 65
SHOWN_TWINS = 5
DEFAULT_GRANT_AGE = timedelta(days=180)
# Before its end, an agreement is shown to be renewed: where the territory said nothing else.
ENDS_SOON = timedelta(days=15)

DEFAULT_CATEGORIES: dict[Purpose, frozenset[Category]] = {
    Purpose.OPEN_RIGHT: frozenset(
        {
            Category.IDENTITY_MIN,
            Category.IDENTITY_FULL,
            Category.CONTACT_PHONE,
            Category.CONTACT_SAFE_TIMES,
            Category.RIGHT_STATUS,
            Category.NEED_SUMMARY,
        }
    ),
    Purpose.APPOINTMENT: frozenset(
        {Category.IDENTITY_MIN, Category.CONTACT_PHONE, Category.CONTACT_SAFE_TIMES, Category.LANGUAGE}
    ),
    Purpose.FOLLOW_UP: frozenset({Category.IDENTITY_MIN, Category.IDENTITY_FULL, Category.RIGHT_STATUS}),
}


def fold(text: str) -> str:
    """A name as it is compared: lower case, no accents, ligatures taken apart, hyphens and apostrophes as blanks."""
    # Compatibility forms first: taking one apart may bring a capital letter.
    lowered = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    bare = "".join(one for one in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(one))
    return " ".join(re.sub(r"[^\w]+|_", " ", bare).split())


def file_number(year: int, draw: int) -> str:
    """The number of a file, as `26-K7M2P`: it says nothing of the person. `draw` is a random number."""
    letters = []
    for _ in range(_FILE_LENGTH):
        draw, place = divmod(draw, len(_FILE_LETTERS))
        letters.append(_FILE_LETTERS[place])
    return f"{year % 100:02d}-{''.join(letters)}"


def normal_phone(text: str) -> str:
    """The number in international form (E.164); France when no country is said. Refusal: InvalidInput."""
    try:
        parsed = phonenumbers.parse(text, "FR")
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        raise InvalidInput(field="phone", reason="Ce numéro de téléphone n’est pas complet.")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def readable_phone(number: str) -> str:
    """`06 12 34 56 78` for a French number, international form for another."""
    try:
        parsed = phonenumbers.parse(number, "FR")
    except phonenumbers.NumberParseException:
        return number
    french = phonenumbers.region_code_for_country_code(parsed.country_code or 0) == "FR"
    style = phonenumbers.PhoneNumberFormat.NATIONAL if french else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)


class Looked(StrEnum):
    """What somebody types to find a person."""

    NAME = "name"
    PHONE = "phone"
    BIRTH_DATE = "birth_date"
    FILE_NUMBER = "file_number"


def what_is_looked_for(typed: str) -> tuple[Looked, str]:
    """What a search is about and its comparable form: folded name, E.164, ISO date, or file number."""
    text = typed.strip()
    found = _DATE.fullmatch(text)
    if found:
        day, month, year = (int(part) for part in found.groups())
        try:
            return Looked.BIRTH_DATE, date(year, month, day).isoformat()
        except ValueError:
            return Looked.NAME, fold(text)
    if _FILE_NUMBER.fullmatch(text.upper().replace(" ", "")):
        bare = text.upper().replace(" ", "").replace("-", "")
        return Looked.FILE_NUMBER, f"{bare[:2]}-{bare[2:]}"
    if len(re.sub(r"\D", "", text)) >= 9 and not re.search(r"[^\W\d_]", text):
        try:
            return Looked.PHONE, normal_phone(text)
        except InvalidInput:
            return Looked.NAME, fold(text)
    return Looked.NAME, fold(text)


def check_birth_date(birth_date: date | None, today: date) -> None:
    """Refusals: DateInTheFuture, InvalidInput (more than 120 years ago)."""
    if birth_date is None:
        return
    if birth_date > today:
        raise DateInTheFuture(field="birth_date")
    if today.year - birth_date.year > OLDEST:
        raise InvalidInput(field="birth_date", reason="Vérifiez l’année de naissance.")


def check_met_on(met_on: date, today: date) -> None:
    """Refusal: DateInTheFuture."""
    if met_on > today:
        raise DateInTheFuture(field="met_on")


@dataclass(frozen=True)
class Likeness:
    """What two files are compared by; `phone` is a keyed hash."""

    ref: UUID | None
    name: str
    birth_date: date | None
    phone: str | None


def same_person(one: Likeness, other: Likeness) -> int:
    """How likely two files are one person, 0 to 100: the name, then birth date and phone raise or lower it.

    A same phone alone is not the same person: a couple shares one.
    """
    score = fuzz.token_sort_ratio(one.name, other.name)
    if one.birth_date and other.birth_date:
        score += 15 if one.birth_date == other.birth_date else -20
    if one.phone and other.phone and one.phone == other.phone:
        score += 15
    return max(0, min(100, round(score)))


def possible_twins(new: Likeness, known: Iterable[Likeness]) -> list[tuple[int, UUID]]:
    """The files that may be the same person with their score, the likeliest first, at most five."""
    scored = [(same_person(new, one), one.ref) for one in known if one.ref is not None]
    likely = [(score, ref) for score, ref in scored if score >= POSSIBLE]
    return sorted(likely, key=lambda pair: (-pair[0], str(pair[1])))[:SHOWN_TWINS]


def check_grant(
    categories: Iterable[Category], rights: Iterable[str], given_at: datetime, expires_at: datetime
) -> None:
    """What a grant must have: categories, rights of the catalogue, and an end within 182 days.

    Refusals: InvalidInput at `categories`, `rights` or `until`; DateInThePast.
    """
    if not set(categories):
        raise InvalidInput(field="categories", reason="Cochez au moins une information à partager.")
    chosen = set(rights)
    if not chosen:
        raise InvalidInput(field="rights", reason="Cochez au moins un droit.")
    if not chosen <= set(catalogue()):
        raise InvalidInput(field="rights", reason="Choisissez des droits de la liste.")
    if expires_at <= given_at:
        raise DateInThePast(field="until")
    if expires_at - given_at > MAX_GRANT_AGE:
        raise InvalidInput(field="until", reason="Un accord vaut 182 jours au plus. Choisissez une date plus proche.")


def check_right(code: str) -> None:
    """Refusal: InvalidInput for a right that is not in the catalogue."""
    if code not in catalogue():
        raise InvalidInput(field="rights", reason="Choisissez des droits de la liste.")


def end_of_grant(until: date, now: datetime, zone: tzinfo) -> datetime:
    """The last instant of the day that somebody chose as an end, but never beyond 182 days to the second."""
    end = datetime.combine(until, time.max, zone)
    last_day = (now.astimezone(zone) + MAX_GRANT_AGE).date()
    return min(end, now + MAX_GRANT_AGE) if until <= last_day else end
