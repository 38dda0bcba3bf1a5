"""The parts of the impact assessment and of the register's entry that the code knows best: what is held, sealed, shared
with whom, and for how long. Each stands between marks in a page of `docs/aipd/`; the rest of a page is written by hand.
"""

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

from sqlalchemy import LargeBinary, Table

from contracts.consent import MAX_GRANT_AGE, Basis, ProhibitedUse
from contracts.dossier import Category, Dossier, category_of
from contracts.topology import SERVICES
from contracts.vocabulary import OrganisationKind, Purpose
from services.intake import demonstration
from services.intake.data_request_rules import Kind as Asked
from services.intake.data_request_words import TITLES, label_of
from services.intake.erasable import APART, KEPT, personal_tables
from services.intake.tables import SCHEMA
from services.runtime.purging import PLUMBING_AGES, Age
from services.runtime.settings import Settings
from services.runtime.stream import stream_config

FOLDER = Path(__file__).parents[1] / "docs" / "aipd"
PAGES = (FOLDER / "analyse-impact.md", FOLDER / "registre.md")
# References, instants of the machine and versions: they describe the row, not the person.
_OF_THE_ROW = {
    "territory",
    "ref",
    "person",
    "organisation",
    "at",
    "created_at",
    "updated_at",
    "command",
    "epoch",
    "version",
}
_SERVICES = {
    "intake": "Suivi des personnes", "referral": "Vie des orientations", "partners": "Annuaire et guichets",
    "notify": "Messages aux professionnels",
}  # fmt: skip
_KEPT_AFTER = {
    "datarequest": "gardée\u202f: preuve de la réponse, texte illisible",
    "datarequestevent": "gardée\u202f: preuve de la réponse",
    "erasurerequest": "gardée\u202f: le guichet doit encore répondre",
    "journalentry": "gardée jusqu’à son terme\u202f: références seulement",
    "breakglass": "gardée\u202f: références seulement",
    "breakglassconfirmation": "gardée\u202f: références seulement",
}
# What a person sees on pages of its own, and not in the dossier of an access request.
_ELSEWHERE = {
    "evaluationanswer": "Sa réponse au sujet de l’évaluation",
    "personlink": "La feuille qui ouvre sa page",
    "personvisit": "Les visites de sa page",
}


class MarkWithoutContent(Exception):
    """A page has a mark that nothing here writes, or an open mark that is not closed."""


def pages() -> dict[Path, str]:
    """Each page as it should stand: what is between its marks is written anew. Raises MarkWithoutContent."""
    return {path: renewed(path.read_text("utf-8")) for path in PAGES}


def renewed(text: str) -> str:
    """The page with its generated parts as the code says them now."""
    opened = re.findall(r"<!-- (\w+): debut -->", text)
    closed = re.findall(r"<!-- (\w+): fin -->", text)
    if opened != closed or not set(opened) <= set(PARTS):
        raise MarkWithoutContent(", ".join(sorted(set(opened) ^ set(closed) | (set(opened) - set(PARTS)))))
    for name in opened:
        pattern = rf"(<!-- {name}: debut -->\n).*?(<!-- {name}: fin -->)"
        part = PARTS[name]()
        text = re.sub(pattern, lambda found, part=part: f"{found[1]}{part}\n{found[2]}", text, flags=re.S)
    return text


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    first = tuple(heads)
    lines = [f"| {' | '.join(first)} |", "|---" * len(first) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _purposes() -> str:
    return "\n".join(f"- {one.label}" for one in Purpose)


def _categories() -> str:
    fields = {one: [str(info.title) for name, info in Dossier.model_fields.items() if category_of(name) is one]
              for one in Category}  # fmt: skip
    return table(("ce que la personne peut accepter de partager", "soit"),
                 ((one.label, ", ".join(fields[one])) for one in Category))  # fmt: skip


def _held() -> str:
    order = list(TITLES)
    found = sorted(personal_tables(SCHEMA.metadata), key=lambda one: _place(one.name, order))
    rows = [(_title(one), _columns(one, sealed=True), _columns(one, sealed=False), _at_erasure(one)) for one in found]
    return table(("ce qui est gardé", "chiffré, clé propre à la personne", "lisible en base", "à l’effacement"), rows)


def _place(name: str, order: list[str]) -> tuple[int, str]:
    return (order.index(name) if name in order else len(order), name)


def _title(one: Table) -> str:
    said = TITLES.get(one.name) or _ELSEWHERE.get(one.name)
    return f"{said} (`{one.name}`)" if said else f"`{one.name}`"


def _columns(one: Table, *, sealed: bool) -> str:
    found = [
        column.name
        for column in one.columns
        if column.name not in _OF_THE_ROW and isinstance(column.type, LargeBinary) is sealed
    ]
    names = [label for name in found if (label := label_of(one.name, name)) is not None]
    technical = ["colonnes techniques"] if len(names) < len(found) else []
    return ", ".join(dict.fromkeys([*names, *technical])) or "–"


def _at_erasure(one: Table) -> str:
    if one.name in KEPT:
        return _KEPT_AFTER.get(one.name, "gardée\u202f: références seulement")
    return "effacée (traitement à part)" if one.name in APART else "effacée"


def _recipients() -> str:
    senders = ", ".join(one.label for one in demonstration.SENDERS)
    closed = [one.label for one in OrganisationKind if one not in demonstration.RECIPIENTS]
    rows = [(one.label, senders, Basis.PERSON_AGREEMENT.label) for one in demonstration.RECIPIENTS]
    uses = "\u202f; ".join(one.label.lower() for one in ProhibitedUse)
    return "\n\n".join(
        [
            table(("destinataire", "depuis", "base livrée"), rows),
            f"Sans circuit livré, donc fermés\u202f: {', '.join(closed)}.",
            f"Chaque lecture rappelle\u202f: {uses}. Un accord dure {MAX_GRANT_AGE.days} jours au plus.",
        ]
    )


def _bases() -> str:
    return "\n".join(f"- {one.label}" for one in Basis)


def _durations() -> str:
    months, journal, control = (
        Settings.model_fields[name].default for name in ("retention_months", "journal_months", "journal_control_months")
    )
    rows = [
        ("Personne, et tout ce qui la concerne", f"{months} mois après le dernier contact (`RELAIS_RETENTION_MONTHS`)"),
        ("Journal des lectures et écritures", f"{journal} mois (`RELAIS_JOURNAL_MONTHS`)"),
        ("Journal, lignes qui servent au contrôle des accès", f"{control} mois (`RELAIS_JOURNAL_CONTROL_MONTHS`)"),
        ("Faits en circulation (références seulement)", f"{int(stream_config('t').max_age or 0) // 86_400} jours"),
    ]
    rows += [(age.what, _said(age.days)) for age in PLUMBING_AGES]
    for name in SERVICES:
        rows += [(f"{_SERVICES[name]}\u202f: {age.what.lower()}", _said(age.days)) for age in _ages(name)]
    return table(("donnée", "durée"), rows)


def _ages(service: str) -> tuple[Age, ...]:
    found: tuple[Age, ...] = import_module(f"services.{service}.tables").SCHEMA.ages
    return found


def _said(days: int) -> str:
    """`3 ans`, `1 an`, `45 jours`."""
    years, rest = divmod(days, 365)
    return f"{years} an{'s' if years > 1 else ''}" if years and rest <= 1 else f"{days} jours"


def _rights() -> str:
    return "\n".join(f"- {one.label}" for one in Asked)


PARTS: dict[str, Callable[[], str]] = {
    "buts": _purposes,
    "categories": _categories,
    "donnees": _held,
    "bases": _bases,
    "destinataires": _recipients,
    "durees": _durations,
    "droits": _rights,
}
