"""Reading and writing referrals. Whoever reads for somebody hands in the `viewer` first; row-level security is second.

A row is locked before it is decided upon; what changed is written back column by column.
"""

from collections.abc import Collection, Iterable
from dataclasses import fields
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Uuid, bindparam, func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from contracts.envelope import Envelope
from contracts.ladder import LadderStep
from contracts.lifecycle import ENDED, State
from contracts.paris import ZONE
from contracts.refusals import NotFound
from contracts.replies import StateNow
from contracts.viewer import Role, Viewer
from contracts.vocabulary import DepartureTask, FollowTask, Outcome, TaskKind, Turn
from services.referral.domain import task_stands
from services.referral.durations_rows import note_facts
from services.referral.ladder_tables import CheckAnswer, ManagerAsked
from services.referral.life import Attempts, Decision, Life, NewTask
from services.referral.reminder_tables import ReminderGiven
from services.referral.tables import PLUMBING, Attempt, Episode, Referral, Task, WithdrawnEarly
from services.runtime.database import Work
from services.runtime.driver import Row, one_of

_WORDS = {"state": State, "state_before_hold": State, "turn": Turn, "outcome": Outcome, "checked": LadderStep}
COORDINATION = "coordination.all"
_PLAIN: dict[str, Any] = {"execution_options": {"synchronize_session": False}}
_CHECKS = (FollowTask.CHECK_30, FollowTask.CHECK_90)
_STATES = "SELECT ref, state, ended_at FROM referral.referral WHERE ref = ANY(:refs) AND {readable}"
_TASKS = f"""
WITH asked AS (
    SELECT ref, kind, referral, since, due, account,
        max(since) FILTER (WHERE {one_of("kind", _CHECKS)}) OVER (PARTITION BY referral) AS checked
    FROM referral.task
    WHERE organisation = :organisation AND done_at IS NULL AND since <= :now
        AND (cast(:accounts AS uuid[]) IS NULL OR account = ANY(:accounts))
), told AS (
    SELECT *, row_number() OVER (PARTITION BY kind, account ORDER BY since, ref) > :at_most AS beyond FROM asked
    WHERE CASE WHEN {one_of("kind", _CHECKS)} THEN since = checked
        ELSE kind <> '{TaskKind.OUTCOME_TO_CHECK.value}' OR checked IS NULL END
)
SELECT kind, account, ref, referral, since, due, NULL::uuid[] AS more FROM told WHERE NOT beyond
UNION ALL SELECT kind, account, NULL, NULL, NULL, NULL, array_agg(referral) FROM told WHERE beyond GROUP BY 1, 2
ORDER BY since, ref
"""
_ALL = 2**31
_LIFE = tuple(one.name for one in fields(Life))
_OF_EPISODE = (
    "answered_at", "acknowledged_at", "acknowledge_due", "contact_due", "first_attempt_at", "first_contact_at",
    "ended_at", "outcome", "date_of_effect", "decline_reason",
)


def life_of(row: Referral) -> Life:
    """The referral as the rules see it."""
    values = {name: getattr(row, name) for name in _LIFE}
    values["been_at"] = tuple(row.been_at)
    for name, kind in _WORDS.items():
        values[name] = kind(values[name]) if values[name] is not None else None
    return Life(**values)


def readable(viewer: Viewer) -> tuple[str, dict[str, Any]]:
    """SQL of who may read a referral, with its values, references all: the sending organisation, the desk, the
    coordination; on her page, its person.
    """
    if viewer.herself:
        return "person = :viewer", {"viewer": viewer.account}
    if viewer.has(Role.COORDINATOR):
        return "true", {}
    asked = {"organisation": viewer.organisation, "desks": list(viewer.desks)}
    return "(sender_organisation = :organisation OR desk = ANY(cast(:desks AS uuid[])))", asked


async def find(viewer: Viewer, ref: UUID, work: Work, *, lock: bool = False) -> Referral:
    """The referral, locked when it is to be changed; NotFound also when it is another's."""
    condition, values = readable(viewer)
    typed = [bindparam(name, one, ARRAY(Uuid) if isinstance(one, list) else Uuid()) for name, one in values.items()]
    query = select(Referral).where(Referral.ref == ref, text(condition).bindparams(*typed))
    row = (await work.session.exec(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise NotFound()
    return row


async def states_of(viewer: Viewer, work: Work, refs: Iterable[UUID]) -> dict[UUID, StateNow]:
    """State and end of those of these referrals that the viewer may read."""
    condition, values = readable(viewer)
    found = await work.execute(_STATES.format(readable=condition), refs=list(refs), **values)
    return {ref: StateNow(state=State(state), ended_at=ended_at) for ref, state, ended_at in found}


async def lock_for_clock(refs: Iterable[UUID], work: Work) -> list[Referral]:
    """The referrals of these references that are known, locked in one order; for consumers and clocks only."""
    query = select(Referral).where(col(Referral.ref).in_(list(refs))).order_by(col(Referral.ref)).with_for_update()
    return list((await work.session.exec(query)).all())


async def attempts_of(life: Life, work: Work) -> Attempts:
    """Attempts of the present episode, with their channels and their days in Paris."""
    query = select(
        func.count(), func.count(func.distinct(Attempt.channel)),
        func.count(func.distinct(func.date(func.timezone(ZONE, Attempt.at)))),
    ).where(Attempt.referral == life.ref, Attempt.episode == life.episode)
    row = (await work.session.exec(query)).one()
    return Attempts(*row)


async def was_withdrawn(life: Life, work: Work) -> bool:
    """Whether the person took her agreement back after the referral had ended."""
    return life.state in ENDED and await work.session.get(WithdrawnEarly, life.ref) is not None


async def save(before: Life, decision: Decision, work: Work, *, actor_kind: str = "clock") -> None:
    """Write what was decided: the referral, its episode, its attempt, its tasks, its facts; hint both sides."""
    after = decision.after
    changed = {name: getattr(after, name) for name in _LIFE if getattr(after, name) != getattr(before, name)}
    # Written anew, and by the database's clock: its newest fact has its second sending before it.
    written = {"recorded_at": func.now(), "redelivered_at": None}
    await work.session.execute(
        update(Referral).where(col(Referral.ref) == after.ref).values(**changed, **written), **_PLAIN
    )
    await _save_episode(before, decision, work)
    if decision.attempt is not None:
        channel, result = decision.attempt
        await work.session.execute(insert(Attempt).values(
            ref=uuid4(), referral=after.ref, episode=after.episode, sender_organisation=after.sender_organisation,
            desk=after.desk, channel=channel, result=result, at=work.now,
        ))
    if decision.said is not None:
        await _keep_answer(before, decision, work, actor_kind)
    await _settle_tasks(after, work, decision.settles)
    for task in (decision.task, *decision.later):
        if task is not None:
            await open_task(after, task, work)
    for fact in decision.facts:
        work.emit(fact, actor_kind=actor_kind)
    await note_facts(after.ref, decision.facts, work)
    hint(after, work)


def hint(life: Life | Referral, work: Work) -> None:
    """Move the pages of both sides and the board."""
    work.hint(COORDINATION)
    work.hint(f"desk.{life.desk}")
    work.hint(f"organisation.{life.sender_organisation}")


async def _save_episode(before: Life, decision: Decision, work: Work) -> None:
    after = decision.after
    if decision.verified is not None:
        await _change_episode(before, {"outcome_confirmed": decision.verified}, work)
    if after.episode == before.episode:
        changed: dict[str, Any] = {
            name: getattr(after, name) for name in _OF_EPISODE if getattr(after, name) != getattr(before, name)
        }
        if after.state != before.state:
            changed["ended_how"] = after.state.value if after.ended_at is not None else None
        if changed:
            await _change_episode(after, changed, work)
        return
    await work.session.execute(insert(Episode).values(
        referral=after.ref, number=after.episode, sender_organisation=after.sender_organisation,
        organisation=after.organisation, desk=after.desk, sent_at=after.episode_sent_at,
        acknowledge_due=after.acknowledge_due,
    ))


async def _change_episode(life: Life, changed: dict[str, Any], work: Work) -> None:
    await work.session.execute(
        update(Episode).where(col(Episode.referral) == life.ref, col(Episode.number) == life.episode).values(**changed),
        **_PLAIN,
    )


async def open_task(life: Life, task: NewTask, work: Work) -> None:
    """Ask something of whoever follows that referral; once while it is open."""
    # Never a RETURNING here: the desk that opens the task may not be allowed to read it back.
    await work.session.execute(insert(Task).values(
        ref=uuid4(), kind=task.kind, referral=life.ref, organisation=life.sender_organisation, account=life.sender,
        desk=life.desk, since=task.since or work.now, due=task.due,
    ).on_conflict_do_nothing())


async def _keep_answer(before: Life, decision: Decision, work: Work, said_by: str) -> None:
    """What the person said of the episode that had ended."""
    assert decision.said is not None
    said = decision.said
    await work.session.execute(insert(CheckAnswer).values(
        ref=uuid4(), referral=before.ref, episode=before.episode, step=said.step, desk=before.desk,
        sender_organisation=before.sender_organisation, contacted=said.contacted, useful=said.useful,
        right_open=said.right_open, said_by=said_by, at=work.now,
    ).on_conflict_do_nothing())


async def _settle_tasks(life: Life, work: Work, done: frozenset[FollowTask]) -> None:
    settled = [kind for kind in (*TaskKind, *DepartureTask, *FollowTask) if kind in done or not task_stands(kind, life)]
    await work.session.execute(
        update(Task).where(col(Task.referral) == life.ref, col(Task.done_at).is_(None), col(Task.kind).in_(settled))
        .values(done_at=work.now),
        **_PLAIN,
    )


async def open_tasks(
    viewer: Viewer, work: Work, *, whose: Collection[UUID] | None = (), at_most: int | None = None
) -> list[Row]:
    """The open tasks of the viewer's referrals, or of these accounts of her organisation (None: of all), the oldest
    first; none before its day. Of those beyond `at_most` of a kind and account, one row has the referrals as `more`.

    A check with the person asks all that the verification of the outcome asks: then that is not asked twice.
    """
    accounts = None if whose is None else list(whose) or [viewer.account]
    asked = {"organisation": viewer.organisation, "now": work.now, "accounts": accounts, "at_most": at_most or _ALL}
    return (await work.execute(_TASKS, **asked)).all()


async def facts_of(ref: UUID, work: Work, after: int = 0) -> list[Envelope]:
    """The counted facts of one referral after a version, in order. The caller has checked that it may be read."""
    fact = PLUMBING.fact.c
    rows = await work.session.execute(
        PLUMBING.fact.select().with_only_columns(fact.envelope).where(fact.ref == ref, fact.version > after)
        .order_by(fact.version)
    )
    return [Envelope.model_validate(one) for one in rows.scalars()]


async def reminders_of(ref: UUID, work: Work) -> list[ReminderGiven]:
    """The reminders told about one referral, in order. The caller has checked that it may be read."""
    query = select(ReminderGiven).where(ReminderGiven.referral == ref).order_by(col(ReminderGiven.at))
    return list((await work.session.exec(query)).all())


async def asked_of(ref: UUID, work: Work) -> list[ManagerAsked]:
    """What the coordination asked by hand about one referral. The caller has checked that it may be read."""
    query = select(ManagerAsked).where(ManagerAsked.referral == ref).order_by(col(ManagerAsked.at))
    return list((await work.session.exec(query)).all())
