"""The desk's list, kept from the facts of each referral: every fact carries the state after it.

The inbox applies each fact once and in order, so a reaction is one statement without a reading before it.
"""

from typing import Any

from contracts import facts
from contracts.envelope import Fact
from contracts.lifecycle import ENDED
from services.partners.attending import attend, attend_new, hand_on_desk_items
from services.runtime.database import Work
from services.runtime.inbox import Reaction

_OPEN = """
INSERT INTO partners.deskitem (ref, organisation, desk, assignee, "right", mode, urgent, accompanied,
    sender_organisation, sender, state, turn, next_due, acknowledge_due, episode, version, attempts, redirect_proposed,
    received_at, moved_at)
VALUES (:ref, :organisation, :desk, :assignee, :right, :mode, :urgent, :accompanied, :sender_organisation, :sender,
    :state, :turn, :next_due, :acknowledge_due, :episode, :version, 0, false, :at, :at)
ON CONFLICT (ref) DO UPDATE SET organisation = excluded.organisation, desk = excluded.desk,
    assignee = excluded.assignee, state = excluded.state, turn = excluded.turn, next_due = excluded.next_due,
    acknowledge_due = excluded.acknowledge_due, contact_due = NULL, promised_for = NULL, outcome = NULL,
    episode = excluded.episode, version = excluded.version, attempts = 0, redirect_proposed = false,
    received_at = excluded.received_at, moved_at = excluded.moved_at, viewed_at = NULL, ended_at = NULL,
    unattended_since = NULL
"""
_MOVE = """
UPDATE partners.deskitem SET organisation = :organisation, desk = :desk, assignee = :assignee, state = :state,
    turn = :turn, next_due = :next_due, episode = :episode, version = :version, moved_at = :at,
    ended_at = CASE WHEN :ended THEN coalesce(ended_at, :at) END,
    unattended_since = CASE WHEN NOT :ended AND assignee = :assignee THEN unattended_since END
"""
_OPEN_FIELDS = tuple(name for name in facts.ReferralSent.model_fields if name not in ("actor", "redirected_from"))


async def open_desk_item(fact: facts.ReferralSent, work: Work) -> None:
    """Put the referral in its desk's list, and say that it arrived."""
    await work.execute(_OPEN, **{name: _plain(getattr(fact, name)) for name in _OPEN_FIELDS})
    work.emit(facts.DeskItemDelivered(ref=fact.ref, desk=fact.desk, at=work.now))
    work.hint(f"desk.{fact.desk}")
    await attend_new(fact, work)


async def move_desk_item(fact: facts.ReferralFact, work: Work) -> None:
    """Bring the item to the state after this fact."""
    await _move(fact, work)


async def promise_first_contact(fact: facts.ReferralAcknowledged, work: Work) -> None:
    """Note the promised day and when the first contact is due."""
    await _move(fact, work, promised_for=fact.promised_for, contact_due=fact.contact_due, redirect_proposed=False)


async def count_attempt(fact: facts.ReferralContactAttempted, work: Work) -> None:
    """Count one more attempt."""
    await _move(fact, work, "attempts = attempts + 1")


async def bring_back_to_answer(fact: facts.ReferralFact, work: Work) -> None:
    """A new episode, or a decline that was contested: the desk answers again, from an empty slate; say so."""
    await _move(
        fact,
        work,
        acknowledge_due=fact.next_due,
        received_at=fact.at,
        contact_due=None,
        promised_for=None,
        outcome=None,
        viewed_at=None,
        attempts=0,
        redirect_proposed=False,
    )
    work.emit(facts.DeskItemDelivered(ref=fact.ref, desk=fact.desk, at=work.now))
    await attend(fact, work)


async def note_redirect_proposal(fact: facts.ReferralRedirectProposed, work: Work) -> None:
    """The referent now has to decide with the person."""
    await _move(fact, work, redirect_proposed=True)


async def drop_redirect_proposal(fact: facts.ReferralFact, work: Work) -> None:
    """The proposal was refused, or has become a referral to the other desk."""
    await _move(fact, work, redirect_proposed=False)


async def close_desk_item(fact: facts.ReferralClosed, work: Work) -> None:
    """Note the outcome."""
    await _move(fact, work, outcome=fact.outcome.value)


async def _move(fact: facts.ReferralFact, work: Work, *also: str, **values: Any) -> None:  # noqa: ANN401 - columns
    sets = "".join(f", {one}" for one in (*also, *(f"{name} = :{name}" for name in values)))
    await work.execute(
        f"{_MOVE}{sets} WHERE ref = :ref",
        ref=fact.ref,
        organisation=fact.organisation,
        desk=fact.desk,
        assignee=fact.assignee,
        state=fact.state.value,
        turn=fact.turn.value if fact.turn else None,
        next_due=fact.next_due,
        episode=fact.episode,
        version=fact.version,
        at=fact.at,
        ended=fact.state in ENDED,
        **values,
    )
    work.hint(f"desk.{fact.desk}")


def _plain(value: Any) -> Any:  # noqa: ANN401 - a field of a fact
    return value.value if hasattr(value, "label") else value


REACTIONS: dict[type[Fact], Reaction] = {
    facts.ReferralSent: open_desk_item,
    facts.ReferralAcknowledged: promise_first_contact,
    facts.ReferralContactAttempted: count_attempt,
    facts.ReferralReopened: bring_back_to_answer,
    facts.ReferralOutcomeContradicted: bring_back_to_answer,
    facts.ReferralDeclineContested: bring_back_to_answer,
    facts.ReferralRedirectProposed: note_redirect_proposal,
    facts.ReferralRedirectRefused: drop_redirect_proposal,
    facts.ReferralRedirected: drop_redirect_proposal,
    facts.ReferralClosed: close_desk_item,
    facts.MemberLeft: hand_on_desk_items,
    **dict.fromkeys(
        (
            facts.ReferralAssigned,
            facts.ReferralChecked,
            facts.ReferralRenewalRecorded,
            facts.ReferralInfoRequested,
            facts.ReferralInfoAnswered,
            facts.ReferralHeld,
            facts.ReferralResumed,
            facts.ReferralAccompanimentRefused,
            facts.ReferralDeclined,
            facts.ReferralRecalled,
            facts.ReferralRecalledByDeparture,
            facts.ReferralWithdrawn,
            facts.ReferralExpired,
            facts.ReferralOutcomeConfirmed,
            facts.ReferralEnteredInError,
            facts.ReferralAppointmentProposed,
            facts.ReferralAppointmentAccepted,
            facts.ReferralAppointmentDeclined,
            facts.ReferralAppointmentCancelled,
            facts.ReferralAppointmentHeld,
        ),
        move_desk_item,
    ),
}
