"""Nobody's referral: when whoever has one in hand can no longer answer, another of the desk takes over, or its managers
are told and find it on their list.

Partners knows who works where and referral decides: the fact `DeskItemUnattended` says who could take over.
"""

from uuid import UUID

from contracts.facts import DeskItemUnattended, MemberLeft, ReferralFact
from contracts.viewer import Role
from services.partners.domain import DESK_ROLES, Colleague, Turnout, today_in_paris
from services.runtime.database import Work

_HERE = "SELECT 1 FROM partners.account WHERE ref = :account AND active"
_COLLEAGUES = """
SELECT a.ref, bool_or(m.role = :manager) AS manages,
    EXISTS (SELECT 1 FROM partners.absence s WHERE s.account = a.ref AND :today BETWEEN s.starts AND s.ends) AS away,
    (SELECT count(*) FROM partners.deskitem i WHERE i.desk = m.desk AND i.assignee = a.ref AND i.ended_at IS NULL)
        AS in_hand
FROM partners.membership m
JOIN partners.desk d ON d.ref = m.desk
JOIN partners.account a ON a.ref = m.account AND a.organisation = d.organisation AND a.active
WHERE m.desk = :desk AND m.role = ANY(:roles) GROUP BY a.ref, m.desk
"""
_DEPUTIES = """
SELECT deputy FROM partners.absence
WHERE account = :account AND deputy IS NOT NULL AND :today BETWEEN starts AND ends
"""
_IN_HAND = """
SELECT ref, desk FROM partners.deskitem
WHERE assignee = :account AND desk = ANY(:desks) AND ended_at IS NULL ORDER BY ref
"""
_UNATTENDED = """
UPDATE partners.deskitem SET unattended_since = coalesce(unattended_since, :now) WHERE ref = :ref
"""


async def attend_new(fact: ReferralFact, work: Work) -> None:
    """A referral that was just sent was resolved a moment ago: only a departure since then is looked for."""
    if (await work.execute(_HERE, account=fact.assignee)).first() is None:
        await attend(fact, work)


async def attend(fact: ReferralFact, work: Work) -> None:
    """A referral is to be answered (again): see to it that it is in the hands of somebody who is there."""
    turnout = await read_turnout(fact.desk, fact.assignee, work)
    await _hand_on(fact.ref, fact.desk, fact.assignee, turnout.who_answers(fact.assignee), turnout, work)


async def hand_on_desk_items(fact: MemberLeft, work: Work) -> None:
    """What somebody who left had in hand goes to the colleague who was chosen, or to whom the desk has."""
    turnouts: dict[UUID, Turnout] = {}
    for row in (await work.execute(_IN_HAND, account=fact.ref, desks=list(fact.desks))).all():
        if row.desk not in turnouts:
            turnouts[row.desk] = await read_turnout(row.desk, fact.ref, work)
        turnout = turnouts[row.desk]
        chosen = fact.successor if turnout.has(fact.successor) else turnout.who_answers(fact.ref)
        await _hand_on(row.ref, row.desk, fact.ref, chosen, turnout, work)


async def read_turnout(desk: UUID, assignee: UUID, work: Work) -> Turnout:
    """Who works at that desk today, and who stands in for the assignee."""
    today = today_in_paris(work.now)
    rows = await work.execute(
        _COLLEAGUES, desk=desk, today=today, manager=Role.DESK_MANAGER, roles=[role.value for role in DESK_ROLES]
    )
    deputies = (await work.execute(_DEPUTIES, account=assignee, today=today)).scalars()
    return Turnout(
        tuple(Colleague(row.ref, manages=row.manages, away=row.away, in_hand=row.in_hand) for row in rows),
        tuple(deputies),
    )


async def _hand_on(
    ref: UUID, desk: UUID, previous: UUID, successor: UUID | None, turnout: Turnout, work: Work
) -> None:
    if successor == previous:
        return
    if successor is None:
        await work.execute(_UNATTENDED, ref=ref, now=work.now)
        work.hint(f"desk.{desk}")
    fact = DeskItemUnattended(
        ref=ref, desk=desk, previous=previous, successor=successor, managers=turnout.managers(), at=work.now
    )
    work.emit(fact)
