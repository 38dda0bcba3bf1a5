"""A draft of an import: opened from a file, its columns named, its rows corrected and decided, checked again each time.

Nothing of the directory changes here; the draft stays until it is applied or dropped, so that one can come back.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from contracts.refusals import ImportChanged, ImportOver, ImportUnderWay, InvalidInput, Refusal
from contracts.viewer import Viewer
from contracts.vocabulary import OrganisationKind
from services.partners import import_store as store
from services.partners.directory import require_administrator
from services.partners.import_checking import check
from services.partners.import_columns import BY_CODE, mapping_of, tidy
from services.partners.import_reading import Table
from services.partners.import_tables import DirectoryImport
from services.partners.import_verdict import OWN_SOURCE, Checked
from services.runtime.database import Work
from services.runtime.driver import Row

_KEEP_ROWS = """
INSERT INTO partners.directoryimportrow
    (draft, number, cells, edits, choice, outcome, act, title, found, result, reason, at)
SELECT :draft, n + 1, c, '{}', '', '', '', '', '{}', '', '', :at
FROM unnest(cast(:cells AS jsonb[])) WITH ORDINALITY AS t(c, n)
"""
_KEEP_CHECKS = """
UPDATE partners.directoryimportrow r SET outcome = t.outcome, act = t.act, title = t.title, found = t.found
FROM unnest(cast(:numbers AS int[]), cast(:outcomes AS text[]), cast(:acts AS text[]), cast(:titles AS text[]),
    cast(:found AS jsonb[])) AS t(number, outcome, act, title, found)
WHERE r.draft = :draft AND r.number = t.number
"""
_CHANGE_ROW = """
UPDATE partners.directoryimportrow SET edits = edits || cast(:edits AS jsonb), choice = coalesce(:choice, choice)
WHERE draft = :draft AND number = :number
"""
_DECIDE_ALL = """
UPDATE partners.directoryimportrow SET choice = CASE
    WHEN :choice <> 'update' THEN :choice
    WHEN found ->> 'target' IS NOT NULL AND found -> 'conflicts' = '{}'::jsonb THEN 'update:' || (found ->> 'target')
    ELSE choice END
WHERE draft = :draft AND outcome = 'decide' AND act = '' AND (found -> 'conflicts' = '{}'::jsonb) = :doubles
"""


async def open_draft(table: Table, work: Work, viewer: Viewer) -> DirectoryImport:
    """Keep a table as a draft, and check it. Refusal: RoleNotAllowed."""
    require_administrator(viewer)
    draft = DirectoryImport(
        ref=uuid4(), form=table.form, heads=list(table.heads), mapping=mapping_of(table.heads),
        account=viewer.account, made_at=work.now,
    )  # fmt: skip
    work.session.add(draft)
    cells = [json.dumps(row) for row in table.rows]
    await work.execute(_KEEP_ROWS, draft=draft.ref, cells=cells, at=work.now)
    await check_again(draft, work, viewer)
    return draft


async def name_columns(ref: UUID, mapping: Sequence[str], source: str, kind: str, work: Work, viewer: Viewer) -> None:
    """Say what each column of the file is. Refusals: RoleNotAllowed, NotFound, ImportOver, InvalidInput."""
    draft = await _open(ref, work, viewer)
    used = [one for one in mapping if one]
    if len(mapping) != len(draft.heads) or not set(used) <= set(BY_CODE):
        raise InvalidInput(field="column-0", reason="Choisissez une réponse de la liste.")
    twice = next((place for place, one in enumerate(mapping) if one and one in mapping[:place]), None)
    if twice is not None:
        raise InvalidInput(field=f"column-{twice}", reason="Une autre colonne est déjà prise pour cela.")
    if "name" not in used:
        raise InvalidInput(field="column-0", reason="Dites quelle colonne donne le nom de l’organisme.")
    source = tidy(source).lower()
    if len(source) > 40 or source == OWN_SOURCE:
        raise InvalidInput(field="source", reason="Donnez un nom court à ce fichier, autre que relais.")
    if kind and kind not in {one.value for one in OrganisationKind}:
        raise InvalidInput(field="kind", reason="Choisissez une réponse de la liste.")
    draft.mapping, draft.source, draft.kind = list(mapping), source, kind
    work.session.add(draft)
    await check_again(draft, work, viewer)


async def correct_rows(
    ref: UUID, edits: Mapping[int, Mapping[str, str]], choices: Mapping[int, str], work: Work, viewer: Viewer
) -> None:
    """Write in cells, and decide about rows; then check everything again, since rows depend on each other.

    Refusals: RoleNotAllowed, NotFound, ImportOver.
    """
    draft = await _open(ref, work, viewer)
    for number in sorted({*edits, *choices}):
        written = {code: tidy(text)[:6_000] for code, text in edits.get(number, {}).items() if code in BY_CODE}
        choice = choices.get(number)
        if choice is not None and not _is_choice(choice):
            choice = None
        await work.execute(_CHANGE_ROW, draft=ref, number=number, edits=json.dumps(written), choice=choice)
    await check_again(draft, work, viewer)


async def decide_all(ref: UUID, choice: str, work: Work, viewer: Viewer) -> None:
    """One decision for every row that waits for one: new, leave or update for what may be there already, mine or
    theirs for what was changed by hand. Refusals: RoleNotAllowed, NotFound, ImportOver, InvalidInput.
    """
    draft = await _open(ref, work, viewer)
    if choice not in ("new", "leave", "update", "mine", "theirs"):
        raise InvalidInput(field="all", reason="Choisissez une réponse de la liste.")
    await work.execute(_DECIDE_ALL, draft=ref, choice=choice, doubles=choice not in ("mine", "theirs"))
    await check_again(draft, work, viewer)


async def begin(ref: UUID, digest: str, work: Work, viewer: Viewer) -> Refusal | None:
    """Begin to apply what was shown. ImportChanged comes back and is not raised: the check that found it is kept.

    Refusals: RoleNotAllowed, NotFound, ImportOver, ImportUnderWay.
    """
    await work.execute("SELECT pg_advisory_xact_lock(hashtextextended('import ' || :one, 0))", one=work.territory)
    draft = await _open(ref, work, viewer)
    if (await work.execute("SELECT 1 FROM partners.directoryimport WHERE state = 'applying'")).first() is not None:
        raise ImportUnderWay
    await check_again(draft, work, viewer)
    if await store.digest_of(viewer, work, ref) != digest:
        return ImportChanged()
    draft.state, draft.started_at, draft.account = "applying", work.now, viewer.account
    work.session.add(draft)
    return None


async def drop(ref: UUID, work: Work, viewer: Viewer) -> None:
    """Give a draft up: its rows go at once. Refusals: RoleNotAllowed, NotFound, ImportOver."""
    draft = await _open(ref, work, viewer)
    draft.state = "dropped"
    work.session.add(draft)
    await work.execute("DELETE FROM partners.directoryimportrow WHERE draft = :draft", draft=ref)


async def check_again(draft: DirectoryImport, work: Work, viewer: Viewer) -> None:
    """Check every row against the directory as it is now, and keep what is said where it changed."""
    await work.session.flush()
    rows = await store.rows_of(viewer, work, draft.ref)
    directory = await store.read_directory(viewer, work)
    given = [store.given_of(viewer, row, draft.mapping) for row in rows]
    checked = await asyncio.to_thread(check, given, directory, draft.source, draft.kind)
    kept = [said for row, one in zip(rows, checked, strict=True) if (said := _said(one)) != _kept(row, viewer)]
    if kept:
        numbers, outcomes, acts, titles, found = zip(*kept, strict=True)
        await work.execute(
            _KEEP_CHECKS, draft=draft.ref, numbers=list(numbers), outcomes=list(outcomes), acts=list(acts),
            titles=list(titles), found=[json.dumps(one) for one in found],
        )  # fmt: skip


def _said(one: Checked) -> tuple[int, str, str, str, dict[str, Any]]:
    return one.number, one.outcome.value, one.act.value, one.title, one.found()


def _kept(row: Row, viewer: Viewer) -> tuple[int, str, str, str, dict[str, Any]]:
    return row.number, row.outcome, row.act, row.title, store.parsed(viewer, row.found)


async def _open(ref: UUID, work: Work, viewer: Viewer) -> DirectoryImport:
    require_administrator(viewer)
    draft = await store.read_draft(viewer, work, ref, lock=True)
    if draft.state != "draft":
        raise ImportOver
    return draft


def _is_choice(text: str) -> bool:
    if text.startswith("update:"):
        return len(text) == 43
    return text in ("", "new", "leave", "mine", "theirs")
