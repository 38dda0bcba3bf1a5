"""The tables of the second lock besides the routes themselves: conventions as partners told them, and who decided what
about a route.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Field

from services.intake.base import Base
from services.runtime.access import Access, has_role
from services.runtime.tables import instant


class KnownConvention(Base, table=True):
    """A convention as the directory last told it, kept from its facts; in force from `starts` until before `ends`."""

    ref: UUID = Field(primary_key=True)
    organisation: UUID = Field(index=True)
    starts: datetime = Field(sa_column=instant())
    ends: datetime = Field(sa_column=instant())
    revision: int = 1


class RouteDecision(Base, table=True):
    """Append-only: a version of a route validated or ended, by whom and why; `closes` is what the preview counted."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    route: UUID = Field(index=True)
    sender_kind: str
    recipient_kind: str
    version: int
    kind: str
    reason: str
    closes: int = 0
    actor: UUID
    at: datetime = Field(sa_column=instant())


DPO = has_role("dpo")
ACCESS = (
    Access("knownconvention", web="SELECT", worker="SELECT, INSERT, UPDATE"),
    Access("routedecision", web="SELECT, INSERT", worker="SELECT", visible=DPO),
)
