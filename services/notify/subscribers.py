"""What notify does when a referral moves: arm its reminders, tell whoever it waits for, drop what waits no more.

The hint after the transaction wakes the sender of whichever process has the mail relay.
"""

from uuid import UUID

from contracts.envelope import Fact
from contracts.facts import (
    FACTS,
    ConventionEndAnnounced,
    ConventionRecorded,
    DeskItemUnattended,
    ErasureAnswered,
    ErasureRequested,
    ReferralAcknowledged,
    ReferralAppointmentAccepted,
    ReferralAppointmentCancelled,
    ReferralAppointmentDeclined,
    ReferralAppointmentProposed,
    ReferralAssigned,
    ReferralClosed,
    ReferralDeclineContested,
    ReferralDeclined,
    ReferralEnteredInError,
    ReferralExpired,
    ReferralFact,
    ReferralInfoAnswered,
    ReferralInfoRequested,
    ReferralManagerAsked,
    ReferralOutcomeConfirmed,
    ReferralOutcomeContradicted,
    ReferralRecalled,
    ReferralRecalledByDeparture,
    ReferralRedirected,
    ReferralRedirectProposed,
    ReferralRedirectRefused,
    ReferralReopened,
    ReferralSent,
    ReferralWithdrawn,
    SafeguardRaised,
)
from contracts.ladder import Audience
from contracts.vocabulary import AppointmentSide
from services.notify import ledger
from services.notify.domain import Kind, Reason, why_not
from services.notify.reminders import follow_appointment, follow_plan
from services.runtime.database import Work
from services.runtime.inbox import Reaction

TELLING_DUE = "telling.due"
Told = (
    ReferralFact | DeskItemUnattended | ReferralManagerAsked | ErasureRequested | SafeguardRaised
    | ConventionEndAnnounced
)  # fmt: skip
TELL_ASSIGNEE: dict[type[Fact], Kind] = {
    ReferralSent: Kind.REFERRAL_AWAITS,
    ReferralReopened: Kind.REFERRAL_REOPENED,
    ReferralDeclineContested: Kind.DECLINE_CONTESTED,
    ReferralAssigned: Kind.REFERRAL_ASSIGNED,
    ReferralOutcomeContradicted: Kind.OUTCOME_CONTRADICTED,
}
TELL_REFERENT: dict[type[Fact], Kind] = {
    ReferralInfoRequested: Kind.QUESTION_ASKED,
    ReferralDeclined: Kind.REFERRAL_DECLINED,
    ReferralRedirectProposed: Kind.REDIRECT_PROPOSED,
    ReferralExpired: Kind.REFERRAL_EXPIRED,
    ReferralRecalledByDeparture: Kind.DESK_LEFT,
    ReferralClosed: Kind.REFERRAL_CLOSED,
}
TELL_OTHER_SIDE: dict[type[Fact], Kind] = {
    ReferralAppointmentProposed: Kind.APPOINTMENT_PROPOSED,
    ReferralAppointmentAccepted: Kind.APPOINTMENT_ACCEPTED,
    ReferralAppointmentDeclined: Kind.APPOINTMENT_DECLINED,
    ReferralAppointmentCancelled: Kind.APPOINTMENT_CANCELLED,
}
# After these the desk, or the referent, has nothing to be told of any more from before.
ENDS_FOR_DESK = frozenset({
    ReferralAcknowledged, ReferralDeclined, ReferralRedirected, ReferralRecalled, ReferralRecalledByDeparture,
    ReferralWithdrawn, ReferralExpired, ReferralClosed, ReferralEnteredInError,
})  # fmt: skip
ENDS_FOR_REFERENT = frozenset({
    ReferralInfoAnswered, ReferralRedirected, ReferralRedirectRefused, ReferralRecalled, ReferralWithdrawn,
    ReferralReopened, ReferralOutcomeConfirmed, ReferralOutcomeContradicted, ReferralEnteredInError,
})  # fmt: skip


async def follow_referral(fact: ReferralFact, work: Work) -> None:
    """Arm and disarm what the plan says, drop what waits for nobody any more, tell whom it waits for now."""
    kind = type(fact)
    await follow_plan(fact, work)
    await follow_appointment(fact, work)
    reason = Reason.WITHDRAWN if kind is ReferralWithdrawn else Reason.ALREADY_DONE
    if kind in ENDS_FOR_DESK:
        await ledger.suppress(work, fact.ref, reason, referent=False)
    if kind in ENDS_FOR_REFERENT:
        await ledger.suppress(work, fact.ref, reason, referent=True)
    if isinstance(fact, ReferralAssigned):
        await ledger.suppress(work, fact.ref, reason, referent=False, account=fact.previous_assignee)
    if kind in TELL_ASSIGNEE:
        await _tell(work, fact, fact.assignee, TELL_ASSIGNEE[kind], Audience.ASSIGNEE)
    if kind in TELL_REFERENT and fact.referent is not None:
        await _tell(work, fact, fact.referent, TELL_REFERENT[kind], Audience.REFERENT)
    if kind in TELL_OTHER_SIDE:
        await _tell_other_side(work, fact, TELL_OTHER_SIDE[kind])


async def _tell_other_side(work: Work, fact: ReferralFact, kind: Kind) -> None:
    """Of an appointment, whoever did not just speak."""
    if getattr(fact, "by", None) is AppointmentSide.REFERENT:
        await _tell(work, fact, fact.assignee, kind, Audience.ASSIGNEE)
    elif fact.referent is not None:
        await _tell(work, fact, fact.referent, kind, Audience.REFERENT)


async def tell_managers(fact: DeskItemUnattended, work: Work) -> None:
    """Nobody at the desk could take it over: its managers choose who does. Where one could, the new one is told."""
    if fact.successor is not None:
        return
    for manager in fact.managers:
        await _tell(work, fact, manager, Kind.REFERRAL_UNATTENDED, Audience.MANAGER)


async def tell_managers_asked(fact: ReferralManagerAsked, work: Work) -> None:
    """The coordination asks something of a desk: each of its managers is told, in coded words."""
    for manager in fact.managers:
        await _tell(work, fact, manager, Kind(f"manager_{fact.what.value}"), Audience.MANAGER)


async def tell_of_erasure(fact: ErasureRequested, work: Work) -> None:
    """Whoever had the referral in hand is told that a request to erase waits; nothing of it is said."""
    await _tell(work, fact, fact.assignee, Kind.ERASURE_ASKED, Audience.ASSIGNEE, about=fact.referral)


async def tell_officers(fact: SafeguardRaised, work: Work) -> None:
    """The data protection officers are told that something waits on their page; nobody is named."""
    for officer in fact.officers:
        await _tell(work, fact, officer, Kind(fact.matter.value), Audience.MANAGER)


async def tell_of_convention_end(fact: ConventionEndAnnounced, work: Work) -> None:
    """Who answers for the sharing and who answers for the partners: each on the page where she can do something."""
    for officer in fact.officers:
        await _tell(work, fact, officer, Kind.CONVENTION_ENDING, Audience.MANAGER)
    for one in set(fact.coordinators) - set(fact.officers):
        await _tell(work, fact, one, Kind.CONVENTION_ENDING, Audience.COORDINATOR, about=fact.organisation)


async def _tell(
    work: Work, fact: Told, account: UUID, kind: Kind, audience: Audience, *, about: UUID | None = None
) -> None:
    """One telling; `about`: the reference of what it is about, where that is not the fact's own."""
    assert work.cause is not None
    actor = fact.actor if isinstance(fact, ReferralFact) else None
    await ledger.enter(
        work,
        ledger.Entry(
            fact=work.cause.id,
            account=account,
            kind=kind,
            referral=about or fact.ref,
            due_at=fact.at,
            audience=audience,
            not_because=why_not(at=fact.at, now=work.now, assignee=account, actor=actor),
        ),
    )
    work.hint(TELLING_DUE)


async def drop_convention_end(fact: ConventionRecorded, work: Work) -> None:
    """Decided anew: what was announced of its end waits for nobody any more."""
    for about in (fact.ref, fact.organisation):
        await ledger.suppress(work, about, Reason.ALREADY_DONE, referent=False)


async def drop_erasure(fact: ErasureAnswered, work: Work) -> None:
    """The desk has answered it."""
    await ledger.settle_erasure(work, fact.referral)


REACTIONS: dict[type[Fact], Reaction] = {
    ErasureRequested: tell_of_erasure,
    SafeguardRaised: tell_officers,
    ErasureAnswered: drop_erasure,
    ConventionEndAnnounced: tell_of_convention_end,
    ConventionRecorded: drop_convention_end,
    **{kind: follow_referral for kind in FACTS.values() if issubclass(kind, ReferralFact)},
    DeskItemUnattended: tell_managers,
    ReferralManagerAsked: tell_managers_asked,
}
