"""Conventions with the partners: recorded, prolonged or ended by the DPO or the administration, never rewritten.

Each change is an entry with its reason, and a fact in the same transaction; intake closes the second lock by it.
"""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.asks import ListConventions
from contracts.envelope import Frozen
from contracts.facts import ConventionRecorded
from contracts.refusals import DateInThePast, InvalidInput, NotFound, SocialSecurityNumberRefused
from contracts.replies import ConventionsFound, ConventionState
from contracts.social_security_number import holds_a_nir
from contracts.viewer import Role, Viewer
from services.partners.domain import PARIS, today_in_paris
from services.runtime.database import Work
from services.runtime.driver import Row

KEEPERS = frozenset({Role.DPO, Role.ADMINISTRATOR})
WARN_WITHIN = timedelta(days=60)
LONGEST_YEARS = 10
_REVISION = """
coalesce((SELECT max(e.revision) FROM partners.conventionentry e WHERE e.convention = c.ref), 1) AS revision
"""
_ALL = f"SELECT c.ref, c.organisation, c.starts, c.ends, {_REVISION} FROM partners.convention c"
_LIST = f"""
SELECT c.ref, c.organisation, o.name, o.closed, c.starts, c.ends, {_REVISION}
FROM partners.convention c JOIN partners.organisation o ON o.ref = c.organisation ORDER BY c.ends, o.name
"""
_PARTNERS = """
SELECT o.ref, o.name, EXISTS (SELECT 1 FROM partners.convention c WHERE c.organisation = o.ref AND c.ends > :now)
    AS covered
FROM partners.organisation o WHERE NOT o.closed
ORDER BY EXISTS (SELECT 1 FROM partners.desk d WHERE d.organisation = o.ref) DESC, o.name, o.ref
"""


class RecordConvention(Frozen):
    """A convention with an organisation, in force on the days `starts` to `ends`, both included."""

    organisation: UUID
    starts: date
    ends: date
    reason: str


class ChangeConvention(Frozen):
    """The last day of a convention is now `ends`: later prolongs it, yesterday ends it at once."""

    convention: UUID
    ends: date
    reason: str


async def list_conventions(_ask: ListConventions, work: Work) -> ConventionsFound:
    """Every convention as it stands."""
    rows = await work.execute(_ALL)
    return ConventionsFound(conventions=tuple(ConventionState.model_validate(dict(row)) for row in rows.mappings()))


async def record_convention(command: RecordConvention, work: Work, viewer: Viewer) -> UUID:
    """Keep a new convention. Refusals: NotFound, InvalidInput, DateInThePast."""
    _require(viewer)
    reason = _reason(command.reason)
    known = await work.execute(
        "SELECT 1 FROM partners.organisation WHERE ref = :ref AND NOT closed", ref=command.organisation
    )
    if known.first() is None:
        raise InvalidInput(field="organisation", reason="Choisissez un organisme de la liste.")
    starts, ends = first_instant(command.starts), after_last_day(command.ends)
    _check(command.starts, command.ends, work)
    ref = uuid4()
    await work.execute(
        "INSERT INTO partners.convention (ref, organisation, starts, ends)"
        " VALUES (:ref, :organisation, :starts, :ends)",
        ref=ref,
        organisation=command.organisation,
        starts=starts,
        ends=ends,
    )
    state = ConventionState(ref=ref, organisation=command.organisation, starts=starts, ends=ends, revision=1)
    await _enter(state, "recorded", reason, work, viewer)
    return ref


async def change_convention(command: ChangeConvention, work: Work, viewer: Viewer) -> UUID:
    """Prolong a convention or end it early; the organisation. Refusals: NotFound, InvalidInput, DateInThePast."""
    _require(viewer)
    reason = _reason(command.reason)
    row = await find_convention(viewer, work, command.convention, lock=True)
    today = today_in_paris(work.now)
    ends = after_last_day(command.ends)
    if command.ends < today:
        # Yesterday as the last day ends it this very instant: what was shared before stays shared lawfully.
        if command.ends != today - timedelta(days=1):
            raise DateInThePast(field="ends")
        ends = work.now
    elif ends != row.ends:
        _check(row.starts.astimezone(PARIS).date(), command.ends, work)
    if ends <= row.starts or ends == row.ends:
        raise InvalidInput(field="ends", reason="Choisissez une autre date de fin.")
    await work.execute("UPDATE partners.convention SET ends = :ends WHERE ref = :ref", ends=ends, ref=row.ref)
    state = ConventionState(
        ref=row.ref, organisation=row.organisation, starts=row.starts, ends=ends, revision=row.revision + 1
    )
    await _enter(state, "prolonged" if ends > row.ends else "ended", reason, work, viewer)
    return UUID(str(row.organisation))


async def find_convention(viewer: Viewer, work: Work, ref: UUID, *, lock: bool = False) -> Any:  # noqa: ANN401 - a row
    """One convention with its revision. Refusal: NotFound."""
    _require(viewer)
    row = (await work.execute(f"{_ALL} WHERE c.ref = :ref{' FOR UPDATE OF c' if lock else ''}", ref=ref)).one_or_none()
    if row is None:
        raise NotFound
    return row


async def every_convention(viewer: Viewer, work: Work) -> list[Any]:
    """Every convention with its organisation's name, the first to end first."""
    _require(viewer)
    return list(await work.execute(_LIST))


async def partners_of(viewer: Viewer, work: Work) -> list[Row]:
    """The organisations of the network, those with a desk first; `covered` by a convention in force or to come."""
    _require(viewer)
    return (await work.execute(_PARTNERS, now=work.now)).all()


async def history_of(viewer: Viewer, work: Work, ref: UUID) -> list[Any]:
    """What was decided about a convention, the newest first."""
    _require(viewer)
    statement = "SELECT * FROM partners.conventionentry WHERE convention = :ref ORDER BY revision DESC"
    return list(await work.execute(statement, ref=ref))


def first_instant(day: date) -> datetime:
    """Midnight in Paris at the beginning of that day."""
    return datetime.combine(day, time(), PARIS)


def after_last_day(day: date) -> datetime:
    """Midnight in Paris at the end of that day."""
    return datetime.combine(day + timedelta(days=1), time(), PARIS)


def last_day(ends: datetime) -> date:
    """The last day on which a convention that ends then is in force."""
    return (ends - timedelta(microseconds=1)).astimezone(PARIS).date()


async def _enter(state: ConventionState, kind: str, reason: str, work: Work, viewer: Viewer) -> None:
    await work.execute(
        "INSERT INTO partners.conventionentry (ref, convention, organisation, revision, kind, starts, ends, reason,"
        " actor, at) VALUES (:entry, :ref, :organisation, :revision, :kind, :starts, :ends, :reason, :actor, :at)",
        entry=uuid4(),
        kind=kind,
        reason=reason,
        actor=viewer.account,
        at=work.now,
        **state.model_dump(),
    )
    actor = Role.DPO if viewer.has(Role.DPO) else Role.ADMINISTRATOR
    work.emit(ConventionRecorded(**state.model_dump(), at=work.now), actor_kind=actor.value)
    work.hint(f"organisation.{state.organisation}")


def _require(viewer: Viewer) -> None:
    if not viewer.has(*KEEPERS):
        raise NotFound


def _reason(text: str) -> str:
    found = text.strip()
    if not 3 <= len(found) <= 200:
        raise InvalidInput(field="reason", reason="Dites pourquoi, en 3 à 200 caractères.")
    if holds_a_nir(found):
        raise SocialSecurityNumberRefused(field="reason")
    return found


def _check(starts: date, ends: date, work: Work) -> None:
    if ends < today_in_paris(work.now):
        raise DateInThePast(field="ends")
    if ends < starts:
        raise InvalidInput(field="ends", reason="La fin vient après le début.")
    if ends > date(starts.year + LONGEST_YEARS, 12, 31):
        raise InvalidInput(field="ends", reason="Dix ans au plus\u202f: vérifiez l’année.")
