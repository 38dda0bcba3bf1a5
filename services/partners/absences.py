"""Who is away: what a colleague's list and the form of an absence need. An absence is of whole days, both included."""

from datetime import timedelta
from uuid import UUID, uuid4

from contracts.asks import ListAbsences
from contracts.refusals import DateInThePast, InvalidInput, NotFound
from contracts.replies import AbsencesFound, Absent
from contracts.viewer import Viewer
from services.partners.directory import enter
from services.partners.directory_commands import DeclareAbsence
from services.partners.domain import Away, absence_on, today_in_paris
from services.partners.tables import Absence
from services.runtime.database import Work
from services.runtime.driver import Row

_AWAY = """
SELECT a.ref, a.name, a.active, s.starts, s.ends, d.ref AS deputy, d.name AS deputy_name
FROM partners.account a
LEFT JOIN partners.absence s ON s.account = a.ref AND :today BETWEEN s.starts AND s.ends AND a.active
LEFT JOIN partners.account d ON d.ref = s.deputy AND d.active
WHERE a.organisation = :organisation AND a.ref <> :viewer AND (NOT a.active OR s.ref IS NOT NULL)
ORDER BY a.name
"""
_OVERLAP = "SELECT 1 FROM partners.absence WHERE account = :account AND starts <= :ends AND ends >= :starts"
_MANAGED = """
SELECT 1 FROM partners.membership m JOIN partners.account a ON a.ref = m.account AND a.active
WHERE m.account = :account AND m.desk = ANY(:desks) AND a.organisation = :organisation LIMIT 1
"""
_COMING = """
SELECT s.ref, s.starts, s.ends, d.name AS deputy_name FROM partners.absence s
LEFT JOIN partners.account d ON d.ref = s.deputy AND d.active
WHERE s.account = :account AND s.ends >= :today ORDER BY s.starts
"""
_DEPUTIES = """
SELECT DISTINCT a.ref, a.name FROM partners.account a JOIN partners.membership m ON m.account = a.ref
JOIN partners.membership mine ON mine.account = :account
    AND (m.desk = mine.desk OR m.role = 'referent' AND mine.role = 'referent')
JOIN partners.account me ON me.ref = :account AND me.organisation = a.organisation
WHERE a.active AND a.ref <> :account ORDER BY a.name
"""


async def list_absences(ask: ListAbsences, work: Work) -> AbsencesFound:
    """The viewer's colleagues who are away today, each once with the end of her longest absence, or who have left."""
    today = today_in_paris(work.now)
    rows = (
        await work.execute(_AWAY, today=today, organisation=ask.viewer.organisation, viewer=ask.viewer.account)
    ).all()
    names = {row.deputy: row.deputy_name for row in rows if row.deputy}
    away = [Away(row.ref, row.starts, row.ends, row.deputy) for row in rows if row.active]
    found: dict[UUID, Absent] = {}
    for row in rows:
        one = absence_on(row.ref, away, today)
        deputy = one.deputy if one else None
        found[row.ref] = Absent(
            account=row.ref,
            name=row.name,
            until=one.ends if one else None,
            left=not row.active,
            deputy=deputy,
            deputy_name=names.get(deputy) if deputy else None,
        )
    return AbsencesFound(absences=tuple(found.values()))


async def declare_absence(command: DeclareAbsence, work: Work, viewer: Viewer) -> UUID:
    """Note an absence of her own, or of a member of a desk that she manages; the reference.

    Refusals: NotFound, DateInThePast, InvalidInput (overlap, or a deputy who is none).
    """
    account = await away_account(viewer, work, command.account)
    if command.ends < today_in_paris(work.now):
        raise DateInThePast(field="ends")
    if (await work.execute(_OVERLAP, account=account, starts=command.starts, ends=command.ends)).first() is not None:
        raise InvalidInput(field="starts", reason="Une absence est déjà notée sur ces jours. Annulez-la d’abord.")
    if command.deputy and command.deputy not in {one.ref for one in await possible_deputies(viewer, work, account)}:
        raise InvalidInput(field="deputy", reason="Choisissez quelqu’un de la liste.")
    row = Absence(ref=uuid4(), account=account, starts=command.starts, ends=command.ends, deputy=command.deputy)
    work.session.add(row)
    days = f"{command.starts.isoformat()} {command.ends.isoformat()}"
    await enter("absence_declared", work, viewer, organisation=viewer.organisation, about=account, days=days)
    return row.ref


async def cancel_absence(ref: UUID, work: Work, viewer: Viewer) -> UUID:
    """Take back what is left of an absence: one that has begun ends yesterday, one to come never was; whose it is.

    Refusal: NotFound.
    """
    row = await work.session.get(Absence, ref)
    if row is None:
        raise NotFound
    account = await away_account(viewer, work, row.account)
    today = today_in_paris(work.now)
    if row.starts >= today:
        await work.session.delete(row)
    elif row.ends >= today:
        row.ends = today - timedelta(days=1)
        work.session.add(row)
    await enter("absence_cancelled", work, viewer, organisation=viewer.organisation, about=account)
    return account


async def away_account(viewer: Viewer, work: Work, account: UUID | None) -> UUID:
    """Herself, or a colleague of a desk that she manages. Refusal: NotFound."""
    if account in (None, viewer.account):
        return viewer.account
    found = await work.execute(_MANAGED, account=account, desks=list(viewer.manages), organisation=viewer.organisation)
    if account is None or found.first() is None:
        raise NotFound
    return account


async def absences_of(_viewer: Viewer, work: Work, account: UUID) -> list[Row]:
    """Her absences that are not over, the first to begin first: ref, starts, ends, deputy_name."""
    return (await work.execute(_COMING, account=account, today=today_in_paris(work.now))).all()


async def possible_deputies(_viewer: Viewer, work: Work, account: UUID) -> list[Row]:
    """Who may stand in: whoever shares a desk with her, or is a referent of her organisation as she is; ref, name."""
    return (await work.execute(_DEPUTIES, account=account)).all()
