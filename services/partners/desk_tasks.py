"""What a desk asks of its managers: referrals that nobody follows any more, and contacts to confirm once a year."""

from dataclasses import replace
from datetime import datetime

from contracts.pages import referral_page_of_desk
from services.partners.desk_list import Row, row_of
from services.partners.disclosures import Readings
from services.partners.store import Names
from services.partners.tables import DeskItem


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
