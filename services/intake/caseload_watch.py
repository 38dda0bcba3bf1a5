"""Watching what is opened outside one's own caseload: one alert a day for whoever opens more than the number."""

from contracts.paris import paris_day
from contracts.viewer import Viewer
from services.intake import caseload
from services.runtime.database import Work
from services.runtime.process import Service
from services.runtime.settings import Settings

_ALERT = """
INSERT INTO intake.caseloadalert (ref, account, organisation, day, opened, at)
VALUES (gen_random_uuid(), :account, :organisation, :day, :opened, :now) ON CONFLICT DO NOTHING
"""


def most_of(settings: Settings) -> int:
    """How many files of colleagues somebody may open in a day before the DPO is told."""
    return settings.caseload_alert


async def watch(viewer: Viewer, work: Work, most: int) -> int:
    """Count what the viewer opened outside her caseload today, and write the alert when it is more than `most`.

    Files and referrals count together, each person once; the count comes from the journal.
    """
    opened = await caseload.opened_outside(viewer, work)
    if opened > most:
        await work.execute(
            _ALERT,
            account=viewer.account,
            organisation=viewer.organisation,
            day=paris_day(work.now),
            opened=opened,
            now=work.now,
        )
    return opened


_ALL = f"""
INSERT INTO intake.caseloadalert (ref, account, organisation, day, opened, at)
SELECT gen_random_uuid(), a.viewer, a.viewer_organisation, :day, a.opened, :now FROM (
    SELECT j.viewer, j.viewer_organisation, count(DISTINCT p.ref) AS opened
    {caseload.OUTSIDE.replace(":account", "j.viewer")} AND f.organisation = j.viewer_organisation
    GROUP BY j.viewer, j.viewer_organisation HAVING count(DISTINCT p.ref) > :most
) a ON CONFLICT DO NOTHING
"""


async def watch_all(service: Service) -> None:
    """The same for everybody, every few minutes: under a reason that holds, more is opened without being asked why."""
    async with service.database.worker() as work:
        await work.execute(
            _ALL,
            day=paris_day(work.now),
            now=work.now,
            today=caseload.midnight(work.now),
            since=work.now - caseload.MET_WITHIN,
            most=most_of(service.settings),
        )
