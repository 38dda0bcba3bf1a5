"""The rights catalogue as data, with the organisation in charge by scheme (general or agricultural).

The organisation in charge decides; a right listed here is never more than presumed.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pydantic import Field

from contracts.envelope import Frozen
from contracts.vocabulary import OrganisationKind, Scheme


class Right(Frozen):
    """One right: `in_charge` are the kinds of organisation that receive the demand, `paid_by` those that pay it.

    `renewed_after_months` is how long it usually runs before it has to be asked for or proved again; None: no term.
    """

    code: str
    name: str
    in_charge: dict[Scheme, tuple[OrganisationKind, ...]]
    paid_by: dict[Scheme, tuple[OrganisationKind, ...]] = Field(default_factory=dict)
    local: bool = False
    renewed_after_months: int | None = None


@cache
def catalogue() -> dict[str, Right]:
    """All rights by code, in the order in which they are shown."""
    rows = json.loads(Path(__file__).with_name("rights.json").read_text("utf-8"))
    return {row["code"]: Right.model_validate(row) for row in rows}


def add_local(rights: Iterable[Right]) -> None:
    """Put a territory's own rights behind those of everywhere, for this process; one that is there already stays."""
    for right in rights:
        catalogue().setdefault(right.code, right)


def right_name(code: str) -> str:
    """The French name of a right; an unknown code is shown as it is."""
    found = catalogue().get(code)
    return found.name if found else code


def renewed_after_months(code: str) -> int | None:
    """After how many months that right usually comes to its term; None where it has none, or is unknown."""
    found = catalogue().get(code)
    return found.renewed_after_months if found else None


def competent_kinds(code: str, scheme: Scheme) -> tuple[OrganisationKind, ...]:
    """Kinds of organisation in charge of that right under that scheme; empty for an unknown right."""
    right = catalogue().get(code)
    return right.in_charge.get(scheme, ()) if right else ()


def reason_of_competence(code: str, scheme: Scheme) -> str:
    """Why those organisations are proposed, in one French sentence."""
    right = catalogue()[code]
    kinds = " ou ".join(_OF[kind] for kind in competent_kinds(code, scheme))
    paid = " ou ".join(_OF[kind].removeprefix("de ") for kind in right.paid_by.get(scheme, ()))
    under = "au régime agricole" if scheme is Scheme.AGRICULTURAL else "au régime général"
    return f"{right.name}, {under}\u202f: la demande se fait auprès {kinds}" + (f", et {paid} verse." if paid else ".")


_OF = {
    **{kind: f"de la {kind.label}" for kind in OrganisationKind},
    OrganisationKind.CCAS: "du CCAS",
    OrganisationKind.DEPARTEMENT: "du Département",
    OrganisationKind.BAILLEUR: "du bailleur",
    OrganisationKind.ASSOCIATION: "d’une association",
    OrganisationKind.FRANCE_SERVICES: "de France services",
    OrganisationKind.FRANCE_TRAVAIL: "de France Travail",
    OrganisationKind.EPCI: "de l’intercommunalité",
}
