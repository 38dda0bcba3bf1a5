"""The notices that were read to people: every published version in its exact words, and the drafts of the next ones.

Nothing here is of a person. A published row can be neither changed nor deleted: nobody has the privilege.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Index
from sqlmodel import Field

from services.intake.base import Base
from services.runtime.access import Access, has_role
from services.runtime.tables import instant


class NoticeText(Base, table=True):
    """One version in one language, as `fr-2026-11`. `published_by` is None for a text that came with the product.

    `digest` is the SHA-256 (hexadecimal) of `body` in UTF-8.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    version: str
    language: str
    body: str
    digest: str
    published_at: datetime = Field(sa_column=instant())
    published_by: UUID | None = None

    __table_args__ = (Index("noticetext_version", "territory", "version", unique=True),)


class NoticeDraft(Base, table=True):
    """A text that a data protection officer prepares, before anybody reads it to a person."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    language: str
    body: str
    written_by: UUID
    written_at: datetime = Field(sa_column=instant())


ACCESS = (
    Access("noticetext", "SELECT, INSERT", "SELECT, INSERT", writable=has_role("dpo")),
    Access("noticedraft", "SELECT, INSERT, UPDATE, DELETE", "SELECT", has_role("dpo")),
)
