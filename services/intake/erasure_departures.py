"""An organisation that leaves is asked to erase everything that it read, and nobody of it can answer any more: the data
protection officer follows each request to its end, and notes the answer that came by another way.
"""

from typing import Any
from uuid import UUID

from contracts.refusals import ErasureAlreadyConfirmed, NotFound
from contracts.viewer import Role, Viewer
from contracts.vocabulary import ErasureState, KeepingReason
from services.intake.erasure_requests import ask_desks, note_answer, readings_of
from services.intake.erasure_words import DepartureCause
from services.intake.handover_store import READABLE_STEPS
from services.runtime.database import Work

_READ_THERE = """
SELECT h.*, g.categories AS agreed FROM intake.handover h JOIN intake.consentgrant g ON g.ref = h."grant"
WHERE h.recipient_organisation = :gone AND h.step = ANY(:steps) AND NOT EXISTS (
    SELECT 1 FROM intake.erasurerequest r WHERE r.handover = h.ref AND r.cause IN ('withdrawal', 'departure'))
ORDER BY h.ref
"""
_ONE = "SELECT * FROM intake.erasurerequest WHERE ref = :ref"


async def ask_who_left(organisation: UUID, work: Work) -> int:
    """Ask every desk of an organisation that left to erase what it read or received; how many requests."""
    rows = list(await work.execute(_READ_THERE, gone=organisation, steps=list(READABLE_STEPS)))
    readings = await readings_of(work, [row.ref for row in rows])
    made = 0
    for row in rows:
        read = readings.get(row.ref)
        categories = {*row.agreed, *(read.categories if read else ())}
        made += len(await ask_desks(work, row.grant, DepartureCause.DEPARTURE, [row], categories))
    return made


async def request_of(viewer: Viewer, work: Work, ref: UUID, *, lock: bool = False) -> Any:  # noqa: ANN401 - a row
    """One request, for the officers. Refusal: NotFound."""
    row = (await work.execute(_ONE + (" FOR UPDATE" if lock else ""), ref=ref)).one_or_none()
    if row is None or not viewer.has(Role.DPO):
        raise NotFound
    return row


async def note_answer_received(viewer: Viewer, work: Work, ref: UUID, reason: KeepingReason | None) -> None:
    """Note what an organisation answered by letter or mail. Refusals: NotFound, ErasureAlreadyConfirmed."""
    row = await request_of(viewer, work, ref, lock=True)
    if row.state == ErasureState.ERASED.value:
        raise ErasureAlreadyConfirmed
    await note_answer(reason, row, work, viewer, Role.DPO)
