"""Ladders in the database: the versions of a desk or of the territory, a new one, and the past facts to try one on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID, uuid4

from contracts.refusals import DateInThePast, RoleNotAllowed
from contracts.viewer import Role, Viewer
from contracts.vocabulary import LadderReason
from services.referral.business_time import paris_day
from services.referral.ladder import Ladder
from services.referral.ladder_simulation import Happened, happened
from services.referral.ladder_versions import TERRITORY, check, clocks_as_data, rungs_as_data
from services.runtime.database import Work

MOST_REFERRALS = 1_500
STILL_TOLD = timedelta(days=100)  # after the end, until the second check
_LIVES = """
SELECT f.ref, f.type, (f.envelope->'data') - 'reminders' AS data FROM (
    SELECT ref FROM referral
    WHERE sent_at < :until AND (ended_at IS NULL OR ended_at >= :ended)
        AND (cast(:desk AS uuid) IS NULL OR desk = cast(:desk AS uuid))
    ORDER BY sent_at DESC LIMIT :most
) AS r JOIN fact f ON f.ref = r.ref WHERE f.version > 0 ORDER BY f.ref, f.version
"""
_KEEP = """
INSERT INTO ladderversion (ref, owner, applies_from, made_at, clocks, rungs, made_by, reason)
VALUES (:ref, :owner, :applies_from, :made_at, cast(:clocks AS jsonb), cast(:rungs AS jsonb), :made_by, :reason)
"""


@dataclass(frozen=True)
class NewVersion:
    """What is to hold from a day on; `ladder` None: the desk follows the territory again."""

    owner: UUID
    applies_from: date
    ladder: Ladder | None
    reason: LadderReason


def readable_desks(viewer: Viewer) -> frozenset[UUID] | None:
    """The desks whose ladder she reads: a manager her own, the coordination every one (None)."""
    return None if viewer.has(Role.COORDINATOR) else frozenset(viewer.manages)


def allow_reading(viewer: Viewer, owner: UUID) -> None:
    """Refusal: RoleNotAllowed for another's desk; what holds for the territory is for everybody who may read one."""
    desks = readable_desks(viewer)
    if desks is not None and owner != TERRITORY and owner not in desks:
        raise RoleNotAllowed


def check_version(viewer: Viewer, new: NewVersion, now: datetime) -> None:
    """Refusals: RoleNotAllowed; DateInThePast for a day that has begun; those of `ladder_versions.check`."""
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed
    if new.applies_from <= paris_day(now):
        raise DateInThePast(field="applies_from")
    if new.ladder is not None:
        check(new.ladder)


async def keep_version(viewer: Viewer, work: Work, command: UUID, new: NewVersion) -> None:
    """Append it; the same command again changes nothing. What was promised stays. Refusals: see `check_version`."""
    check_version(viewer, new, work.now)
    if await work.recall_command(command) is not None:
        return
    ladder = new.ladder
    await work.execute(
        _KEEP, ref=uuid4(), owner=new.owner, applies_from=new.applies_from, made_at=work.now, made_by=viewer.account,
        clocks=json.dumps(clocks_as_data(ladder, new.owner)) if ladder else None,
        rungs=json.dumps(rungs_as_data(ladder)) if ladder else None, reason=new.reason.value,
    )
    await work.remember_command(command, {})


async def lives_between(
    viewer: Viewer, work: Work, since: datetime, until: datetime, desk: UUID | None = None
) -> list[Sequence[Happened]]:
    """The facts of the referrals that had something to be told in that stretch, those of one desk where it is named.

    The MOST_REFERRALS sent last. Refusal: RoleNotAllowed for whoever is no coordinator.
    """
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed
    rows = await work.execute(_LIVES, until=until, ended=since - STILL_TOLD, desk=desk, most=MOST_REFERRALS)
    facts = [happened(row.type, row.data) for row in rows]
    return [list(one) for _, one in groupby(facts, key=lambda fact: fact.ref)]
