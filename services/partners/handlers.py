"""What partners answers about professionals: their address, their names, who works at which desk."""

from uuid import UUID

from sqlalchemy import select

from contracts.asks import CheckDeskMember, DescribeNetwork, FindAudience, ResolveAddress
from contracts.refusals import NotFound
from contracts.replies import Address, AudienceFound, DeskMember, Network
from contracts.viewer import Role
from contracts.vocabulary import OrganisationKind
from services.partners.domain import Away, absence_on, today_in_paris
from services.partners.permanences import every_permanence
from services.partners.recipients import read_staff
from services.partners.tables import Absence, Account
from services.runtime.database import Work

_ACCOUNT = """
SELECT a.ref, a.email, a.phone, a.active, s.starts, s.ends, s.deputy
FROM partners.account a LEFT JOIN partners.absence s ON s.account = a.ref WHERE a.ref = :account
"""

_AUDIENCE = """
SELECT DISTINCT m.account, m.role FROM partners.membership m JOIN partners.account a ON a.ref = m.account
WHERE a.active AND (m.role IN ('coordinator', 'dpo') OR m.role = 'desk_manager' AND m.desk = :desk) ORDER BY m.account
"""


async def resolve_address(ask: ResolveAddress, work: Work) -> Address:
    """Where to write now; the deputy only when she is active and here. Refusals: NotFound."""
    rows = (await work.execute(_ACCOUNT, account=ask.account)).all()
    if not rows:
        raise NotFound
    today = today_in_paris(work.now)
    account = rows[0]
    absences = [Away(one.ref, one.starts, one.ends, one.deputy) for one in rows if one.starts is not None]
    away = absence_on(account.ref, absences, today)
    deputy = await work.session.get(Account, away.deputy) if away and away.deputy else None
    if deputy and (not deputy.active or absence_on(deputy.ref, await _absences([deputy.ref], work), today)):
        deputy = None
    return Address(
        account=account.ref,
        email=account.email,
        active=account.active,
        absent=away is not None,
        deputy=deputy.ref if deputy else None,
        deputy_email=deputy.email if deputy else None,
        phone=account.phone,
        desks=await _desks_of(ask.account, work) if ask.with_desks else (),
    )


async def _desks_of(account: UUID, work: Work) -> tuple[UUID, ...]:
    query = "SELECT DISTINCT desk FROM partners.membership WHERE account = :account AND desk IS NOT NULL ORDER BY desk"
    return tuple((await work.execute(query, account=account)).scalars())


async def find_audience(ask: FindAudience, work: Work) -> AudienceFound:
    """The active managers of that desk, the coordinators and the data protection officers of the territory."""
    rows = (await work.execute(_AUDIENCE, desk=ask.desk)).all()
    return AudienceFound(
        managers=tuple(one.account for one in rows if one.role == Role.DESK_MANAGER),
        coordinators=tuple(one.account for one in rows if one.role == Role.COORDINATOR),
        officers=tuple(one.account for one in rows if one.role == Role.DPO),
    )


# An import brings thousands that no list can name before somebody works there or they receive; all of them would be
# more than one message of the bus may hold.
_USED_DESK = """
(d.receives OR EXISTS (SELECT 1 FROM partners.membership m WHERE m.desk = d.ref)
    OR EXISTS (SELECT 1 FROM partners.deskitem i WHERE i.desk = d.ref))
"""
_USED_DESKS = f"SELECT d.ref, d.name, d.organisation FROM partners.desk d WHERE {_USED_DESK}"
_USED_ORGANISATIONS = f"""
SELECT o.ref, o.name, o.kind FROM partners.organisation o
WHERE EXISTS (SELECT 1 FROM partners.account a WHERE a.organisation = o.ref)
    OR EXISTS (SELECT 1 FROM partners.convention c WHERE c.organisation = o.ref)
    OR EXISTS (SELECT 1 FROM partners.desk d WHERE d.organisation = o.ref AND {_USED_DESK})
"""


async def describe_network(_ask: DescribeNetwork, work: Work) -> Network:
    """Every organisation, desk and professional of the territory by name, those who left included: lists name them.

    An organisation without an account, a convention and a desk that receives or was used is named nowhere.
    """
    organisations = (await work.execute(_USED_ORGANISATIONS)).all()
    desks = (await work.execute(_USED_DESKS)).all()
    accounts = (await work.session.execute(select(Account.ref, Account.name))).all()  # type: ignore[call-overload]
    return Network(
        organisations={one.ref: one.name for one in organisations},
        kinds={one.ref: OrganisationKind(one.kind) for one in organisations},
        desks={one.ref: one.name for one in desks},
        desk_organisation={one.ref: one.organisation for one in desks},
        accounts=dict(accounts),
        permanences=tuple(await every_permanence(None, work)),
    )


async def check_desk_member(ask: CheckDeskMember, work: Work) -> DeskMember:
    """Whether that account is an active member of that desk."""
    staff = await read_staff([ask.desk], work)
    return DeskMember(account=ask.account, active=ask.account in staff.active(ask.desk))


async def _absences(accounts: list[object], work: Work) -> list[Away]:
    rows = (await work.session.execute(select(Absence).where(Absence.account.in_(accounts)))).scalars()  # type: ignore[attr-defined]
    return [Away(one.account, one.starts, one.ends, one.deputy) for one in rows]
