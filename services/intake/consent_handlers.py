"""Recording what people agreed to, refused or took back: in one transaction, the grant, its history and the fact."""

from uuid import UUID

from contracts.facts import ConsentGiven, ConsentRefused, ConsentWithdrawn
from contracts.viewer import Role, Viewer
from services.intake import handover_store, store
from services.intake.commands import RecordConsent, RefuseConsent, WithdrawConsent
from services.intake.domain import check_grant
from services.intake.notice import Notice, notice
from services.intake.once import once
from services.intake.tables import ConsentEvent, ConsentGrant, Handover
from services.runtime.database import Work

REFERENT = Role.REFERENT.value


async def record_consent(command: RecordConsent, work: Work) -> UUID:
    """Keep a grant for one desk; its reference. Referrals under way that it covers rest on it from now on.

    Refusals: RoleNotAllowed, NotFound, InvalidInput, DateInThePast.
    """

    async def act(viewer: Viewer) -> UUID:
        person = await store.person_of(viewer, work, command.person)
        check_grant(command.categories, command.rights, work.now, command.expires_at)
        shown = notice(command.notice_version)
        grant = _grant(command, shown, work, viewer)
        await _renew(grant, work, viewer)
        work.session.add(grant)
        for kind in ("presented", "given"):
            work.session.add(_event(kind, command, shown, work, viewer, grant.ref))
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
        _tell(work, viewer, grant.desk)
        assert person.ref == grant.person
        return grant.ref

    return await once(command, work, act)


async def _renew(grant: ConsentGrant, work: Work, viewer: Viewer) -> None:
    """Move what is under way from an agreement that ends sooner to this one; what was withdrawn stays withdrawn.

    The former grants are locked, so that a withdrawal or a hand-over comes wholly before or wholly after.
    """
    former, _ = await handover_store.lock_grants(viewer, work, grant.person, grant.desk)
    sooner = [
        row.ref
        for row in former
        if row.withdrawn_at is None and row.purpose == grant.purpose and row.expires_at < grant.expires_at
    ]
    for handover in await store.open_on(viewer, work, sooner) if sooner else ():
        if handover.right in grant.rights and grant.contact in (None, handover.assignee):
            handover.grant, handover.epoch = grant.ref, grant.epoch
            work.session.add(handover)


async def refuse_consent(command: RefuseConsent, work: Work) -> UUID:
    """Keep that the person said no, so that nobody asks again tomorrow. Refusals: RoleNotAllowed, NotFound."""

    async def act(viewer: Viewer) -> UUID:
        await store.person_of(viewer, work, command.person)
        shown = notice(command.notice_version)
        work.session.add(_event("presented", command, shown, work, viewer, None))
        event = _event("refused", command, shown, work, viewer, None)
        work.session.add(event)
        fact = ConsentRefused(
            ref=event.ref,
            organisation=command.to.organisation,
            desk=command.to.desk,
            purpose=command.purpose,
            at=work.now,
        )
        work.emit(fact, actor_kind=REFERENT)
        work.hint(f"organisation.{viewer.organisation}")
        return event.ref

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
        resting = await _end_readings(grant, work, viewer)
        work.session.add(_withdrawal(grant, work, viewer))
        refs = tuple(handover.ref for handover in resting)
        fact = ConsentWithdrawn(ref=grant.ref, referrals=refs, epoch=grant.epoch, at=work.now)
        work.emit(fact, actor_kind=REFERENT)
        _tell(work, viewer, grant.desk)
        return grant.person

    return await once(command, work, act)


async def _end_readings(grant: ConsentGrant, work: Work, viewer: Viewer) -> list[Handover]:
    resting = await store.resting_on(viewer, work, grant.ref)
    for handover in resting:
        if handover.readable_until is None or handover.readable_until > work.now:
            handover.readable_until = work.now
            work.session.add(handover)
    return resting


def _withdrawal(grant: ConsentGrant, work: Work, viewer: Viewer) -> ConsentEvent:
    return ConsentEvent(
        person=grant.person,
        organisation=viewer.organisation,
        grant=grant.ref,
        kind="withdrawn",
        desk=grant.desk,
        desk_name=grant.desk_name,
        details={"epoch": str(grant.epoch)},
        actor=viewer.account,
        at=work.now,
    )


def _grant(command: RecordConsent, shown: Notice, work: Work, viewer: Viewer) -> ConsentGrant:
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
    )


def _event(
    kind: str, command: RecordConsent | RefuseConsent, shown: Notice, work: Work, viewer: Viewer, grant: UUID | None
) -> ConsentEvent:
    return ConsentEvent(
        person=command.person,
        organisation=viewer.organisation,
        grant=grant,
        kind=kind,
        desk=command.to.desk,
        desk_name=f"{command.to.desk_name}, {command.to.organisation_name}",
        details={
            "purpose": command.purpose.value,
            "method": command.method.value,
            "language": command.language.value,
            "notice": shown.version,
            "notice_sha256": shown.digest,
        },
        actor=viewer.account,
        at=work.now,
    )


def _tell(work: Work, viewer: Viewer, desk: UUID) -> None:
    work.hint(f"desk.{desk}")
    work.hint(f"organisation.{viewer.organisation}")
