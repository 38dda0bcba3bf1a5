"""The directory as a file, in the form that an import reads, and an empty model of it with two fictional lines."""

import csv
import io
from collections.abc import Iterable, Sequence
from uuid import UUID

from services.partners.import_columns import COLUMNS, HEADERS, shown
from services.partners.import_verdict import OWN_SOURCE, Known, Values

# What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection); an import takes the apostrophe off.
_FORMULAS = ("=", "+", "-", "@")
_EXAMPLES: tuple[Values, ...] = (
    {
        "source": "mon-territoire", "id": "ccas-01", "name": "CCAS de Valbrume-les-Bains", "kind": "ccas",
        "address": "1 place de la Mairie", "postal_code": "99001", "city": "Valbrume-les-Bains",
        "phone": "02 61 91 00 01", "email": "accueil@ccas-valbrume-les-bains.example", "themes": "accès aux droits",
        "contact_name": "Prénom Nom", "contact_function": "Responsable de l’accueil",
        "contact_email": "prenom.nom@ccas-valbrume-les-bains.example", "contact_phone": "02 61 91 00 02",
        "desk": "Accueil social", "desk_phone": "02 61 91 00 03", "rights": "domiciliation | aide_facultative",
        "modes": "rdv_pris | dossier_transmis",
    },
    {
        "source": "mon-territoire", "id": "asso-07", "name": "Association Le Bac à lessive", "kind": "association",
        "postal_code": "99002", "city": "Port-Essai", "email": "contact@bac-a-lessive.example",
    },
)  # fmt: skip


def model() -> bytes:
    """The titles and two lines to write over: `example` domains, telephone numbers reserved for fiction."""
    return _file(_EXAMPLES)


def export(known: Iterable[Known]) -> bytes:
    """Every organisation of the network, a line a desk; our own reference as the identifier, so that it comes back."""
    return _file(line for one in known if not one.closed for line in _lines(one.ref, one))


def _lines(ref: UUID, one: Known) -> list[Values]:
    own = {"source": OWN_SOURCE, "id": str(ref), **one.values}
    return [own | desk.values for desk in one.desks.values()] or [own]


def _file(lines: Iterable[Values]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADERS)
    for line in lines:
        writer.writerow(_safe([shown(one.code, line.get(one.code, "")) for one in COLUMNS]))
    return out.getvalue().encode("utf-8-sig")


def _safe(cells: Sequence[str]) -> list[str]:
    return [f"'{one}" if one.startswith(_FORMULAS) else one for one in cells]
