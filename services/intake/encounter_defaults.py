"""What the page of an encounter begins with: where the referent met the last person today, the rights that the people
she follows may have most often, and the desks to which they agreed most often.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from contracts.paris import paris_day
from contracts.replies import DeskOption
from contracts.rights import catalogue, right_name
from contracts.viewer import Viewer
from services.intake import journal
from services.intake.journal_kinds import Kind
from services.intake.person_keys import PersonKeys
from services.intake.tables import Encounter
from services.runtime.database import Work

FIRST_RIGHTS, FIRST_DESKS = 6, 4
DeskRow = tuple[str, str, str, str]
WITHIN = timedelta(days=365)
# What is usual shows in as many people; all of a long caseload would cost a quarter of the page's time.
LAST_MET = 200
_USUAL = f"""
WITH hers AS MATERIALIZED (
    SELECT ref FROM intake.person WHERE referent = :account AND organisation = :organisation
    ORDER BY last_contact_at DESC, ref LIMIT {LAST_MET}
)
SELECT {{found}} AS found, count(*) AS times FROM hers JOIN intake.{{table}} t ON t.person = hers.ref
WHERE t.{{at}} > :since GROUP BY 1 ORDER BY times DESC, found
"""
_RIGHTS = _USUAL.format(found='t."right"', table="presumedright", at="identified_at")
_DESKS = _USUAL.format(found="t.desk", table="consentgrant", at="given_at")


@dataclass(frozen=True)
class Usual:
    """Codes of rights and references of desks, the most frequent first."""

    rights: tuple[str, ...]
    desks: tuple[UUID, ...]


async def usual_of(viewer: Viewer, work: Work) -> Usual:
    """What is usual among the people whom the viewer follows and met last, over a year; counts only."""
    about = {"account": viewer.account, "organisation": viewer.organisation, "since": work.now - WITHIN}
    rights = (await work.execute(_RIGHTS, **about)).all()
    desks = (await work.execute(_DESKS, **about)).all()
    return Usual(tuple(row.found for row in rights), tuple(row.found for row in desks))


async def last_of_the_day(viewer: Viewer, work: Work, keys: PersonKeys) -> dict[str, Any]:
    """Channel, day and place of the viewer's last encounter of today, or what is usual; its reading is journalled."""
    today = paris_day(work.now)
    query = (
        select(Encounter)
        .where(
            Encounter.organisation == viewer.organisation,
            Encounter.referent == viewer.account,
            Encounter.met_on == today,
        )
        .order_by(col(Encounter.at).desc())
        .limit(1)
    )
    found = (await work.session.exec(query)).first()
    if found is None:
        return {"channel": "permanence", "met_on": today.isoformat(), "place": ""}
    await journal.record_list(work, viewer, Kind.LISTED, [found.person])
    place = keys.open(found.person, "place", found.place) or ""
    return {"channel": found.channel, "met_on": today.isoformat(), "place": place}


def rights_to_tick(usual: Iterable[str]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(code, name) of the six to show first, and of the others, in the order of the catalogue."""
    known = catalogue()
    order = list(dict.fromkeys((*(code for code in usual if code in known), *known)))
    pairs = [(code, right_name(code)) for code in order]
    return pairs[:FIRST_RIGHTS], pairs[FIRST_RIGHTS:]


def desks_to_tick(
    desks: Iterable[DeskOption], usual: Iterable[UUID], rights: Iterable[str]
) -> tuple[list[DeskRow], list[DeskRow]]:
    """The four open desks to show first (the usual ones, then those that deal with most of these rights), and the
    others by name: reference, name, its rights in words and as codes.
    """
    place, first = {ref: number for number, ref in enumerate(usual)}, set(rights)
    able = [one for one in desks if one.open and one.rights]
    able.sort(key=lambda one: (one.organisation_name, one.desk_name))
    able.sort(key=lambda one: (place.get(one.desk, len(place)), -len(first & set(one.rights))))
    shown, rest = able[:FIRST_DESKS], able[FIRST_DESKS:]
    rest.sort(key=lambda one: (one.organisation_name, one.desk_name))
    return [_desk_row(one) for one in shown], [_desk_row(one) for one in rest]


def _desk_row(one: DeskOption) -> DeskRow:
    said = ", ".join(right_name(code) for code in one.rights)
    return str(one.desk), f"{one.organisation_name}, {one.desk_name}", said, " ".join(one.rights)
