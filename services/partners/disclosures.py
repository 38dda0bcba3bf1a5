"""What a page may say of a person: asked of intake for all its rows at once, and never kept.

When intake is away the page still shows everything that is not personal, and says so once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from contracts.asks import Disclose
from contracts.refusals import Refusal, ServiceAway, from_wire
from contracts.replies import Disclosed
from contracts.viewer import Viewer
from services.runtime.bus import Bus

UNSHARED = "Identité non partagée"
UNREADABLE = "Informations non consultables"
UNAVAILABLE = "Informations momentanément indisponibles"


@dataclass(frozen=True)
class Readings:
    """The answers by referral; `away` when intake did not answer."""

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
    viewer: Viewer, bus: Bus, referrals: Sequence[UUID], *, with_notes: bool = False
) -> Readings:
    """Ask intake what this viewer may read now of these persons; at most 200 referrals."""
    if not referrals:
        return Readings()
    try:
        found = await bus.ask(Disclose(viewer=viewer, referrals=tuple(referrals), with_notes=with_notes))
    except ServiceAway:
        return Readings(away=True)
    return Readings({row.referral: row for row in found.rows})
