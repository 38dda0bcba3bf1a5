"""The way to a person's own page: links that a referent makes, visits that the person opens with her code, and tries.

References, hashes and instants only: neither a code nor a visit's cookie can be read from here.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Index, MetaData
from sqlmodel import Field

from services.intake.base import Base
from services.intake.erasable import person_column
from services.runtime.access import ACCOUNT, ORGANISATION, PERSON, Access
from services.runtime.tables import instant


class PersonLink(Base, table=True):
    """A link to one person's page. `address` is the short reference in it, which opens nothing by itself; `code_hash`
    is keyed and binds the code to this link. It is over when `ended_at` is set, at five wrong codes, or in its time.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    person: UUID = Field(foreign_key="intake.person.ref", index=True)
    organisation: UUID
    address: str = Field(unique=True)
    code_hash: str
    handed: str = "in_person"
    made_by: UUID
    made_at: datetime = Field(sa_column=instant())
    expires_at: datetime = Field(sa_column=instant())
    wrong: int = 0
    ended_at: datetime | None = Field(default=None, sa_column=instant(True))
    opened_at: datetime | None = Field(default=None, sa_column=instant(True))


class PersonVisit(Base, table=True):
    """One browser on one person's page: `secret` is the SHA-256 of its cookie; `until` moves with each page."""

    secret: str = Field(primary_key=True)
    link: UUID = Field(foreign_key="intake.personlink.ref", index=True)
    person: UUID = Field(foreign_key="intake.person.ref", index=True)
    organisation: UUID
    opened_at: datetime = Field(sa_column=instant())
    until: datetime = Field(sa_column=instant())


class PageTry(Base, table=True):
    """One code typed, right or wrong: `visitor` is a keyed hash of a network. Kept for a day."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    visitor: str
    at: datetime = Field(sa_column=instant())

    __table_args__ = (Index("pagetry_visitor_at", "visitor", "at"),)


# Before the code is checked nobody is signed in, and what is read then is a reference and hashes.
_OWN_OR_NOBODY = f"organisation = {ORGANISATION} OR {ACCOUNT} IS NULL"
ACCESS = (
    Access("personlink", "SELECT, INSERT, UPDATE", "SELECT, DELETE", _OWN_OR_NOBODY),
    Access("personvisit", "SELECT, INSERT, UPDATE, DELETE", "SELECT, DELETE", _OWN_OR_NOBODY),
    Access("pagetry", "SELECT, INSERT", "SELECT, DELETE"),
)


def bound_to_herself(accesses: Iterable[Access], metadata: MetaData) -> tuple[Access, ...]:
    """The same accesses, in which a person on her own page reaches the rows that are hers and no other person's.

    Read off what is declared, so that a new table of a person is never forgotten.
    """
    columns = {table.name: person_column(table) for table in metadata.tables.values()}
    extra = {"journalentry": f" OR {PERSON} = ANY (people)"}
    return tuple(
        replace(one, herself=f'"{column}" = {PERSON}{extra.get(one.table, "")}')
        if (column := columns.get(one.table)) is not None
        else one
        for one in accesses
    )
