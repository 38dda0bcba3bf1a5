"""Taking back what has just been sent: for some seconds one press does it; and afterwards, honestly, who read it.

The bar is the ordinary recall with the reason `mistake`, said first. Afterwards recall stays among the actions.
"""

from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import uuid4

from contracts.lifecycle import State
from contracts.viewer import Viewer
from services.intake.tables import Handover
from services.runtime.database import Work
from services.runtime.web import dates

FOR = timedelta(seconds=10)
_READ = """
SELECT min(at) AS at FROM journalentry
WHERE handover = :ref AND person = :person AND kind = 'disclosed' AND outcome = 'done' AND at >= :since
"""


def undo_of(row: Handover, version: int, now: datetime) -> dict[str, Any] | None:
    """What the bar needs: the seconds that are left, a command, the version shown; None when it is over."""
    if row.step != "sent" or row.state != State.SENT or row.sent_at is None or row.episode != 1:
        return None
    left = ceil((row.sent_at + FOR - now).total_seconds())
    return {"ref": row.ref, "seconds": left, "command_id": uuid4(), "version": version} if left > 0 else None


async def first_reading(_viewer: Viewer, work: Work, row: Handover) -> datetime | None:
    """When a desk first read something of her through this hand-over, by the journal; None: nobody did."""
    found = await work.execute(_READ, ref=row.ref, person=row.person, since=row.sent_at or row.created_at)
    at: datetime | None = found.scalar_one_or_none()
    return at


def recalled_words(read_at: datetime | None) -> str:
    """What a recall could and could not take back."""
    if read_at is None:
        return "Le guichet n’avait rien lu. Il ne verra plus que cette orientation a existé et a été rappelée."
    return (
        f"Le guichet avait lu ce qui était partagé {dates.when(read_at)}\u202f: il ne peut plus le relire, "
        "mais il a pu en prendre connaissance."
    )


def is_recalled(row: Handover) -> bool:
    """Whether it was taken back."""
    return row.step == "sent" and row.state == State.RECALLED
