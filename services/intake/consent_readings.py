"""What rests on an agreement ends with it: the readings of the hand-overs that left on it, all or for some rights."""

from collections.abc import Iterable

from contracts.viewer import Viewer
from services.intake import store
from services.intake.tables import ConsentGrant, Handover
from services.runtime.database import Work


async def end_readings(
    viewer: Viewer, work: Work, grant: ConsentGrant, rights: Iterable[str] | None = None
) -> list[Handover]:
    """End now the readings that rest on this agreement, for these rights or (None) for all; the hand-overs touched.

    A reading that had ended keeps its end. The caller holds the lock of the grant's row.
    """
    only = None if rights is None else set(rights)
    resting = [one for one in await store.resting_on(viewer, work, grant.ref) if only is None or one.right in only]
    for handover in resting:
        if handover.readable_until is None or handover.readable_until > work.now:
            handover.readable_until = work.now
            work.session.add(handover)
    return resting
