"""Recording what people agreed to, refused or took back: in one transaction, the grant, its history and the fact."""

from typing import Any
from uuid import UUID

from contracts.facts import ConsentGiven, ConsentRefused, ConsentWithdrawn
from contracts.refusals import NotFound
from contracts.viewer import Role, Viewer
from contracts.vocabulary import ErasureCause
from services.intake import handover_store, journal, store
from services.intake.commands import GiveReceipt, RecordConsent, RefuseConsent, WithdrawConsent
from services.intake.consent_events import about_grant, asked_event, grant_event
from services.intake.consent_readings import end_readings
from services.intake.consent_rules import end_of_charge
from services.intake.consent_state import EventDetails, EventKind
from services.intake.domain import check_grant
from services.intake.dossier import end_of
from services.intake.erasure_requests import request_erasure
from services.intake.journal_kinds import Kind, Thing
from services.intake.notice import Notice, find_notice
from services.intake.once import actor_of, once
from services.intake.person_keys import PersonKeys
from services.intake.tables import ConsentGrant, Person
from services.runtime.database import Work
from services.runtime.web.dates import PARIS

REFERENT = Role.REFERENT.value


async def record_consent(command: RecordConsent, work: Work, keys: PersonKeys | None = None) -> UUID:
    """Keep a grant for one desk; its reference. Referrals under way that it covers rest on it from now on.

    `keys` seal what is said of the people present; without such a text none is needed. Refusals: RoleNotAllowed,
    NotFound, InvalidInput, DateInThePast, SocialSecurityNumberRefused.
    """

    async def act(viewer: Viewer) -> UUID:
        person = await store.person_of(viewer, work, command.person, merged=command.renews is not None)
        check_grant(command.categories, command.rights, work.now, command.expires_at)
        shown = await find_notice(work, command.notice_version)
        grant = _grant(command, shown, person, work, viewer)
        await _renew(grant, work, viewer)
        work.session.add(grant)
        for kind in (EventKind.PRESENTED, EventKind.GIVEN):
            work.session.add(asked_event(kind, command, shown, work, viewer, keys, grant))
        fact = ConsentGiven(
            ref=grant.ref,
            organisation=grant.recipient_organisation,
            desk=grant.desk,
            purpose=command.purpose,
            expires_at=grant.expires_at,
            epoch=grant.epoch,
            at=work.now,
        )
        work.emit(fact, actor_kind=REFERENT)
        await journal.record(work, viewer, Kind.CONSENT_GIVEN, **about_grant(grant))
        _tell(work, viewer, grant.desk)
        return grant.ref

    return await once(command, work, act)


async def _renew(grant: ConsentGrant, work: Work, viewer: Viewer) -> None:
    """Move what is under way from an agreement that ends sooner to this one; what was withdrawn stays withdrawn.

    The former grants are locked, so that a withdrawal or a hand-over comes wholly before or wholly after. Each that
    this one follows gets its event. Refusal: NotFound for `renews` of another person or desk.
    """
    former, *_ = await handover_store.lock_grants(viewer, work, grant.person, grant.desk)
    if grant.renews is not None and grant.renews not in {row.ref for row in former}:
        raise NotFound
    sooner = {
        row.ref: row
        for row in former
        if row.withdrawn_at is None and row.purpose == grant.purpose and end_of(row) < end_of(grant)
    }
    followed = {ref for ref, row in sooner.items() if end_of(row) > work.now and set(row.rights) & set(grant.rights)}
    for handover in await store.open_on(viewer, work, sooner) if sooner else ():
        if handover.right in grant.rights and grant.contact in (None, handover.assignee):
            followed.add(handover.grant or grant.ref)
            handover.grant, handover.epoch = grant.ref, grant.epoch
            work.session.add(handover)
    for row in (row for row in former if row.ref in followed or row.ref == grant.renews):
        said = EventDetails(renewed_by=grant.ref)
        work.session.add(grant_event(EventKind.RENEWED, row, said, work, viewer))


async def refuse_consent(command: RefuseConsent, work: Work, keys: PersonKeys | None = None) -> UUID:
    """Keep that the person said no, so that nobody asks again tomorrow.

    Refusals: RoleNotAllowed, NotFound, InvalidInput, SocialSecurityNumberRefused.
    """

    async def act(viewer: Viewer) -> UUID:
        await store.person_of(viewer, work, command.person)
        shown = await find_notice(work, command.notice_version)
        work.session.add(asked_event(EventKind.PRESENTED, command, shown, work, viewer, keys))
        event = asked_event(EventKind.REFUSED, command, shown, work, viewer, keys)
        work.session.add(event)
        fact = ConsentRefused(
            ref=event.ref,
            organisation=command.to.organisation,
            desk=command.to.desk,
            purpose=command.purpose,
            at=work.now,
        )
        work.emit(fact, actor_kind=REFERENT)
        about: dict[str, Any] = {"ref": event.ref, "person": command.person, "desk": command.to.desk}
        await journal.record(work, viewer, Kind.CONSENT_REFUSED, object=Thing.GRANT, **about)
        work.hint(f"organisation.{viewer.organisation}")
        return event.ref

    return await once(command, work, act)


async def give_receipt(command: GiveReceipt, work: Work) -> UUID:
    """Keep that the person got her receipt, and how; her reference. Refusals: RoleNotAllowed, NotFound."""

    async def act(viewer: Viewer) -> UUID:
        grant = await store.grant_of(viewer, work, command.grant)
        said = EventDetails(receipt=command.way, notice=grant.notice_version, language=grant.language)
        work.session.add(grant_event(EventKind.RECEIPT_GIVEN, grant, said, work, viewer))
        await journal.record(work, viewer, Kind.RECEIPT_GIVEN, **about_grant(grant) | {"object": Thing.RECEIPT})
        work.hint(f"organisation.{viewer.organisation}")
        return grant.person

    return await once(command, work, act)


async def withdraw_consent(command: WithdrawConsent, work: Work) -> UUID:
    """End a grant: from this transaction on, no reading that rests on it; the reference of the person.

    The grant's row is locked, so that a hand-over comes wholly before (and is listed) or wholly after (and is
    refused). The fact lists every referral that rests on it, also those still on their way. Refusals: RoleNotAllowed,
    NotFound.
    """

    async def act(viewer: Viewer) -> UUID:
        grant = await store.grant_of(viewer, work, command.grant, lock=True)
        if grant.withdrawn_at is not None:
            return grant.person
        grant.withdrawn_at, grant.epoch = work.now, grant.epoch + 1
        work.session.add(grant)
        resting = await end_readings(viewer, work, grant)
        work.session.add(grant_event(EventKind.WITHDRAWN, grant, EventDetails(epoch=grant.epoch), work, viewer))
        refs = tuple(handover.ref for handover in resting)
        asked = {"handovers": refs, "categories": grant.categories}
        await request_erasure(work, viewer, grant.ref, reason=ErasureCause.WITHDRAWAL, **asked)
        fact = ConsentWithdrawn(ref=grant.ref, referrals=refs, epoch=grant.epoch, at=work.now)
        work.emit(fact, actor_kind=actor_of(viewer))
        await journal.record(work, viewer, Kind.CONSENT_WITHDRAWN, **about_grant(grant))
        _tell(work, viewer, grant.desk)
        return grant.person

    return await once(command, work, act, herself=True)


def _grant(command: RecordConsent, shown: Notice, person: Person, work: Work, viewer: Viewer) -> ConsentGrant:
    charge_ends = end_of_charge(command.with_proxy, command.represented_until, person.birth_date, work.now, PARIS)
    return ConsentGrant(
        person=command.person,
        organisation=viewer.organisation,
        recipient_organisation=command.to.organisation,
        recipient_organisation_name=command.to.organisation_name,
        recipient_kind=command.to.organisation_kind.value,
        desk=command.to.desk,
        desk_name=command.to.desk_name,
        contact=command.contact,
        purpose=command.purpose.value,
        categories=sorted(one.value for one in command.categories),
        rights=sorted(command.rights),
        method=command.method.value,
        language=command.language.value,
        interpreter=command.interpreter,
        read_back=command.read_back,
        notice_version=shown.version,
        notice_hash=shown.digest,
        asked_by=viewer.account,
        given_at=work.now,
        expires_at=command.expires_at,
        renews=command.renews,
        with_proxy=command.with_proxy.value if command.with_proxy else None,
        represented_until=charge_ends,
    )


def _tell(work: Work, viewer: Viewer, desk: UUID) -> None:
    work.hint(f"desk.{desk}")
    work.hint(f"organisation.{viewer.organisation}")
