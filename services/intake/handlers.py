"""Meeting people, noting their situation and the rights they may have. Each command is done once, whatever is repeated.

The caller opens the transaction of the referent (`work.viewer`); what people agree to is in `consent_handlers`.
"""

import secrets
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from contracts.facts import PersonMet, RightsIdentified
from contracts.refusals import InvalidInput, NotFound
from contracts.viewer import Role, Viewer
from contracts.vocabulary import Civility
from services.intake import journal, people_search, store
from services.intake.commands import (
    MeetPerson,
    NotedRight,
    RemoveRight,
    ReviewRights,
    SituationNow,
    UpdateSituation,
)
from services.intake.domain import (
    Likeness,
    check_birth_date,
    check_met_on,
    check_right,
    file_number,
    fold,
    normal_phone,
    possible_twins,
)
from services.intake.free_text import accept_free_text
from services.intake.journal_kinds import Kind, Thing
from services.intake.limiting import refuse_limited
from services.intake.once import asking, once
from services.intake.person_keys import PersonKeys
from services.intake.tables import Encounter, Person, PresumedRight, Situation
from services.runtime.database import Work
from services.runtime.web.dates import PARIS

SEALED = ("phone", "postal_address", "safe_times")
NAMELESS = "Écrivez au moins un nom ou un prénom."
TEXTS = ("place", "present", "first_name", "last_name", *SEALED)


async def meet_person(command: MeetPerson, work: Work, keys: PersonKeys) -> UUID:
    """Keep an encounter and what was learnt in it; the reference of the person.

    Refusals: RoleNotAllowed, NotFound, InvalidInput, DateInTheFuture, SocialSecurityNumberRefused, FreeTextToConfirm.
    """

    async def act(viewer: Viewer) -> UUID:
        given = accepted(command)
        today = work.now.astimezone(PARIS).date()
        met_on = command.met_on or today
        check_met_on(met_on, today)
        check_birth_date(command.birth_date, today)
        if command.person is None:
            person = await _new_person(command, given, work, viewer)
        else:
            person = await store.person_of(viewer, work, command.person, lock=True)
        _note_contact(person, command, given, work, keys)
        work.session.add(person)
        await work.session.flush()
        encounter = _encounter(person, command, given, met_on, work, keys)
        work.session.add(encounter)
        if command.situation.known:
            await _keep_situation(person.ref, command.situation, work, viewer)
        fact = PersonMet(
            ref=encounter.ref, person=person.ref, organisation=viewer.organisation, channel=command.channel, at=work.now
        )
        work.emit(fact, actor_kind=Role.REFERENT.value)
        kind = Kind.CREATED if command.person is None else Kind.MET
        await journal.record(work, viewer, kind, object=Thing.ENCOUNTER, ref=encounter.ref, person=person.ref)
        work.hint(f"organisation.{viewer.organisation}")
        return person.ref

    return await once(command, work, act)


async def find_twins(command: MeetPerson, work: Work, keys: PersonKeys) -> list[Person]:
    """The people of the organisation who may be this one, the likeliest first. Same refusals as `meet_person`."""
    viewer = asking(work)
    check_birth_date(command.birth_date, work.now.astimezone(PARIS).date())
    new = _likeness(accepted(command), command, keys)
    known = {person.ref: person for person in await people_search.likely_twins(viewer, work, new)}
    await journal.record_list(work, viewer, Kind.SEARCHED, known)
    return [known[ref] for _, ref in possible_twins(new, map(people_search.likeness_of, known.values()))]


async def update_situation(command: UpdateSituation, work: Work) -> UUID:
    """Replace the situation on record. Refusals: RoleNotAllowed, NotFound."""

    async def act(viewer: Viewer) -> UUID:
        person = await store.person_of(viewer, work, command.person, lock=True)
        if command.scheme is not None:
            person.scheme = command.scheme.value
        await _keep_situation(person.ref, command.situation, work, viewer)
        await journal.record(work, viewer, Kind.SITUATION_CHANGED, object=Thing.SITUATION, person=person.ref)
        work.hint(f"organisation.{viewer.organisation}")
        return person.ref

    return await once(command, work, act)


async def review_rights(command: ReviewRights, work: Work) -> UUID:
    """Note presumed rights; the reference of the review. One noted before with other words is replaced.

    Refusals: RoleNotAllowed, NotFound, InvalidInput.
    """

    async def act(viewer: Viewer) -> UUID:
        person = await store.person_of(viewer, work, command.person, lock=True)
        review = uuid4()
        fresh = await _note_rights(command, review, work, viewer)
        await journal.record(work, viewer, Kind.RIGHT_NOTED, object=Thing.RIGHT, ref=review, person=person.ref)
        if fresh:
            fact = RightsIdentified(
                ref=review,
                person=person.ref,
                organisation=viewer.organisation,
                rights=tuple(one.right for one in fresh),
                causes=tuple(one.cause for one in fresh if one.cause is not None),
                at=work.now,
            )
            work.emit(fact, actor_kind=Role.REFERENT.value)
            work.hint(f"organisation.{viewer.organisation}")
        return review

    return await once(command, work, act)


async def _note_rights(command: ReviewRights, review: UUID, work: Work, viewer: Viewer) -> list[NotedRight]:
    noted = {row.right: row for row in await store.presumed_rights(viewer, work, command.person)}
    fresh = []
    for one in {one.right: one for one in command.rights}.values():
        check_right(one.right)
        before = noted.get(one.right)
        if before is not None and (before.ground, before.cause) == (one.ground, one.cause):
            continue
        if before is not None:
            before.removed_at = work.now
            work.session.add(before)
        row = PresumedRight(
            person=command.person,
            organisation=viewer.organisation,
            review=review,
            identified_at=work.now,
            **one.model_dump(mode="json"),
        )
        work.session.add(row)
        fresh.append(one)
    return fresh


async def remove_right(command: RemoveRight, work: Work) -> UUID:
    """Presume a right no longer; the reference of the person. Refusals: RoleNotAllowed, NotFound."""

    async def act(viewer: Viewer) -> UUID:
        row = await work.session.get(PresumedRight, command.presumed, with_for_update=True)
        if row is None or row.organisation != viewer.organisation:
            raise NotFound
        await refuse_limited(work, row.person)
        row.removed_at = row.removed_at or work.now
        work.session.add(row)
        await journal.record(work, viewer, Kind.RIGHT_REMOVED, object=Thing.RIGHT, ref=row.ref, person=row.person)
        work.hint(f"organisation.{viewer.organisation}")
        return row.person

    return await once(command, work, act)


def accepted(command: MeetPerson) -> dict[str, str]:
    """The texts of an encounter, cleaned. Refusals: SocialSecurityNumberRefused, InvalidInput, FreeTextToConfirm."""
    given = {
        name: accept_free_text(getattr(command, name), name, confirmed=command.confirmed) for name in TEXTS
    }
    given["phone"] = normal_phone(given["phone"]) if given["phone"] else ""
    if command.person is None and not fold(f"{given['first_name']} {given['last_name']}"):
        raise InvalidInput(field="last_name", reason=NAMELESS)
    return given


def _likeness(given: dict[str, str], command: MeetPerson, keys: PersonKeys) -> Likeness:
    name = fold(f"{given['first_name']} {given['last_name']}")
    return Likeness(None, name, command.birth_date, keys.lookup_hash(given["phone"]) if given["phone"] else None)


async def _new_person(command: MeetPerson, given: dict[str, str], work: Work, viewer: Viewer) -> Person:
    while True:
        number = file_number(work.now.year, secrets.randbits(32))
        if not await store.file_number_taken(viewer, work, number):
            break
    return Person(
        organisation=viewer.organisation,
        file_number=number,
        civility="" if command.civility is Civility.NONE else command.civility.value,
        first_name=given["first_name"],
        last_name=given["last_name"],
        birth_date=command.birth_date,
        search=fold(f"{given['first_name']} {given['last_name']}"),
        scheme=command.scheme.value,
        language=command.language.value,
        referent=viewer.account,
        created_at=work.now,
        last_contact_at=work.now,
    )


def _note_contact(person: Person, command: MeetPerson, given: dict[str, str], work: Work, keys: PersonKeys) -> None:
    for name in SEALED:
        if given[name]:
            setattr(person, name, keys.seal(person.ref, name, given[name]))
    if given["phone"]:
        person.phone_hash = keys.lookup_hash(given["phone"])
    person.birth_date = person.birth_date or command.birth_date
    person.last_contact_at = max(person.last_contact_at, work.now)
    if command.evaluation_told:
        person.evaluation_told_at = person.evaluation_told_at or work.now


def _encounter(
    person: Person, command: MeetPerson, given: dict[str, str], met_on: date, work: Work, keys: PersonKeys
) -> Encounter:
    sealed: dict[str, Any] = {
        name: keys.seal(person.ref, name, given[name]) if given[name] else None for name in ("place", "present")
    }
    return Encounter(
        person=person.ref,
        organisation=asking(work).organisation,
        referent=asking(work).account,
        channel=command.channel.value,
        met_on=met_on,
        at=work.now,
        **sealed,
    )


async def _keep_situation(person: UUID, situation: SituationNow, work: Work, viewer: Viewer) -> None:
    row = await work.session.get(Situation, person)
    if row is None:
        row = Situation(person=person, organisation=viewer.organisation, updated_at=work.now)
    for name, value in situation.model_dump(mode="json").items():
        setattr(row, name, value)
    row.updated_at = work.now
    work.session.add(row)
