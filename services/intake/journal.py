"""Writing the journal: one call in the transaction that reads or writes personal data, one entry for a list.

An entry holds references and codes, never a value of a person. It is sealed later, in the background
(`journal_chain`), so that no reading waits for another.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from contracts.viewer import Role, Viewer
from services.intake.caseload_reasons import reason_now
from services.intake.journal_kinds import PERSON_HERSELF, SYSTEM, Kind, Outcome, Thing, age_of, keep_until
from services.runtime.database import Work
from services.runtime.settings import Settings

__all__ = ["Kind", "Outcome", "Thing", "record", "record_all", "record_list", "record_opening", "row_of"]

NOBODY = UUID(int=0)
_COLUMNS = {
    "ref": "uuid",
    "reading": "uuid",
    "kind": "text",
    "object": "text",
    "object_ref": "uuid",
    "handover": "uuid",
    "person": "uuid",
    "people": "text",
    "organisation": "uuid",
    "viewer": "uuid",
    "viewer_organisation": "uuid",
    "actor_kind": "text",
    "desk": "uuid",
    "grant": "uuid",
    "epoch": "int",
    "route_version": "int",
    "categories": "text",
    "outcome": "text",
    "refusal": "text",
    "reason": "text",
    "at": "timestamptz",
    "keep_until": "timestamptz",
}
_LISTS = {"people": "uuid[]", "categories": "text[]"}
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)
_VALUES = ", ".join(f't."{name}"::{_LISTS[name]}' if name in _LISTS else f't."{name}"' for name in _COLUMNS)
_GIVEN = ", ".join(f"cast(:{name} AS {kind}[])" for name, kind in _COLUMNS.items())
_WRITE = f"""
WITH t AS (SELECT * FROM unnest({_GIVEN}) WITH ORDINALITY AS t({_NAMES}, n)), e AS (
    INSERT INTO intake.journalentry ({_NAMES}) SELECT {_VALUES} FROM t ORDER BY n
)
INSERT INTO intake.journalpending (entry) SELECT t.ref FROM t ORDER BY n
"""
# Of several roles, the one in which she acts: what a referent may, then a desk, then the rest.
_ACTING = (Role.REFERENT, Role.DESK_AGENT, Role.DESK_MANAGER, Role.DPO, Role.COORDINATOR, Role.ADMINISTRATOR)


@cache
def ages() -> dict[str, timedelta]:
    """How long an entry written now is kept: RELAIS_JOURNAL_MONTHS and RELAIS_JOURNAL_CONTROL_MONTHS."""
    settings = Settings()
    return {"kept": age_of(settings.journal_months), "for_control": age_of(settings.journal_control_months)}


async def record(work: Work, viewer: Viewer | None, kind: Kind, **about: Any) -> UUID:  # noqa: ANN401 - see `row_of`
    """Write one entry in this transaction and return its reference; `about` is what `row_of` takes by name."""
    row = row_of(work, viewer, kind, **about)
    await record_all(work, [row])
    entry: UUID = row["ref"]
    return entry


async def record_opening(work: Work, viewer: Viewer, row: Any) -> UUID:  # noqa: ANN401 - a hand-over
    """One page of a hand-over of one's own organisation was opened, with its person's name on it."""
    reason = None if row.referent == viewer.account else await reason_now(viewer, work, row.person)
    about = {"ref": row.ref, "person": row.person, "desk": row.desk, "grant": row.grant, "epoch": row.epoch}
    return await record(work, viewer, Kind.READ_REFERRAL, object=Thing.HANDOVER, reason=reason, **about)


async def record_list(
    work: Work, viewer: Viewer | None, kind: Kind, people: Iterable[UUID], *, organisation: UUID | None = None
) -> UUID:
    """One entry for a list, whoever stood in it; an empty list is an entry too, since somebody looked."""
    return await record(work, viewer, kind, object=Thing.PEOPLE, people=people, organisation=organisation)


async def record_all(work: Work, rows: Sequence[dict[str, Any]]) -> None:
    """Write entries made by `row_of` in one statement."""
    if rows:
        await work.execute(_WRITE, **{name: [_sent(name, row[name]) for row in rows] for name in _COLUMNS})


def row_of(
    work: Work,
    viewer: Viewer | None,
    kind: Kind,
    *,
    object: Thing,
    ref: UUID | None = None,
    person: UUID | None = None,
    people: Iterable[UUID] = (),
    organisation: UUID | None = None,
    handover: UUID | None = None,
    grant: UUID | None = None,
    epoch: int = 0,
    route_version: int = 0,
    categories: Iterable[str] = (),
    desk: UUID | None = None,
    outcome: Outcome = Outcome.DONE,
    refusal: str | None = None,
    reason: str | None = None,
    actor_kind: str | None = None,
    reading: UUID | None = None,
) -> dict[str, Any]:
    """The row of one entry.

    `viewer` None is the person herself when `actor_kind` is `person` (give `person`), else the system. `organisation`
    owns the data: the viewer's own unless given. A `refusal` slug makes the outcome `refused`. `reading` groups the
    entries of one request.
    """
    ended = Outcome.REFUSED if refusal is not None else outcome
    entry = uuid4()
    herself = viewer is None and actor_kind == PERSON_HERSELF and person is not None
    return {
        "ref": entry,
        "reading": reading or entry,
        "kind": Kind(kind).value,
        "object": Thing(object).value,
        "object_ref": ref,
        "handover": handover or (ref if object is Thing.HANDOVER else None),
        "person": person,
        "people": sorted(set(people)),
        "organisation": organisation or (viewer.organisation if viewer else None),
        "viewer": viewer.account if viewer else (person if herself else NOBODY),
        "viewer_organisation": viewer.organisation if viewer and not viewer.herself else None,
        "actor_kind": actor_kind or (_role(viewer) if viewer else SYSTEM),
        "desk": desk,
        "grant": grant,
        "epoch": epoch,
        "route_version": route_version,
        "categories": list(dict.fromkeys(str(one) for one in categories)),
        "outcome": ended.value,
        "refusal": refusal,
        "reason": reason,
        "at": work.now,
        "keep_until": keep_until(Kind(kind), ended, reason, work.now, **ages()),
    }


def _role(viewer: Viewer) -> str:
    if viewer.herself:
        return PERSON_HERSELF
    return next((role.value for role in _ACTING if role in viewer.roles), SYSTEM)


def _sent(name: str, value: Any) -> Any:  # noqa: ANN401 - a column of any type
    """Arrays travel as their literals: an array of arrays of several lengths is none in SQL."""
    return "{" + ",".join(map(str, value)) + "}" if name in _LISTS else value
