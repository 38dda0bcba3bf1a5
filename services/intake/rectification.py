"""Correcting what is on record of a person: who she is and how to reach her (GDPR article 16).

Which fields were corrected, by whom and when is kept; the former values are not.
"""

from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from contracts.refusals import InvalidInput
from contracts.viewer import Viewer
from contracts.vocabulary import Civility, Language, Scheme
from services.intake import journal, store
from services.intake.commands import Command
from services.intake.data_request_rules import Kind as Asked
from services.intake.data_request_tables import Correction, DataRequest
from services.intake.data_request_words import COLUMNS
from services.intake.data_requests import note_step
from services.intake.domain import check_birth_date, fold, normal_phone
from services.intake.free_text import accept_free_text
from services.intake.journal_kinds import Kind, Thing
from services.intake.once import once
from services.intake.person_keys import PersonKeys
from services.intake.tables import Person
from services.runtime.database import Work
from services.runtime.web.dates import PARIS

SEALED = ("phone", "postal_address", "safe_times")


class CorrectPerson(Command):
    """The whole of it as it should be; what is left blank is taken out of the file. `confirmed`: see free texts."""

    person: UUID
    civility: Civility = Civility.NONE
    first_name: str = ""
    last_name: str = ""
    birth_date: date | None = None
    language: Language = Language.FR
    scheme: Scheme = Scheme.GENERAL
    phone: str = ""
    postal_address: str = ""
    safe_times: str = ""
    confirmed: tuple[str, ...] = ()


def as_it_stands(person: Person, keys: PersonKeys) -> dict[str, Any]:
    """What the form shows: the fields that can be corrected, in clear."""
    plain = {name: getattr(person, name) for name in ("first_name", "last_name", "language", "scheme")}
    born = person.birth_date.isoformat() if person.birth_date else ""
    sealed = {name: keys.open(person.ref, name, getattr(person, name)) or "" for name in SEALED}
    return {**plain, "civility": person.civility or Civility.NONE.value, "birth_date": born, **sealed}


async def correct_person(command: CorrectPerson, work: Work, keys: PersonKeys) -> UUID:
    """Correct what differs; the reference of the person. An open request for rectification gets a step of it.

    Refusals: RoleNotAllowed, NotFound, FileLimited, InvalidInput, DateInTheFuture, SocialSecurityNumberRefused,
    FreeTextToConfirm.
    """

    async def act(viewer: Viewer) -> UUID:
        # A merged file is still read by the desks of its own referrals: what is wrong in it can be corrected.
        person = await store.person_of(viewer, work, command.person, lock=True, merged=True)
        after = _accepted(command)
        check_birth_date(command.birth_date, work.now.astimezone(PARIS).date())
        before = as_it_stands(person, keys)
        changed = [name for name in before if before[name] != after[name]]
        for name in changed:
            _set(person, name, after[name], keys)
        person.search = fold(f"{person.first_name} {person.last_name}")
        work.session.add(person)
        if changed:
            await _note(person, changed, work, viewer)
        return person.ref

    return await once(command, work, act)


def _accepted(command: CorrectPerson) -> dict[str, Any]:
    names = ("first_name", "last_name", *SEALED)
    given = {name: accept_free_text(getattr(command, name), name, confirmed=command.confirmed) for name in names}
    if given["phone"]:
        given["phone"] = normal_phone(given["phone"])
    if not fold(f"{given['first_name']} {given['last_name']}"):
        raise InvalidInput(field="last_name", reason="Écrivez au moins un nom ou un prénom.")
    return {
        **given,
        "civility": command.civility.value,
        "birth_date": command.birth_date.isoformat() if command.birth_date else "",
        "language": command.language.value,
        "scheme": command.scheme.value,
    }


def _set(person: Person, name: str, value: str, keys: PersonKeys) -> None:
    if name == "birth_date":
        person.birth_date = date.fromisoformat(value) if value else None
    elif name == "civility":
        person.civility = "" if value == Civility.NONE else value
    elif name in SEALED:
        setattr(person, name, keys.seal(person.ref, name, value) if value else None)
    else:
        setattr(person, name, value)
    if name == "phone":
        person.phone_hash = keys.lookup_hash(value) if value else None


async def _note(person: Person, changed: list[str], work: Work, viewer: Viewer) -> None:
    query = select(DataRequest).where(
        DataRequest.person == person.ref,
        DataRequest.kind == Asked.RECTIFICATION.value,
        col(DataRequest.ended_at).is_(None),
    )
    request = (await work.session.exec(query.order_by(col(DataRequest.opened_at)))).first()
    for name in changed:
        work.session.add(
            Correction(
                person=person.ref,
                organisation=viewer.organisation,
                field=name,
                request=request.ref if request else None,
                actor=viewer.account,
                at=work.now,
            )
        )
    if request is not None:
        note_step(work, request, "corrected", {"fields": ", ".join(COLUMNS[name] for name in changed)})
    await journal.record(
        work, viewer, Kind.RECTIFIED, object=Thing.PERSON, ref=person.ref, person=person.ref, categories=changed
    )
    work.hint(f"organisation.{viewer.organisation}")


async def corrections_of(viewer: Viewer, work: Work, person: UUID) -> list[Correction]:
    """What was corrected in the file of a person of the viewer's organisation, the last first."""
    query = select(Correction).where(Correction.person == person, Correction.organisation == viewer.organisation)
    return list((await work.session.exec(query.order_by(col(Correction.at).desc()).limit(100))).all())
