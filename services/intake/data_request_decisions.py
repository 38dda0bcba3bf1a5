"""What the DPO decides about a request, with what it does to the data, in one transaction of the worker.

The worker's role reaches every organisation's rows; who decides is bound to the transaction as its viewer, so that the
trace and the journal name the DPO.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlmodel import col, select

from contracts.refusals import InvalidInput, NotFound
from contracts.viewer import Viewer
from services.intake import journal
from services.intake.data_request_rules import OPEN, ExtensionReason, Kind, RefusalReason, State, Step
from services.intake.data_request_tables import DataRequest
from services.intake.data_requests import deciding, note_step, read_request, take_step
from services.intake.erasing import Eraser
from services.intake.erasing_register import Line
from services.intake.journal_kinds import Kind as Done
from services.intake.journal_kinds import Thing
from services.intake.limiting import lift_limit, limit_person, oppose
from services.intake.united_files import files_of
from services.runtime.database import Work
from services.runtime.process import Service

_FILE_NUMBER = "SELECT file_number FROM intake.person WHERE ref = :person"


@asynccontextmanager
async def decision_of(viewer: Viewer, service: Service) -> AsyncIterator[Work]:
    """A transaction of the worker that this DPO answers for. Refusal: RoleNotAllowed."""
    async with service.database.worker() as work:
        work.viewer = viewer
        deciding(work)
        yield work


async def _journal(work: Work, row: DataRequest, kind: Done, reason: str) -> None:
    await journal.record(
        work,
        work.viewer,
        kind,
        object=Thing.REQUEST,
        ref=row.ref,
        person=row.person,
        organisation=row.organisation,
        reason=reason,
    )


async def take_up(viewer: Viewer, service: Service, ref: UUID) -> None:
    """The DPO takes the request in hand. Refusals: RoleNotAllowed, NotFound, DataRequestOver."""
    async with decision_of(viewer, service) as work:
        row = await take_step(work, ref, Step.TAKE)
        await _journal(work, row, Done.REQUEST_HANDLED, "taken")


async def extend(viewer: Viewer, service: Service, ref: UUID, reason: ExtensionReason) -> None:
    """Two more months, with the reason that the person is told. Refusals: as `take_up`."""
    async with decision_of(viewer, service) as work:
        row = await take_step(work, ref, Step.EXTEND, extension=reason)
        await _journal(work, row, Done.REQUEST_HANDLED, "extended")


async def refuse(viewer: Viewer, service: Service, ref: UUID, reason: RefusalReason) -> None:
    """Nothing is done, for a reason that the person is told. Refusals: as `take_up`."""
    async with decision_of(viewer, service) as work:
        row = await take_step(work, ref, Step.REFUSE, refusal=reason)
        await _journal(work, row, Done.REQUEST_HANDLED, "refused")


async def fulfil(
    viewer: Viewer, service: Service, ref: UUID, eraser: Eraser, *, file_number: str | None = None
) -> Kind:
    """Do what is asked, and end the request: limit, oppose or erase at once; access and rectification are done by hand
    before. An erasure needs the number of the file, typed by whoever decides. Refusals: as `take_up`, InvalidInput.
    """
    gone: tuple[UUID, ...] = ()
    async with decision_of(viewer, service) as work:
        await _require_number(work, await read_request(viewer, work, ref), file_number)
        row = await take_step(work, ref, Step.DO)
        kind = Kind(row.kind)
        await _journal(work, row, Done.REQUEST_HANDLED, "done")
        if kind is Kind.LIMITATION:
            await limit_person(row, work)
            await _journal(work, row, Done.LIMITED, kind.value)
        if kind is Kind.OPPOSITION:
            ended = await oppose(row, work)
            note_step(work, row, "ended", {"agreements": str(ended)})
            await _journal(work, row, Done.OPPOSED, kind.value)
        if kind is Kind.ERASURE:
            await _end_others(row, work)
            gone = await eraser.finish(Line(row.person, row.organisation, "request", work.now, row.ref), work)
    for person in gone:
        eraser.keys.destroy(person)
    return kind


async def _require_number(work: Work, row: DataRequest, typed: str | None) -> None:
    if (Kind(row.kind) is Kind.ERASURE) is (typed is None):
        raise NotFound  # only an erasure has the page on which the number is typed
    if typed is None or not is_open(row):
        return
    number = (await work.execute(_FILE_NUMBER, person=row.person)).scalar_one_or_none()
    if number is not None and typed.strip().upper() != number:
        raise InvalidInput(field="file_number", reason="Ce n’est pas le numéro de ce dossier. Relisez la demande.")


async def _end_others(row: DataRequest, work: Work) -> None:
    """With the person gone, whatever else she asked has nothing left to be about."""
    query = select(DataRequest).where(
        col(DataRequest.person).in_(await files_of(work, row.person)),
        DataRequest.ref != row.ref,
        col(DataRequest.ended_at).is_(None),
    )
    for other in (await work.session.exec(query.with_for_update())).all():
        other.state, other.ended_at = State.DONE.value, work.now
        work.session.add(other)
        note_step(work, other, State.DONE.value, {"by": "erasure"})


async def lift(viewer: Viewer, service: Service, ref: UUID) -> None:
    """End the limit that this request put on the file. Refusals: RoleNotAllowed, NotFound."""
    async with decision_of(viewer, service) as work:
        row = await read_request(viewer, work, ref, lock=True)
        if not await lift_limit(row.person, work):
            raise NotFound
        note_step(work, row, "lifted")
        await _journal(work, row, Done.REQUEST_HANDLED, "lifted")


def is_open(row: DataRequest) -> bool:
    """Whether the request still waits for an answer."""
    return State(row.state) in OPEN
