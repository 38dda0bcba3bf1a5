"""Merging two files of one person, undoing it, and saying that two files are two persons. People decide, never a clock.

The merged file becomes a pointer to the kept one: no row moves, no grant is touched, each referral shows what it did.
Only the fields chosen from the merged file are written into the kept one, and undoing puts them back.
"""

import json
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from contracts.refusals import (
    FileKeepsAnother,
    FileMerged,
    FilesChanged,
    InvalidInput,
    LaterMergeFirst,
    MergeUndone,
    NotFound,
)
from contracts.viewer import Viewer
from services.intake import caseload, journal
from services.intake import duplicate_store as store
from services.intake.commands import Command
from services.intake.duplicate_tables import FileMerge, FilesApart
from services.intake.duplicate_values import put_back, rows_of, values_of, write_chosen
from services.intake.duplicates import (
    OF_PERSON,
    OF_SITUATION,
    Difference,
    Told,
    agreeing,
    choices_of,
    differences,
    ordered,
)
from services.intake.journal_kinds import Kind, Thing
from services.intake.limiting import refuse_limited
from services.intake.once import once
from services.intake.person_keys import PersonKeys
from services.intake.tables import Person
from services.runtime.database import Work


class MergeFiles(Command):
    """Merge one file into the one that is kept. `choices` says whose value is kept for each field that differs;
    `seen` is the fingerprint of what was shown side by side.
    """

    kept: UUID
    merged: UUID
    choices: dict[str, str]
    seen: str


class UndoMerge(Command):
    """Separate again what that merge into `kept` put together."""

    kept: UUID
    merge: UUID


class SetFilesApart(Command):
    """These two files are two persons': they are not proposed any more."""

    one: UUID
    other: UUID


@dataclass(frozen=True)
class Compared:
    """Two files side by side, as this transaction sees them."""

    kept: Person
    merged: Person
    told: tuple[Told, Told]
    seen: str

    @property
    def agree(self) -> list[str]:
        """The fields in which both say the same."""
        return agreeing(*self.told)

    @property
    def differ(self) -> list[Difference]:
        """The fields in which they differ."""
        return differences(*self.told)


async def compare(viewer: Viewer, work: Work, kept: UUID, merged: UUID, keys: PersonKeys) -> Compared:
    """Both files, opened and journalled. Refusals: InvalidInput (one file), NotFound, FileMerged, ReasonNeeded."""
    if kept == merged:
        raise InvalidInput(field="form", reason="C’est le même dossier\u202f: choisissez-en un autre.")
    mine = await caseload.open_person(viewer, work, kept)
    theirs = await caseload.open_person(viewer, work, merged)
    told = (await _told(viewer, work, mine, keys), await _told(viewer, work, theirs, keys))
    shown = json.dumps([[str(one.ref), dict(one.values)] for one in told], sort_keys=True)
    return Compared(mine, theirs, told, keys.lookup_hash(f"compared/{shown}"))


async def merge_files(command: MergeFiles, work: Work, keys: PersonKeys) -> UUID:
    """Merge; the reference of the merge.

    Refusals: RoleNotAllowed, NotFound, FileMerged, FileKeepsAnother, FileLimited, ReasonNeeded, FilesChanged,
    InvalidInput.
    """

    async def act(viewer: Viewer) -> UUID:
        await _lock(viewer, work, command.kept, command.merged)
        found = await compare(viewer, work, command.kept, command.merged, keys)
        if await store.keeps_others(viewer, work, command.merged):
            raise FileKeepsAnother
        for file in (command.kept, command.merged):
            await refuse_limited(work, file)
        if found.seen != command.seen:
            raise FilesChanged
        chosen = choices_of(found.differ, command.choices)
        row = FileMerge(
            person=command.kept, organisation=viewer.organisation, absorbed=command.merged, chosen=chosen,
            merged_by=viewer.account, merged_at=work.now,
        )  # fmt: skip
        row.before = await write_chosen(found.kept, found.merged, found.differ, chosen, work, keys)
        found.merged.merged_into = command.kept
        work.session.add_all([row, found.kept, found.merged])
        await _note(row, Kind.FILES_MERGED, work, viewer)
        return row.ref

    return await once(command, work, act)


async def undo_merge(command: UndoMerge, work: Work, keys: PersonKeys) -> UUID:
    """Separate two files again; the reference of the one that comes back.

    Each field that the merge wrote gets its former value back, unless it was changed since. Refusals: RoleNotAllowed,
    NotFound, MergeUndone, LaterMergeFirst, FileLimited.
    """

    async def act(viewer: Viewer) -> UUID:
        row = await store.merge_of(viewer, work, command.kept, command.merge)
        await _lock(viewer, work, row.person, row.absorbed)
        row = await store.merge_of(viewer, work, command.kept, command.merge, lock=True)
        await work.session.refresh(row)
        await refuse_undo(row, viewer, work)
        for file in (row.person, row.absorbed):
            await refuse_limited(work, file)
        await put_back(row, work, keys)
        row.undone_at, row.undone_by, row.before = work.now, viewer.account, None
        work.session.add(row)
        await _note(row, Kind.FILES_SEPARATED, work, viewer)
        return row.absorbed

    return await once(command, work, act)


async def refuse_undo(row: FileMerge, viewer: Viewer, work: Work) -> None:
    """Refusals: MergeUndone; LaterMergeFirst while a later merge into the same file stands."""
    if row.undone_at is not None:
        raise MergeUndone
    standing = [one for one in await store.merges_of(viewer, work, row.person) if one.undone_at is None]
    if standing[0].ref != row.ref:
        raise LaterMergeFirst


async def set_files_apart(command: SetFilesApart, work: Work) -> UUID:
    """Keep that these are two persons; the reference of the first. Refusals: RoleNotAllowed, NotFound, FileMerged."""

    async def act(viewer: Viewer) -> UUID:
        for file in (command.one, command.other):
            await caseload.open_person(viewer, work, file)
        person, other = ordered(command.one, command.other)
        values = {"person": person, "other": other, "organisation": viewer.organisation, "said_by": viewer.account}
        said = insert(FilesApart).values(ref=command.command_id, at=work.now, **values)
        await work.session.execute(said.on_conflict_do_nothing())
        await journal.record_list(work, viewer, Kind.FILES_SET_APART, (person, other))
        return command.one

    return await once(command, work, act)


async def _lock(viewer: Viewer, work: Work, *files: UUID) -> None:
    """Both rows in one order, whichever is merged into which; read again, since who waited may find them merged."""
    query = select(Person).where(col(Person.ref).in_(files), Person.organisation == viewer.organisation)
    locked = query.order_by(col(Person.ref)).with_for_update().execution_options(populate_existing=True)
    if len((await work.session.exec(locked)).all()) != len(set(files)):
        raise NotFound


async def _told(viewer: Viewer, work: Work, person: Person, keys: PersonKeys) -> Told:
    if person.merged_into is not None:
        raise FileMerged(kept=str(person.merged_into), merged=str(person.ref))
    _, situation = await rows_of(person.ref, work)
    noted = dict.fromkeys(OF_PERSON, person.last_contact_at)
    noted |= dict.fromkeys(OF_SITUATION, situation.updated_at if situation else person.created_at)
    noted |= await store.corrected_at(viewer, work, person.ref)
    return Told(person.ref, values_of(person, situation, keys), noted)


async def _note(row: FileMerge, kind: Kind, work: Work, viewer: Viewer) -> None:
    """One entry for each of the two files."""
    for file in (row.person, row.absorbed):
        await journal.record(work, viewer, kind, object=Thing.PERSON, ref=row.ref, person=file)
    work.hint(f"organisation.{viewer.organisation}")
