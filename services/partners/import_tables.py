"""The card of an organisation, where it was imported from, and the drafts of imports with their rows.

Professionals only, and nothing that is shown outside the network; drafts and their rows go after 90 days.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.partners.base import Base
from services.runtime.access import Access, has_role
from services.runtime.purging import Age
from services.runtime.tables import instant


def _json(default: str) -> Column:  # type: ignore[type-arg]
    return Column(JSONB, nullable=False, server_default=default)


class OrganisationCard(Base, table=True):
    """Where an organisation is and whom a professional calls there: one row an organisation, "" for what is not known.

    The contact is a professional who has no account here; `themes` are words between bars.
    """

    organisation: UUID = Field(primary_key=True, foreign_key="partners.organisation.ref")
    address: str = ""
    postal_code: str = ""
    city: str = ""
    phone: str = ""
    email: str = ""
    themes: str = ""
    contact_name: str = ""
    contact_function: str = ""
    contact_email: str = ""
    contact_phone: str = ""


class OrganisationOrigin(Base, table=True):
    """By which identifier of which source an organisation is found again. `taken` has, by field, a mark (a short hash)
    of what was last taken over from there: a field whose mark is no more that of the directory was changed by hand.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    organisation: UUID = Field(foreign_key="partners.organisation.ref", index=True)
    source: str
    identifier: str
    taken: dict[str, str] = Field(default_factory=dict, sa_column=_json("{}"))
    at: datetime = Field(sa_column=instant())

    __table_args__ = (UniqueConstraint("territory", "source", "identifier", name="organisationorigin_once"),)


class DirectoryImport(Base, table=True):
    """An import: `state` is draft, applying, done, stopped (whoever began it administers no more) or dropped.

    `heads` are the file's titles, `mapping` the column each is taken as; `source` and `kind` hold for rows that say
    none, and are "" while nobody said them. `form` is csv, xlsx or data_inclusion.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    form: str
    state: str = "draft"
    heads: list[str] = Field(default_factory=list, sa_column=_json("[]"))
    mapping: list[str] = Field(default_factory=list, sa_column=_json("[]"))
    source: str = ""
    kind: str = ""
    account: UUID
    made_at: datetime = Field(sa_column=instant())
    started_at: datetime | None = Field(default=None, sa_column=instant(True))
    finished_at: datetime | None = Field(default=None, sa_column=instant(True))


class DirectoryImportRow(Base, table=True):
    """A row of an import: `cells` as the file has them, `edits` by column what was written in their place.

    `outcome`, `act`, `title` and `found` are what the last check says (see `import_checking`), `choice` what somebody
    decided about it; `result` is what was done, once it is: made, changed, unchanged or left, and `reason` why.
    """

    draft: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    cells: list[str] = Field(sa_column=_json("[]"))
    edits: dict[str, str] = Field(default_factory=dict, sa_column=_json("{}"))
    choice: str = ""
    outcome: str = ""
    act: str = ""
    title: str = ""
    found: dict[str, Any] = Field(default_factory=dict, sa_column=_json("{}"))
    result: str = ""
    reason: str = ""
    organisation: UUID | None = None
    at: datetime = Field(sa_column=instant())

    __table_args__ = (Index("directoryimportrow_outcome", "draft", "outcome", "number"),)


_ADMINISTRATOR = has_role("administrator")
_ALL = "SELECT, INSERT, UPDATE, DELETE"
ACCESS = (
    Access("organisationcard", "SELECT, INSERT, UPDATE", _ALL, "true", _ADMINISTRATOR),
    Access("organisationorigin", "SELECT, INSERT, UPDATE", _ALL, _ADMINISTRATOR),
    Access("directoryimport", "SELECT, INSERT, UPDATE", _ALL, _ADMINISTRATOR),
    Access("directoryimportrow", _ALL, _ALL, _ADMINISTRATOR),
)
AGES = (
    Age("directoryimportrow", "at", 90, "Lignes des imports de l’annuaire (professionnels)"),
    Age("directoryimport", "made_at", 90, "Imports de l’annuaire"),
)
