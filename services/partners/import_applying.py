"""Applying an import: in the background, a batch a transaction, through the same commands as somebody's own changes.

A row says in its own transaction what was done with it, so that a process killed in the middle goes on where it was,
and nothing is made twice. What changed since the last look is left aside and said.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from contracts.refusals import Refusal
from contracts.viewer import Viewer
from services.partners import import_store as store
from services.partners.directory import find_desk, save_desk, save_organisation
from services.partners.directory_commands import SaveDesk, SaveOrganisation
from services.partners.import_columns import BETWEEN, OF_DESK, OF_ORGANISATION
from services.partners.import_verdict import OWN_SOURCE, Act, Known, Values, taken_of
from services.runtime import telemetry
from services.runtime.database import Database, Work
from services.runtime.driver import Row

BATCH = 100
IMPORTS_EVERY = 1.0
BY = "import"
log = telemetry.logger("imports")
_NEXT = """
SELECT ref, account FROM partners.directoryimport WHERE state = 'applying' ORDER BY started_at LIMIT 1
FOR UPDATE SKIP LOCKED
"""
_ROWS = """
SELECT number, act, found FROM partners.directoryimportrow WHERE draft = :draft AND result = '' ORDER BY number
LIMIT :most
"""
_DONE = """
UPDATE partners.directoryimportrow r SET result = t.result, reason = t.reason, organisation = t.organisation
FROM unnest(cast(:numbers AS int[]), cast(:results AS text[]), cast(:reasons AS text[]), cast(:organisations AS uuid[]))
    AS t(number, result, reason, organisation)
WHERE r.draft = :draft AND r.number = t.number
"""
_OVER = "UPDATE partners.directoryimport SET state = :state, finished_at = :now WHERE ref = :draft"
_MADE = "SELECT organisation FROM partners.directoryimportrow WHERE draft = :draft AND number = :number"
_ORIGIN = """
INSERT INTO partners.organisationorigin (ref, organisation, source, identifier, taken, at)
SELECT gen_random_uuid(), t.organisation, t.source, t.identifier, t.taken, :now
FROM unnest(cast(:organisations AS uuid[]), cast(:sources AS text[]), cast(:identifiers AS text[]),
    cast(:taken AS jsonb[])) AS t(organisation, source, identifier, taken)
ON CONFLICT (territory, source, identifier)
DO UPDATE SET taken = organisationorigin.taken || excluded.taken, at = excluded.at
"""
_HOLD = "SELECT 1 FROM partners.organisation WHERE ref = ANY(:refs) ORDER BY ref FOR UPDATE"
Found = dict[str, Any]
Changes = dict[str, tuple[str, str]]
Done = tuple[str, str, UUID | None]


class _Aside(Exception):
    """A row that is left aside, with the code of why."""


async def apply_imports(database: Database) -> None:
    """What the job runs: every batch that waits. A batch that fails is taken row by row; the row that fails is left."""
    size = BATCH
    while True:
        try:
            async with database.worker() as work:
                more = await apply_batch(work, size)
        except Exception as error:
            log.error("import_batch_failed", error=type(error).__name__)
            if size == 1:
                async with database.worker() as work:
                    await _leave_next(work)
            size = BATCH if size == 1 else 1
            continue
        if not more:
            return


async def apply_batch(work: Work, size: int = BATCH) -> bool:
    """Do the next rows of the import that began first; False when nothing waits. Two processes never do the same."""
    draft = (await work.execute(_NEXT)).first()
    if draft is None:
        return False
    viewer = await store.administrator_of(None, work, draft.account)
    rows = (await work.execute(_ROWS, draft=draft.ref, most=size)).all()
    if viewer is None or not rows:
        await work.execute(_OVER, draft=draft.ref, state="done" if viewer else "stopped", now=work.now)
    else:
        await _apply_rows(draft.ref, rows, work, viewer)
    if viewer is not None:
        work.hint(f"organisation.{viewer.organisation}")
    return True


@dataclass
class _Batch:
    """A batch under way: who began the import, the organisations as they are, and by row what was done."""

    draft: UUID
    work: Work
    viewer: Viewer
    known: dict[UUID, Known]
    done: dict[int, Done] = field(default_factory=dict)
    origins: dict[tuple[str, str], tuple[UUID, Values]] = field(default_factory=dict)

    def remember(self, organisation: UUID, values: Values) -> None:
        """By what it is found again, and the marks of what was taken over; nothing for our own references."""
        source, identifier = values["source"], values.get("id")
        if identifier and source != OWN_SOURCE:
            _, taken = self.origins.get((source, identifier), (organisation, {}))
            self.origins[source, identifier] = (organisation, taken | taken_of(values))

    async def keep(self) -> None:
        """Write what was done, and where it came from."""
        results, reasons, organisations = zip(*self.done.values(), strict=True)
        await self.work.execute(
            _DONE, draft=self.draft, numbers=list(self.done), results=list(results), reasons=list(reasons),
            organisations=list(organisations),
        )  # fmt: skip
        await self.work.execute(
            _ORIGIN, now=self.work.now, organisations=[one for one, _ in self.origins.values()],
            sources=[source for source, _ in self.origins], identifiers=[one for _, one in self.origins],
            taken=[json.dumps(taken) for _, taken in self.origins.values()],
        )  # fmt: skip


async def _apply_rows(draft: UUID, rows: list[Row], work: Work, viewer: Viewer) -> None:
    found = {row.number: store.parsed(viewer, row.found) for row in rows}
    targets = [UUID(one["target"]) for one in found.values() if one["target"]]
    await work.execute(_HOLD, refs=targets)
    batch = _Batch(draft, work, viewer, await store.read_known(viewer, work, targets))
    for row in rows:
        try:
            batch.done[row.number] = await _apply(Act(row.act), found[row.number], batch)
        except _Aside as aside:
            batch.done[row.number] = "left", str(aside), None
        except ValidationError:
            batch.done[row.number] = "left", "invalid", None
        except Refusal as refusal:
            batch.done[row.number] = "left", refusal.slug, None
    await batch.keep()


async def _apply(act: Act, found: Found, batch: _Batch) -> Done:
    """Everything is looked at before anything is written: a row is done whole or left aside."""
    values: Values = found["values"]
    changes: Changes = {name: (old, new) for name, (old, new) in found["changes"].items()}
    if act in (Act.NONE, Act.LEAVE):
        raise _Aside(found["why"] or ("error" if found["errors"] else "undecided"))
    target = None if act is Act.MAKE else await _target(found, batch)
    known = batch.known.get(target) if target else None
    if known is not None:
        _check_unchanged(known, changes)
    desk = await _desk(found["desk"], values, changes, batch)
    organisation = target
    if organisation is None or any(name in OF_ORGANISATION for name in changes):
        before = known.values if known is not None else {}
        command = _organisation(before, changes)
        organisation = await save_organisation(command, target, batch.work, batch.viewer, by=BY)
        before.update({name: new for name, (_, new) in changes.items()})
    if desk is not None:
        ref = UUID(found["desk"]) if found["desk"] else None
        await save_desk(desk, organisation, ref, batch.work, batch.viewer, by=BY)
    batch.remember(organisation, values)
    return "made" if act is Act.MAKE else "changed" if changes else "unchanged", "", organisation


async def _target(found: Found, batch: _Batch) -> UUID:
    if found["target"]:
        return UUID(found["target"])
    if found["head"] in batch.done:
        made = batch.done[found["head"]][2]
    else:
        made = (await batch.work.execute(_MADE, draft=batch.draft, number=found["head"])).scalar()
    if made is None:
        raise _Aside("head")
    return UUID(str(made))


def _check_unchanged(known: Known, changes: Changes) -> None:
    """What was shown as the value before is still there; otherwise somebody was faster."""
    if known.closed:
        raise _Aside("closed")
    for name, (old, _) in changes.items():
        if name in OF_ORGANISATION and known.values.get(name, "") != old:
            raise _Aside("changed")


async def _desk(ref: str | None, values: Values, changes: Changes, batch: _Batch) -> SaveDesk | None:
    """A desk that an import makes receives nothing until somebody says so in the directory."""
    if not any(name in changes for name in ("desk", *OF_DESK)):
        return None
    before: Values = {"desk": values["desk"]}
    receives = False
    if ref is not None:
        row = await find_desk(batch.viewer, batch.work, UUID(ref))
        before = {"desk": row.name, "desk_phone": row.phone or "", "rights": BETWEEN.join(row.rights),
                  "modes": BETWEEN.join(row.modes)}  # fmt: skip
        receives = row.receives
        if any(before[name] != changes[name][0] for name in OF_DESK if name in changes):
            raise _Aside("changed")
    after = before | {name: new for name, (_, new) in changes.items()}
    given = {"rights": after["rights"].split(BETWEEN), "modes": after["modes"].split(BETWEEN), "receives": receives}
    return SaveDesk.model_validate({"name": after["desk"], "phone": after.get("desk_phone") or None, **given})


def _organisation(before: Values, changes: Changes) -> SaveOrganisation:
    after = before | {name: new for name, (_, new) in changes.items()}
    return SaveOrganisation.model_validate({name: after.get(name, "") for name in OF_ORGANISATION})


async def _leave_next(work: Work) -> None:
    draft = (await work.execute(_NEXT)).first()
    row = (await work.execute(_ROWS, draft=draft.ref, most=1)).first() if draft else None
    viewer = await store.administrator_of(None, work, draft.account) if draft else None
    if draft is not None and row is not None and viewer is not None:
        left = _Batch(draft.ref, work, viewer, {}, {row.number: ("left", "failed", None)})
        await left.keep()
