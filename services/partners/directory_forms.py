"""The forms of the directory: their fields as data, drawn by one template; what was typed is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import time
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import uuid4

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from contracts.refusals import Refusal
from contracts.rights import catalogue, right_name
from contracts.viewer import Role, Viewer
from contracts.vocabulary import Capacity, Document, HandoverMode, OrganisationKind
from services.partners.directory_commands import CLOSED, EXAMPLE
from services.partners.directory_tables import DeskSetting
from services.partners.tables import Desk
from services.runtime.web import dates
from services.runtime.web.forms import Errors

ROLE_WORDS = {
    Role.REFERENT: "Accompagne des personnes (référente, référent)",
    Role.DESK_AGENT: "Reçoit au guichet",
    Role.DESK_MANAGER: "Responsable du guichet",
    Role.COORDINATOR: "Coordonne le territoire",
    Role.DPO: "Protège les données (DPO)",
    Role.ADMINISTRATOR: "Administre l’annuaire",
}
Options = Sequence[tuple[str, str]]
_HOURS_HINT = (
    f"Ainsi\u202f: {EXAMPLE}. Un jour sans accueil\u202f: {CLOSED}. Toute la semaine vide\u202f: les heures ouvrées "
    "habituelles."
)


@dataclass(frozen=True)
class Field:
    """One field: `kind` is text, email, date, select, radios, checkboxes, hours or tick; `value` is what it holds at
    first. Fields of the kinds hours and tick that follow each other are one group, named by the `legend` of the first.
    """

    name: str
    label: str
    kind: str = "text"
    value: Any = ""
    options: Options = ()
    hint: str | None = None
    required: bool = True
    legend: str = ""


@dataclass(frozen=True)
class Sheet:
    """A page with one form. `back` is where one came from, `button` the word of its one action."""

    title: str
    lead: str
    button: str
    back: tuple[str, str]
    fields: tuple[Field, ...]
    notes: tuple[str, ...] = ()
    danger: bool = False


def show(
    request: Request,
    viewer: Viewer,
    sheet: Sheet,
    sent: FormData | None = None,
    errors: Errors | None = None,
    status: int = 200,
) -> Response:
    """The page, new or come back; what was typed is in the fields again."""
    typed = {one.name: one.value for one in sheet.fields} if sent is None else _typed(sheet, sent)
    command = str(sent.get("command_id") or "") if sent is not None else ""
    response: Response = request.app.state.pages.render(
        request,
        "directory_form.html",
        status=status,
        viewer=viewer,
        sheet=sheet,
        typed=typed,
        errors=errors or {},
        command_id=command or uuid4(),
    )
    return response


def refused(refusal: Refusal) -> Errors:
    """The refusal at its field, or on top."""
    return {refusal.field or "form": str(refusal)}


def _typed(sheet: Sheet, sent: FormData) -> dict[str, Any]:
    many = {one.name for one in sheet.fields if one.kind == "checkboxes"}
    return {
        one.name: [str(value) for value in sent.getlist(one.name)] if one.name in many else str(sent.get(one.name, ""))
        for one in sheet.fields
    }


def organisation_fields(row: Any = None, card: Any = None) -> tuple[Field, ...]:  # noqa: ANN401 - rows or None
    """An organisation's, with its card."""

    def known(name: str) -> str:
        return getattr(card, name) if card else ""

    plain = (
        ("address", "Adresse", "text", None), ("postal_code", "Code postal", "text", None),
        ("city", "Commune", "text", None), ("phone", "Téléphone pour les professionnels", "text", None),
        ("email", "Courriel", "email", None),
        ("themes", "Thématiques", "text", "Ce que l’organisme fait. Séparez par une barre\u202f: logement | budget."),
        ("contact_name", "Contact\u202f: prénom et nom", "text", "Une ou un professionnel, sans compte dans Relais."),
        ("contact_function", "Contact\u202f: fonction", "text", None),
        ("contact_email", "Contact\u202f: courriel", "email", None),
        ("contact_phone", "Contact\u202f: téléphone", "text", None),
    )  # fmt: skip
    return (
        Field("name", "Nom de l’organisme", value=row.name if row else ""),
        Field("kind", "Nature", "select", row.kind if row else "", OrganisationKind.options()),
        Field("siret", "SIRET", value=(row.siret or "") if row else "", required=False,
              hint="Sert à reconnaître ses agents à la connexion."),
        *(Field(name, label, kind, known(name), hint=hint, required=False) for name, label, kind, hint in plain),
    )  # fmt: skip


def desk_fields(row: Desk | None = None) -> tuple[Field, ...]:
    """A desk's, as the administration has them."""
    rights = [(code, right_name(code)) for code in catalogue()]
    receives = ["true"] if row is None or row.receives else []
    return (
        Field("name", "Nom du guichet", value=row.name if row else "", hint="Par exemple\u202f: Accueil social."),
        Field("phone", "Téléphone pour les professionnels", value=(row.phone or "") if row else "", required=False),
        Field("rights", "Droits que ce guichet reçoit", "checkboxes", row.rights if row else [], rights),
        Field("modes", "Comment il les reçoit", "checkboxes", row.modes if row else [], HandoverMode.options()),
        Field("receives", "Ce guichet reçoit-il des orientations\u202f?", "checkboxes", receives,
              [("true", "Oui, il en reçoit")]),
    )  # fmt: skip


def member_fields(
    row: Any,  # noqa: ANN401 - an Account or None
    desks: Options,
    had: set[tuple[str, str]],
    *,
    everything: bool,
    heirs: Options = (),
) -> tuple[Field, ...]:
    """A member's; `everything` shows the roles of an organisation, which only the administration gives."""
    found = [
        Field("name", "Prénom et nom", value=row.name if row else ""),
        Field("email", "Adresse de courriel professionnelle", "email", row.email if row else "",
              hint="Elle se connecte avec cette adresse."),
        Field("function", "Fonction", value=row.function if row else "", required=False),
        Field("phone", "Téléphone professionnel", value=(row.phone or "") if row else "", required=False),
    ]  # fmt: skip
    if desks:
        found.append(Field("agent_at", "Reçoit au guichet", "checkboxes", _at(Role.DESK_AGENT, had), desks))
        managed = _at(Role.DESK_MANAGER, had)
        found.append(Field("manager_at", "Est responsable du guichet", "checkboxes", managed, desks))
    if everything:
        roles = [(role.value, ROLE_WORDS[role]) for role in (Role.REFERENT, Role.COORDINATOR, Role.DPO,
                                                             Role.ADMINISTRATOR)]  # fmt: skip
        found.append(Field("roles", "Autres rôles", "checkboxes", [role for role, desk in had if not desk], roles))
    if heirs:
        hint = "Seulement si vous lui retirez l’accompagnement\u202f: qui suivra ses personnes."
        found.append(Field("heir", "Reprise de ses personnes", "select", "", heirs, hint, required=False))
    return tuple(found)


def settings_fields(desk: Desk, setting: DeskSetting | None) -> tuple[Field, ...]:
    """How a desk works."""
    week = [Field(f"day_{day}", dates.DAYS[day - 1].capitalize(), "hours", _written_or_closed(setting, day),
                  required=False) for day in range(1, 8)]  # fmt: skip
    week[0] = replace(week[0], legend="Vos horaires", hint=_HOURS_HINT)
    same = bool(week[0].value) and len({one.value for one in week[:5]}) == 1
    week.insert(1, Field("as_monday", "Du mardi au vendredi, comme le lundi", "tick", same, required=False))
    return (
        Field("capacity", "Ce que vous pouvez prendre", "radios", setting.capacity if setting else "open",
              Capacity.options()),
        Field("full_until", "Si vous êtes complets, jusqu’au", "date", _day(setting and setting.full_until),
              required=False),
        Field("closed_from", "Fermé à partir du", "date", _day(desk.closed_from), required=False,
              hint="Fermé, le guichet ne reçoit rien. Laissez vide s’il est ouvert."),
        Field("closed_until", "Fermé jusqu’au", "date", _day(desk.closed_until), required=False),
        Field("modes", "Comment vous recevez", "checkboxes", desk.modes, HandoverMode.options()),
        Field("documents", "Ce que vous demandez d’habitude", "checkboxes", setting.documents if setting else [],
              Document.options()),
        Field("documents_note", "Une précision pour qui prépare", value=setting.documents_note if setting else "",
              required=False, hint="160 caractères au plus, sur les pièces seulement\u202f: rien d’une personne."),
        *week,
        Field("effective_from", "Ces horaires valent à partir du", "date", "", required=False,
              hint="Vide\u202f: dès aujourd’hui. Les échéances déjà promises ne bougent pas."),
    )  # fmt: skip


def written(setting: DeskSetting | None, day: int) -> str:
    """The hours of a day as people write them."""
    found = [one for one in (setting.hours if setting else ()) if one["weekday"] == day]
    return ", ".join(f"{_hour(one['opens'])} - {_hour(one['closes'])}" for one in found)


def _written_or_closed(setting: DeskSetting | None, day: int) -> str:
    """The same in the form: a closed day of a week that was written says so, where nothing at all is the usual week."""
    return written(setting, day) or (CLOSED if setting and setting.hours else "")


def hours_words(setting: DeskSetting | None) -> str:
    """The week in one line, days of the same hours that follow each other in one go; "" when the desk said nothing."""
    week = [(day, written(setting, day)) for day in range(1, 8)]
    runs = [(said, [day for day, _ in run]) for said, run in groupby(week, key=itemgetter(1)) if said]
    return "\u202f; ".join(f"{_days(days)} {said}" for said, days in runs)


def _days(days: list[int]) -> str:
    first, last = dates.DAYS[days[0] - 1], dates.DAYS[days[-1] - 1]
    return first if len(days) == 1 else f"{first} et {last}" if len(days) == 2 else f"du {first} au {last}"


def _hour(value: object) -> str:
    return dates.hour(time.fromisoformat(str(value)))


def _at(role: Role, had: set[tuple[str, str]]) -> list[str]:
    return [desk for one, desk in had if one == role and desk]


def _day(value: Any) -> str:  # noqa: ANN401 - a day or nothing
    return value.isoformat() if value else ""
