"""Who may move a referral, from where, and by which rule: the life cycle applied to one referral at one moment.

Pure: no session, no clock. The referral comes in as a `Life`, everything else as a `Moment`; a rule answers with a
`Decision` or raises a refusal. The rules themselves are in `answering`, `holding`, `redirecting` and `closing`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from contracts.actions import Action, Arrangement, FollowUp, MarkInError, Recall
from contracts.facts import ReferralEnteredInError, ReferralExpired, ReferralRecalled, ReferralSent, ReferralWithdrawn
from contracts.lifecycle import (
    BY_ACTION,
    MAX_HOPS,
    OPEN,
    Party,
    State,
    Transition,
    actions_from,
    parties_of,
)
from contracts.refusals import GrantWithdrawn, NotYourAction
from contracts.viewer import Role, Viewer
from contracts.vocabulary import DepartureTask, FollowTask, Outcome, TaskKind
from services.referral import answering, appointments, checking, closing, holding, redirecting
from services.referral.ladder import checks_to_come, plan
from services.referral.life import (
    Decision,
    Life,
    Moment,
    NewTask,
    already_answered,
    expires_of,
    in_state,
    moved,
    next_due,
    standing,
)

_ROLE_OF: tuple[tuple[Party, Role], ...] = (
    (Party.REFERENT, Role.REFERENT), (Party.MANAGER, Role.DESK_MANAGER), (Party.DESK, Role.DESK_AGENT),
    (Party.COORDINATOR, Role.COORDINATOR),
)


def decide(life: Life, action: Action | Arrangement | FollowUp, moment: Moment) -> Decision:
    """Apply one action. Refusals, in this order: NotYourAction, ReferralAlreadyAnswered, then those of its rule.

    A desk that acts on a referral has it: then it is delivered, also when the message that says so is still on its way.
    """
    acting = BY_ACTION[action.kind].parties & moment.parties
    if not acting:
        raise NotYourAction()
    row = in_state(life, action.kind)
    if _begins_again(row) and moment.withdrawn:
        raise GrantWithdrawn()
    if acting & {Party.DESK, Party.MANAGER} and life.delivered_at is None:
        life = replace(life, delivered_at=moment.now)
    return _RULES[action.kind](life, action, moment)


def parties(viewer: Viewer, life: Life) -> frozenset[Party]:
    """The parties that this viewer is for this referral; a person only ever reaches her own (see `store.readable`)."""
    if viewer.herself:
        return frozenset({Party.PERSON})
    return parties_of(
        viewer.roles, sender=viewer.organisation == life.sender_organisation, desk=life.desk in viewer.desks,
        manages=life.desk in viewer.manages,
    )


def may_read(viewer: Viewer, life: Life) -> bool:
    """Whoever is of the sending organisation or of the desk, and the coordination; for all others it does not exist."""
    return (
        viewer.organisation == life.sender_organisation or life.desk in viewer.desks or viewer.has(Role.COORDINATOR)
    )


def actor_kind(action: str, moment: Moment, roles: frozenset[Role]) -> str:
    """The role's code under which that action was taken, or `person` on her own page."""
    acting = BY_ACTION[action].parties & moment.parties
    if Party.PERSON in acting:
        return Party.PERSON.value
    found = [role for party, role in _ROLE_OF if party in acting and role in roles]
    return found[0].value if found else "clock"


def available(life: Life, moment: Moment) -> tuple[str, ...]:
    """The actions that those parties may start from here and that mean something now, in the order of the table."""
    return tuple(
        row.action for row in actions_from(life.state, moment.parties)
        if _MEANINGFUL.get(row.action, _always)(life, moment) and not (_begins_again(row) and moment.withdrawn)
    )


def sent(life: Life, moment: Moment, *, mode: str, redirected_from: UUID | None) -> Decision:
    """The first fact of a referral that was just made, with its due instants."""
    fact = ReferralSent(
        ref=life.ref, version=1, at=moment.now, state=State.SENT, episode=1, actor=moment.actor,
        sender_organisation=life.sender_organisation, organisation=life.organisation, desk=life.desk,
        assignee=life.assignee, next_due=next_due(life, moment.now), sender=life.sender, right=life.right, mode=mode,
        urgent=life.urgent, accompanied=life.accompanied, acknowledge_due=life.acknowledge_due,
        redirected_from=redirected_from, referent=life.sender,
        reminders=plan(standing(life, moment), moment.ladder.rungs, moment.calendar),
    )
    return Decision(life, (fact,))


def withdraw(life: Life, moment: Moment) -> Decision | None:
    """The person took her agreement back: ends an open referral, changes no other."""
    return moved(life, moment, ReferralWithdrawn, state=State.WITHDRAWN) if life.state in OPEN else None


def expire(life: Life, moment: Moment) -> Decision:
    """So many calendar days without an answer (30); never silent: the sender gets a task."""
    in_state(life, "expire")
    if moment.now < expires_of(life):
        raise already_answered(life)
    decision = moved(life, moment, ReferralExpired, state=State.EXPIRED)
    return Decision(decision.after, decision.facts, NewTask(TaskKind.EXPIRED))


def task_stands(kind: TaskKind | DepartureTask | FollowTask, life: Life) -> bool:
    """Whether a task of that kind still asks for something, the referral being as it is."""
    match kind:
        case TaskKind.QUESTION:
            return life.question is not None
        case TaskKind.REDIRECT:
            return life.proposed_desk is not None
        case TaskKind.DECLINED:
            return life.state is State.DECLINED
        case TaskKind.EXPIRED:
            return life.state is State.EXPIRED
        case DepartureTask.UNATTENDED:
            return life.state is State.SENT
        case DepartureTask.DESK_LEFT:
            return life.state is State.RECALLED
        case TaskKind.UNREACHABLE:
            return life.outcome is Outcome.UNREACHABLE and _to_check(life)
        case TaskKind.OUTCOME_TO_CHECK:
            return _to_check(life)
        case FollowTask.CHECK_30 | FollowTask.CHECK_90:
            alive = life.state is State.CLOSED and life.outcome is not Outcome.DECEASED
            return alive and kind.value in {step.value for step in checks_to_come(life.checked)}
        case FollowTask.RIGHT_TO_RENEW:
            return life.state is State.CLOSED and life.renews_on is not None
    return life.state in OPEN


def _recall(life: Life, action: Recall, moment: Moment) -> Decision:
    return moved(life, moment, ReferralRecalled, {"reason": action.reason}, state=State.RECALLED)


def _mark_in_error(life: Life, action: MarkInError, moment: Moment) -> Decision:
    return moved(life, moment, ReferralEnteredInError, {"reason": action.reason}, state=State.ENTERED_IN_ERROR)


def _to_check(life: Life, _moment: Moment | None = None) -> bool:
    return life.state is State.CLOSED and life.outcome_confirmed is None


def _begins_again(row: Transition) -> bool:
    return row.target is State.SENT


def _always(_life: Life, _moment: Moment) -> bool:
    return True


def _proposed(life: Life, _moment: Moment) -> bool:
    return life.proposed_desk is not None


_MEANINGFUL: Mapping[str, Callable[[Life, Moment], bool]] = {
    "answer_information": lambda life, _: life.question is not None,
    "confirm_redirect": _proposed,
    "refuse_redirect": _proposed,
    "propose_redirect": lambda life, _: life.hops < MAX_HOPS and life.proposed_desk is None,
    "contest_decline": lambda life, _: life.decline_contested_episode != life.episode,
    "reopen": closing.may_reopen,
    "refuse_accompaniment": lambda life, _: life.accompanied,
    "confirm_outcome": _to_check,
    "accept_appointment": appointments.may_answer,
    "decline_appointment": appointments.may_answer,
    "cancel_appointment": appointments.may_cancel,
    "note_appointment_held": appointments.may_note,
    "record_check": checking.may_check,
    "record_renewal": checking.may_record_renewal,
}
_RULES: Mapping[str, Callable[[Life, Any, Moment], Decision]] = {
    "acknowledge": answering.acknowledge, "assign": answering.assign, "log_attempt": answering.log_attempt,
    "decline": answering.decline, "refuse_accompaniment": answering.refuse_accompaniment,
    "hold": holding.hold, "resume": holding.resume, "request_information": holding.request_information,
    "answer_information": holding.answer_information, "propose_redirect": redirecting.propose_redirect,
    "refuse_redirect": redirecting.refuse_redirect, "close": closing.close, "confirm_outcome": closing.confirm_outcome,
    "contradict_outcome": closing.contradict_outcome,
    "record_check": checking.record_check, "record_renewal": checking.record_renewal, "reopen": closing.reopen,
    "contest_decline": closing.contest_decline, "recall": _recall, "mark_in_error": _mark_in_error,
    "propose_appointment": appointments.propose, "accept_appointment": appointments.accept,
    "decline_appointment": appointments.decline, "cancel_appointment": appointments.cancel,
    "note_appointment_held": appointments.note_held,
}
