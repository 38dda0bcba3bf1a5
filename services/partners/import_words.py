"""An import in words: its views, what each row would do, and what was done."""

from collections.abc import Iterable
from typing import Any

from contracts.refusals import every_refusal
from contracts.viewer import Viewer
from services.partners import import_store as store
from services.partners.directory_words import some
from services.partners.import_columns import BY_CODE, shown
from services.partners.import_verdict import Act, Outcome
from services.runtime.driver import Row

VIEWS: dict[str, tuple[Outcome, str, str]] = {
    "a-corriger": (
        Outcome.ERROR,
        "À corriger",
        "Écrivez la bonne valeur\u202f: tout est vérifié de nouveau, et rien de "
        "ce qui est juste n’est perdu. Une ligne qui reste ici sera laissée de côté.",
    ),
    "a-decider": (
        Outcome.DECIDE,
        "À décider",
        "Ces organismes sont peut-être déjà là, ou ont été changés à la main "
        "depuis le dernier import. Sans choix, la ligne sera laissée de côté.",
    ),
    "nouveaux": (Outcome.NEW, "Nouveaux", "Ces organismes seront ajoutés, sans convention et sans compte."),
    "mises-a-jour": (Outcome.UPDATE, "Mises à jour", "Voici ce qui changera. Une case vide du fichier n’efface rien."),
    "inchanges": (Outcome.SAME, "Inchangés", "L’annuaire dit déjà la même chose\u202f: rien ne changera."),
    "de-cote": (Outcome.LEFT, "De côté", "Ces lignes ne seront pas reprises."),
}
GONE = "absents"
STATES = {
    "draft": ("À relire", "due"), "applying": ("En cours", "new"), "done": ("Terminé", "open"),
    "stopped": ("Arrêté", "late"),
}  # fmt: skip
FORMS = {"csv": "Fichier CSV", "xlsx": "Classeur Excel", "data_inclusion": "Fichier data·inclusion"}
_WHY = {
    "closed": "Cet organisme a quitté le réseau.",
    "head": "La première ligne de cet organisme n’est pas reprise.",
    "chosen": "Vous l’avez laissée de côté.",
    "error": "Une case était à corriger.",
    "undecided": "Personne n’a décidé.",
    "changed": "L’annuaire a changé entre-temps. Importez le fichier de nouveau pour cette ligne.",
    "invalid": "Une valeur ne convient pas.",
    "failed": "Une erreur est survenue de notre côté.",
}


def why(code: str) -> str:
    """Why a row is left aside."""
    refusal = every_refusal().get(code)
    return _WHY.get(code) or (str(refusal()) if refusal else _WHY["failed"])


def totals(rows: Iterable[Row]) -> dict[str, int]:
    """Rows by outcome, by `act.<act>` and by `result.<result>`, and how many there are (`all`), are done (`done`), or
    wait for a decision (`undecided`).
    """
    found: dict[str, int] = {"all": 0, "done": 0, "undecided": 0}
    for row in rows:
        undecided = "undecided" if row.outcome == Outcome.DECIDE and not row.act else ""
        for name in (
            "all",
            row.outcome,
            f"act.{row.act}",
            f"result.{row.result}",
            "done" if row.result else "",
            undecided,
        ):
            if name:
                found[name] = found.get(name, 0) + row.rows
    return found


def sentence(counts: dict[str, int]) -> str:
    """`12 lignes : 8 nouveaux organismes, 2 mises à jour, 1 à décider, 1 à corriger.`"""
    parts = (
        (counts.get(Outcome.NEW, 0), "ligne nouvelle", "lignes nouvelles"),
        (counts.get(Outcome.UPDATE, 0), "mise à jour", "mises à jour"),
        (counts.get(Outcome.SAME, 0), "inchangée", "inchangées"),
        (counts.get(Outcome.DECIDE, 0), "à décider", "à décider"),
        (counts.get(Outcome.ERROR, 0), "à corriger", "à corriger"),
        (counts.get(Outcome.LEFT, 0), "de côté", "de côté"),
    )
    said = ", ".join(some(*one) for one in parts if one[0])
    return f"{some(counts['all'], 'ligne lue', 'lignes lues')}\u202f: {said}."


def button(counts: dict[str, int]) -> str:
    """What applying will do, on its button."""
    made, changed = counts.get("act.make", 0), counts.get("act.change", 0)
    parts = [some(made, "ajout", "ajouts")] if made else []
    parts += [some(changed, "changement", "changements")] if changed else []
    return f"Importer\u202f: {' et '.join(parts)}" if parts else "Terminer sans rien changer"


def aside(counts: dict[str, int]) -> str:
    """How many rows would be left aside now; "" for none."""
    count = counts.get("act.", 0) + counts.get("act.leave", 0)
    return f"{some(count, 'ligne restera de côté', 'lignes resteront de côté')}." if count else ""


def row_of(viewer: Viewer, row: Row, cells: dict[str, str]) -> dict[str, Any]:
    """A row as the page shows it."""
    found = store.parsed(viewer, row.found)
    values = found["values"]
    return {
        "number": row.number,
        "title": row.title or "Ligne sans nom",
        "meta": [one for one in (shown("kind", values.get("kind", "")), values.get("city"),
                                 values.get("siret")) if one],
        "errors": [(code, BY_CODE[code].label, cells.get(code, ""), text) for code, text in _ordered(found["errors"])],
        "changes": [_change(code, *pair) for code, pair in _ordered(found["changes"])],
        "conflicts": [_change(code, *pair) for code, pair in _ordered(found["conflicts"])],
        "kept": ", ".join(BY_CODE[code].label for code in found["kept"]),
        "choice": row.choice,
        "options": choices(found),
        "decided": bool(row.act),
        "why": why(found["why"]) if row.act == Act.LEAVE else "",
    }  # fmt: skip


def choices(found: dict[str, Any]) -> list[tuple[str, str]]:
    """What one may decide about a row: (choice, words)."""
    if found["conflicts"]:
        return [("mine", "Garder ce qui est dans l’annuaire"), ("theirs", "Prendre ce que dit le fichier"),
                ("leave", "Laisser la ligne de côté")]  # fmt: skip
    said = {"siret": "même SIRET", "name": "même nom"}
    updates = [
        (f"update:{one['ref']}", f"C’est {_place(one)} ({said[one['why']]})\u202f: mettre à jour")
        for one in found["candidates"] if one.get("ref")
    ]  # fmt: skip
    return [*updates, ("new", "C’est un autre organisme\u202f: l’ajouter"), ("leave", "Laisser la ligne de côté")]


def twin(found: dict[str, Any]) -> str:
    """The row above that may be the same organisation, in words; "" for none."""
    one = next((one for one in found["candidates"] if one.get("row")), None)
    return f"Peut-être le même organisme qu’à la ligne {one['row']}, {_place(one)}." if one else ""


def _ordered(found: dict[str, Any]) -> list[tuple[str, Any]]:
    """In the order of the columns, which JSON does not keep."""
    return [(code, found[code]) for code in BY_CODE if code in found]


def _place(one: dict[str, Any]) -> str:
    return f"{one['name']}, {one['city']}" if one.get("city") else str(one["name"])


def _change(code: str, old: str, new: str) -> tuple[str, str, str]:
    return BY_CODE[code].label, shown(code, old), shown(code, new)
