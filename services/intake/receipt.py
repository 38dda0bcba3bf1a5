"""The receipt of an agreement: what the person agreed to, to whom, until when, and how to change her mind.

In the language of the notice that was read to her; in French where the words of a receipt are not translated.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.consent import Category
from contracts.rights import right_name
from contracts.vocabulary import Language, Purpose
from services.intake.consent_state import Standing
from services.intake.dossier import end_of, full_name
from services.intake.notice import RIGHT_TO_LEFT, parts_of
from services.intake.receipt_words import WORDS, ReceiptWords
from services.intake.tables import ConsentGrant, Person
from services.runtime.web.dates import PARIS


@dataclass(frozen=True)
class Receipt:
    """Everything that stands on it, in the words of its language; `organisation` is who may be told of a change."""

    ref: UUID
    lang: str
    direction: str
    words: ReceiptWords
    person: str
    to: str
    organisation: str
    asked_by: str
    purpose: str
    rights: tuple[str, ...]
    shared: tuple[str, ...]
    given_on: str
    ends_on: str
    version: str
    ended: bool

    def file_name(self, ending: str) -> str:
        """The name under which it is saved: it says nothing of anybody."""
        return f"recu-{str(self.ref)[:8]}.{ending}"

    def change_parts(self) -> tuple[str, str]:
        """How to change one's mind: what stands before the organisation's name, and after."""
        before, after = self.words.change.split("{organisation}")
        return before, after


def receipt_of(grant: ConsentGrant, person: Person, standing: Standing, organisation: str, asked_by: str) -> Receipt:
    """The receipt of that agreement as it stands."""
    language = parts_of(grant.notice_version)[0]
    if language not in WORDS:
        language = Language.FR.value
    words = WORDS[language]
    held = set(grant.categories)
    return Receipt(
        ref=grant.ref,
        lang=language.split("-")[0],
        direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
        words=words,
        person=full_name(person),
        to=f"{grant.recipient_organisation_name}, {grant.desk_name}",
        organisation=organisation,
        asked_by=asked_by,
        purpose=words.purposes[Purpose(grant.purpose)],
        rights=tuple(right_name(code) for code in grant.rights),
        shared=tuple(words.categories[one] for one in Category if one.value in held),
        given_on=_day(grant.given_at, words.locale),
        ends_on=_day(end_of(grant), words.locale),
        version=grant.notice_version,
        ended=standing is not Standing.LIVE,
    )


def _day(at: datetime, locale: str) -> str:
    from babel.dates import format_date

    return format_date(at.astimezone(PARIS).date(), format="long", locale=locale)
