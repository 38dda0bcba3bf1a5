"""One encounter noted in one go: who was met, the rights she may have and the desks that she agreed to, in one
transaction made of the commands that each of them has on its own.

Either everything is kept or nothing is; the same command sent again, from a page or from a phone that had no network,
answers with the same person and changes nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID, uuid5

from pydantic import Field

from contracts.consent import Category
from contracts.envelope import Frozen
from contracts.refusals import InvalidInput
from contracts.viewer import Viewer
from contracts.vocabulary import Channel, ConsentMethod, Ground, Language, NonTakeUpCause, Purpose
from services.intake import caseload
from services.intake.commands import AskedDesk, Command, MeetPerson, NotedRight, RecordConsent, ReviewRights
from services.intake.consent_handlers import record_consent
from services.intake.domain import DEFAULT_CATEGORIES
from services.intake.handlers import meet_person, review_rights
from services.intake.notice import CURRENT
from services.intake.once import once
from services.intake.person_keys import PersonKeys
from services.runtime.database import Work

# What makes one think of a right when nobody says more: what its own conditions look at first.
_USUAL_GROUND: dict[str, Ground] = {
    "aspa": Ground.AGE,
    "apl": Ground.HOUSING,
    "fsl": Ground.HOUSING,
    "domiciliation": Ground.HOUSING,
    "aah": Ground.DEPENDENCE,
    "aeeh": Ground.DEPENDENCE,
    "apa": Ground.DEPENDENCE,
    "asi": Ground.DEPENDENCE,
    "asf": Ground.HOUSEHOLD,
    "scolarisation": Ground.HOUSEHOLD,
    "are": Ground.ACTIVITY,
    "ppa": Ground.ACTIVITY,
}


class AgreedDesk(Frozen):
    """One desk that the person agreed to, and for which rights."""

    to: AskedDesk
    rights: frozenset[str] = Field(min_length=1)


class Agreement(Frozen):
    """What she agreed to, the same for each of the desks; `expires_at` at most 182 days from now."""

    desks: tuple[AgreedDesk, ...] = Field(min_length=1)
    categories: frozenset[Category] = DEFAULT_CATEGORIES[Purpose.OPEN_RIGHT]
    expires_at: datetime
    method: ConsentMethod = ConsentMethod.ORAL_IN_PERSON
    language: Language = Language.FR
    interpreter: bool = False
    notice_version: str = CURRENT


class RecordEncounter(Command):
    """An encounter with all that was said in it. The commands inside get references made from this one's."""

    meeting: MeetPerson
    rights: tuple[NotedRight, ...] = ()
    agreement: Agreement | None = None

    def part(self, name: str) -> UUID:
        """The reference of the command inside with that name, always the same."""
        return uuid5(self.command_id, name)


async def record_encounter(command: RecordEncounter, work: Work, keys: PersonKeys) -> UUID:
    """Keep the encounter, the rights and the agreements; the reference of the person.

    A person whom a colleague follows is met for the reason that she is there, which the journal keeps. Refusals: those
    of `meet_person`, `review_rights` and `record_consent`; none of them leaves anything behind.
    """

    async def act(viewer: Viewer) -> UUID:
        meeting = command.meeting.model_copy(update={"command_id": command.part("meeting")})
        if meeting.person is not None:
            await caseload.meet_in_front(viewer, work, meeting.person)
        person = await meet_person(meeting, work, keys)
        if command.rights:
            review = ReviewRights(command_id=command.part("review"), person=person, rights=command.rights)
            await review_rights(review, work)
        if command.agreement is not None:
            for one in command.agreement.desks:
                await record_consent(_consent(command, command.agreement, one, person), work, keys)
        return person

    return await once(command, work, act)


def _consent(command: RecordEncounter, agreement: Agreement, desk: AgreedDesk, person: UUID) -> RecordConsent:
    return RecordConsent(
        command_id=command.part(f"consent/{desk.to.desk}"),
        person=person,
        to=desk.to,
        purpose=Purpose.OPEN_RIGHT,
        rights=desk.rights,
        **agreement.model_dump(exclude={"desks"}),
    )


def noted(codes: Iterable[str], ground: Ground | None, cause: NonTakeUpCause | None) -> tuple[NotedRight, ...]:
    """These rights, each once, with one ground for all of them or, when none is said, the usual one of each."""
    return tuple(
        NotedRight(right=code, ground=ground or _USUAL_GROUND.get(code, Ground.RESOURCES), cause=cause)
        for code in dict.fromkeys(codes)
    )


def agreed_desks(
    asked: Mapping[UUID, tuple[AskedDesk, frozenset[str]]], chosen: Iterable[UUID], rights: Iterable[str]
) -> tuple[AgreedDesk, ...]:
    """The chosen desks, each with those of these rights that it deals with; `asked` is what may be chosen.

    Refusals: InvalidInput at `desks` (not of the list, or without any of these rights), at `rights` (none).
    """
    wanted, found = frozenset(rights), []
    if not wanted:
        raise InvalidInput(field="rights", reason="Cochez le droit pour lequel elle accepte d’être confiée.")
    for ref in dict.fromkeys(chosen):
        if ref not in asked:
            raise InvalidInput(field="desks", reason="Choisissez des guichets de la liste.")
        to, able = asked[ref]
        if not wanted & able:
            name = f"{to.organisation_name}, {to.desk_name}"
            raise InvalidInput(field="desks", reason=f"{name} ne s’occupe d’aucun des droits cochés.")
        found.append(AgreedDesk(to=to, rights=wanted & able))
    return tuple(found)


def method_of(channel: Channel) -> ConsentMethod:
    """How somebody agrees aloud: in person, or by phone when that is how one met."""
    return ConsentMethod.ORAL_BY_PHONE if channel is Channel.TELEPHONE else ConsentMethod.ORAL_IN_PERSON


def birth_of(typed: str, unknown: bool) -> date | None:
    """The day typed as `24/11/1986`, `24111986` or `1986-11-24`; None when she does not know it.

    Refusal: InvalidInput at `birth_date`.
    """
    text = typed.strip()
    if not text:
        if unknown:
            return None
        raise InvalidInput(
            field="birth_date", reason="Écrivez sa date de naissance, ou cochez «\u202fNe sait pas\u202f»."
        )
    digits = "".join(one for one in text if one.isdigit())
    year_first = len(text) == 10 and text[4:5] in "-/." and text[2:3] not in "-/."
    parts = (digits[:4], digits[4:6], digits[6:]) if year_first else (digits[4:], digits[2:4], digits[:2])
    try:
        if len(digits) != 8:
            raise ValueError
        return date(*(int(part) for part in parts))
    except ValueError:
        raise InvalidInput(field="birth_date", reason="Écrivez la date ainsi\u202f: 24/11/1986.") from None
