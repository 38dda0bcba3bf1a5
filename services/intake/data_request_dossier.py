"""Everything held about one person, in one structure from which the page and the JSON are both made (GDPR article 15).

Tables and columns are read off what is declared, so that a new one is in it without being named here; what this file
names are French words and how a value is said.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from contracts.replies import Network
from contracts.rights import right_name
from services.intake import data_requests, notes
from services.intake.consent_events import PRESENT, REPRESENTATIVE
from services.intake.data_request_words import TITLES, coded, label_of
from services.intake.domain import readable_phone
from services.intake.duplicate_values import SEALED_MERGE
from services.intake.erasable import APART, of_person, personal_tables
from services.intake.person_keys import PersonKeys
from services.intake.tables import Base
from services.intake.united_files import files_of
from services.runtime.database import Work
from services.runtime.web.dates import exact

# What is of the machine and not of the person: how a row is found again, and who it belongs to.
# `people` of a list in the journal are other persons.
TECHNICAL = frozenset({"territory", "search", "phone_hash", "command", "notice_hash", "people"})
# Under which name a column was sealed, where it is not its own.
SEALED_AS = {
    ("note", "body"): notes.BODY,
    ("datarequest", "words"): data_requests.WORDS,
    ("consentevent", "present"): PRESENT,
    ("consentevent", "representative"): REPRESENTATIVE,
    ("filemerge", "before"): SEALED_MERGE,
}
UNREADABLE = "illisible\u202f: la clé a été détruite"


@dataclass(frozen=True)
class Held:
    """One value: its column, how it is called, as JSON, and as it is said ("" for a bare reference)."""

    column: str
    label: str
    value: Any
    text: str


@dataclass(frozen=True)
class Section:
    """One table, or what another service holds: `rows` are lists of values."""

    name: str
    title: str
    rows: list[list[Held]]


async def gather(person: UUID, work: Work, keys: PersonKeys, network: Network | None) -> list[Section]:
    """Everything of that person in this service, deciphered, the tables with most of her first. Runs as the worker."""
    sections, files = [], await files_of(work, person)
    for table in (one for one in personal_tables(Base.metadata) if one.name not in APART):
        held = [row for file in files for row in await _held(table, file, work, keys, network)]
        sections.append(Section(table.name, TITLES.get(table.name, table.name), held))
    order = list(TITLES)
    return sorted(sections, key=lambda one: order.index(one.name) if one.name in TITLES else len(order))


async def _held(
    table: Table, person: UUID, work: Work, keys: PersonKeys, network: Network | None
) -> list[list[Held]]:
    where = of_person(table)
    if "people" in table.columns:
        where = f"({where} OR :person = ANY(people))"
    rows = (await work.execute(f'SELECT * FROM intake."{table.name}" WHERE {where}', person=person)).all()
    return [_row(table, dict(row), person, keys, network) for row in rows]


def _row(
    table: Table, row: dict[str, Any], person: UUID, keys: PersonKeys, network: Network | None
) -> list[Held]:
    found = []
    for column, kept in row.items():
        if column in TECHNICAL or kept is None or kept == "" or kept == []:
            continue
        value, text = kept, None
        if isinstance(kept, bytes):
            value = keys.open(person, SEALED_AS.get((table.name, column), column), kept)
            text = UNREADABLE if value is None else None
        label = label_of(table.name, column) or column.replace("_", " ")
        found.append(Held(column, label, plain(value), text or said(column, value, network, table.name)))
    return found


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    """The value as JSON takes it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    return value


def said(column: str, value: Any, network: Network | None, table: str | None = None) -> str:  # noqa: ANN401 - any value
    """The value as a page says it."""
    if isinstance(value, list | tuple):
        return ", ".join(said(column, one, network, table) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}\u202f: {one}" for name, one in value.items())
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime | date):
        return exact(value)
    if isinstance(value, UUID):
        return _named(value, network)
    if column == "phone" and value:
        return readable_phone(str(value))
    if column in ("right", "rights"):
        return right_name(str(value))
    return coded(table, column, value) or str(value)


def _named(ref: UUID, network: Network | None) -> str:
    if network is not None:
        for names in (network.accounts, network.desks, network.organisations):
            if ref in names:
                return names[ref]
    return ""


def as_json(person: UUID, made_at: datetime, sections: Iterable[Section]) -> dict[str, Any]:
    """The same structure for a machine (GDPR article 20 asks for one that is in common use)."""
    return {
        "person": str(person),
        "made_at": made_at.isoformat(),
        "sections": [
            {
                "name": one.name,
                "title": one.title,
                "rows": [{held.column: held.value for held in row} for row in one.rows],
            }
            for one in sections
        ],
    }
