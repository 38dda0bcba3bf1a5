"""Break-glass: somebody's safety made a professional tell an authority what no consent covered.

It happens by telephone, outside Relais. Relais records it, asks a second person to confirm within a day, and tells the
DPO; it opens nothing to anybody, and there is no such door elsewhere.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.refusals import EmergencyClosed, InvalidInput, NotFound, RoleNotAllowed
from contracts.viewer import Role, Viewer
from contracts.vocabulary import Word
from services.intake import journal
from services.intake.journal_kinds import Kind, Thing
from services.runtime.database import Work

CONFIRM_WITHIN = timedelta(hours=24)
SHOWN = 30
DECLARES = frozenset({Role.REFERENT, Role.DESK_AGENT, Role.DESK_MANAGER})
CONFIRMS = frozenset({Role.DESK_MANAGER, Role.DPO})
_LIST = f"""
SELECT b.ref, b.organisation, b.person, b.motive, b.told_to, b.declared_by, b.declared_at, b.confirm_before,
    c.confirmed_by, c.at AS confirmed_at
FROM intake.breakglass b LEFT JOIN intake.breakglassconfirmation c ON c.break_glass = b.ref
ORDER BY b.declared_at DESC, b.ref LIMIT {SHOWN}
"""
_ONE = """
SELECT b.ref, b.organisation, b.person, b.declared_by, b.confirm_before, c.confirmed_by
FROM intake.breakglass b LEFT JOIN intake.breakglassconfirmation c ON c.break_glass = b.ref WHERE b.ref = :ref
"""


class Motive(Word):
    """The only four, each with the text that allows to tell."""

    MINOR = "minor", "Un mineur est en danger ou risque de l’être (CASF L.226-2-1, code pénal 226-14)"
    ADULT = "adult", "Un adulte vulnérable est en danger (CASF L.119-1, code pénal 226-14)"
    VITAL = "vital", "Une vie est en jeu (RGPD 6.1.d, code pénal 223-6)"
    JUDICIAL = "judicial", "Un magistrat ou un enquêteur l’a requis par écrit (code de procédure pénale 60-1, 77-1-1)"


class ToldTo(Word):
    """Whom the professional told, outside Relais."""

    RESCUE = "rescue", "Les secours (15, 18, 112, 114)"
    POLICE = "police", "La police ou la gendarmerie (17)"
    CRIP = "crip", "La cellule du Département (Crip), ou le 119"
    PROSECUTOR = "prosecutor", "Le procureur de la République"
    ADULT_LINE = "adult_line", "Le 3977, ou le Département pour un adulte vulnérable"
    JUDGE = "judge", "Le magistrat ou l’enquêteur qui a requis"


async def declare(
    viewer: Viewer, work: Work, motive: Motive, told_to: ToldTo, *, command: UUID, file_number: str = ""
) -> UUID:
    """Record an emergency; repeated with the same command, once. Refusals: RoleNotAllowed, InvalidInput."""
    if not viewer.has(*DECLARES):
        raise RoleNotAllowed
    done = await work.recall_command(command)
    if done is not None:
        return UUID(done["ref"])
    person = await _person(viewer, work, file_number)
    ref = uuid4()
    await work.execute(
        "INSERT INTO intake.breakglass (ref, organisation, person, motive, told_to, declared_by, declared_at,"
        " confirm_before) VALUES (:ref, :organisation, :person, :motive, :told_to, :account, :now, :until)",
        ref=ref,
        organisation=viewer.organisation,
        person=person,
        motive=motive.value,
        told_to=told_to.value,
        account=viewer.account,
        now=work.now,
        until=work.now + CONFIRM_WITHIN,
    )
    about: dict[str, Any] = {"object": Thing.BREAK_GLASS, "ref": ref, "person": person, "reason": motive.value}
    await journal.record(work, viewer, Kind.BREAK_GLASS_DECLARED, **about)
    await work.remember_command(command, {"ref": str(ref)})
    return ref


async def confirm(viewer: Viewer, work: Work, ref: UUID) -> None:
    """The second person confirms. Refusals: NotFound, RoleNotAllowed for the one who declared, EmergencyClosed."""
    if not viewer.has(*CONFIRMS):
        raise RoleNotAllowed
    found = (await work.execute(_ONE, ref=ref)).one_or_none()
    if found is None or not may_confirm(viewer, found.organisation):
        raise NotFound
    if found.declared_by == viewer.account:
        raise RoleNotAllowed
    if found.confirmed_by is not None:
        return
    if found.confirm_before < work.now:
        raise EmergencyClosed
    await work.execute(
        "INSERT INTO intake.breakglassconfirmation (break_glass, organisation, confirmed_by, at)"
        " VALUES (:ref, :organisation, :account, :now) ON CONFLICT DO NOTHING",
        ref=ref,
        organisation=found.organisation,
        account=viewer.account,
        now=work.now,
    )
    about: dict[str, Any] = {"ref": ref, "person": found.person, "organisation": found.organisation}
    await journal.record(work, viewer, Kind.BREAK_GLASS_CONFIRMED, object=Thing.BREAK_GLASS, **about)


def may_confirm(viewer: Viewer, organisation: UUID) -> bool:
    """A manager of that organisation, or the DPO."""
    return viewer.has(Role.DPO) or (viewer.has(Role.DESK_MANAGER) and viewer.organisation == organisation)


async def emergencies(viewer: Viewer, work: Work) -> list[Any]:
    """What the viewer declared, what a manager's organisation did, everything for the DPO; the newest first."""
    assert viewer.territory == work.territory
    return (await work.execute(_LIST)).all()


def standing(row: Any, now: datetime) -> str:  # noqa: ANN401 - a row of `emergencies`
    """`confirmed`, `waiting` or `lapsed`."""
    if row.confirmed_by is not None:
        return "confirmed"
    return "waiting" if row.confirm_before >= now else "lapsed"


async def _person(viewer: Viewer, work: Work, file_number: str) -> UUID | None:
    number = file_number.strip().upper()
    if not number:
        return None
    found = await work.execute(
        "SELECT coalesce(merged_into, ref) FROM intake.person"
        " WHERE file_number = :number AND organisation = :organisation",
        number=number,
        organisation=viewer.organisation,
    )
    person: UUID | None = found.scalar()
    if person is None:
        raise InvalidInput(field="file_number", reason="Aucun dossier de votre organisme ne porte ce numéro.")
    return person
