"""A desk proposes another desk; the referent, with the person, decides. At most three hops, never back to a desk."""

from dataclasses import replace
from uuid import UUID

from contracts.actions import ProposeRedirect, RefuseRedirect
from contracts.facts import ReferralRedirected, ReferralRedirectProposed, ReferralRedirectRefused
from contracts.lifecycle import MAX_HOPS, Party, State
from contracts.refusals import NoRedirectProposed, NotYourAction, RedirectLoop, TooManyRedirects
from contracts.vocabulary import TaskKind
from services.referral.life import Decision, Life, Moment, NewTask, in_state, moved


def propose_redirect(life: Life, action: ProposeRedirect, moment: Moment) -> Decision:
    """Refused for a fourth hop or a desk that the referral has been to; the sender gets a task."""
    check_hop(life, action.to_desk)
    decision = moved(
        life, moment, ReferralRedirectProposed,
        {"to_organisation": action.to_organisation, "to_desk": action.to_desk},
        proposed_desk=action.to_desk, proposed_organisation=action.to_organisation,
    )
    return replace(decision, task=NewTask(TaskKind.REDIRECT))


def refuse_redirect(life: Life, _action: RefuseRedirect, moment: Moment) -> Decision:
    """The referent keeps the desk."""
    if life.proposed_desk is None:
        raise NoRedirectProposed()
    return moved(life, moment, ReferralRedirectRefused, proposed_desk=None, proposed_organisation=None)


def confirm_redirect(life: Life, child: UUID, to_desk: UUID, moment: Moment) -> Decision:
    """The parent's end when `child` is sent to the desk that was proposed, by the referent's side alone."""
    if Party.REFERENT not in moment.parties:
        raise NotYourAction()
    in_state(life, "confirm_redirect")
    if life.proposed_desk != to_desk:
        raise NoRedirectProposed()
    check_hop(life, to_desk)
    return moved(
        life, moment, ReferralRedirected, {"child": child}, state=State.REDIRECTED,
        answered_at=life.answered_at or moment.now,
    )


def check_hop(life: Life, to_desk: UUID) -> None:
    """At most MAX_HOPS from the root on, and to no desk of the chain."""
    if life.hops >= MAX_HOPS:
        raise TooManyRedirects()
    if to_desk == life.desk or to_desk in life.been_at:
        raise RedirectLoop(field="to_desk")
