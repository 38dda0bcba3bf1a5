"""Reading the consent record: an agreement of a person, and what happened to it."""

from uuid import UUID

from sqlmodel import col, select

from contracts.refusals import NotFound
from contracts.viewer import Viewer
from services.intake import store
from services.intake.tables import ConsentEvent, ConsentGrant
from services.intake.united_files import files_of
from services.runtime.database import Work


async def grant_of_person(viewer: Viewer, work: Work, person: UUID, ref: UUID) -> ConsentGrant:
    """An agreement of that person, in whichever of her files, of the viewer's organisation. Refusal: NotFound."""
    found = await store.grant_of(viewer, work, ref)
    if found.person not in await files_of(work, person):
        raise NotFound
    return found


async def events_of_grant(viewer: Viewer, work: Work, grant: UUID) -> list[ConsentEvent]:
    """What happened to one agreement, oldest first."""
    query = select(ConsentEvent).where(ConsentEvent.grant == grant, ConsentEvent.organisation == viewer.organisation)
    return list((await work.session.exec(query.order_by(col(ConsentEvent.at)))).all())
