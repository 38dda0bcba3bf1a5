"""Noting how a person may be reached without harm, as a correction of her file: the former value is not kept."""

from uuid import UUID

from contracts.viewer import Viewer
from services.intake import journal, store
from services.intake.commands import Command
from services.intake.contact_rules import FIELD, ContactRules, rules_of
from services.intake.data_request_tables import Correction
from services.intake.journal_kinds import Kind, Thing
from services.intake.once import once
from services.intake.person_keys import PersonKeys
from services.intake.tables import Person
from services.intake.united_files import lock_files
from services.runtime.database import Work


class SetContactRules(Command):
    """What she asks, which replaces what was noted before."""

    person: UUID
    rules: ContactRules


async def set_contact_rules(command: SetContactRules, work: Work, keys: PersonKeys) -> UUID:
    """Note what she asks, in every file of hers: each desk obeys it. The former is not kept.

    Refusals: RoleNotAllowed, NotFound, FileMerged, FileLimited.
    """

    async def act(viewer: Viewer) -> UUID:
        await store.person_of(viewer, work, command.person)
        for file in await lock_files(work, command.person):
            person = await store.person_of(viewer, work, file, merged=True)
            if rules_of(person, keys) != command.rules:
                await _note(person, command.rules, work, viewer, keys)
        work.hint(f"organisation.{viewer.organisation}")
        return command.person

    return await once(command, work, act)


async def _note(person: Person, rules: ContactRules, work: Work, viewer: Viewer, keys: PersonKeys) -> None:
    person.contact_rules = keys.seal(person.ref, FIELD, rules.model_dump_json())
    work.session.add(person)
    work.session.add(Correction(
        person=person.ref, organisation=viewer.organisation, field=FIELD, actor=viewer.account, at=work.now,
    ))  # fmt: skip
    await journal.record(
        work, viewer, Kind.RECTIFIED, object=Thing.PERSON, ref=person.ref, person=person.ref, categories=[FIELD]
    )
