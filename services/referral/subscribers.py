"""What referral does about the facts of others: ends what lost its agreement, notes deliveries, counts people met."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from contracts.envelope import Fact
from contracts.facts import (
    ConsentNarrowed,
    ConsentWithdrawn,
    DeskHoursChanged,
    DeskItemDelivered,
    DeskItemViewed,
    PersonErased,
    PersonMet,
    ReminderTold,
    RightsIdentified,
)
from services.referral import leaving, store
from services.referral.desk_calendars import keep_desk_hours
from services.referral.desk_terms import terms_for
from services.referral.domain import withdraw
from services.referral.durations_rows import note_reminder
from services.referral.forgetting import replace_person
from services.referral.life import Moment
from services.referral.sending import LOCK
from services.referral.tables import Identified, Met, WithdrawnEarly
from services.runtime.database import Work
from services.runtime.inbox import Reaction


async def withdraw_referrals(fact: ConsentWithdrawn | ConsentNarrowed, work: Work) -> None:
    """End every open referral that rests on that agreement, or on the right that was taken out of it.

    Those not known yet are remembered and refused when they come; those that had ended, and do not begin again.
    """
    for ref in sorted(fact.referrals):
        await work.execute(LOCK, ref=str(ref))
    remembered = set(fact.referrals)
    for row in await store.lock_for_clock(fact.referrals, work):
        life = store.life_of(row)
        decision = withdraw(life, Moment(now=work.now, **(await terms_for(life.desk, work)).at(work.now)))
        if decision is not None:
            await store.save(life, decision, work, actor_kind="consent")
            remembered.discard(row.ref)
    if remembered:
        rows = [{"ref": ref, "at": fact.at} for ref in sorted(remembered)]
        await work.session.execute(insert(WithdrawnEarly).values(rows).on_conflict_do_nothing())


async def note_delivery(fact: DeskItemDelivered, work: Work) -> None:
    """The referral is in its desk's list."""
    await _note_first(fact.ref, fact.desk, {"delivered_at": fact.at}, work)


async def note_first_viewing(fact: DeskItemViewed, work: Work) -> None:
    """Somebody of the desk opened it; then it was delivered, too."""
    await _note_first(fact.ref, fact.desk, {"first_viewed_at": fact.at, "delivered_at": fact.at}, work)


async def count_person_met(fact: PersonMet, work: Work) -> None:
    """For the coordinators' funnel."""
    await work.session.execute(insert(Met).values(
        ref=fact.ref, person=fact.person, organisation=fact.organisation, channel=fact.channel.value, at=fact.at
    ).on_conflict_do_nothing())
    await _touch(fact.person, work)


async def count_rights_identified(fact: RightsIdentified, work: Work) -> None:
    """For the coordinators' funnel."""
    await work.session.execute(insert(Identified).values(
        ref=fact.ref, person=fact.person, organisation=fact.organisation, rights=list(fact.rights),
        causes=[one.value for one in fact.causes], at=fact.at
    ).on_conflict_do_nothing())
    await _touch(fact.person, work)


async def forget_person(fact: PersonErased, work: Work) -> None:
    """End what is open of an erased person; times and figures stay, and are nobody's."""
    ended = ConsentWithdrawn(ref=fact.ref, referrals=fact.referrals, epoch=0, at=fact.at)
    await withdraw_referrals(ended, work)
    await replace_person(fact.ref, work)


async def count_reminder(fact: ReminderTold, work: Work) -> None:
    """For the share of reminders after which the desk answers."""
    if fact.told:
        await note_reminder(fact.ref, fact.step, fact.at, work)
    await _show_reminder(fact, work)


async def _touch(person: UUID, work: Work) -> None:
    """Have the figures of the people count her anew."""
    await work.execute("INSERT INTO referral.touched (person) VALUES (:person)", person=person)


async def _show_reminder(fact: ReminderTold, work: Work) -> None:
    """Keep it for the time line."""
    row = (await work.execute(
        """INSERT INTO remindergiven (ref, referral, step, desk, sender_organisation, told, due_at, at)
        SELECT gen_random_uuid(), ref, :step, :desk, sender_organisation, :told, :due_at, :at FROM referral
        WHERE ref = :ref RETURNING sender_organisation""",
        ref=fact.ref, step=fact.step.value, desk=fact.desk, told=fact.told, due_at=fact.due_at, at=fact.at,
    )).one_or_none()
    if row is not None:
        work.hint(f"organisation.{row.sender_organisation}")
        work.hint(f"desk.{fact.desk}")


async def _note_first(ref: UUID, desk: UUID, instants: Mapping[str, object], work: Work) -> None:
    kept = ", ".join(f"{name} = coalesce({name}, :{name})" for name in instants)
    row = (await work.execute(
        f"UPDATE referral.referral SET {kept} WHERE ref = :ref AND desk = :desk RETURNING sender_organisation",
        ref=ref, desk=desk, **instants,
    )).one_or_none()
    if row is not None:
        work.hint(f"organisation.{row.sender_organisation}")


REACTIONS: dict[type[Fact], Reaction] = {
    ConsentWithdrawn: withdraw_referrals,
    ConsentNarrowed: withdraw_referrals,
    DeskItemDelivered: note_delivery,
    DeskItemViewed: note_first_viewing,
    PersonMet: count_person_met,
    **leaving.REACTIONS,
    PersonErased: forget_person,
    RightsIdentified: count_rights_identified,
    ReminderTold: count_reminder,
    DeskHoursChanged: keep_desk_hours,
}
