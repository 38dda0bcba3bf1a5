"""data·inclusion: `structures` and `services` after gip-inclusion/data-inclusion-schema, v0 and v1, as our columns.

A service is no desk: the schema says no right and no way of receiving. Its themes and its contact go to its structure.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from contracts.refusals import ImportEmpty, ImportUnreadable
from contracts.vocabulary import OrganisationKind as Kind
from services.partners.import_columns import BETWEEN, tidy
from services.partners.import_reading import MOST_CELL, MOST_ROWS, Table, decode, too_long

HEADS = ("source", "identifiant", "nom", "nature", "siret", "adresse", "code_postal", "commune", "telephone",
         "courriel", "thematiques", "contact_nom", "contact_courriel", "contact_telephone")  # fmt: skip
MOST_THEMES = 40
Record = dict[str, Any]
Records = tuple[list[Record], list[Record]]
# v0: `typologie` of a structure; v1: its `reseaux_porteurs`. What is not here says nothing of the kind.
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("CCAS", "CIAS", "ccas-cias"), Kind.CCAS),
    **dict.fromkeys(("CAF", "caf"), Kind.CAF),
    **dict.fromkeys(("CPAM", "cpam"), Kind.CPAM),
    **dict.fromkeys(("MSA", "mutualite-sociale-agricole"), Kind.MSA),
    **dict.fromkeys(("FT", "france-travail"), Kind.FRANCE_TRAVAIL),
    **dict.fromkeys(("RFS", "MSAP", "france-service", "msap"), Kind.FRANCE_SERVICES),
    **dict.fromkeys(("MDPH", "maison-departementale-de-lautonomie"), Kind.MDPH),
    **dict.fromkeys(("CD", "DEPT", "CDAS", "MDS", "departements", "maisons-des-solidarites"), Kind.DEPARTEMENT),
    **dict.fromkeys(("CC", "EPCI"), Kind.EPCI),
    **dict.fromkeys(
        ("ASSO", "ASSO_CHOMEUR", "UDAF", "CIDFF", "unaf", "cidff", "banques-alimentaires", "croix-rouge", "cresus",
         "emmaus", "restos-du-coeur", "secours-populaire"), Kind.ASSOCIATION,
    ),
}  # fmt: skip


def is_json(body: bytes) -> bool:
    """Whether a file begins as JSON does."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def is_one(heads: Iterable[str]) -> bool:
    """Whether these titles of a CSV are those of data·inclusion: of structures, or of services."""
    return {"id", "source", "nom", "date_maj"} <= {one.strip().lower() for one in heads}


def read_json(body: bytes) -> Records:
    """Structures and services of a JSON file: an object with both, a page of the API (`items`), or a list of either.

    Refusal: ImportUnreadable.
    """
    try:
        found = json.loads(decode(body))
    except (ValueError, RecursionError):
        raise ImportUnreadable(field="file") from None
    if isinstance(found, dict):
        lists = [found.get(name) or [] for name in ("structures", "services", "items")]
    else:
        lists = [found]
    if not all(isinstance(one, list) for one in lists):
        raise ImportUnreadable(field="file")
    return _told_apart([one for many in lists for one in many if isinstance(one, dict)])


def records_of(table: Table) -> Records:
    """The same of a CSV file with the names of the schema as titles."""
    heads = [one.lower() for one in table.heads]
    return _told_apart([dict(zip(heads, row, strict=True)) for row in table.rows])


def table_of(given: Sequence[Records]) -> Table:
    """The structures in our columns, with the themes and the first contact of their services.

    Refusals: ImportEmpty, ImportTooLong.
    """
    structures = [one for found, _ in given for one in found]
    services: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for one in (one for _, found in given for one in found):
        services[_text(one.get("source")), _text(one.get("structure_id"))].append(one)
    if not structures:
        raise ImportEmpty(field="file")
    if len(structures) > MOST_ROWS:
        raise too_long()
    rows = (_row(one, services[_text(one.get("source")), _text(one.get("id"))]) for one in structures)
    return Table("data_inclusion", HEADS, tuple(rows))


def _told_apart(records: list[Record]) -> Records:
    return (
        [one for one in records if not one.get("structure_id")],
        [one for one in records if one.get("structure_id")],
    )


def _row(one: Record, services: list[Record]) -> tuple[str, ...]:
    contact: Record = next((found for found in services if _names_a_contact(found)), {})
    themes = {theme_words(theme) for found in (one, *services) for theme in _many(found.get("thematiques"))}
    values = (
        one.get("source"), one.get("id"), one.get("nom"), _kind(one), one.get("siret"), one.get("adresse"),
        one.get("code_postal"), one.get("commune"), one.get("telephone"), one.get("courriel"),
        BETWEEN.join(sorted(themes)[:MOST_THEMES]), contact.get("contact_nom_prenom"),
        contact.get("courriel"), contact.get("telephone"),
    )  # fmt: skip
    return tuple(tidy(_text(value)[:MOST_CELL]) for value in values)


def theme_words(code: str) -> str:
    """`logement-hebergement--louer-un-logement` as words: `logement hebergement : louer un logement`."""
    return code.replace("--", " : ").replace("-", " ")


def _names_a_contact(service: Record) -> bool:
    """v0 says of a contact whether it may be shown; nobody is taken over who may not."""
    hidden = _text(service.get("contact_public")).lower() in ("false", "f", "0", "non")
    return bool(_text(service.get("contact_nom_prenom"))) and not hidden


def _kind(one: Record) -> str:
    codes = [_text(one.get("typologie")), *sorted(_many(one.get("reseaux_porteurs")))]
    return next((KINDS[code].label for code in codes if code in KINDS), "")


def _many(value: object) -> list[str]:
    """A list, or one written in a cell: `["a", "b"]`, `{a,b}`, `a, b`."""
    if isinstance(value, list):
        return [_text(one) for one in value if _text(one)]
    return [one for one in re.split(r"[\[\]{}\",|;\s]+", _text(value)) if one]


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    return "" if value is None or isinstance(value, dict | list) else str(value)
