"""The rules of the way to a person's own page: what a reference and a code look like, and how long anything lasts.

Pure: instants and random numbers are arguments.
"""

import re
import unicodedata
from datetime import datetime, timedelta

_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is read as another
ADDRESS_LENGTH, CODE_LENGTH = 8, 8
WRONG_AT_MOST = 5
IDLE, WHOLE_VISIT = timedelta(minutes=15), timedelta(hours=2)
TRIES_AT_MOST, TRIES_WITHIN = 20, timedelta(minutes=10)
TRIES_KEPT = timedelta(days=1)
NEVER = "-"


def new_address(draw: int) -> str:
    """The reference in a link, as `K7M2P4QX`, from a random number of at least 40 bits."""
    found = []
    for _ in range(ADDRESS_LENGTH):
        draw, place = divmod(draw, len(_LETTERS))
        found.append(_LETTERS[place])
    return "".join(found)


def new_code(draw: int) -> str:
    """Eight digits from a random number of at least 64 bits: what a tired person copies without a mistake."""
    return f"{draw % 10**CODE_LENGTH:0{CODE_LENGTH}d}"


def typed_address(text: str) -> str:
    """The reference as it is kept, whatever blanks, hyphens or small letters were typed; NEVER when it is none.

    O and I, which no reference has, are read as 0 and 1 would be: not at all.
    """
    bare = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).upper()
    return bare if len(bare) == ADDRESS_LENGTH and set(bare) <= set(_LETTERS) else NEVER


def typed_code(text: str) -> str:
    """The digits that were typed, without blanks; NEVER when they are not eight."""
    bare = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text))
    return bare if re.fullmatch(rf"[0-9]{{{CODE_LENGTH}}}", bare) else NEVER


def in_groups(text: str) -> str:
    """`K7M2 P4QX`: as it is printed and read aloud."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def is_open(expires_at: datetime, ended_at: datetime | None, wrong: int, at: datetime) -> bool:
    """Whether a link can still be opened."""
    return ended_at is None and wrong < WRONG_AT_MOST and at < expires_at


def visit_until(opened_at: datetime, at: datetime) -> datetime:
    """When a visit ends after a page seen at that instant: 15 minutes later, two hours after it began at most."""
    return min(at + IDLE, opened_at + WHOLE_VISIT)
