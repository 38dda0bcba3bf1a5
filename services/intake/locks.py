"""Both locks as they stand now, put together in one place for handing over, previewing, reading and asking.

The grant is a row of ours; the route is the territory's table under a convention. What the directory said of the
convention at the hand-over counts only until a fact tells more: one that was ended early closes the lock at once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts import consent
from contracts.consent import TwoLocks, two_locks
from contracts.viewer import Viewer
from contracts.vocabulary import Purpose
from services.intake import handover_store as store
from services.intake.dossier import Convention, choose_route, decided_at, grant_of, route_of
from services.intake.tables import ConsentGrant, Handover, SharingRoute
from services.runtime.database import Work

_KNOWN = "SELECT ref, organisation, starts, ends FROM intake.knownconvention WHERE organisation = ANY(:organisations)"


@dataclass(frozen=True)
class Frame:
    """What the second lock is decided by: routes valid now, and the conventions told since, by organisation."""

    routes: Sequence[SharingRoute]
    conventions: Mapping[UUID, Sequence[Convention]] = field(default_factory=dict)


@dataclass(frozen=True)
class Ends:
    """The two ends of a disclosure, and the convention as the directory said it when it was asked."""

    sender_kind: str
    recipient_kind: str
    organisation: UUID
    told: Convention

    @classmethod
    def of(cls, row: Handover) -> "Ends":
        """As a hand-over has them."""
        told = Convention(row.convention, row.convention_starts, row.convention_ends)
        return cls(row.sender_kind, row.recipient_kind, row.recipient_organisation, told)


@dataclass(frozen=True)
class Standing:
    """Both locks at one instant, with the grant and the route that they were decided on."""

    grant: consent.Grant | None
    route: consent.Route | None
    locks: TwoLocks
    at: datetime


async def read_frame(
    viewer: Viewer,
    work: Work,
    *,
    senders: Iterable[str],
    recipients: Iterable[str],
    organisations: Iterable[UUID] = (),
) -> Frame:
    """The frame between these kinds; `organisations` are those whose hand-overs are read, and were not just asked."""
    routes = await store.routes_now(viewer, work, recipients, senders)
    wanted = list(set(organisations))
    known: dict[UUID, list[Convention]] = defaultdict(list)
    for row in await work.execute(_KNOWN, organisations=wanted) if wanted else ():
        known[row.organisation].append(Convention(row.ref, row.starts, row.ends))
    return Frame(routes, known)


async def frame_of(viewer: Viewer, work: Work, handovers: Sequence[Handover]) -> Frame:
    """The frame of hand-overs that are being read."""
    return await read_frame(
        viewer,
        work,
        senders={one.sender_kind for one in handovers},
        recipients={one.recipient_kind for one in handovers},
        organisations={one.recipient_organisation for one in handovers},
    )


def stand(
    row: ConsentGrant | None, frame: Frame, ends: Ends, *, desk: UUID, right: str, purpose: Purpose, now: datetime
) -> Standing:
    """Both locks for that desk, right and purpose: the one place in which grant, route and convention meet."""
    at = decided_at(row, now)
    grant = grant_of(row) if row is not None else None
    pair = [
        one
        for one in frame.routes
        if (one.sender_kind, one.recipient_kind) == (ends.sender_kind, ends.recipient_kind)
    ]
    route = route_of(choose_route(pair, purpose), choose_convention(frame, ends, at))
    return Standing(grant, route, two_locks(grant, route, desk=desk, right=right, purpose=purpose, at=at), at)


def standing_of(row: Handover, granted: ConsentGrant | None, frame: Frame, now: datetime) -> Standing:
    """Both locks of a hand-over."""
    return stand(
        granted, frame, Ends.of(row), desk=row.desk, right=row.right, purpose=Purpose(row.purpose), now=now
    )


def choose_convention(frame: Frame, ends: Ends, at: datetime) -> Convention:
    """The convention that counts: of those in force the one that ends last, else the last to end.

    What the directory told since replaces what it said of the same convention when the hand-over was made.
    """
    known = list(frame.conventions.get(ends.organisation, ()))
    if ends.told.ref is not None and ends.told.ref not in {one.ref for one in known}:
        known.append(ends.told)

    def worth(one: Convention) -> tuple[bool, Any]:
        assert one.starts is not None and one.ends is not None
        return one.starts <= at < one.ends, one.ends

    return max((one for one in known if one.starts and one.ends), key=worth, default=Convention(None, None, None))
