"""Questions of a desk and answers of the referent: their text is of the person, so it lives here, under her key."""

from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from contracts.asks import WriteNote
from contracts.consent import two_locks
from contracts.dossier import NEED_SUMMARY_LENGTH
from contracts.refusals import HandoverClosed, InvalidInput, NotFound
from contracts.replies import NoteWritten
from contracts.viewer import Role, Viewer
from contracts.vocabulary import Purpose
from services.intake import handover_store as store
from services.intake.dossier import Convention, choose_route, decided_at, grant_of, route_of
from services.intake.free_text import accept_free_text
from services.intake.person_keys import PersonKeys
from services.intake.tables import Handover, Note
from services.runtime.database import Work
from services.runtime.process import Service

BODY = "note"
QUESTION, ANSWER = "question", "answer"


def text_of(note: Note, keys: PersonKeys) -> str:
    """The text in clear; "" when it was erased."""
    return keys.open(note.person, BODY, note.body or None) or ""


async def write_question(ask: WriteNote, work: Work, keys: PersonKeys) -> NoteWritten:
    """Keep a desk's question about a hand-over that it may read now.

    Refusals: NotFound, HandoverClosed, the closed lock (GrantWithdrawn…), SocialSecurityNumberRefused, InvalidInput.
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
    routes = await store.routes_now(viewer, work, [handover.recipient_kind], [handover.sender_kind])
    convention = Convention(handover.convention, handover.convention_starts, handover.convention_ends)
    closed = two_locks(
        grant_of(granted) if granted is not None else None,
        route_of(choose_route(routes, Purpose(handover.purpose)), convention),
        desk=handover.desk,
        right=handover.right,
        purpose=Purpose(handover.purpose),
        at=decided_at(granted, work.now),
    ).closed
    if closed is not None:
        raise closed
    return NoteWritten(note=await _keep(ask.command_id, handover, QUESTION, ask.text, work, viewer, keys))


async def write_answer(
    command: UUID, handover: Handover, text: str, work: Work, viewer: Viewer, keys: PersonKeys
) -> UUID:
    """Keep the referent's answer and return its reference. Refusals: SocialSecurityNumberRefused, InvalidInput."""
    return await _keep(command, handover, ANSWER, text, work, viewer, keys)


async def _keep(
    command: UUID, handover: Handover, kind: str, text: str, work: Work, viewer: Viewer, keys: PersonKeys
) -> UUID:
    cleaned = accept_free_text(text, "text", NEED_SUMMARY_LENGTH)
    if not cleaned:
        raise InvalidInput(field="text", reason="Ce champ est nécessaire.")
    # The reference derives from the command: writing it twice keeps one note, with what was typed last.
    ref = uuid5(viewer.account, f"note/{command}")
    body = keys.seal(handover.person, BODY, cleaned)
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
    work.hint(f"organisation.{handover.organisation}")
    return ref


def answers(service: Service, keys: PersonKeys) -> dict[Any, Any]:
    """The asks about notes that intake answers."""

    async def noted(ask: WriteNote) -> NoteWritten:
        async with service.database.web(ask.viewer) as work:
            return await write_question(ask, work, keys)

    return {WriteNote: noted}
