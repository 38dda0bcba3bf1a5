"""The one form of an encounter: what it sends, and the command that it becomes."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from contracts.consent import Category
from contracts.paris import PARIS, paris_day
from contracts.refusals import InvalidInput
from contracts.replies import DeskOption
from contracts.vocabulary import Channel, Civility, Ground, Language, NonTakeUpCause, Purpose
from services.intake.commands import AskedDesk, MeetPerson
from services.intake.consent_rules import is_minor
from services.intake.domain import DEFAULT_CATEGORIES, DEFAULT_GRANT_AGE, end_of_grant
from services.intake.encounter_in_one import (
    Agreement,
    RecordEncounter,
    agreed_desks,
    birth_of,
    method_of,
    noted,
)
from services.intake.notice import Notice
from services.intake.web_people import SituationForm

ANOTHER = "autre"
_MINOR = (
    "Elle n’a pas 18 ans\u202f: décochez les guichets, puis recueillez l’accord sur sa page, où l’on dit qui le donne."
)


class EncounterInOneForm(SituationForm):
    """The fields of the page. `who` is empty, a person's reference, or that she is none of those who were proposed."""

    who: str = ""
    first_name: str = ""
    last_name: str = ""
    birth_date: str = ""
    birth_unknown: bool = False
    phone: str = ""
    channel: Channel = Channel.PERMANENCE
    met_on: date | None = None
    place: str = ""
    present: str = ""
    civility: Civility = Civility.NONE
    language: Language = Language.FR
    interpreter: bool = False
    safe_times: str = ""
    postal_address: str = ""
    evaluation_told: bool = False
    rights: tuple[str, ...] = ()
    ground: Ground | None = None
    cause: NonTakeUpCause | None = None
    desks: tuple[UUID, ...] = ()
    agreed: bool = False
    categories: tuple[Category, ...] = ()
    until: date | None = None
    notice_version: str = ""
    confirmed: tuple[str, ...] = ()

    @property
    def person(self) -> UUID | None:
        """The person on file who was chosen, or None for somebody new. Refusal: InvalidInput at `who`."""
        if self.who in ("", ANOTHER):
            return None
        try:
            return UUID(self.who)
        except ValueError:
            raise InvalidInput(field="who", reason="Choisissez une réponse de la liste.") from None

    def meeting(self) -> MeetPerson:
        """The encounter alone. Refusal: InvalidInput at `birth_date`: one says it, or that she does not know it."""
        person = self.person
        born = birth_of(self.birth_date, self.birth_unknown or person is not None)
        taken = set(MeetPerson.model_fields) - {"person", "situation", "birth_date", "scheme"}
        values = self.model_dump(include=taken)
        if self.scheme is not None:
            values["scheme"] = self.scheme
        return MeetPerson(person=person, birth_date=born, situation=self.situation(), **values)


def check_agreement(form: EncounterInOneForm, born: date | None, now: datetime, notices: Mapping[str, Notice]) -> None:
    """Whether an agreement can be taken with this form: read aloud, in French or with an interpreter, of an adult.

    Refusals: InvalidInput at `agreed`, `desks` or `language`.
    """
    if form.agreed and not form.desks:
        raise InvalidInput(field="desks", reason="Cochez le guichet avec lequel elle accepte de partager.")
    if not form.desks:
        return
    if not form.agreed:
        reason = "Lisez la notice à voix haute, puis cochez qu’elle accepte\u202f; sinon, décochez les guichets."
        raise InvalidInput(field="agreed", reason=reason)
    if is_minor(born, paris_day(now)):
        raise InvalidInput(field="desks", reason=_MINOR)
    if form.language is not Language.FR and not form.interpreter:
        exists = form.language.value in notices
        where = (
            "La notice existe dans cette langue\u202f: recueillez l’accord sur sa page"
            if exists
            else "Notez l’interprète"
        )
        raise InvalidInput(field="language", reason=f"{where}, ou cochez qu’un interprète était là.")


def command_of(
    form: EncounterInOneForm,
    desks: Iterable[DeskOption],
    known_rights: Iterable[str],
    now: datetime,
    notice_version: str,
) -> RecordEncounter:
    """The command of this form; `known_rights` are those noted before, which an agreement may be about as well.

    Refusals: InvalidInput at the field that it is about.
    """
    agreement = None
    if form.desks:
        asked = {
            one.desk: (AskedDesk.model_validate(one.model_dump()), frozenset(one.rights)) for one in desks if one.open
        }
        until = form.until or (now.astimezone(PARIS) + DEFAULT_GRANT_AGE).date()
        agreement = Agreement(
            desks=agreed_desks(asked, form.desks, [*form.rights, *known_rights]),
            categories=frozenset(form.categories) or DEFAULT_CATEGORIES[Purpose.OPEN_RIGHT],
            expires_at=end_of_grant(until, now, PARIS),
            method=method_of(form.channel),
            language=form.language,
            interpreter=form.interpreter,
            notice_version=form.notice_version or notice_version,
        )
    return RecordEncounter(
        command_id=form.command_id,
        meeting=form.meeting(),
        rights=noted(form.rights, form.ground, form.cause),
        agreement=agreement,
    )
