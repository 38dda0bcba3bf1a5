"""Which organisations a search of the network finds: only what is then shown of them is read whole.

Professionals only; a word may stand in a name, a kind, a right, a contact or a permanence.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from contracts.rights import right_name
from contracts.viewer import Viewer
from contracts.vocabulary import OrganisationKind
from services.partners.domain import DESK_ROLES, today_in_paris
from services.partners.import_columns import folded
from services.partners.tables import Desk, Organisation
from services.runtime.database import Work
from services.runtime.driver import Row

_FOUND = """
SELECT o.ref, o.name, o.kind FROM partners.organisation o
WHERE NOT o.closed AND (cast(:kind AS text) = '' OR o.kind = :kind)
    AND (cast(:right AS text) = ''
        OR EXISTS (SELECT 1 FROM partners.desk d WHERE d.organisation = o.ref AND :right = ANY(d.rights)))
ORDER BY o.name, o.ref
"""
_DESKS = """
SELECT d.organisation, d.name, d.rights, coalesce(string_agg(a.name || ' ' || a.function, ' '), '') AS contacts
FROM partners.desk d LEFT JOIN partners.membership m ON m.desk = d.ref AND m.role = ANY(:roles)
LEFT JOIN partners.account a ON a.ref = m.account AND a.active AND a.organisation = d.organisation
GROUP BY d.ref
"""
_KINDS = "SELECT kind, count(*) AS organisations FROM partners.organisation WHERE NOT closed GROUP BY kind"
_RIGHTS = """
SELECT DISTINCT unnest(d.rights) FROM partners.desk d
JOIN partners.organisation o ON o.ref = d.organisation AND NOT o.closed
"""
_ENDING = """
SELECT count(*) FROM (
    SELECT max(c.ends) AS ends FROM partners.convention c
    JOIN partners.organisation o ON o.ref = c.organisation AND NOT o.closed
    WHERE c.starts <= :now AND c.ends > :now GROUP BY c.organisation
) latest WHERE ends <= :until
"""

_CONFIRMED = """
SELECT account, min(confirmed_at) AS at FROM partners.membership WHERE desk IS NOT NULL AND account = ANY(:accounts)
GROUP BY account HAVING bool_and(confirmed_at IS NOT NULL)
"""


@dataclass(frozen=True)
class Offered:
    """What the network may be filtered by, and how many organisations it has."""

    total: int
    kinds: list[OrganisationKind]
    rights: list[str]


async def offered(_viewer: Viewer, work: Work) -> Offered:
    """The kinds there are, and the rights that some desk receives, both by their names."""
    kinds = (await work.execute(_KINDS)).all()
    return Offered(
        sum(one.organisations for one in kinds),
        sorted((OrganisationKind(one.kind) for one in kinds), key=lambda one: one.label),
        sorted((await work.execute(_RIGHTS)).scalars(), key=right_name),
    )


async def find_organisations(
    viewer: Viewer, work: Work, typed: str, kind: str, right: str, held: Iterable[tuple[UUID, str]] = ()
) -> list[UUID]:
    """By name, those of that kind and that right ("" for any) of which every typed word is said somewhere; `held` are
    permanences in words, each with its organisation.
    """
    rows = (await work.execute(_FOUND, kind=kind, right=right)).all()
    words = folded(typed).split()
    if words:
        said = await _said(viewer, work, rows, held)
        rows = [one for one in rows if all(word in said[one.ref] for word in words)]
    return [one.ref for one in rows]


async def read_organisations(
    _viewer: Viewer, work: Work, refs: Sequence[UUID]
) -> tuple[list[Organisation], list[Desk]]:
    """Those of these organisations that did not leave, and the desks of all of them, both by name."""
    statement: Any = (
        select(Organisation)
        .where(Organisation.ref.in_(refs), Organisation.closed.is_(False))  # type: ignore[attr-defined]
        .order_by(Organisation.name, Organisation.ref)  # type: ignore[arg-type]
    )
    organisations = list((await work.session.execute(statement)).scalars())
    statement = select(Desk).where(Desk.organisation.in_(refs)).order_by(Desk.name)  # type: ignore[arg-type, attr-defined]
    return organisations, list((await work.session.execute(statement)).scalars())


async def confirmed_on(_viewer: Viewer, work: Work, accounts: Sequence[UUID]) -> dict[UUID, date]:
    """When each named contact was last said to be one: the oldest of her desks."""
    rows = await work.execute(_CONFIRMED, accounts=list(accounts))
    return {row.account: today_in_paris(row.at) for row in rows}


async def count_ending(_viewer: Viewer, work: Work, until: datetime) -> int:
    """The organisations whose convention in force ends by then."""
    return int((await work.execute(_ENDING, now=work.now, until=until)).scalar_one())


async def _said(_viewer: Viewer, work: Work, rows: Iterable[Row], held: Iterable[tuple[UUID, str]]) -> dict[UUID, str]:
    said: dict[UUID, list[str]] = defaultdict(list)
    for one in await work.execute(_DESKS, roles=[role.value for role in DESK_ROLES]):
        said[one.organisation] += [one.name, *map(right_name, one.rights), one.contacts]
    for organisation, text in held:
        said[organisation].append(text)
    return {one.ref: folded(" ".join((one.name, OrganisationKind(one.kind).label, *said[one.ref]))) for one in rows}
