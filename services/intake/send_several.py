"""Several rights to several desks at once: each line is a hand-over of its own, sent one by one, and none is lost.

The command of a line derives from the command of the form and its right, so that the same form sent twice makes each
hand-over once. What cannot leave now is kept as a draft, with why.
"""

from dataclasses import dataclass
from uuid import UUID, uuid5

from contracts.refusals import (
    FileLimited,
    GrantExpired,
    GrantWithdrawn,
    NoLiveGrant,
    NotFound,
    PurposeNotAllowed,
    Refusal,
    every_refusal,
)
from contracts.viewer import Viewer
from contracts.vocabulary import Scheme
from services.intake import handover_store as store
from services.intake.handover import HandOver, hand_over, keep_draft
from services.intake.person_keys import PersonKeys
from services.intake.preview import Candidate
from services.intake.tables import Handover
from services.runtime.database import Work
from services.runtime.process import Service

# What the person's agreement opens; everything else is somebody else's to open.
ASKS_HER = frozenset(one.slug for one in (NoLiveGrant, GrantWithdrawn, GrantExpired, PurposeNotAllowed))


@dataclass(frozen=True)
class Line:
    """One right to one contact: the command, and the contact as the directory has her, of whom a draft keeps a copy."""

    command: HandOver
    to: Candidate


@dataclass(frozen=True)
class Outcome:
    """What became of a line: `sent`, `sending`, or `kept` and why."""

    ref: UUID
    step: str
    refusal: Refusal | None = None


def command_of_line(command_id: UUID, right: str) -> UUID:
    """The command of one right of a form: the same for a repetition of the form."""
    return uuid5(command_id, right)


def ref_of_line(viewer: Viewer, command_id: UUID, right: str) -> UUID:
    """The reference under which that line is found, sent or kept."""
    return uuid5(viewer.account, str(command_of_line(command_id, right)))


async def hand_over_each(
    lines: list[Line], viewer: Viewer, service: Service, keys: PersonKeys, scheme: Scheme
) -> list[Outcome]:
    """Send the lines one after the other; a line that is refused is kept and stops no other. Refusal: FileLimited."""
    return [await _hand_over(line, viewer, service, keys, scheme) for line in lines]


async def _hand_over(line: Line, viewer: Viewer, service: Service, keys: PersonKeys, scheme: Scheme) -> Outcome:
    try:
        done = await hand_over(line.command, viewer, service, keys, scheme)
    except FileLimited:
        raise  # nothing of her file may leave nor be prepared
    except Refusal as refusal:
        return await _keep(line, refusal, viewer, service, keys)
    return Outcome(done.ref, done.step)


async def _keep(line: Line, refusal: Refusal, viewer: Viewer, service: Service, keys: PersonKeys) -> Outcome:
    ref = line.command.ref(viewer)
    async with service.database.web(viewer) as work:
        found = await store.find_own(viewer, work, ref)
        if found is not None and found[0].step not in store.BEFORE:
            # It had left, or was refused on its way: the record says so.
            return Outcome(ref, found[0].step, refusal)
        await keep_draft(line.command, line.to.recipient(), refusal.slug in ASKS_HER, work, viewer, keys)
        await work.execute("UPDATE handover SET refusal = :slug WHERE ref = :ref", slug=refusal.slug, ref=ref)
    return Outcome(ref, "kept", refusal)


async def lines_of(viewer: Viewer, work: Work, person: UUID, command_id: UUID, rights: list[str]) -> list[Handover]:
    """The hand-overs that this form made, in the order of its rights. Refusal: NotFound when there is none."""
    found = []
    for right in rights:
        one = await store.find_own(viewer, work, ref_of_line(viewer, command_id, right))
        if one is not None and one[0].person == person:
            found.append(one[0])
    if not found:
        raise NotFound
    return found


def why_not_sent(row: Handover) -> str | None:
    """Why a line did not leave, in the words of its refusal; None when it did."""
    if row.step in store.READABLE_STEPS or row.refusal is None:
        return None
    return str(every_refusal().get(row.refusal, Refusal)())


def summary(rows: list[Handover]) -> str:
    """`2 confiées, 1 en attente de son accord.`"""
    sent = sum(row.step in store.READABLE_STEPS for row in rows)
    asked = sum(row.step == "awaiting_consent" for row in rows)
    left = len(rows) - sent - asked
    parts = [f"{sent} confiée{'s' if sent > 1 else ''}"] if sent else []
    parts += [f"{asked} en attente de son accord"] if asked else []
    parts += [f"{left} pas encore partie{'s' if left > 1 else ''}"] if left else []
    return ", ".join(parts) + "."
