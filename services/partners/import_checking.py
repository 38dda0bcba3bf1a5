"""What an import would do, row by row, as a pure rule: new, changed, unchanged, to decide, in error or left aside.

An empty cell says nothing and erases nothing. What was changed by hand since the last import of the same source stays,
and is asked about when the file changed as well.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.partners.import_columns import COLUMNS, OF_DESK, OF_ORGANISATION, canonical, folded
from services.partners.import_verdict import OWN_SOURCE, Act, Checked, Directory, Given, Known, Outcome, Values, mark

NEEDED = "Ce champ est nécessaire."
# Two files that both count from 1 must not be taken for one another.
NAMELESS = (
    "Dites d’où vient cet identifiant\u202f: nommez le fichier entier sur la page des colonnes, ou écrivez-le ici."
)
NEW_DESK = {
    "rights": "Dites les droits que ce nouveau guichet reçoit, par exemple\u202f: RSA | Domiciliation.",
    "modes": "Dites comment ce nouveau guichet reçoit, par exemple\u202f: Rendez-vous pris | Dossier transmis.",
}


def check(rows: Sequence[Given], directory: Directory, source: str, kind: str = "") -> list[Checked]:
    """Every row checked, in the order of the file. `source` and `kind` hold where a row says none; "" is not known."""
    heads: dict[tuple[str, ...], Checked] = {}
    desks: set[tuple[int, str]] = set()
    sirets: dict[str, Checked] = {}
    places: dict[tuple[str, str], Checked] = {}
    found = []
    for row in rows:
        one = _read(row, source, kind)
        found.append(one)
        head = heads.setdefault(one.key, one) if one.key else one
        place = (head.number, folded(one.values.get("desk", "")))
        if head is not one:
            _follow(one, row.choice, head, directory, again=place in desks or not place[1])
        elif one.errors:
            _find(one, directory)
            _need_kind(one)
        else:
            _decide(one, row.choice, directory, _twin(one, sirets, places))
        desks.add(place)
        if row.choice == "leave" and one.act is not Act.LEAVE:
            one.outcome, one.act, one.why = Outcome.LEFT, Act.LEAVE, "chosen"
        elif one.errors:
            one.outcome, one.act = Outcome.ERROR, Act.NONE
    return found


def _read(row: Given, source: str, kind: str) -> Checked:
    one = Checked(row.number)
    for column in COLUMNS:
        text = row.cells.get(column.code, "")
        if not text.strip():
            continue
        try:
            value = column.read(text)
        except ValueError as wrong:
            one.errors[column.code] = str(wrong)
            continue
        if value:
            one.values[column.code] = value
    one.values["source"] = one.values.get("source", source).lower()
    one.usual_kind = kind
    if one.values.get("id") and not one.values["source"]:
        one.errors.setdefault("source", NAMELESS)
    if "name" not in one.values:
        one.errors.setdefault("name", NEEDED)
    if "desk" not in one.values and any(name in one.values for name in OF_DESK):
        one.errors.setdefault("desk", "Nommez ce guichet.")
    return one


def _need_kind(one: Checked) -> None:
    """One that is there already keeps its kind where the file says none; a new one has that of the whole file."""
    if one.target is not None or "kind" in one.values or "kind" in one.errors:
        return
    if one.usual_kind:
        one.values["kind"] = one.usual_kind
    else:
        one.errors["kind"] = "Dites la nature de cet organisme."


def _twin(one: Checked, sirets: dict[str, Checked], places: dict[tuple[str, str], Checked]) -> list[dict[str, Any]]:
    """The row above that may be the same organisation under another identifier."""
    siret = one.values.get("siret", "")
    place = folded(one.values["name"]), folded(one.values.get("city", ""))
    first = (sirets.get(siret), "siret") if siret in sirets else (places.get(place), "name")
    if siret:
        sirets.setdefault(siret, one)
    places.setdefault(place, one)
    other, why = first
    if other is None:
        return []
    return [{"row": other.number, "why": why, "name": other.values["name"], "city": other.values.get("city", "")}]


def _find(one: Checked, directory: Directory) -> tuple[Known | None, Values]:
    """The organisation that the row's identifier finds again, with what was taken over from there."""
    source, identifier = one.values["source"], one.values.get("id", "")
    if not identifier:
        return None, {}
    if source == OWN_SOURCE:
        try:
            known, taken = directory.organisations.get(UUID(identifier)), {}
        except ValueError:
            known, taken = None, {}
        if known is None:
            one.errors["id"] = "Cet identifiant n’est pas dans l’annuaire. Videz la case pour ajouter l’organisme."
    else:
        ref, taken = directory.origins.get((source, identifier), (None, {}))
        known = directory.organisations.get(ref) if ref else None
    one.target = known.ref if known else None
    return known, taken


def _decide(one: Checked, choice: str, directory: Directory, twins: list[dict[str, Any]]) -> None:
    known, taken = _find(one, directory)
    if known is not None and known.closed:
        one.outcome, one.act, one.why = Outcome.LEFT, Act.LEAVE, "closed"
        return
    if known is None:
        like = directory.like(one.values)
        one.candidates = [
            {"ref": str(found.ref), "why": why, "name": found.values["name"], "city": found.values.get("city", "")}
            for found, why in like[:5]
        ] or twins
        if one.candidates:
            _ask(one, choice, [found for found, _ in like])
            return
    _compare(one, known, taken)
    _settle(one, choice)


def _ask(one: Checked, choice: str, like: list[Known]) -> None:
    """One that may be there already: which to update, or a new one; no question where nothing would change."""
    if choice == "new":
        _compare(one, None, {})
        one.outcome = Outcome.DECIDE
        return
    chosen = next((known for known in like if choice == f"update:{known.ref}"), None)
    agreed, known = chosen is not None, chosen or (like[0] if len(like) == 1 else None)
    if known is None:
        one.outcome = Outcome.DECIDE
        return
    one.target = known.ref
    _compare(one, known, {})
    if one.changes:
        one.outcome, one.act = Outcome.DECIDE, one.act if agreed else Act.NONE


def _compare(one: Checked, known: Known | None, taken: Values) -> None:
    """What would change, and what stays since somebody changed it by hand."""
    if known is None:
        _need_kind(one)
        one.changes = {name: ("", one.values[name]) for name in OF_ORGANISATION if name in one.values}
        one.outcome, one.act = Outcome.NEW, Act.MAKE
        _compare_desk(one, None, taken)
        return
    _differ(one, OF_ORGANISATION, known.values, taken, "")
    _compare_desk(one, known, taken)
    one.outcome, one.act = (Outcome.UPDATE, Act.CHANGE) if one.changes else (Outcome.SAME, Act.KEEP)


def _compare_desk(one: Checked, known: Known | None, taken: Values) -> None:
    if "desk" not in one.values:
        return
    name = folded(one.values["desk"])
    desk = known.desks.get(name) if known else None
    if desk is not None:
        one.desk = desk.ref
        _differ(one, OF_DESK, desk.values, taken, f"desk {name}/")
    elif f"desk {name}" in taken:
        one.kept.append("desk")
    else:
        for needed, sentence in NEW_DESK.items():
            if needed not in one.values:
                one.errors.setdefault(needed, sentence)
        one.changes |= {code: ("", one.values[code]) for code in ("desk", *OF_DESK) if code in one.values}


def _differ(one: Checked, names: Sequence[str], before: Values, taken: Values, prefix: str) -> None:
    source, identifier = one.values["source"], one.values.get("id", "")
    for name in names:
        new, old = one.values.get(name, ""), canonical(name, before.get(name, ""))
        if not new or new == old:
            continue
        base = taken.get(prefix + name)
        if base is None or base == mark(source, identifier, prefix + name, old):
            one.changes[name] = (before.get(name, ""), new)
        elif base == mark(source, identifier, prefix + name, new):
            one.kept.append(name)
        else:
            one.conflicts[name] = (before.get(name, ""), new)


def _settle(one: Checked, choice: str) -> None:
    """Both changed: the file's word (theirs), or what was written by hand (mine)."""
    if not one.conflicts:
        return
    one.outcome = Outcome.DECIDE
    if choice == "theirs":
        one.changes |= one.conflicts
        one.act = Act.CHANGE
    elif choice == "mine":
        one.act = Act.CHANGE if one.changes else Act.KEEP
    else:
        one.act = Act.NONE


def _follow(one: Checked, choice: str, head: Checked, directory: Directory, *, again: bool) -> None:
    """A further row of an organisation: one more desk, and nothing else of it."""
    one.head, one.target = head.number, head.target
    where = "id" if one.values.get("id") else "name"
    if again:
        one.errors[where] = (
            f"C’est le même organisme qu’à la ligne {head.number}. Nommez un autre guichet, ou laissez cette ligne de "
            "côté."
        )
    for name in OF_ORGANISATION:
        if one.values.get(name, "") not in ("", head.values.get(name, "")):
            one.errors.setdefault(name, f"La ligne {head.number}, du même organisme, dit autre chose.")
    if one.errors:
        return
    if head.act in (Act.NONE, Act.LEAVE):
        one.outcome, one.act, one.why = Outcome.LEFT, Act.LEAVE, "closed" if head.why == "closed" else "head"
        return
    known = directory.organisations.get(head.target) if head.target else None
    taken = directory.origins.get((one.values["source"], one.values.get("id", "")), (None, {}))[1]
    _compare_desk(one, known, taken)
    changed, new = bool(one.changes), head.act is Act.MAKE
    one.outcome = Outcome.NEW if new else Outcome.UPDATE if changed else Outcome.SAME
    one.act = Act.CHANGE if changed else Act.KEEP
    _settle(one, choice)
