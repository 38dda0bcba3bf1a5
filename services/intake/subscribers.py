"""What intake does with the facts of others: it keeps the state of its hand-overs, and how long a desk may read."""

from datetime import datetime
from typing import Any

from contracts.envelope import Fact
from contracts.facts import (
    DeskItemDelivered,
    DeskItemViewed,
    ReferralAccompanimentRefused,
    ReferralAcknowledged,
    ReferralAppointmentAccepted,
    ReferralAppointmentCancelled,
    ReferralAppointmentDeclined,
    ReferralAppointmentHeld,
    ReferralAppointmentProposed,
    ReferralAssigned,
    ReferralChecked,
    ReferralClosed,
    ReferralContactAttempted,
    ReferralDeclineContested,
    ReferralDeclined,
    ReferralEnteredInError,
    ReferralExpired,
    ReferralFact,
    ReferralHeld,
    ReferralInfoAnswered,
    ReferralInfoRequested,
    ReferralOutcomeConfirmed,
    ReferralOutcomeContradicted,
    ReferralRecalled,
    ReferralRecalledByDeparture,
    ReferralRedirected,
    ReferralRedirectProposed,
    ReferralRedirectRefused,
    ReferralRenewalRecorded,
    ReferralReopened,
    ReferralResumed,
    ReferralSent,
    ReferralWithdrawn,
)
from contracts.lifecycle import READABLE_AFTER_CLOSING
from services.intake import conventions, leaving, notes
from services.runtime.database import Work
from services.runtime.inbox import Reaction

_FOLLOW = """
UPDATE handover SET step = 'sent', state = :state, turn = :turn, version = :version, episode = :episode,
    next_due = :next_due, assignee = :assignee, moved_at = :at, sent_at = coalesce(sent_at, :at){more}
WHERE ref = :ref AND version < :version
"""
# Reading opens again only under a grant that is still live; `:at` is when the referral came back.
_READ_AGAIN = """, outcome = NULL, readable_until = CASE WHEN EXISTS (
    SELECT 1 FROM consentgrant g WHERE g.ref = handover.grant AND g.withdrawn_at IS NULL AND g.expires_at > :at
        AND handover."right" = ANY (g.rights)
) THEN NULL ELSE readable_until END"""


async def _follow(fact: ReferralFact, work: Work, more: str = "", **values: Any) -> None:  # noqa: ANN401 - columns
    await work.execute(
        _FOLLOW.format(more=more),
        ref=fact.ref,
        state=fact.state.value,
        turn=fact.turn.value if fact.turn else None,
        version=fact.version,
        episode=fact.episode,
        next_due=fact.next_due,
        assignee=fact.assignee,
        at=fact.at,
        **values,
    )
    work.hint(f"organisation.{fact.sender_organisation}")
    work.hint(f"referral.{fact.ref}")


async def follow_referral(fact: ReferralFact, work: Work) -> None:
    """The state, the turn and the next due instant, as after any fact."""
    await _follow(fact, work)


async def _end_reading_at(fact: ReferralFact, work: Work, instant: datetime, more: str = "", **values: Any) -> None:  # noqa: ANN401
    # A withdrawal may have ended reading before: it never becomes later by an ending.
    await _follow(
        fact, work, f", readable_until = least(readable_until, :readable_until){more}", readable_until=instant, **values
    )


async def end_reading(fact: ReferralFact, work: Work) -> None:
    """The hand-over is over: the desk reads nothing more from that instant."""
    await _end_reading_at(fact, work, fact.at)


async def end_reading_after_closing(fact: ReferralClosed, work: Work) -> None:
    """A closed referral stays readable for 30 days, as long as the grant lives."""
    await _end_reading_at(
        fact, work, fact.at + READABLE_AFTER_CLOSING, ", outcome = :outcome", outcome=fact.outcome.value
    )


async def open_reading_again(fact: ReferralFact, work: Work) -> None:
    """Reopened, contested or contradicted: reading opens again under the same grant, if it still lives."""
    await _follow(fact, work, _READ_AGAIN)


async def erase_content(fact: ReferralEnteredInError, work: Work) -> None:
    """Entered in error: reading ends, and what was written about the person is erased; the skeleton stays."""
    await _end_reading_at(fact, work, fact.at, ", need_summary = NULL, accompaniment = NULL, outcome = NULL")
    await work.execute("UPDATE note SET body = '' WHERE handover = :ref", ref=fact.ref)


async def follow_exchange(fact: ReferralInfoRequested | ReferralInfoAnswered, work: Work) -> None:
    """The state, and that the note which the fact names was really asked or answered."""
    await _follow(fact, work)
    await notes.note_carried(fact, work)


async def note_delivery(fact: DeskItemDelivered, work: Work) -> None:
    """The referral is in the desk's list."""
    await _note_instant(fact, work, "delivered_at")


async def note_first_view(fact: DeskItemViewed, work: Work) -> None:
    """Somebody of the desk has opened it."""
    await _note_instant(fact, work, "viewed_at")


async def _note_instant(fact: DeskItemDelivered | DeskItemViewed, work: Work, column: str) -> None:
    row = await work.execute(
        f"UPDATE handover SET {column} = :at WHERE ref = :ref AND desk = :desk AND {column} IS NULL"
        " RETURNING organisation",
        at=fact.at,
        ref=fact.ref,
        desk=fact.desk,
    )
    organisation = row.scalar_one_or_none()
    if organisation is not None:
        work.hint(f"organisation.{organisation}")


REACTIONS: dict[type[Fact], Reaction] = {
    **conventions.REACTIONS,
    **leaving.REACTIONS,
    **dict.fromkeys(
        (
            ReferralSent,
            ReferralAcknowledged,
            ReferralAssigned,
            ReferralHeld,
            ReferralResumed,
            ReferralContactAttempted,
            ReferralAccompanimentRefused,
            ReferralRedirectProposed,
            ReferralRedirectRefused,
            ReferralOutcomeConfirmed,
            ReferralChecked,
            ReferralRenewalRecorded,
            ReferralAppointmentProposed,
            ReferralAppointmentAccepted,
            ReferralAppointmentDeclined,
            ReferralAppointmentCancelled,
            ReferralAppointmentHeld,
        ),
        follow_referral,
    ),
    **dict.fromkeys(
        (
            ReferralDeclined, ReferralRedirected, ReferralRecalled, ReferralRecalledByDeparture, ReferralWithdrawn,
            ReferralExpired,
        ),
        end_reading,
    ),
    **dict.fromkeys((ReferralDeclineContested, ReferralOutcomeContradicted, ReferralReopened), open_reading_again),
    **dict.fromkeys((ReferralInfoRequested, ReferralInfoAnswered), follow_exchange),
    ReferralClosed: end_reading_after_closing,
    ReferralEnteredInError: erase_content,
    DeskItemDelivered: note_delivery,
    DeskItemViewed: note_first_view,
}
