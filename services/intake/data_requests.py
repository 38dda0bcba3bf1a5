"""The life of a request about one's data: received, taken up, extended, done or refused, each step kept for good.

What a granted request does to the data is in `limiting`, `erasing` and `rectification`; this is the file of the
request itself. The DPO decides; a referent or the person herself may open one.
"""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from contracts.dossier import NEED_SUMMARY_LENGTH
from contracts.paris import paris_day
from contracts.refusals import DataRequestOver, DateInTheFuture, NotFound, RoleNotAllowed
from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind
from services.intake.data_request_rules import (
    OPEN,
    STEPS,
    ExtensionReason,
    Kind,
    Origin,
    RefusalReason,
    State,
    Step,
    due_on,
)
from services.intake.data_request_tables import DataRequest, DataRequestEvent
from services.intake.free_text import accept_free_text
from services.intake.person_keys import PersonKeys
from services.intake.united_files import files_of
from services.runtime.database import Work

WORDS = "request_words"
MOST = 200
_ORGANISATION = "SELECT organisation FROM person WHERE ref = :person"


async def open_request(
    work: Work,
    person: UUID,
    kind: Kind | str,
    origin: Origin | str,
    *,
    ref: UUID | None = None,
    received_on: date | None = None,
    words: str = "",
    keys: PersonKeys | None = None,
) -> UUID:
    """Keep a request and its first event; its reference. Works in a viewer's transaction and in a worker's.

    `ref` makes a repetition harmless (a form's command id). The delay runs from `received_on`, today when None: one
    month (GDPR article 12.3). `words` is what she asks in her own words, sealed with `keys`; without keys it is not
    kept. Refusals: NotFound (no such person, or not the viewer's), DateInTheFuture, SocialSecurityNumberRefused,
    InvalidInput.
    """
    organisation = (await work.execute(_ORGANISATION, person=person)).scalar_one_or_none()
    if organisation is None:
        raise NotFound
    today = paris_day(work.now)
    received = received_on or today
    if received > today:
        raise DateInTheFuture(field="received_on")
    said = accept_free_text(words, "words", NEED_SUMMARY_LENGTH)
    values: dict[str, Any] = {
        "ref": ref or uuid4(),
        "person": person,
        "organisation": organisation,
        "kind": Kind(kind).value,
        "origin": Origin(origin).value,
        "state": State.RECEIVED.value,
        "received_on": received,
        "due_on": due_on(received, extended=False),
        "words": keys.seal(person, WORDS, said) if said and keys is not None else None,
        "opened_at": work.now,
    }
    made = await work.session.execute(insert(DataRequest).values(values).on_conflict_do_nothing().returning(
        col(DataRequest.ref)
    ))
    if made.scalar_one_or_none() is not None:
        row = DataRequest(**values)
        note_step(work, row, State.RECEIVED.value, {"kind": row.kind, "origin": row.origin})
    return values["ref"]  # type: ignore[no-any-return]


def note_step(work: Work, row: DataRequest, kind: str, details: dict[str, str] | None = None) -> None:
    """Append one event to the trace of a request: who is the viewer of the transaction, or nobody."""
    viewer = work.viewer
    work.session.add(
        DataRequestEvent(
            request=row.ref,
            person=row.person,
            organisation=row.organisation,
            kind=kind,
            details=details or {},
            actor=viewer.account if viewer else None,
            actor_kind=_actor_kind(viewer, row),
            at=work.now,
        )
    )


def _actor_kind(viewer: Viewer | None, row: DataRequest) -> str:
    if viewer is None or viewer.herself:
        return "person" if row.origin == Origin.PERSON_PAGE else "clock"
    return Role.DPO.value if viewer.has(Role.DPO) else Role.REFERENT.value


def of_territory(viewer: Viewer) -> bool:
    """Whether this DPO answers for every organisation: the DPO of the body that carries the territory (an EPCI).

    The DPO of another organisation answers for the persons whom that organisation follows, and for nobody else's.
    """
    return viewer.has(Role.DPO) and viewer.organisation_kind is OrganisationKind.EPCI


def deciding(work: Work) -> Viewer:
    """The DPO of this transaction. Refusal: RoleNotAllowed for anybody else."""
    if work.viewer is None or not work.viewer.has(Role.DPO):
        raise RoleNotAllowed
    return work.viewer


async def read_request(viewer: Viewer, work: Work, ref: UUID, *, lock: bool = False) -> DataRequest:
    """A request: any for the territory's DPO, those of her organisation for anybody else. Refusal: NotFound."""
    query = select(DataRequest).where(DataRequest.ref == ref)
    if not of_territory(viewer):
        query = query.where(DataRequest.organisation == viewer.organisation)
    found = (await work.session.exec(query.with_for_update() if lock else query)).first()
    if found is None:
        raise NotFound
    return found


async def list_requests(viewer: Viewer, work: Work, *, ended: bool) -> list[DataRequest]:
    """The open requests, the first due first; or the ended ones, the last ended first; MOST of them."""
    query = select(DataRequest).where(
        col(DataRequest.ended_at).is_not(None) if ended else col(DataRequest.ended_at).is_(None)
    )
    if not of_territory(viewer):
        query = query.where(DataRequest.organisation == viewer.organisation)
    order = col(DataRequest.ended_at).desc() if ended else col(DataRequest.due_on)
    return list((await work.session.exec(query.order_by(order, col(DataRequest.ref)).limit(MOST))).all())


async def requests_of(viewer: Viewer, work: Work, person: UUID) -> list[DataRequest]:
    """The requests of one person, of whichever of her files, the newest first."""
    query = select(DataRequest).where(col(DataRequest.person).in_(await files_of(work, person)))
    if not of_territory(viewer):
        query = query.where(DataRequest.organisation == viewer.organisation)
    return list((await work.session.exec(query.order_by(col(DataRequest.opened_at).desc()))).all())


async def trace_of(viewer: Viewer, work: Work, ref: UUID) -> list[DataRequestEvent]:
    """Every step of a request, in order. Refusal: NotFound."""
    await read_request(viewer, work, ref)
    query = select(DataRequestEvent).where(DataRequestEvent.request == ref)
    return list((await work.session.exec(query.order_by(col(DataRequestEvent.at)))).all())


async def take_step(
    work: Work,
    ref: UUID,
    step: Step,
    *,
    extension: ExtensionReason | None = None,
    refusal: RefusalReason | None = None,
) -> DataRequest:
    """Move a request under its row lock, and keep the step. Refusals: RoleNotAllowed, NotFound, DataRequestOver."""
    row = await read_request(deciding(work), work, ref, lock=True)
    states, after = STEPS[step]
    if State(row.state) not in states:
        raise DataRequestOver(state_label=State(row.state).label)
    row.state = after.value
    said: dict[str, str] = {}
    if step is Step.EXTEND:
        assert extension is not None
        row.extension, row.due_on = extension.value, due_on(row.received_on, extended=True)
        said["reason"] = extension.value
    if step is Step.REFUSE:
        assert refusal is not None
        row.refusal = refusal.value
        said["reason"] = refusal.value
    if after not in OPEN:
        row.ended_at = work.now
    work.session.add(row)
    note_step(work, row, after.value, said)
    return row
