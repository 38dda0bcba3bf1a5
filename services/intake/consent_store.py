"""Reading the consent record: the events of an agreement, or of everything that a person was asked."""

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


async def receipts_given(viewer: Viewer, work: Work, person: UUID) -> set[UUID]:
    """The agreements of that person of which she got a receipt."""
    query = select(ConsentEvent.grant).where(
        ConsentEvent.person == person,
        ConsentEvent.organisation == viewer.organisation,
        ConsentEvent.kind == "receipt_given",
    )
    return {ref for ref in (await work.session.exec(query)).all() if ref is not None}
