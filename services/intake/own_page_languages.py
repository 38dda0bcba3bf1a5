"""A person's own page in her language: its fixed words are data, one file a language, looked up by the French sentence.

French is the source and easy to read as it is; what a file does not have is shown in French and marked as such.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel.dates import format_date, format_time
from markupsafe import Markup, escape

from contracts.consent import Category
from contracts.paris import PARIS
from contracts.vocabulary import Language
from services.intake.notice import OWN_NAMES, RIGHT_TO_LEFT
from services.intake.receipt_words import WORDS as RECEIPTS
from services.runtime.web import dates

FOLDER = Path(__file__).with_name("own_page_texts")
FRENCH = "fr"
# In the order of the door, each named in itself.
NAMES = {code: OWN_NAMES[code] for code in (FRENCH, "en", "es", "pt", "ar")}


@dataclass(frozen=True)
class Tongue:
    """One language of the page; called with a French sentence it says it, with `{names}` filled in."""

    code: str

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return "rtl" if self.code in RIGHT_TO_LEFT else "ltr"

    def __call__(self, french: str, **values: object) -> str:
        """The sentence; a French one that is not translated is marked as French."""
        said = french if self.code == FRENCH else texts(self.code).get(french)
        if said is None:
            return Markup('<span lang="fr" dir="ltr">{}</span>').format(french.format(**values) if values else french)
        return Markup(escape(said)).format(**values) if values else said

    @property
    def categories(self) -> dict[Category, str]:
        """The categories of an agreement as its receipt says them; nothing in French, where the page has its own."""
        return {} if self.code == FRENCH else RECEIPTS[Language(self.code)].categories

    def day(self, value: date | datetime) -> str:
        """A day as people say it."""
        if self.code == FRENCH:
            return dates.day(value)
        local = value.astimezone(PARIS) if isinstance(value, datetime) else value
        return format_date(local, "d MMMM y", locale=self.code)

    def until(self, value: date | datetime) -> str:
        """Until that day."""
        return dates.until(value) if self.code == FRENCH else self("jusqu’au {day}", day=self.day(value))

    def at(self, value: datetime) -> str:
        """That day at that hour."""
        hour = dates.hour(value) if self.code == FRENCH else format_time(
            value.astimezone(PARIS), "HH:mm", locale=self.code
        )
        return self("{day} à {hour}", day=self.day(value), hour=hour)


@cache
def texts(code: str) -> dict[str, str]:
    """The sentences of a language by the French one."""
    found: dict[str, str] = json.loads((FOLDER / f"{code}.json").read_text("utf-8"))
    return found


def tongue(code: str | None) -> Tongue:
    """The language of that code where the page has it, else French."""
    return Tongue(code if code in NAMES else FRENCH)
