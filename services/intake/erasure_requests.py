"""Requests to erase: whoever read what an agreement covered is asked to erase it when that agreement ends or narrows.

Only a desk that read something, or in whose list the referral arrived, is asked. It never touches the referral itself.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from contracts.asks import AnswerErasure, ListErasures
from contracts.consent import Category
from contracts.facts import ErasureAnswered, ErasureRequested
from contracts.refusals import ErasureAlreadyConfirmed, NotFound
from contracts.replies import ErasureAsked, ErasuresFound
from contracts.viewer import Role, Viewer
from contracts.vocabulary import ErasureCause, ErasureState, KeepingReason, Word
from services.intake import journal
from services.intake.journal_kinds import Kind, Thing
from services.runtime.database import Work
from services.runtime.jobs import A_DAY, EVER, WHOLE_EVERY, Job
from services.runtime.process import Service
from services.runtime.settings import Settings
from services.runtime.web.dates import PARIS

LOOK_EVERY = 60.0
DESK = (Role.DESK_AGENT, Role.DESK_MANAGER)
_HANDOVERS = "SELECT * FROM intake.handover WHERE ref = ANY(:refs) ORDER BY ref"
_READ = """
SELECT j.handover, array_agg(DISTINCT c) AS categories, min(j.at) AS first, max(j.at) AS last
FROM intake.journalentry j, unnest(j.categories) AS c
WHERE j.handover = ANY(:refs) AND j.kind = 'disclosed' AND j.refusal IS NULL GROUP BY j.handover
"""
_WRITE = """
INSERT INTO intake.erasurerequest (ref, person, organisation, "grant", handover, "right", recipient_organisation,
    recipient_organisation_name, desk, desk_name, assignee, cause, categories, read_from, read_until, asked_at, due_on,
    state)
VALUES (:ref, :person, :organisation, :grant, :handover, :right, :recipient_organisation,
    :recipient_organisation_name, :desk, :desk_name, :assignee, :cause, :categories, :read_from, :read_until,
    :asked_at, :due_on, 'asked')
"""
# A reading or a delivery that was on its way when the person withdrew is asked for as soon as it is on record.
_LEFT = """
SELECT h.*, g.categories AS agreed FROM handover h JOIN consentgrant g ON g.ref = h."grant"
WHERE g.withdrawn_at > :since AND h.step IN ('sending', 'sent')
    AND (h.delivered_at IS NOT NULL OR EXISTS (
        SELECT 1 FROM journalentry j WHERE j.handover = h.ref AND j.kind = 'disclosed' AND j.refusal IS NULL))
    AND NOT EXISTS (SELECT 1 FROM erasurerequest r WHERE r.handover = h.ref AND r."grant" = g.ref
        AND r.cause = 'withdrawal')
ORDER BY h.ref LIMIT 100 FOR UPDATE OF h SKIP LOCKED
"""
_SHOWN = (
    "ref, handover AS referral, desk, cause, categories, asked_at, due_on, state, reason, answered_at, read_from,"
    " read_until"
)
# Of an organisation that left nobody is there to be told: see `erasure_departures`.
_OF_DESKS = f"SELECT {_SHOWN} FROM intake.erasurerequest WHERE desk = ANY(:desks) AND cause <> 'departure'"
_UNANSWERED = """
SELECT count(*) FROM intake.erasurerequest WHERE desk = ANY(:desks) AND cause <> 'departure' AND state = 'asked'
"""
MOST = 20


@cache
def time_to_answer() -> timedelta:
    """How long a desk has to answer: RELAIS_ERASURE_DAYS."""
    return timedelta(days=Settings().erasure_days)


async def request_erasure(
    work: Work,
    viewer: Viewer,
    grant_ref: UUID,
    *,
    reason: ErasureCause,
    handovers: Collection[UUID],
    categories: Iterable[str],
) -> list[UUID]:
    """Ask the desks of these hand-overs to erase these categories, in the transaction that ends or narrows the grant.

    The references of the requests: one for each desk that read any of the categories, or received the referral without
    a reading on record. A desk that read only other categories is not asked.
    """
    assert work.viewer is not None and work.viewer.account == viewer.account
    if not handovers:
        return []
    rows = list(await work.execute(_HANDOVERS, refs=list(handovers)))
    return await ask_desks(work, grant_ref, reason, rows, {str(one) for one in categories})


async def readings_of(work: Work, handovers: Sequence[UUID]) -> dict[UUID, Any]:
    """What was read of these hand-overs, by the journal: categories, first and last reading."""
    return {row.handover: row for row in await work.execute(_READ, refs=list(handovers))}


async def ask_desks(
    work: Work, grant: UUID, cause: Word, rows: Sequence[Any], categories: Collection[str]
) -> list[UUID]:
    """Ask the desk of each of these hand-overs (rows of the table); the references of the requests."""
    readings = await readings_of(work, [row.ref for row in rows])
    made = []
    for row in rows:
        read = readings.get(row.ref)
        concerned = set(categories) & set(read.categories) if read else set(categories)
        if not concerned or (read is None and row.delivered_at is None):
            continue
        made.append(await _write(work, grant, cause, row, read, concerned))
    return made


async def _write(work: Work, grant: UUID, cause: Word, row: Any, read: Any, concerned: set[str]) -> UUID:  # noqa: ANN401 - rows
    ref, due = uuid4(), (work.now.astimezone(PARIS) + time_to_answer()).date()
    copied = ("person", "organisation", "right", "recipient_organisation", "recipient_organisation_name", "desk",
              "desk_name", "assignee")  # fmt: skip
    await work.execute(
        _WRITE,
        ref=ref,
        grant=grant,
        handover=row.ref,
        cause=cause.value,
        categories=[one.value for one in Category if one.value in concerned],
        read_from=read.first if read else None,
        read_until=read.last if read else None,
        asked_at=work.now,
        due_on=due,
        **{name: getattr(row, name) for name in copied},
    )
    fact = ErasureRequested(
        ref=ref,
        referral=row.ref,
        organisation=row.recipient_organisation,
        desk=row.desk,
        assignee=row.assignee,
        due_on=due,
        at=work.now,
    )
    work.emit(fact)
    work.hint(f"desk.{row.desk}")
    return ref


async def ask_for_what_is_left(service: Service, within: timedelta = EVER) -> int:
    """Ask for what was read or delivered while the withdrawal was being written, of agreements withdrawn `within` that
    long before now; how many requests it made.
    """
    made = 0
    async with service.database.worker() as work:
        for row in list(await work.execute(_LEFT, since=work.now - within)):
            made += len(await ask_desks(work, row.grant, ErasureCause.WITHDRAWAL, [row], row.agreed))
    return made


# --- the desk -----------------------------------------------------------------------------------------------------


async def list_erasures(ask: ListErasures, work: Work) -> ErasuresFound:
    """What the viewer's desks are asked to erase, the soonest due first; nobody else's."""
    viewer = ask.viewer
    if not viewer.desks or not viewer.has(*DESK):
        return ErasuresFound(rows=())
    desks = list(viewer.desks)
    if ask.referral is not None:
        rows = await work.execute(f"{_OF_DESKS} AND handover = :ref ORDER BY asked_at", desks=desks, ref=ask.referral)
    else:
        waiting = f"{_OF_DESKS} AND state = 'asked' ORDER BY due_on, asked_at LIMIT {MOST}"
        rows = await work.execute(waiting, desks=desks)
    found = tuple(asked_of(row) for row in rows)
    if ask.referral is not None or len(found) < MOST:
        return ErasuresFound(rows=found)
    every = (await work.execute(_UNANSWERED, desks=desks)).scalar_one()
    return ErasuresFound(rows=found, beyond=max(0, every - MOST))


def asked_of(row: Any) -> ErasureAsked:  # noqa: ANN401 - a row of `_SHOWN`
    """A request as its desk is told it: labels of categories, never values."""
    values = {name: getattr(row, name) for name in ErasureAsked.model_fields if name != "shared"}
    return ErasureAsked.model_validate(values | {"shared": tuple(Category(one).label for one in row.categories)})


async def answer_erasure(ask: AnswerErasure, work: Work) -> ErasureAsked:
    """Note that the desk erased, or keeps and why. Refusals: NotFound, ErasureAlreadyConfirmed."""
    viewer = ask.viewer
    if not viewer.desks or not viewer.has(*DESK):
        raise NotFound
    found = await work.execute(
        "SELECT * FROM intake.erasurerequest WHERE ref = :ref AND desk = ANY(:desks) FOR UPDATE",
        ref=ask.request,
        desks=list(viewer.desks),
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound
    if row.state != ErasureState.ERASED.value:
        await note_answer(ask.reason, row, work, viewer)
    elif ask.reason is not None:
        raise ErasureAlreadyConfirmed
    shown = await work.execute(f"SELECT {_SHOWN} FROM intake.erasurerequest WHERE ref = :ref", ref=ask.request)
    return asked_of(shown.one())


async def note_answer(
    reason: KeepingReason | None, row: Any, work: Work, viewer: Viewer, role: Role = Role.DESK_AGENT  # noqa: ANN401 - a row
) -> None:
    """Keep what was answered (None: erased), tell it, and journal it."""
    state = ErasureState.ERASED if reason is None else ErasureState.KEPT
    await work.execute(
        "UPDATE intake.erasurerequest SET state = :state, reason = :reason, answered_at = :now, answered_by = :who"
        " WHERE ref = :ref",
        state=state.value,
        reason=reason.value if reason else None,
        now=work.now,
        who=viewer.account,
        ref=row.ref,
    )
    await journal.record(
        work,
        viewer,
        Kind.ERASED if reason is None else Kind.REQUEST_HANDLED,
        object=Thing.REQUEST,
        ref=row.ref,
        person=row.person,
        organisation=row.organisation,
        handover=row.handover,
        grant=row.grant,
        desk=row.desk,
        categories=row.categories,
        reason=reason.value if reason else None,
    )
    fact = ErasureAnswered(
        ref=row.ref,
        referral=row.handover,
        organisation=row.recipient_organisation,
        desk=row.desk,
        erased=reason is None,
        at=work.now,
    )
    work.emit(fact, actor_kind=role.value)
    work.hint(f"organisation.{row.organisation}")
    work.hint(f"desk.{row.desk}")


def answers(service: Service) -> dict[Any, Any]:
    """The asks about erasing that intake answers."""

    async def listed(ask: ListErasures) -> ErasuresFound:
        async with service.database.web(ask.viewer) as work:
            return await list_erasures(ask, work)

    async def answered(ask: AnswerErasure) -> ErasureAsked:
        async with service.database.web(ask.viewer) as work:
            return await answer_erasure(ask, work)

    return {ListErasures: listed, AnswerErasure: answered}


def jobs(service: Service) -> list[Job]:
    """Those that ask for what is left: of the day before each minute, of all each hour."""
    return [
        Job("ask_for_what_is_left", LOOK_EVERY, lambda: ask_for_what_is_left(service, A_DAY)),
        Job("ask_for_all_that_is_left", WHOLE_EVERY, lambda: ask_for_what_is_left(service)),
    ]
