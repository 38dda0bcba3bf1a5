"""A desk that is late, as its referent sees it: what was expected, since when, and the number to call. Pure."""

from dataclasses import dataclass
from datetime import datetime

from contracts.lifecycle import State
from services.intake.progress import status_of
from services.intake.tables import Handover
from services.runtime.web import dates
from services.runtime.web.pages import dialled

_EXPECTED = {
    State.SENT: "devait accuser réception",
    State.ACKNOWLEDGED: "devait prendre contact",
    State.IN_PROGRESS: "devait donner suite",
    State.ON_HOLD: "devait reprendre",
}


@dataclass(frozen=True)
class Overdue:
    """What the page says: the sentence, the desk's number as it is read, and as it is dialled."""

    sentence: str
    phone: str | None

    @property
    def dial(self) -> str | None:
        number = dialled(self.phone)
        return f"tel:{number}" if number else None


def is_overdue(row: Handover, now: datetime) -> bool:
    """True when the desk's instant is past, and it is for the desk to act."""
    return row.next_due is not None and status_of(row, now)[1] == "late"


def overdue_of(row: Handover, phone: str | None, now: datetime) -> Overdue | None:
    """What is said of a desk that is late, None of one that is not; `phone` is its own, where the directory has it."""
    if not is_overdue(row, now) or row.next_due is None:
        return None
    what = _EXPECTED.get(State(row.state), "devait répondre")
    return Overdue(f"{row.contact_name} {what} {dates.day(row.next_due)}. Un appel suffit souvent.", phone)
