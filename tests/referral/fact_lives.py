"""Random lives of one referral as facts, each made by the rules of the life cycle themselves."""

from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from uuid import UUID, uuid4

from contracts import actions as act
from contracts.facts import ReferralFact
from contracts.lifecycle import BY_ACTION, Party, State
from contracts.refusals import Refusal
from contracts.vocabulary import (
    AttemptChannel,
    AttemptResult,
    DeclineReason,
    ErrorReason,
    HoldReason,
    Outcome,
    RecallReason,
    ReopenReason,
    Turn,
)
from services.referral import domain
from services.referral.business_time import paris_day
from services.referral.life import Attempts, Life, Moment, acknowledge_due

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
EVERYBODY = frozenset(Party)


def _action(rng: Random, now: datetime) -> act.Action:
    today = paris_day(now)
    return rng.choice([
        act.Acknowledge(promised_for=today), act.LogAttempt(channel=AttemptChannel.PHONE,
                                                            result=rng.choice(list(AttemptResult))),
        act.LogAttempt(channel=AttemptChannel.MAIL, result=AttemptResult.REACHED),
        act.Close(outcome=rng.choice(list(Outcome)), date_of_effect=today, ground="residence", cause="non_demande"),
        act.Close(outcome=Outcome.RIGHT_OPENED, date_of_effect=today),
        act.Hold(reason=HoldReason.DOCUMENTS_AWAITED, turn=rng.choice(list(Turn)), resume_on=today + timedelta(days=3)),
        act.Resume(), act.Decline(reason=DeclineReason.NO_CAPACITY), act.ContestDecline(),
        act.Assign(assignee=UUID(int=7)), act.Recall(reason=RecallReason.MISTAKE),
        act.Reopen(reason=ReopenReason.NEW_ELEMENT), act.ConfirmOutcome(), act.ContradictOutcome(),
        act.MarkInError(reason=ErrorReason.TEST) if rng.random() < 0.05 else act.Resume(),
    ])  # fmt: skip


def life(seed: int, steps: int = 60) -> list[ReferralFact]:
    """The facts of one life, the first one that it was sent."""
    rng, now = Random(seed), START
    due = acknowledge_due(START, urgent=False)
    desk = UUID(int=1)
    here = Life(
        ref=uuid4(), right="rsa", urgent=False, accompanied=False, sender_organisation=UUID(int=2), sender=UUID(int=3),
        organisation=UUID(int=4), desk=desk, assignee=UUID(int=5), state=State.SENT, version=1, episode=1, hops=0,
        been_at=(), episode_sent_at=START, awaiting_since=START, acknowledge_due=due, next_due=due,
    )  # fmt: skip
    first = domain.sent(here, Moment(START), mode="dossier_transmis", redirected_from=None)
    facts = [one for one in first.facts if isinstance(one, ReferralFact)]
    for _ in range(steps):
        now += timedelta(hours=rng.choice([1, 5, 30, 100]))
        action = _action(rng, now)
        moment = Moment(now, uuid4(), EVERYBODY, Attempts(3, 2, 2), assignee_active=True)
        if here.state not in BY_ACTION[action.kind].sources:
            continue
        try:
            decision = domain.decide(here, action, moment)
        except Refusal:
            continue
        here = decision.after
        facts += [one for one in decision.facts if isinstance(one, ReferralFact)]
    return facts


@cache
def lives(count: int = 60) -> tuple[list[ReferralFact], ...]:
    """So many lives, always the same but for their references."""
    return tuple(life(seed) for seed in range(count))
