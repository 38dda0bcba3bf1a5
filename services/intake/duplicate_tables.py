"""Two files of one person: the merge of one into the other, which can be undone, and the pairs that are no duplicates.

The file that is merged keeps its rows and its key: its `merged_into` points to the file that is kept. Nothing moves.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.intake.base import Base
from services.runtime.access import ACCOUNT, ORGANISATION, Access
from services.runtime.tables import instant


class FileMerge(Base, table=True):
    """One merge: `absorbed` is a file of the same person as `person`, the one that is kept, until `undone_at`.

    `chosen` says for each field that differed which file's value is kept. `before` is ciphertext of the kept file's
    key: what stood in both before and what was written, for undoing; emptied once undone.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    person: UUID = Field(foreign_key="intake.person.ref", index=True)
    organisation: UUID
    absorbed: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("intake.person.ref", ondelete="CASCADE"), nullable=False, index=True)
    )
    chosen: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))
    before: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    merged_by: UUID
    merged_at: datetime = Field(sa_column=instant())
    undone_by: UUID | None = None
    undone_at: datetime | None = Field(default=None, sa_column=instant(True))

    # A file is merged into one other at most.
    __table_args__ = (Index("filemerge_standing", "absorbed", unique=True, postgresql_where=text("undone_at IS NULL")),)


class FilesApart(Base, table=True):
    """Somebody looked at two files and said that they are two persons; `person` is the lesser reference."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    person: UUID = Field(foreign_key="intake.person.ref", index=True)
    organisation: UUID
    other: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("intake.person.ref", ondelete="CASCADE"), nullable=False, index=True)
    )
    said_by: UUID
    at: datetime = Field(sa_column=instant())

    __table_args__ = (UniqueConstraint("territory", "person", "other", name="filesapart_once"),)


_OWN = f"organisation = {ORGANISATION}"
ACCESS = (
    # Nobody signed in: a person at the door of her own page, whose visit may turn to her other file.
    Access("filemerge", "SELECT, INSERT, UPDATE", "SELECT", f"{_OWN} OR {ACCOUNT} IS NULL", _OWN),
    Access("filesapart", "SELECT, INSERT", "SELECT", _OWN),
)
