"""What notify does when a referral moves: tell whoever it waits for now, and tell nobody of what waits no more.

The hint after the transaction wakes the sender of whichever process has the mail relay.
"""

from contracts.envelope import Fact
from contracts.facts import (
    ReferralAcknowledged,
    ReferralAssigned,
    ReferralClosed,
    ReferralDeclineContested,
    ReferralDeclined,
    ReferralEnteredInError,
    ReferralExpired,
    ReferralFact,
    ReferralOutcomeContradicted,
    ReferralRecalled,
    ReferralRedirected,
    ReferralReopened,
    ReferralSent,
    ReferralWithdrawn,
)
from services.notify import ledger
from services.notify.domain import Kind, Reason, why_not
from services.runtime.database import Work
from services.runtime.inbox import Reaction

TELLING_DUE = "telling.due"
KINDS: dict[type[ReferralFact], Kind] = {
    ReferralSent: Kind.REFERRAL_AWAITS,
    ReferralReopened: Kind.REFERRAL_REOPENED,
    ReferralDeclineContested: Kind.DECLINE_CONTESTED,
    ReferralAssigned: Kind.REFERRAL_ASSIGNED,
    ReferralOutcomeContradicted: Kind.OUTCOME_CONTRADICTED,
}


async def tell_assignee(fact: ReferralFact, work: Work) -> None:
    """Write the telling for whoever the referral is assigned to after this fact."""
    assert work.cause is not None
    await ledger.enter(
        work,
        fact=work.cause.id,
        account=fact.assignee,
        kind=KINDS[type(fact)],
        referral=fact.ref,
        due_at=fact.at,
        not_because=why_not(at=fact.at, now=work.now, assignee=fact.assignee, actor=fact.actor),
    )
    work.hint(TELLING_DUE)


async def tell_new_assignee(fact: ReferralAssigned, work: Work) -> None:
    """Tell the new one, and no longer the one before."""
    await ledger.suppress(work, fact.ref, Reason.ALREADY_DONE, account=fact.previous_assignee)
    await tell_assignee(fact, work)


async def drop_telling(fact: ReferralFact, work: Work) -> None:
    """The referral waits for nobody at the desk any more, or was answered: what was not yet sent is not sent."""
    await ledger.suppress(work, fact.ref, Reason.ALREADY_DONE)


REACTIONS: dict[type[Fact], Reaction] = {
    **dict.fromkeys(
        (ReferralSent, ReferralReopened, ReferralDeclineContested, ReferralOutcomeContradicted), tell_assignee
    ),
    ReferralAssigned: tell_new_assignee,
    **dict.fromkeys(
        (
            ReferralAcknowledged,
            ReferralDeclined,
            ReferralRedirected,
            ReferralRecalled,
            ReferralWithdrawn,
            ReferralExpired,
            ReferralClosed,
            ReferralEnteredInError,
        ),
        drop_telling,
    ),
}
