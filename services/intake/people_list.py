"""The list of an organisation's people: its filters, a page of it, and what a row says besides who.

A row is flat: what the list shows of a person, or of the hand-over that was made last.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.lifecycle import State
from contracts.viewer import Viewer
from services.intake.domain import ENDS_SOON
from services.intake.handover_store import ABANDONED, READABLE_STEPS
from services.intake.tables import ConsentGrant, Person, PresumedRight
from services.runtime.database import Work
from services.runtime.driver import Row, one_of

PAGE = 40
_WAITS = f"""
h.organisation = :organisation AND {one_of("h.step", READABLE_STEPS)}
AND {one_of("h.state", (State.DRAFT, State.SENT))}
"""
# The end of an agreement is its own or that of whoever spoke for the person: each has its index.
_SOON = """
SELECT person FROM consentgrant
WHERE organisation = :organisation AND withdrawn_at IS NULL AND expires_at > :now AND expires_at <= :soon
    AND (represented_until > :now) IS NOT FALSE
UNION ALL SELECT person FROM consentgrant
WHERE organisation = :organisation AND withdrawn_at IS NULL AND represented_until > :now AND represented_until <= :soon
    AND expires_at > :soon
"""
# Where the file of a row was merged, the one that is kept stands in the list.
_FILTERS = {
    "toutes": "true",
    "mes-personnes": "referent = :account",
    "en-attente": f"""ref IN (
        SELECT h.person FROM handover h WHERE {_WAITS}
        UNION ALL SELECT m.merged_into FROM person m JOIN handover h ON h.person = m.ref
        WHERE m.merged_into IS NOT NULL AND {_WAITS}
    )""",
    "accord-bientot-fini": f"""ref IN (
        {_SOON} UNION ALL SELECT m.merged_into FROM person m JOIN ({_SOON}) g ON g.person = m.ref
        WHERE m.merged_into IS NOT NULL
    )""",
}
_PEOPLE = """
SELECT ref, referent, civility, first_name, last_name, birth_date, file_number, last_contact_at
FROM person WHERE organisation = :organisation AND merged_into IS NULL AND {where}
ORDER BY last_contact_at DESC, ref LIMIT :size OFFSET :skipped
"""
_COUNTS = f"""
SELECT {", ".join(f'count(*) FILTER (WHERE {where}) AS "{which}"' for which, where in _FILTERS.items())}
FROM person WHERE organisation = :organisation AND merged_into IS NULL
"""
_WHOSE = ("referent = :account", "referent <> :account")
_HERS = f"SELECT count(*) FROM person WHERE organisation = :organisation AND merged_into IS NULL AND {_WHOSE[0]}"
_FILES = """
SELECT one AS file, one AS kept FROM unnest(cast(:people AS uuid[])) AS one
UNION ALL SELECT ref, merged_into FROM person WHERE merged_into = ANY(:people)
"""
_LATEST = f"""
SELECT DISTINCT ON (person) person, "right", recipient_organisation_name, step, state, turn, outcome, next_due,
    moved_at, sent_at, created_at
FROM handover WHERE person = ANY(:files) AND organisation = :organisation AND step <> '{ABANDONED}'
ORDER BY person, created_at DESC
"""
_PRESUMED = """
SELECT person, "right" FROM presumedright
WHERE person = ANY(:files) AND organisation = :organisation AND removed_at IS NULL ORDER BY identified_at, ref
"""
_GRANTS = """
SELECT person, rights FROM consentgrant
WHERE person = ANY(:files) AND organisation = :organisation AND withdrawn_at IS NULL
    AND least(expires_at, represented_until) > :now
"""


@dataclass(frozen=True)
class Standing:
    """What a row says besides who: the latest hand-over or, of those who have none, presumed rights and live grants."""

    handovers: dict[UUID, Row]
    rights: dict[UUID, list[PresumedRight]]
    grants: dict[UUID, list[ConsentGrant]]


async def list_people(
    viewer: Viewer, work: Work, which: str, page: int = 1, *, soon: timedelta = ENDS_SOON, size: int = PAGE
) -> list[Row]:
    """One page of the people of a filter: the viewer's own first, then her colleagues', the last met first.

    `soon` is how long before its end an agreement counts as ending, `size` how many a page has.
    """
    asked = _asked(viewer, work.now, soon)
    skipped = (page - 1) * size
    hers, others = (_PEOPLE.format(where=f"{_FILTERS[which]} AND {whose}") for whose in _WHOSE)
    found = (await work.execute(hers, **asked, size=size, skipped=skipped)).all()
    if len(found) == size or which == "mes-personnes":
        return found
    before = skipped + len(found)
    if not found and skipped:
        before = (await count_people(viewer, work, soon=soon, hers=True))[which]
    more = await work.execute(others, **asked, size=size - len(found), skipped=max(0, skipped - before))
    return [*found, *more]


async def count_people(
    viewer: Viewer, work: Work, *, soon: timedelta = ENDS_SOON, hers: bool = False
) -> dict[str, int]:
    """How many people each filter holds, or how many of `hers`; `soon` as in `list_people`."""
    statement = f"{_COUNTS} AND {_WHOSE[0]}" if hers else _COUNTS
    return dict((await work.execute(statement, **_asked(viewer, work.now, soon))).one())


async def count_hers(viewer: Viewer, work: Work) -> int:
    """How many people the viewer follows."""
    found: int = (await work.execute(_HERS, **_asked(viewer, work.now, ENDS_SOON))).scalar_one()
    return found


async def standing_of(viewer: Viewer, work: Work, people: Sequence[Person | Row]) -> Standing:
    """Where each of these people stands, with all her files."""
    kept = dict(await work.execute(_FILES, people=[person.ref for person in people]))
    asked = {"organisation": viewer.organisation}
    newest = sorted(await work.execute(_LATEST, files=list(kept), **asked), key=lambda row: row.created_at)
    latest = {kept[row.person]: row for row in newest}
    bare = [file for file, person in kept.items() if person not in latest]
    if not bare:
        return Standing(latest, {}, {})
    rights = await work.execute(_PRESUMED, files=bare, **asked)
    grants = await work.execute(_GRANTS, files=bare, now=work.now, **asked)
    return Standing(latest, _by_person(rights, kept), _by_person(grants, kept))


def _asked(viewer: Viewer, now: datetime, soon: timedelta) -> dict[str, Any]:
    return {"organisation": viewer.organisation, "account": viewer.account, "now": now, "soon": now + soon}


def _by_person(rows: Iterable[Row], kept: dict[UUID, UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(kept[row.person], []).append(row)
    return found
