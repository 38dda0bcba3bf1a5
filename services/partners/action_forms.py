"""The form of each action of a desk: what it asks, which model reads it, and which action it becomes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from pydantic import BaseModel, Field

from contracts import actions
from contracts.envelope import Frozen
from contracts.lifecycle import BY_ACTION, OUTCOMES_WITHOUT_CONTACT, State
from contracts.replies import DeskOption
from contracts.vocabulary import (
    AccompanimentRefusal,
    AttemptChannel,
    AttemptResult,
    DeclineReason,
    HoldReason,
    NonTakeUpCause,
    Outcome,
    RefusalGround,
    Turn,
)
from services.partners.working_days import next_working_day, working_day_after

Options = Sequence[tuple[str, ...]]
# Working days from the acknowledgement to the first contact that is due.
FIRST_CONTACT = 5
_REASON = "Pour quelle raison\u202f?"


class Question(Frozen):
    """What is asked of the referent; the text goes to intake, the referral keeps its reference."""

    question: str = Field(min_length=1, max_length=500)
    resume_on: date
    confirmed: tuple[str, ...] = ()


class OtherDesk(Frozen):
    """The desk that the referral would rather go to; its organisation is looked up."""

    to_desk: UUID


@dataclass(frozen=True)
class FormField:
    """One field as the page draws it: `kind` is radios, select, date or textarea."""

    kind: str
    name: str
    label: str
    options: Options = ()
    hint: str | None = None
    required: bool = True
    value: str = ""
    maxlength: int | None = None


@dataclass(frozen=True)
class Around:
    """What a form may need besides the item: the day, the colleagues at the desk, the other desks, and what is missing
    before the person may be said to be unreachable.
    """

    today: date
    state: State
    colleagues: Options = ()
    desks: Sequence[DeskOption] = ()
    missing: str | None = None


@dataclass(frozen=True)
class ActionForm:
    """One action's page. `fields` draws it; `model` reads it; `button` is the one thing to press."""

    action: str
    lead: str
    button: str
    model: type[BaseModel]
    fields: Callable[[Around], list[FormField]] = field(default=lambda _around: [])

    @property
    def label(self) -> str:
        """The action's label in the life cycle."""
        return BY_ACTION[self.action].label


def close_action(given: actions.Close) -> actions.Close:
    """What the chosen outcome does not need is left out, so that a forgotten answer says nothing wrong."""
    return actions.Close(
        outcome=given.outcome,
        date_of_effect=given.date_of_effect if given.outcome in (Outcome.RIGHT_OPENED, Outcome.ALREADY_OPEN) else None,
        ground=given.ground if given.outcome in (Outcome.REFUSED, Outcome.NOT_ELIGIBLE) else None,
        cause=given.cause if given.outcome is Outcome.PERSON_GAVE_UP else None,
    )


def _acknowledge(around: Around) -> list[FormField]:
    day = working_day_after(around.today, FIRST_CONTACT).isoformat()
    hint = "La personne saura quand vous l’appellerez. Vous pourrez noter un contact avant."
    return [FormField("date", "promised_for", "Premier contact promis au plus tard", hint=hint, value=day)]


def _attempt(_around: Around) -> list[FormField]:
    return [
        FormField("radios", "channel", "Par quel moyen\u202f?", AttemptChannel.options()),
        FormField("radios", "result", "Qu’est-ce que cela a donné\u202f?", AttemptResult.options()),
    ]


def _question(around: Around) -> list[FormField]:
    return [
        FormField(
            "textarea",
            "question",
            "Votre question à la personne référente",
            hint="N’écrivez ni numéro de sécurité sociale, ni information de santé.",
            maxlength=500,
        ),
        _resume(around, 5, "Sans réponse, l’orientation revient dans votre liste ce jour-là."),
    ]


def _hold(around: Around) -> list[FormField]:
    reasons = [one for one in HoldReason.options() if one[0] != HoldReason.INFORMATION_REQUESTED]
    return [
        FormField("radios", "reason", "Pourquoi attendre\u202f?", reasons),
        FormField("radios", "turn", "À qui d’agir maintenant\u202f?", Turn.options()),
        _resume(around, 14, "L’orientation revient dans votre liste ce jour-là."),
    ]


def _resume(around: Around, days: int, hint: str) -> FormField:
    day = next_working_day(around.today + timedelta(days=days - 1))
    return FormField("date", "resume_on", "Reprendre le", hint=hint, value=day.isoformat())


def _close(around: Around) -> list[FormField]:
    outcomes: Options = Outcome.options()
    hint = None
    if around.state is State.ACKNOWLEDGED:
        outcomes = [one for one in outcomes if Outcome(one[0]) in OUTCOMES_WITHOUT_CONTACT]
        hint = "Aucun contact n’est noté\u202f: seules ces issues sont possibles pour l’instant."
    if around.missing:
        outcomes = [(*one, around.missing) if one[0] == Outcome.UNREACHABLE else one for one in outcomes]
    fields = [FormField("radios", "outcome", "Quelle est l’issue\u202f?", outcomes, hint)]
    fields.append(
        FormField("date", "date_of_effect", "Date d’effet du droit", hint="Si le droit est ouvert.", required=False)
    )
    if around.state is not State.ACKNOWLEDGED:
        hint = "Si la personne a renoncé."
        fields.append(FormField("select", "cause", "Pourquoi", NonTakeUpCause.options(), hint, required=False))
    hint = "Si la demande est refusée ou la personne non éligible."
    fields.insert(2, FormField("select", "ground", "Motif", RefusalGround.options(), hint, required=False))
    return fields


def _redirect(around: Around) -> list[FormField]:
    options = [
        (str(one.desk), f"{one.organisation_name}, {one.desk_name}", "" if one.open else "Fermé en ce moment")
        for one in around.desks
    ]
    hint = "La personne référente en parle d’abord avec la personne\u202f: c’est elle qui confirme."
    return [FormField("radios", "to_desk", "Quel guichet conviendrait\u202f?", options, hint)]


FORMS: dict[str, ActionForm] = {
    form.action: form
    for form in (
        ActionForm(
            "acknowledge",
            "Dites quand vous contacterez la personne.",
            "Accuser réception",
            actions.Acknowledge,
            _acknowledge,
        ),
        ActionForm(
            "log_attempt",
            "Chaque essai compte, même sans réponse.",
            "Noter ce contact",
            actions.LogAttempt,
            _attempt,
        ),
        ActionForm(
            "request_information",
            "L’orientation attend la réponse de la personne référente.",
            "Envoyer la question",
            Question,
            _question,
        ),
        ActionForm(
            "hold",
            "Dites à qui d’agir, et quand vous reprendrez.",
            "Mettre en pause",
            actions.Hold,
            _hold,
        ),
        ActionForm("resume", "L’orientation revient dans «\u202fÀ nous d’agir\u202f».", "Reprendre", actions.Resume),
        ActionForm(
            "refuse_accompaniment",
            "La personne a le droit d’être accompagnée\u202f: un refus se motive, et il est compté.",
            "Noter ce refus",
            actions.RefuseAccompaniment,
            lambda _around: [FormField("radios", "reason", _REASON, AccompanimentRefusal.options())],
        ),
        ActionForm(
            "decline",
            "La personne référente saura pourquoi. Si un autre guichet convient, proposez-le plutôt.",
            "Décliner",
            actions.Decline,
            lambda _around: [FormField("radios", "reason", _REASON, DeclineReason.options())],
        ),
        ActionForm(
            "propose_redirect",
            "Choisissez le guichet qui s’occupe de ce droit.",
            "Proposer ce guichet",
            OtherDesk,
            _redirect,
        ),
        ActionForm("close", "Dites ce qui est arrivé\u202f: la personne référente le vérifiera avec elle.", "Clore",
                   actions.Close, _close),
        ActionForm(
            "assign",
            "Les délais ne changent pas.",
            "Confier",
            actions.Assign,
            lambda around: [FormField("radios", "assignee", "À quel collègue\u202f?", around.colleagues)],
        ),
    )
}  # fmt: skip
