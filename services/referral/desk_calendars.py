"""Keeps when desks work, as their directory says it, and the public holidays of the territory; what was is kept."""

import json
from datetime import date, timedelta

from contracts.facts import DeskHoursChanged
from contracts.refusals import DateInThePast, RoleNotAllowed
from contracts.viewer import Role, Viewer
from services.referral.business_time import paris_day
from services.referral.calendar_rules import FRANCE, Version, version_of, week_of
from services.referral.ladder_versions import TERRITORY
from services.runtime.database import Work

_OF = "SELECT valid_from, said_at, holidays, hours, closures FROM businesscalendar WHERE owner = :owner"
_KEEP = """
INSERT INTO businesscalendar (owner, valid_from, said_at, holidays, hours, closures)
VALUES (:owner, :valid_from, :said_at, :holidays, cast(:hours AS jsonb), cast(:closures AS jsonb))
ON CONFLICT (owner, valid_from) DO UPDATE SET said_at = excluded.said_at, holidays = excluded.holidays,
    hours = excluded.hours, closures = excluded.closures WHERE excluded.said_at > businesscalendar.said_at
"""


async def keep_desk_hours(fact: DeskHoursChanged, work: Work) -> None:
    """A further version of the desk's calendar, from its day on; what was promised by the one before stays."""
    week = week_of((one.weekday, one.opens, one.closes) for one in fact.hours)
    closures = [[one.first.isoformat(), one.last.isoformat() if one.last else None] for one in fact.closures]
    await work.execute(
        _KEEP, owner=fact.ref, valid_from=fact.effective_from, said_at=fact.at, holidays=FRANCE,
        hours=json.dumps(week), closures=json.dumps(closures),
    )


async def territory_holidays(viewer: Viewer, work: Work) -> tuple[Version, ...]:
    """Which public holidays hold from when. Refusal: RoleNotAllowed for whoever is no coordinator."""
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed
    rows = await work.execute(_OF, owner=TERRITORY)
    return tuple(sorted(map(version_of, rows), key=lambda one: one.valid_from))


async def choose_holidays(viewer: Viewer, work: Work, holidays: str, valid_from: date) -> None:
    """Those public holidays from that day on. Refusals: RoleNotAllowed; DateInThePast for a day that has begun."""
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed
    if valid_from < paris_day(work.now) + timedelta(days=1):
        raise DateInThePast(field="valid_from")
    await work.execute(
        _KEEP, owner=TERRITORY, valid_from=valid_from, said_at=work.now, holidays=holidays,
        hours=json.dumps(week_of(())), closures="[]",
    )
