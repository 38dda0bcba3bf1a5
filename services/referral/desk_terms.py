"""What a desk promises: when it works and which ladder holds there, read together, once for each decision.

No reading of a person, so of no viewer; what was promised by an earlier version stays as it was written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.asks import ReadTerritoryClocks
from contracts.replies import TerritoryClocks
from services.referral.business_time import paris_day
from services.referral.calendar_rules import Calendar, version_of
from services.referral.ladder import Ladder
from services.referral.ladder_versions import TERRITORY, Ladders, Version, ladder_from
from services.runtime.database import Work

# One round trip for both: every fact of a referral needs them.
_COLUMNS = """
SELECT owner, valid_from, said_at, holidays, hours, closures, NULL::uuid AS ref, NULL::jsonb AS clocks,
    NULL::jsonb AS rungs, NULL::uuid AS made_by, NULL::text AS reason FROM businesscalendar {where}
UNION ALL
SELECT owner, applies_from, made_at, NULL, NULL, NULL, ref, clocks, rungs, made_by, reason FROM ladderversion {where}
"""
_OF = _COLUMNS.format(where="WHERE owner IN (:desk, :territory)")
_ALL = _COLUMNS.format(where="")


@dataclass(frozen=True)
class Terms:
    """The calendar of a desk and its ladders over time."""

    calendar: Calendar
    ladders: Ladders

    def at(self, instant: datetime) -> dict[str, Any]:
        """What a `Moment` at that instant takes: `calendar` and `ladder`."""
        return {"calendar": self.calendar, "ladder": self.ladder(instant)}

    def ladder(self, instant: datetime) -> Ladder:
        """The ladder that holds on the day (of Paris) of that instant."""
        return self.ladders.on(paris_day(instant))


async def terms_for(desk: UUID, work: Work) -> Terms:
    """Everything that was ever said of that desk and of the territory."""
    rows = (await work.execute(_OF, desk=desk, territory=TERRITORY)).all()
    return _terms(desk, rows)


async def terms_of_all(work: Work) -> dict[UUID, Terms]:
    """By desk; that of the territory is under TERRITORY, and is what a desk that is not there has."""
    rows = (await work.execute(_ALL)).all()
    return {owner: _terms(owner, rows) for owner in {row["owner"] for row in rows} | {TERRITORY}}


async def read_territory_clocks(_ask: ReadTerritoryClocks, work: Work) -> TerritoryClocks:
    """The clocks of the territory that other services keep, as they hold today."""
    terms = await terms_for(TERRITORY, work)
    return TerritoryClocks(consent_days=terms.ladders.of_territory(paris_day(work.now)).clocks.consent_days)


def _terms(desk: UUID, rows: Any) -> Terms:  # noqa: ANN401 - rows of the driver
    def of(owner: UUID, ladders: bool) -> list[Mapping[str, Any]]:
        return [row for row in rows if row["owner"] == owner and (row["hours"] is None) is ladders]

    own = desk != TERRITORY
    return Terms(
        Calendar(
            tuple(map(version_of, of(desk, False))) if own else (), tuple(map(version_of, of(TERRITORY, False)))
        ),
        Ladders(
            tuple(map(ladder_version, of(desk, True))) if own else (), tuple(map(ladder_version, of(TERRITORY, True)))
        ),
    )


def ladder_version(row: Mapping[str, Any]) -> Version:
    """A version from its row."""
    return Version(
        row["ref"], row["owner"], row["valid_from"], row["said_at"], ladder_from(row["clocks"], row["rungs"]),
        row["made_by"], row["reason"],
    )
