"""What a departure does to referrals: somebody else of the desk has them in hand, another referent follows them, or,
when a whole organisation left, they are taken back and their referents choose another desk.
"""

from dataclasses import replace
from uuid import UUID

from sqlmodel import col, select

from contracts.actions import Assign
from contracts.envelope import Fact
from contracts.facts import DeskItemUnattended, MemberLeft, OrganisationLeft, ReferralRecalledByDeparture
from contracts.lifecycle import OPEN, State
from contracts.vocabulary import DepartureReason, DepartureTask
from services.referral import store
from services.referral.answering import assign
from services.referral.desk_terms import terms_for
from services.referral.life import Decision, Life, Moment, NewTask, moved
from services.referral.tables import Referral
from services.runtime.database import Work
from services.runtime.inbox import Reaction

# What ended long ago keeps the name of who sent it; what may still ask something of somebody goes to her heir.
_FOLLOWED_ON = """
UPDATE referral.referral SET sender = :heir WHERE sender = :account AND sender_organisation = :organisation
    AND (ended_at IS NULL OR EXISTS (
        SELECT 1 FROM referral.task t WHERE t.referral = referral.ref AND t.done_at IS NULL
    ) OR ended_at > cast(:now AS timestamptz) - interval '90 days')
"""
_TASKS_ON = """
UPDATE referral.task SET account = :heir WHERE account = :account AND organisation = :organisation AND done_at IS NULL
"""


async def take_over(fact: DeskItemUnattended, work: Work) -> None:
    """Assign it to whom the directory found; where the desk has nobody at all, the referent is asked to decide.

    Assigned since, or over: nothing changes.
    """
    rows = await store.lock_for_clock([fact.ref], work)
    if not rows or rows[0].desk != fact.desk or rows[0].assignee != fact.previous:
        return
    life = store.life_of(rows[0])
    if life.state not in OPEN:
        return
    if fact.successor is not None:
        terms = (await terms_for(life.desk, work)).at(work.now)
        decision = assign(life, Assign(assignee=fact.successor), Moment(now=work.now, assignee_active=True, **terms))
        await store.save(life, decision, work)
    elif not fact.managers:
        await store.open_task(life, NewTask(DepartureTask.UNATTENDED), work)
        store.hint(life, work)


async def follow_on(fact: MemberLeft, work: Work) -> None:
    """Her open tasks, and the referrals that may still ask something, are her heir's."""
    if fact.heir is None:
        return
    who = {"account": fact.ref, "heir": fact.heir, "organisation": fact.organisation}
    await work.execute(_FOLLOWED_ON, now=work.now, **who)
    await work.execute(_TASKS_ON, **who)
    work.hint(f"organisation.{fact.organisation}")


async def take_back(fact: OrganisationLeft, work: Work) -> None:
    """End every open referral to or from an organisation that left; a referent who stays is asked to choose again."""
    for row in await _open_of(fact.ref, work):
        life = store.life_of(row)
        moment = Moment(now=work.now, **(await terms_for(life.desk, work)).at(work.now))
        await store.save(life, taken_back(life, fact.ref, moment), work)


def taken_back(life: Life, gone: UUID, moment: Moment) -> Decision:
    """Recalled by a departure: nothing is said in the desk’s name, and a referent who stays has a task."""
    sender_left = life.sender_organisation == gone
    reason = DepartureReason.SENDER_LEFT if sender_left else DepartureReason.DESK_LEFT
    decision = moved(life, moment, ReferralRecalledByDeparture, {"reason": reason}, state=State.RECALLED)
    return decision if sender_left else replace(decision, task=NewTask(DepartureTask.DESK_LEFT))


async def _open_of(organisation: UUID, work: Work) -> list[Referral]:
    query = select(Referral).where(
        (col(Referral.organisation) == organisation) | (col(Referral.sender_organisation) == organisation),
        col(Referral.state).in_([state.value for state in OPEN]),
    )
    return list((await work.session.exec(query.order_by(col(Referral.ref)).with_for_update())).all())


REACTIONS: dict[type[Fact], Reaction] = {
    DeskItemUnattended: take_over,
    MemberLeft: follow_on,
    OrganisationLeft: take_back,
}
