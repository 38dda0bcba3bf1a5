"""The reason that somebody gave for opening a colleague's file, as long as it holds."""

from uuid import UUID

from contracts.viewer import Viewer
from services.runtime.database import Work

NOW = """(
SELECT reason FROM intake.caseloadreason WHERE account = :account AND person = :person AND until > :now
ORDER BY at DESC LIMIT 1)
"""


async def reason_now(viewer: Viewer, work: Work, person: UUID) -> str | None:
    """The reason that the viewer gave for that person and that still holds."""
    found = await work.execute(f"SELECT {NOW}", account=viewer.account, person=person, now=work.now)
    reason: str | None = found.scalar()
    return reason
