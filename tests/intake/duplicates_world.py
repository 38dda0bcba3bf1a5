"""Two files of one person, merged and separated, as the tests do it."""

from datetime import UTC, datetime
from uuid import UUID

from contracts.viewer import Viewer
from contracts.vocabulary import HousingKind
from services.intake.commands import SituationNow
from services.intake.duplicate_merging import (
    MergeFiles,
    UndoMerge,
    compare,
    merge_files,
    undo_merge,
)
from tests.intake.people_world import People

THEN = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def two_files(people: People, viewer: Viewer) -> tuple[UUID, UUID]:
    """The same person met twice: the second file is newer and knows more."""
    kept = await people.meet(viewer, at=THEN, phone="06 12 34 56 78", place="Marché")
    merged = await people.meet(
        viewer, first_name="Elise", last_name="Valtorix", phone="07 11 22 33 44", postal_address="3 rue du Puits",
        situation=SituationNow(housing=HousingKind.HOSTED), place="Mairie",
    )  # fmt: skip
    return kept, merged


async def merge(people: People, viewer: Viewer, kept: UUID, merged: UUID, **choices: str) -> UUID:
    """Merge with what is proposed, or with these choices."""
    async with people.work(viewer) as work:
        found = await compare(viewer, work, kept, merged, people.keys)
        given = {one.field: one.proposed for one in found.differ} | choices
        command = MergeFiles(kept=kept, merged=merged, choices=given, seen=found.seen)
        return await merge_files(command, work, people.keys)


async def undo(people: People, viewer: Viewer, kept: UUID, merge: UUID) -> UUID:
    async with people.work(viewer) as work:
        return await undo_merge(UndoMerge(kept=kept, merge=merge), work, people.keys)
