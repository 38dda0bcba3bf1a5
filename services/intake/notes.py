"""Questions of a desk and answers of the referent: their text is of the person, so it lives here, under her key."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from contracts.asks import DropNote, ReadFacts, WriteNote
from contracts.facts import ReferralInfoAnswered, ReferralInfoRequested
from contracts.refusals import HandoverClosed, InvalidInput, NotFound, Refusal
from contracts.replies import NoteWritten
from contracts.viewer import Role, Viewer
from services.intake import handover_store as store
from services.intake import journal
from services.intake.free_text import accept_free_text
from services.intake.journal_kinds import Kind, Thing
from services.intake.limiting import refuse_limited
from services.intake.locks import frame_of, standing_of
from services.intake.person_keys import PersonKeys
from services.intake.tables import Handover, Note
from services.runtime import telemetry
from services.runtime.database import Work
from services.runtime.jobs import Job
from services.runtime.process import Service

log = telemetry.logger("notes")
ORPHAN_AFTER = timedelta(days=1)
_ORPHANS = "SELECT ref, handover FROM note WHERE carried_at IS NULL AND at < :before ORDER BY at LIMIT 20"
BODY = "note"
QUESTION, ANSWER = "question", "answer"


def text_of(note: Note, keys: PersonKeys) -> str:
    """The text in clear; "" when it was erased."""
    return keys.open(note.person, BODY, note.body or None) or ""


async def write_question(ask: WriteNote, work: Work, keys: PersonKeys) -> NoteWritten:
    """Keep a desk's question about a hand-over that it may read now.

    Refusals: NotFound, HandoverClosed, the closed lock (GrantWithdrawn…), SocialSecurityNumberRefused, InvalidInput,
    FreeTextToConfirm.
    """
    viewer = ask.viewer
    if ask.kind != QUESTION or not viewer.has(Role.DESK_AGENT, Role.DESK_MANAGER):
        raise NotFound
    rows = await store.read_for_desk(viewer, work, [ask.referral]) if viewer.desks else []
    if not rows:
        raise NotFound
    handover, granted, _, _ = rows[0]
    if handover.readable_until is not None and handover.readable_until <= work.now:
        raise HandoverClosed
    frame = await frame_of(viewer, work, [handover])
    closed = standing_of(handover, granted, frame, work.now).locks.closed
    if closed is not None:
        raise closed
    cleaned = accept_free_text(ask.text, "text", confirmed=ask.confirmed)
    return NoteWritten(note=await _keep(ask.command_id, handover, QUESTION, cleaned, work, viewer, keys))


async def write_answer(
    command: UUID, handover: Handover, text: str, work: Work, viewer: Viewer, keys: PersonKeys, confirmed: bool = False
) -> UUID:
    """Keep the referent's answer and return its reference.

    Refusals: SocialSecurityNumberRefused, InvalidInput, FreeTextToConfirm (unless `confirmed`).
    """
    cleaned = accept_free_text(text, "text", confirmed=confirmed)
    return await _keep(command, handover, ANSWER, cleaned, work, viewer, keys)


async def _keep(
    command: UUID, handover: Handover, kind: str, text: str, work: Work, viewer: Viewer, keys: PersonKeys
) -> UUID:
    await refuse_limited(work, handover.person)
    if not text:
        raise InvalidInput(field="text", reason="Ce champ est nécessaire.")
    # The reference derives from the command: writing it twice keeps one note, with what was typed last.
    ref = uuid5(viewer.account, f"note/{command}")
    body = keys.seal(handover.person, BODY, text)
    writing = insert(Note).values(
        ref=ref,
        handover=handover.ref,
        person=handover.person,
        organisation=handover.organisation,
        desk=handover.desk,
        kind=kind,
        author=viewer.account,
        body=body,
        at=work.now,
    )
    await work.session.execute(
        writing.on_conflict_do_update(
            index_elements=["ref"], set_={"body": body}, where=col(Note.handover) == handover.ref
        )
    )
    about: dict[str, Any] = {"ref": ref, "handover": handover.ref, "person": handover.person, "desk": handover.desk}
    await journal.record(
        work, viewer, Kind.NOTE_WRITTEN, object=Thing.NOTE, organisation=handover.organisation, **about
    )
    work.hint(f"organisation.{handover.organisation}")
    return ref


async def drop_note(viewer: Viewer, work: Work, ref: UUID) -> None:
    """Take back a note that its author wrote and that no referral carries: what it was for was refused."""
    await work.execute(
        "DELETE FROM intake.note WHERE ref = :ref AND author = :author AND carried_at IS NULL",
        ref=ref,
        author=viewer.account,
    )


async def note_carried(fact: ReferralInfoRequested | ReferralInfoAnswered, work: Work) -> None:
    """The referral carries that note: it was asked, or answered, and stays."""
    await work.execute(
        "UPDATE note SET carried_at = coalesce(carried_at, :at) WHERE ref = :note AND handover = :ref",
        at=fact.at,
        note=fact.note,
        ref=fact.ref,
    )


async def drop_orphans(service: Service) -> int:
    """Drop the notes that were never asked, as the record of the referral has it; how many.

    What a crash left between the text and the referral, or a partner's system never asked, a day later.
    """
    async with service.database.worker() as work:
        rows = list(await work.execute(_ORPHANS, before=work.now - ORPHAN_AFTER))
    dropped = 0
    for row in rows:
        try:
            envelopes = (await service.bus.ask(ReadFacts(ref=row.handover))).envelopes
        except Refusal as refusal:
            log.warning("orphans_not_checked", slug=refusal.slug)
            return dropped
        carried = next((one.time for one in envelopes if one.data.get("note") == str(row.ref)), None)
        async with service.database.worker() as work:
            if carried is None:
                await work.execute("DELETE FROM note WHERE ref = :ref AND carried_at IS NULL", ref=row.ref)
                dropped += 1
            else:
                await work.execute("UPDATE note SET carried_at = :at WHERE ref = :ref", at=carried, ref=row.ref)
    return dropped


def jobs(service: Service) -> list[Job]:
    """The one that drops what was never asked."""
    return [Job("drop_orphans", 3600.0, lambda: drop_orphans(service))]


def answers(service: Service, keys: PersonKeys) -> dict[Any, Any]:
    """The asks about notes that intake answers."""

    async def noted(ask: WriteNote) -> NoteWritten:
        async with service.database.web(ask.viewer) as work:
            return await write_question(ask, work, keys)

    async def dropped(ask: DropNote) -> NoteWritten:
        async with service.database.web(ask.viewer) as work:
            await drop_note(ask.viewer, work, ask.note)
        return NoteWritten(note=ask.note)

    return {WriteNote: noted, DropNote: dropped}
