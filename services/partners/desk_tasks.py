"""What a desk asks of its managers: referrals that nobody follows any more, and contacts to confirm once a year."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from contracts.pages import referral_page_of_desk
from contracts.viewer import Viewer
from services.partners.desk_list import Row, row_of
from services.partners.disclosures import Readings
from services.partners.store import Names
from services.partners.tables import DeskItem
from services.runtime.database import Work

MOST = 30
_I: Any = DeskItem  # its attributes are SQL columns in a statement


async def unattended_items(viewer: Viewer, work: Work) -> list[DeskItem]:
    """The open referrals of the desks she manages that nobody follows any more, the oldest first."""
    if not viewer.manages:
        return []
    where = _I.desk.in_(viewer.manages) & _I.unattended_since.is_not(None)
    found = await work.session.execute(select(DeskItem).where(where).order_by(_I.unattended_since).limit(MOST))
    return list(found.scalars())


def rows_to_assign(items: list[DeskItem], readings: Readings, names: Names, now: datetime) -> list[Row]:
    """One row each, whose one action is to give it to somebody."""
    return [
        replace(
            row_of(item, readings, names, now),
            kind="late",
            action_label="Attribuer",
            action_href=f"{referral_page_of_desk(item.ref)}/assign",
        )
        for item in items
    ]
