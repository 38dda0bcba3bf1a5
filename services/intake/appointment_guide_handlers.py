"""Keeping a rights appointment: her goal, the rights to look into, what has to be ready, in one transaction.

The rights go through the command of the review, the situation and the encounter through theirs: same rules, same facts.
The answers to the questions are not kept.
"""

from uuid import UUID, uuid5

from sqlmodel import select

from contracts.refusals import DateInThePast
from contracts.viewer import Viewer
from contracts.vocabulary import Channel
from services.intake import journal, store
from services.intake.appointment_guide_commands import KeepAppointment, NoteStep, ToPrepare
from services.intake.appointment_guide_tables import PreparationStep, RightsAppointment
from services.intake.appointment_guide_words import Readiness
from services.intake.commands import MeetPerson, RemoveRight, ReviewRights, SituationNow, UpdateSituation
from services.intake.free_text import accept_free_text
from services.intake.handlers import meet_person, remove_right, review_rights, update_situation
from services.intake.journal_kinds import Kind, Thing
from services.intake.once import once
from services.intake.person_keys import PersonKeys
from services.intake.tables import Situation
from services.runtime.database import Work

GOAL = "goal"


async def keep_appointment(command: KeepAppointment, work: Work, keys: PersonKeys) -> UUID:
    """Keep what was decided together; the reference of the appointment.

    Refusals: RoleNotAllowed, NotFound, FileLimited, InvalidInput, SocialSecurityNumberRefused, FreeTextToConfirm,
    DateInThePast (the next appointment).
    """

    async def act(viewer: Viewer) -> UUID:
        person = (await store.person_of(viewer, work, command.person, lock=True)).ref
        goal = accept_free_text(command.goal, GOAL, confirmed=command.confirmed)
        if command.next_at is not None and command.next_at < work.now:
            raise DateInThePast(field="next_at")
        review = await _decide(command, work, viewer, keys)
        row = RightsAppointment(
            person=person,
            organisation=viewer.organisation,
            referent=viewer.account,
            goal=keys.seal(person, GOAL, goal) if goal else None,
            topics=list(command.topics),
            review=review,
            next_at=command.next_at,
            held_at=work.now,
        )
        work.session.add(row)
        for one in command.steps:
            await _keep_step(one, person, work, viewer)
        about = {"object": Thing.APPOINTMENT, "ref": row.ref, "person": person}
        await journal.record(work, viewer, Kind.APPOINTMENT_KEPT, **about)
        work.hint(f"organisation.{viewer.organisation}")
        return row.ref

    return await once(command, work, act)


async def _decide(command: KeepAppointment, work: Work, viewer: Viewer, keys: PersonKeys) -> UUID | None:
    """The encounter, the situation and the rights, by their own commands."""

    def part(name: str) -> UUID:
        return uuid5(command.command_id, name)

    if command.met:
        met = MeetPerson(command_id=part("met"), person=command.person, channel=Channel.RDV_DES_DROITS)
        await meet_person(met, work, keys)
    if command.situation.known:
        now = await _situation_with(command.situation, command.person, work)
        update = UpdateSituation(command_id=part("situation"), person=command.person, situation=now)
        await update_situation(update, work)
    for presumed in sorted(command.removed):
        await remove_right(RemoveRight(command_id=part(f"removed/{presumed}"), presumed=presumed), work)
    if not command.rights:
        return None
    noted = ReviewRights(command_id=part("review"), person=command.person, rights=command.rights)
    return await review_rights(noted, work)


async def _situation_with(said: SituationNow, person: UUID, work: Work) -> SituationNow:
    """What is on record, with what was said now over it."""
    row = await work.session.get(Situation, person)
    kept = {name: getattr(row, name) for name in SituationNow.model_fields} if row is not None else {}
    now = {name: value for name, value in said.model_dump(mode="json").items() if value is not None}
    return SituationNow.model_validate({**kept, **now})


async def note_step(command: NoteStep, work: Work) -> UUID:
    """Tick one thing off, open it again, or take it off the list; the reference of the person.

    Refusals: RoleNotAllowed, NotFound, FileLimited.
    """

    async def act(viewer: Viewer) -> UUID:
        person = (await store.person_of(viewer, work, command.person, lock=True)).ref
        if command.state is None:
            row = await _step(command.preparation, person, work)
            if row is not None:
                await work.session.delete(row)
        else:
            said = ToPrepare(preparation=command.preparation, state=command.state, helper=command.helper)
            await _keep_step(said, person, work, viewer)
        await journal.record(work, viewer, Kind.CHANGED, object=Thing.APPOINTMENT, person=person)
        work.hint(f"organisation.{viewer.organisation}")
        return person

    return await once(command, work, act)


async def _step(preparation: str, person: UUID, work: Work) -> PreparationStep | None:
    query = select(PreparationStep).where(PreparationStep.person == person, PreparationStep.preparation == preparation)
    return (await work.session.exec(query)).first()


async def _keep_step(said: ToPrepare, person: UUID, work: Work, viewer: Viewer) -> None:
    row = await _step(said.preparation.value, person, work)
    if row is None:
        row = PreparationStep(
            person=person,
            organisation=viewer.organisation,
            preparation=said.preparation.value,
            noted_by=viewer.account,
            noted_at=work.now,
        )
    if said.helper is not None:
        row.helper = said.helper.value
    row.done_at = (row.done_at or work.now) if said.state is Readiness.DONE else None
    work.session.add(row)
