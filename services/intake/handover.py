"""Handing a person over: both locks checked under the lock of the grant's row, and the hand-over committed.

What follows the commit is in `sending`. The reference of a hand-over derives from the command, so that a repeated
command is the same hand-over.
"""

from typing import Any
from uuid import UUID, uuid5

from contracts.asks import ResolveRecipient
from contracts.envelope import Frozen
from contracts.refusals import DeskNotCompetent, InvalidInput, NotFound, Refusal
from contracts.replies import Recipient
from contracts.rights import catalogue
from contracts.viewer import Viewer
from contracts.vocabulary import HandoverMode, Purpose, Scheme
from services.intake import caseload, journal
from services.intake import handover_store as store
from services.intake.dossier import Convention, choose_grant, decided_at
from services.intake.free_text import accept_free_text
from services.intake.journal_kinds import Kind, Thing
from services.intake.limiting import refuse_limited
from services.intake.locks import Ends, read_frame, stand
from services.intake.person_keys import PersonKeys
from services.intake.sending import HandedOver, send
from services.intake.store import person_of
from services.intake.united_files import files_of
from services.runtime.database import Work
from services.runtime.process import Service

__all__ = ["HandOver", "HandedOver", "hand_over", "keep_draft", "record_handover"]
ACCOMPANIMENT_LENGTH = 120


class HandOver(Frozen):
    """Hand a person over to one contact of one desk for one right. `draft` is the kept hand-over that it continues.

    `accompanied_by` says who comes along (ciphertext once kept); `redirect_of` is the referral whose redirect is
    confirmed.
    """

    command_id: UUID
    person: UUID
    right: str
    desk: UUID
    contact: UUID
    mode: HandoverMode = HandoverMode.DOSSIER_TRANSMIS
    purpose: Purpose = Purpose.OPEN_RIGHT
    urgent: bool = False
    message: str = ""
    accompanied_by: str = ""
    redirect_of: UUID | None = None
    draft: UUID | None = None
    confirmed: frozenset[str] = frozenset()

    def ref(self, viewer: Viewer) -> UUID:
        """The reference of the hand-over and of its referral: the same for a repetition by the same account."""
        return self.draft or uuid5(viewer.account, str(self.command_id))


class _OtherScheme(Exception):
    """The recipient was resolved under another scheme than the person's."""


async def hand_over(
    command: HandOver, viewer: Viewer, service: Service, keys: PersonKeys, scheme: Scheme | None = None
) -> HandedOver:
    """Send: resolve the recipient, commit the hand-over under the grant's lock, ask for the referral.

    `scheme` is the person's when the caller knows it; otherwise the general one is tried first. Refusals: NotFound,
    DeskNotCompetent, DeskClosed, ContactUnavailable, NoLiveGrant, GrantWithdrawn, GrantExpired, PurposeNotAllowed,
    NoRoute, NoConvention, SocialSecurityNumberRefused, InvalidInput, ServiceAway (the directory), and those of
    SendReferral.
    """
    texts = accept_texts(command)
    if command.right not in catalogue():
        raise InvalidInput(field="right", reason="Choisissez un droit de la liste.")
    try:
        row = await _resolve_and_commit(command, texts, viewer, service, keys, scheme or Scheme.GENERAL)
    except (_OtherScheme, DeskNotCompetent) as refusal:
        true = await _scheme_of(command, viewer, service)
        if true is (scheme or Scheme.GENERAL):
            raise DeskNotCompetent(field="desk") from refusal
        row = await _resolve_and_commit(command, texts, viewer, service, keys, true)
    if row["step"] == "sent":
        return HandedOver(ref=row["ref"], step="sent")
    return await send(row, service)


def accept_texts(command: HandOver) -> tuple[str, str]:
    """The message and who comes along, as they may be kept.

    Refusals: SocialSecurityNumberRefused, InvalidInput, FreeTextToConfirm (unless the field is `confirmed`).
    """
    return (
        accept_free_text(command.message, "message", confirmed=command.confirmed),
        accept_free_text(command.accompanied_by, "accompanied_by", ACCOMPANIMENT_LENGTH, command.confirmed),
    )


async def _resolve_and_commit(
    command: HandOver, texts: tuple[str, str], viewer: Viewer, service: Service, keys: PersonKeys, scheme: Scheme
) -> dict[str, Any]:
    recipient = await service.bus.ask(
        ResolveRecipient(viewer=viewer, desk=command.desk, contact=command.contact, right=command.right, scheme=scheme)
    )
    async with service.database.web(viewer) as work:
        return await record_handover(command, texts, recipient, scheme, work, viewer, keys)


async def _scheme_of(command: HandOver, viewer: Viewer, service: Service) -> Scheme:
    async with service.database.web(viewer) as work:
        return Scheme((await person_of(viewer, work, command.person)).scheme)


async def record_handover(
    command: HandOver,
    texts: tuple[str, str],
    recipient: Recipient,
    scheme: Scheme,
    work: Work,
    viewer: Viewer,
    keys: PersonKeys,
) -> dict[str, Any]:
    """Check both locks under the lock of the grant's row, and write the hand-over as `sending`; returns its columns."""
    grants, known_scheme, follows = await store.lock_grants(viewer, work, command.person, command.desk)
    if known_scheme is None:
        await person_of(viewer, work, command.person)
    elif known_scheme != scheme:
        raise _OtherScheme
    if follows not in (None, viewer.account):
        await caseload.require_reason(viewer, work, command.person)
    await refuse_limited(work, command.person)
    await _require_own(command, work, viewer)
    at = max(decided_at(row, work.now) for row in grants) if grants else work.now
    row = choose_grant(
        grants, desk=command.desk, right=command.right, purpose=command.purpose, assignee=recipient.assignee, at=at
    )
    told = Convention(recipient.convention, recipient.convention_starts, recipient.convention_ends)
    ends = Ends(viewer.organisation_kind.value, recipient.organisation_kind.value, recipient.organisation, told)
    # The directory was asked just now: what it says of the convention is the newest there is.
    frame = await read_frame(viewer, work, senders=[ends.sender_kind], recipients=[ends.recipient_kind])
    standing = stand(
        row, frame, ends, desk=command.desk, right=command.right, purpose=command.purpose, now=at
    )
    if standing.locks.closed is not None:
        return await _already(command, work, viewer, standing.locks.closed)
    grant, route = standing.grant, standing.route
    assert grant is not None and route is not None
    values = columns(command, texts, recipient, work, viewer, keys) | {
        "grant": grant.ref,
        "epoch": grant.epoch,
        "route_basis": route.basis.value,
        "route_version": route.version,
        "step": "sending",
        "sent_at": work.now,
        "refusal": None,
    }
    if not await store.save(work, values):
        return await _already(command, work, viewer, NotFound())
    await store.settle_withdrawn(viewer, work, command.person, command.right)
    given = {name: values[name] for name in ("ref", "person", "desk", "grant", "epoch", "route_version")}
    about = {"object": Thing.HANDOVER, "categories": grant.categories, **given}
    await journal.record(work, viewer, Kind.HANDED_OVER, **about)
    return values


async def _require_own(command: HandOver, work: Work, viewer: Viewer) -> None:
    """What the command continues is of the viewer's organisation and of the same person, in whichever of her files.
    Refusals: NotFound.
    """
    for ref in (command.draft, command.redirect_of):
        if ref is not None:
            found = await store.find_own(viewer, work, ref)
            if found is None or found[0].person not in await files_of(work, command.person):
                raise NotFound


async def _already(command: HandOver, work: Work, viewer: Viewer, otherwise: Refusal) -> dict[str, Any]:
    """The hand-over that the same command made before; raises `otherwise` when there is none."""
    found = await store.find_own(viewer, work, command.ref(viewer))
    if found is None or found[0].step not in store.READABLE_STEPS:
        raise otherwise
    return found[0].model_dump()


def columns(
    command: HandOver, texts: tuple[str, str], recipient: Recipient, work: Work, viewer: Viewer, keys: PersonKeys
) -> dict[str, Any]:
    """The columns of a hand-over as this command and this snapshot of the recipient have them; no grant yet."""
    message, accompanied_by = texts
    return {
        "ref": command.ref(viewer),
        "person": command.person,
        "organisation": viewer.organisation,
        "sender_kind": viewer.organisation_kind.value,
        "referent": viewer.account,
        "grant": None,
        "epoch": 0,
        "right": command.right,
        "purpose": command.purpose.value,
        "recipient_organisation": recipient.organisation,
        "recipient_organisation_name": recipient.organisation_name,
        "recipient_kind": recipient.organisation_kind.value,
        "desk": recipient.desk,
        "desk_name": recipient.desk_name,
        "contact": recipient.contact,
        "contact_name": recipient.contact_name,
        "assignee": recipient.assignee,
        "route_basis": None,
        "route_version": None,
        "convention": recipient.convention,
        "convention_starts": recipient.convention_starts,
        "convention_ends": recipient.convention_ends,
        "mode": command.mode.value,
        "urgent": command.urgent,
        "need_summary": keys.seal(command.person, "need_summary", message) if message else None,
        "accompaniment": keys.seal(command.person, "accompaniment", accompanied_by) if accompanied_by else None,
        "redirect_of": command.redirect_of,
        "step": "draft",
        "command": command.command_id,
        "state": "draft",
        "version": 0,
        "episode": 1,
        "created_at": work.now,
        "moved_at": work.now,
    }


async def keep_draft(
    command: HandOver, recipient: Recipient, awaiting: bool, work: Work, viewer: Viewer, keys: PersonKeys
) -> UUID:
    """Keep what was prepared, unsent: `awaiting_consent` when the first lock is closed. Refusals: NotFound."""
    texts = accept_texts(command)
    await person_of(viewer, work, command.person)
    await refuse_limited(work, command.person)
    await _require_own(command, work, viewer)
    step = "awaiting_consent" if awaiting else "draft"
    values = columns(command, texts, recipient, work, viewer, keys) | {"step": step, "state": step}
    if not await store.save(work, values):
        raise NotFound
    about = {name: values[name] for name in ("ref", "person", "desk")}
    await journal.record(work, viewer, Kind.HANDOVER_CHANGED, object=Thing.HANDOVER, **about)
    work.hint(f"organisation.{viewer.organisation}")
    return command.ref(viewer)
