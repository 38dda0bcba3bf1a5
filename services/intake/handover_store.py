"""Reading and writing hand-overs. Every reading says who asks; row-level security is the second net."""

from collections import defaultdict, namedtuple
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, cast
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col, or_, select

from contracts.lifecycle import OPEN, State
from contracts.refusals import GrantWithdrawn
from contracts.viewer import Viewer
from services.intake.tables import ConsentGrant, Handover, Note, Person, PresumedRight, SharingRoute, Situation
from services.intake.united_files import files_of
from services.runtime.database import Work
from services.runtime.driver import one_of

BEFORE = ("draft", "awaiting_consent")
READABLE_STEPS = ("sending", "sent")
UNSENT = (*BEFORE, "refused")
ABANDONED = "abandoned"
# Each hand-over sent makes these: they are written by hand, and their rows are read as the models' are.
_LOCK_GRANTS = f"""
SELECT {", ".join(f'g."{name}"' for name in ConsentGrant.model_fields)},
    CASE WHEN p.merged_into IS NULL THEN p.scheme END AS scheme, p.referent AS follows
FROM intake.consentgrant g JOIN intake.person p ON p.ref = g.person
WHERE g.person = :person AND g.desk = :desk AND g.organisation = :organisation ORDER BY g.ref FOR UPDATE OF g
"""
_ROUTES = f"""
SELECT {", ".join(SharingRoute.model_fields)} FROM intake.sharingroute
WHERE sender_kind = ANY(:senders) AND recipient_kind = ANY(:recipients)
    AND valid_from <= :now AND (valid_until IS NULL OR valid_until > :now)
"""

# A page of a desk reads thirty of each of these: made into models, they would cost several times the statement.
_PARTS = {"h": Handover, "g": ConsentGrant, "p": Person, "s": Situation}
_ENDS = list(accumulate((len(model.model_fields) for model in _PARTS.values()), initial=0))
_SLICES = [
    (slice(begin, end), namedtuple(model.__name__, model.model_fields))
    for model, (begin, end) in zip(_PARTS.values(), pairwise(_ENDS), strict=True)
]
_FOR_DESK = f"""
SELECT {", ".join(f'{part}."{name}"' for part, model in _PARTS.items() for name in model.model_fields)}
FROM intake.handover h
LEFT JOIN intake.consentgrant g ON g.ref = h."grant"
LEFT JOIN intake.person p ON p.ref = h.person
LEFT JOIN intake.situation s ON s.person = h.person
WHERE h.ref = ANY(:refs) AND h.desk = ANY(:desks) AND {one_of("h.step", READABLE_STEPS)}
"""


async def find_own(viewer: Viewer, work: Work, ref: UUID) -> tuple[Handover, Person] | None:
    """A hand-over that the viewer's organisation made, with its person."""
    found = await work.session.exec(
        select(Handover, Person)
        .join(Person, col(Person.ref) == col(Handover.person))
        .where(Handover.ref == ref, Handover.organisation == viewer.organisation)
    )
    return found.first()


async def under_way(viewer: Viewer, work: Work, person: UUID) -> dict[str, str]:
    """The rights of a person that are with a desk now, each with the organisation that has it in hand."""
    found = await work.session.exec(
        select(Handover.right, Handover.recipient_organisation_name).where(
            col(Handover.person).in_(await files_of(work, person)),
            Handover.organisation == viewer.organisation,
            col(Handover.step).in_(READABLE_STEPS),
            col(Handover.state).in_(["draft", *(one.value for one in OPEN)]),
        )
    )
    return dict(found.all())


async def find_situation(viewer: Viewer, work: Work, person: UUID) -> Situation | None:
    """The situation of a person of the viewer's organisation."""
    found = await work.session.exec(
        select(Situation).where(Situation.person == person, Situation.organisation == viewer.organisation)
    )
    return found.first()


async def grants_of_person(viewer: Viewer, work: Work, person: UUID) -> list[ConsentGrant]:
    """Every grant of a person that the viewer's organisation recorded."""
    found = await work.session.exec(
        select(ConsentGrant).where(ConsentGrant.person == person, ConsentGrant.organisation == viewer.organisation)
    )
    return list(found.all())


async def lock_grants(
    viewer: Viewer, work: Work, person: UUID, desk: UUID
) -> tuple[list[ConsentGrant], str | None, UUID | None]:
    """The grants of a person for a desk, locked until the end of the transaction in one order; her scheme; who follows.

    A withdrawal takes the same lock, so that it comes wholly before or wholly after a hand-over. No grant: neither;
    no scheme either of a file that was merged.
    """
    rows = (await work.execute(_LOCK_GRANTS, person=person, desk=desk, organisation=viewer.organisation)).all()
    first = rows[0] if rows else None
    return [cast(ConsentGrant, row) for row in rows], first and first.scheme, first and first.follows


async def routes_now(
    viewer: Viewer, work: Work, recipient_kinds: Iterable[str], sender_kinds: Iterable[str]
) -> list[SharingRoute]:
    """The rows of the route table between these kinds of organisation that are valid now: configuration."""
    assert viewer.territory == work.territory
    found = await work.execute(
        _ROUTES, senders=list(set(sender_kinds)), recipients=list(set(recipient_kinds)), now=work.now
    )
    return [cast(SharingRoute, row) for row in found]


async def routes_from(viewer: Viewer, work: Work, sender_kind: str) -> list[SharingRoute]:
    """The rows of the route table valid now for whatever such an organisation sends."""
    assert viewer.territory == work.territory
    found = await work.session.exec(
        select(SharingRoute).where(
            SharingRoute.sender_kind == sender_kind,
            SharingRoute.valid_from <= work.now,
            or_(col(SharingRoute.valid_until).is_(None), col(SharingRoute.valid_until) > work.now),
        )
    )
    return list(found.all())


Reading = tuple[Handover, ConsentGrant | None, Person | None, Situation | None]


async def read_for_desk(viewer: Viewer, work: Work, refs: Sequence[UUID]) -> list[Reading]:
    """The hand-overs among these that reached a desk of the viewer, with grant, person and situation, in one statement.

    Person and situation are None where row-level security no longer shows them. Rows to read, not models to change.
    """
    found = await work.execute(_FOR_DESK, refs=list(refs), desks=list(viewer.desks))
    return [cast(Reading, tuple(_part(row[slice_], kind) for slice_, kind in _SLICES)) for row in found]


def _part(values: Sequence[Any], kind: Any) -> Any:  # noqa: ANN401 - one of `_SLICES`, and a row of it
    part = kind._make(values)
    return None if part.territory is None else part


async def presumed_for_desk(
    viewer: Viewer, work: Work, handovers: Sequence[Handover]
) -> dict[tuple[UUID, str], PresumedRight]:
    """The presumed right of each of these hand-overs, by person and code; row-level security shows readable persons."""
    assert viewer.desks
    found = await work.session.exec(
        select(PresumedRight)
        .where(
            col(PresumedRight.person).in_({row.person for row in handovers}),
            col(PresumedRight.right).in_({row.right for row in handovers}),
            col(PresumedRight.removed_at).is_(None),
        )
        .order_by(col(PresumedRight.identified_at))
    )
    return {(row.person, row.right): row for row in found.all()}


async def notes_of(viewer: Viewer, work: Work, handovers: Iterable[UUID]) -> dict[UUID, list[Note]]:
    """Questions and answers of these hand-overs, oldest first; only the sending organisation's and the desk's."""
    found = await work.session.exec(
        select(Note)
        .where(
            col(Note.handover).in_(set(handovers)),
            or_(col(Note.organisation) == viewer.organisation, col(Note.desk).in_(viewer.desks)),
        )
        .order_by(col(Note.at), col(Note.ref))
    )
    by_handover: dict[UUID, list[Note]] = defaultdict(list)
    for row in found.all():
        by_handover[row.handover].append(row)
    return by_handover


async def settle_withdrawn(viewer: Viewer, work: Work, person: UUID, right: str) -> None:
    """What a withdrawal stopped on its way is over, and asks for nothing more, once that right is handed over anew."""
    ended = update(Handover).where(
        col(Handover.organisation) == viewer.organisation,
        col(Handover.person) == person,
        col(Handover.right) == right,
        stopped_by_withdrawal(Handover),
    )
    values = {"step": "sent", "state": State.WITHDRAWN.value, "moved_at": work.now}
    await work.session.execute(ended.values(**values), execution_options={"synchronize_session": False})


async def abandon(viewer: Viewer, work: Work, ref: UUID) -> bool:
    """Give up what the viewer's organisation has not sent, and erase its texts. False: unknown, left, or given up."""
    given_up = update(Handover).where(
        col(Handover.ref) == ref,
        col(Handover.organisation) == viewer.organisation,
        col(Handover.step).in_(UNSENT),
    )
    values = {"step": ABANDONED, "need_summary": None, "accompaniment": None, "moved_at": work.now}
    done = await work.session.execute(given_up.values(**values).returning(col(Handover.ref)))
    return done.first() is not None


def stopped_by_withdrawal(row: Any) -> Any:  # noqa: ANN401 - the table in a statement, or one of its rows
    """Whether the person took her agreement back before the referral was known: its reference is refused for good."""
    return (row.step == "refused") & (row.refusal == GrantWithdrawn.slug)


def is_over(row: Handover) -> bool:
    """Whether nothing can be sent any more under this reference."""
    return row.step == ABANDONED or bool(stopped_by_withdrawal(row))


async def save(work: Work, values: dict[str, Any]) -> bool:
    """Write a hand-over; a draft of the same reference becomes it. False: it had left already, and nothing changes."""
    return (await work.execute(_saving(tuple(values)), **values)).first() is not None


@lru_cache(maxsize=8)
def _saving(names: tuple[str, ...]) -> str:
    kept = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in ("ref", "created_at"))
    columns, given = (", ".join(f'"{name}"' for name in names), ", ".join(f":{name}" for name in names))
    return (
        f"INSERT INTO intake.handover AS h ({columns}) VALUES ({given}) ON CONFLICT (ref) DO UPDATE SET {kept}"
        " WHERE h.step IN ('draft', 'awaiting_consent', 'refused') RETURNING ref"
    )
