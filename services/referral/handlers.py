"""The asks that referral answers: sending, every action on a referral, its reading, its tasks, its facts.

Each is a plain function over one transaction; two simultaneous actions meet at the row lock, and one of them wins.
"""

from typing import Any

from contracts.asks import (
    ActOnReferral,
    ArrangeAppointment,
    FollowUpReferral,
    ListTasks,
    ReadFacts,
    ReadReferral,
    ReadStates,
)
from contracts.refusals import NotFound
from contracts.replies import DeskMember, FactsFound, MoreTasks, ReferralState, ReferralView, StatesFound, TasksFound
from contracts.replies import Task as TaskView
from contracts.vocabulary import DepartureTask, FollowTask, TaskKind
from services.referral import store
from services.referral.desk_terms import terms_for
from services.referral.domain import actor_kind, available, decide, parties
from services.referral.life import Life, Moment, already_answered
from services.referral.tables import Referral
from services.referral.timeline import steps_for, with_reminders
from services.runtime.database import Work

# What these answer is an outcome or a proposal that the page showed: never another one that took its place since.
_OF_WHAT_WAS_SHOWN = frozenset({"confirm_outcome", "contradict_outcome", "refuse_redirect"})
NEAREST = {DepartureTask.UNATTENDED: TaskKind.EXPIRED, DepartureTask.DESK_LEFT: TaskKind.DECLINED}
_VIEWED = frozenset(ReferralView.model_fields) - {"attempts", "steps", "actions"}

_DEPARTURES, _FOLLOWS = frozenset(DepartureTask), frozenset(FollowTask)


async def act_on_referral(
    ask: ActOnReferral | FollowUpReferral | ArrangeAppointment, work: Work, member: DeskMember | None = None
) -> ReferralState:
    """One action, decided under the row lock; a repeated command gets its first answer and changes nothing.

    `member` is what the directory says of the new assignee: needed with `assign`, asked before the transaction.
    Refusals: NotFound, NotYourAction, ReferralAlreadyAnswered, and those of the action's rule.
    """
    row = await store.find(ask.viewer, ask.ref, work, lock=True)
    known = await work.recall_command(ask.command_id)
    if known is not None:
        if known.get("ref") != str(ask.ref):
            raise NotFound()
        return ReferralState.model_validate(known)
    life = store.life_of(row)
    shown = None if isinstance(ask, ArrangeAppointment) else ask.expected_version
    if ask.action.kind in _OF_WHAT_WAS_SHOWN and shown not in (None, life.version):
        raise already_answered(life)
    moment = Moment(
        now=work.now, actor=ask.viewer.account, parties=parties(ask.viewer, life),
        attempts=await store.attempts_of(life, work) if ask.action.kind == "close" else Moment.attempts,
        assignee_active=_is_assignee(ask, member), withdrawn=await store.was_withdrawn(life, work),
        **(await terms_for(life.desk, work)).at(work.now),
    )
    decision = decide(life, ask.action, moment)
    await store.save(life, decision, work, actor_kind=actor_kind(ask.action.kind, moment, ask.viewer.roles))
    state = state_of(decision.after)
    await work.remember_command(ask.command_id, state.model_dump(mode="json"))
    return state


async def read_referral(ask: ReadReferral, work: Work) -> ReferralView:
    """The referral, its time line and what this viewer may do. Refusal: NotFound, also for another's."""
    row = await store.find(ask.viewer, ask.ref, work)
    life = store.life_of(row)
    moment = Moment(
        now=work.now, actor=ask.viewer.account, parties=parties(ask.viewer, life),
        withdrawn=await store.was_withdrawn(life, work),
    )
    attempts = await store.attempts_of(life, work)
    steps = steps_for(ask.viewer, life, await store.facts_of(row.ref, work))
    return ReferralView(
        **_viewed(row), attempts=attempts.count, actions=available(life, moment),
        steps=with_reminders(steps, await store.reminders_of(row.ref, work), await store.asked_of(row.ref, work)),
    )


async def read_states(ask: ReadStates, work: Work) -> StatesFound:
    """Where these referrals stand by the record; what the viewer cannot reach is left out."""
    return StatesFound(states=await store.states_of(ask.viewer, work, ask.refs))


async def list_tasks(ask: ListTasks, work: Work) -> TasksFound:
    """The open tasks of the viewer's referrals, or of her whole organisation's."""
    whose = () if not ask.whole_organisation else ask.accounts or None
    told, beyond = [], []
    for kind, account, ref, referral, since, due, more in await store.open_tasks(
        ask.viewer, work, whose=whose, at_most=ask.at_most
    ):
        if more is None:
            told.append(
                TaskView(ref=ref, referral=referral, since=since, due=due, account=account, **_kinds(kind))
            )
        else:
            beyond.append(MoreTasks(referrals=tuple(more), account=account, **_kinds(kind)))
    return TasksFound(tasks=tuple(told), beyond=tuple(beyond))


def _kinds(kind: str) -> dict[str, Any]:
    departure = DepartureTask(kind) if kind in _DEPARTURES else None
    follow = FollowTask(kind) if kind in _FOLLOWS else None
    nearest = NEAREST[departure] if departure else TaskKind.OUTCOME_TO_CHECK if follow else TaskKind(kind)
    return {"kind": nearest, "departure": departure, "follow": follow}


async def read_facts(ask: ReadFacts, work: Work) -> FactsFound:
    """The facts of a referral after a version, from the record; a service asks, never a page."""
    return FactsFound(envelopes=tuple(await store.facts_of(ask.ref, work, ask.after)))


def state_of(life: Life) -> ReferralState:
    """What a command answers."""
    return ReferralState(ref=life.ref, state=life.state, version=life.version, turn=life.turn, next_due=life.next_due)


def _is_assignee(ask: ActOnReferral | FollowUpReferral | ArrangeAppointment, member: DeskMember | None) -> bool:
    return (
        ask.action.kind == "assign" and member is not None and member.active and member.account == ask.action.assignee
    )


def _viewed(row: Referral) -> dict[str, object]:
    return {name: getattr(row, name) for name in _VIEWED}
