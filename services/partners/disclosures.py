"""What a page may say of a person: asked of intake for all its rows at once, and never kept.

Intake decides by the agreement and the routes. Two things others decide, and intake hears of them by the bus: that a
referral has ended (referral) and that a convention has (here). Both are looked at beside each reading, so that nothing
is passed on after they are committed, however late the bus is. Whoever is away, nothing of a person is shown.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from contracts.asks import Disclose, ListErasures, ReadStates
from contracts.dossier import Category
from contracts.lifecycle import reading_ended
from contracts.refusals import HandoverClosed, NoConvention, Refusal, ServiceAway, from_wire
from contracts.replies import Disclosed, DisclosedAll, ErasuresFound, StatesFound
from contracts.viewer import Viewer
from services.partners.recipients import in_force_with
from services.runtime.process import Service

# What a row of a list says of a person.
IN_A_LIST = frozenset({Category.IDENTITY_MIN})
UNSHARED = "Identité non partagée"
UNREADABLE = "Informations non consultables"
UNAVAILABLE = "Informations momentanément indisponibles"


@dataclass(frozen=True)
class Readings:
    """The answers by referral; `away` when intake or referral did not answer."""

    rows: dict[UUID, Disclosed] = field(default_factory=dict)
    away: bool = False

    def of(self, referral: UUID) -> Disclosed | None:
        """The row of one referral."""
        return self.rows.get(referral)

    def refusal(self, referral: UUID) -> Refusal | None:
        """Why nothing of the person may be read, or None."""
        row = self.rows.get(referral)
        return from_wire(row.refusal) if row and row.refusal else None

    def who(self, referral: UUID, *, with_age: bool = True) -> str:
        """`Mme K., 34 ans`, or what stands for a name that may not be said."""
        row = self.rows.get(referral)
        if row is None:
            return UNAVAILABLE
        if row.disclosure is None:
            return UNREADABLE
        name, age = row.disclosure.text("short_name"), row.disclosure.text("age")
        if name is None:
            return UNSHARED
        return f"{name}, {age}" if age and with_age else name


async def read_disclosures(
    viewer: Viewer,
    service: Service,
    referrals: Sequence[UUID],
    *,
    with_notes: bool = False,
    only: frozenset[Category] | None = None,
) -> Readings:
    """What this viewer may read now of these persons, `only` these categories when the page shows no others; at most
    200 referrals. The one way to a person from here.
    """
    if not referrals:
        return Readings()
    refs = tuple(referrals)
    try:
        # All three begin now: a decision that is committed by then is seen by whoever took it.
        found, stand, covered = await asyncio.gather(
            service.bus.ask(Disclose(viewer=viewer, referrals=refs, with_notes=with_notes, only=only)),
            service.bus.ask(ReadStates(viewer=viewer, refs=refs)),
            under_convention(viewer, service),
        )
    except ServiceAway:
        return Readings(away=True)
    return Readings(passed_on(found, stand, covered, service))


def passed_on(found: DisclosedAll, stand: StatesFound, covered: bool, service: Service) -> dict[UUID, Disclosed]:
    """The rows as intake answered them, without what has ended since; a referral that the record denies has."""
    now, rows = service.clock(), {}
    for row in found.rows:
        state = stand.states.get(row.referral)
        if row.disclosure is not None and (state is None or reading_ended(state.state, state.ended_at, now)):
            row = Disclosed(referral=row.referral, refusal=HandoverClosed().wire())
        elif row.disclosure is not None and not covered:
            row = Disclosed(referral=row.referral, refusal=NoConvention().wire())
        rows[row.referral] = row
    return rows


async def under_convention(viewer: Viewer, service: Service) -> bool:
    """Whether a convention with the viewer's organisation is in force now."""
    async with service.database.web(viewer) as work:
        return await in_force_with(viewer.organisation, work)


async def read_erasures(viewer: Viewer, service: Service, referral: UUID | None = None) -> ErasuresFound:
    """What the viewer's desks are asked to erase: what is unanswered, or all of one referral; none while away."""
    try:
        return await service.bus.ask(ListErasures(viewer=viewer, referral=referral))
    except ServiceAway:
        return ErasuresFound(rows=())
