"""Narrowing an agreement: the person keeps a part of what she had agreed to, from this transaction on.

A reading looks at the agreement as it is at that moment, so that what is taken out is out with the commit; hand-overs
for a right that is taken out end as by a withdrawal.
"""

from uuid import UUID

from contracts.facts import ConsentNarrowed
from contracts.viewer import Viewer
from contracts.vocabulary import ErasureCause
from services.intake import journal, store
from services.intake.commands import NarrowConsent
from services.intake.consent_events import about_grant, grant_event
from services.intake.consent_readings import end_readings
from services.intake.consent_rules import Scope, narrowed
from services.intake.consent_state import EventDetails, EventKind
from services.intake.dossier import decided_at, grant_of
from services.intake.erasure_requests import request_erasure
from services.intake.journal_kinds import Kind
from services.intake.once import actor_of, once
from services.intake.tables import ConsentGrant, Handover
from services.runtime.database import Work


async def narrow_consent(command: NarrowConsent, work: Work) -> UUID:
    """Keep fewer categories, fewer rights or an earlier end; the reference of the person.

    The grant's row is locked, so that a hand-over comes wholly before or wholly after. Refusals: RoleNotAllowed,
    NotFound, GrantWithdrawn, GrantExpired, RepresentationEnded, InvalidInput, DateInThePast.
    """

    async def act(viewer: Viewer) -> UUID:
        grant = await store.grant_of(viewer, work, command.grant, lock=True)
        _require_live(grant, work)
        before = scope_of(grant)
        kept = Scope(frozenset(command.categories), command.rights, min(command.expires_at, grant.expires_at))
        touched = await _narrow(grant, narrowed(before, kept, work.now), work, viewer)
        said = EventDetails(
            categories=tuple(grant.categories),
            rights=tuple(grant.rights),
            expires_at=grant.expires_at,
            method=command.method.value,
            epoch=grant.epoch,
        )
        work.session.add(grant_event(EventKind.NARROWED, grant, said, work, viewer))
        await journal.record(work, viewer, Kind.CONSENT_CHANGED, **about_grant(grant))
        await _ask_to_erase(grant, before, touched, work, viewer)
        refs = tuple(handover.ref for handover in touched)
        fact = ConsentNarrowed(ref=grant.ref, referrals=refs, epoch=grant.epoch, at=work.now)
        work.emit(fact, actor_kind=actor_of(viewer))
        work.hint(f"desk.{grant.desk}")
        work.hint(f"organisation.{viewer.organisation}")
        return grant.person

    return await once(command, work, act, herself=True)


async def _ask_to_erase(
    grant: ConsentGrant, before: Scope, touched: list[Handover], work: Work, viewer: Viewer
) -> None:
    """Ask for what was taken out: all of it where the right is out, else the categories that are out."""
    ended = {one.ref for one in touched}
    going_on = [one.ref for one in await store.resting_on(viewer, work, grant.ref) if one.ref not in ended]
    for handovers, categories in ((ended, before.categories), (going_on, before.categories - set(grant.categories))):
        asked = {"handovers": list(handovers), "categories": categories}
        await request_erasure(work, viewer, grant.ref, reason=ErasureCause.NARROWING, **asked)


def scope_of(grant: ConsentGrant) -> Scope:
    """What the agreement covers now."""
    return Scope(frozenset(grant.categories), frozenset(grant.rights), grant.expires_at)


def _require_live(grant: ConsentGrant, work: Work) -> None:
    refusal = grant_of(grant).refusal(desk=grant.desk, right=grant.rights[0], at=decided_at(grant, work.now))
    if refusal is not None:
        raise refusal


async def _narrow(grant: ConsentGrant, kept: Scope, work: Work, viewer: Viewer) -> list[Handover]:
    """Write what is kept; the hand-overs that end with a right that is taken out."""
    gone = set(grant.rights) - kept.rights
    grant.categories, grant.rights = sorted(kept.categories), sorted(kept.rights)
    grant.expires_at, grant.narrowed_at, grant.epoch = kept.expires_at, work.now, grant.epoch + 1
    work.session.add(grant)
    return await end_readings(viewer, work, grant, gone) if gone else []
