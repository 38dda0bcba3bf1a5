"""Who was shown the three things to know, in which role: they are shown once, and never in the way again."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.partners.base import Base
from services.runtime.access import ACCOUNT, Access
from services.runtime.tables import instant


class Welcomed(Base, table=True):
    """An account in a role, at its first visit in it."""

    account: UUID = Field(primary_key=True, foreign_key="partners.account.ref")
    role: str = Field(primary_key=True)
    at: datetime = Field(sa_column=instant())


ACCESS = (Access("welcomed", "SELECT, INSERT", "SELECT, DELETE", f"account = {ACCOUNT}"),)
