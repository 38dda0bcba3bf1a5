"""The dossier: everything that could be said of a person for one hand-over, each field tagged with its category."""

from datetime import date
from functools import cache
from typing import Annotated

from pydantic import Field

from contracts.envelope import Frozen
from contracts.vocabulary import EmploymentKind, HouseholdKind, HousingKind, Language, ResourcesBand, Word

NEED_SUMMARY_LENGTH = 500


class Category(Word):
    """What can be shared, as a closed list; each field of the dossier belongs to exactly one."""

    IDENTITY_MIN = "identity_min", "Initiale et âge"
    IDENTITY_FULL = "identity_full", "Nom et prénom"
    BIRTH_DATE = "birth_date", "Date de naissance"
    CONTACT_PHONE = "contact_phone", "Téléphone"
    CONTACT_POSTAL = "contact_postal", "Adresse"
    CONTACT_SAFE_TIMES = "contact_safe_times", "Quand l’appeler"
    HOUSEHOLD = "household", "Foyer"
    HOUSING = "housing", "Logement"
    EMPLOYMENT = "employment", "Emploi"
    RESOURCES_BAND = "resources_band", "Ressources (tranche)"
    RIGHT_STATUS = "right_status", "Où en est ce droit"
    NEED_SUMMARY = "need_summary", "Ce qui l’aiderait"
    ACCOMPANIMENT = "accompaniment", "Personne qui l’accompagne"
    LANGUAGE = "language", "Langue"


class Dossier(Frozen):
    """Everything that could be said of a person for one hand-over; every field is tagged with its category.

    A field without a tag fails a test. `None` means not recorded.
    """

    short_name: Annotated[str | None, Category.IDENTITY_MIN] = Field(None, title="Personne")
    age: Annotated[int | None, Category.IDENTITY_MIN] = Field(None, title="Âge")
    full_name: Annotated[str | None, Category.IDENTITY_FULL] = Field(None, title="Nom et prénom")
    birth_date: Annotated[date | None, Category.BIRTH_DATE] = Field(None, title="Date de naissance")
    phone: Annotated[str | None, Category.CONTACT_PHONE] = Field(None, title="Téléphone")
    postal_address: Annotated[str | None, Category.CONTACT_POSTAL] = Field(None, title="Adresse")
    safe_times: Annotated[str | None, Category.CONTACT_SAFE_TIMES] = Field(None, title="Quand l’appeler")
    household: Annotated[HouseholdKind | None, Category.HOUSEHOLD] = Field(None, title="Foyer")
    children: Annotated[int | None, Category.HOUSEHOLD] = Field(None, title="Enfants à charge")
    housing: Annotated[HousingKind | None, Category.HOUSING] = Field(None, title="Logement")
    employment: Annotated[EmploymentKind | None, Category.EMPLOYMENT] = Field(None, title="Emploi")
    resources_band: Annotated[ResourcesBand | None, Category.RESOURCES_BAND] = Field(None, title="Ressources")
    right_status: Annotated[str | None, Category.RIGHT_STATUS] = Field(None, title="Où en est ce droit")
    need_summary: Annotated[str | None, Category.NEED_SUMMARY] = Field(
        None, title="Ce qui l’aiderait", max_length=NEED_SUMMARY_LENGTH
    )
    accompaniment: Annotated[str | None, Category.ACCOMPANIMENT] = Field(None, title="Accompagnée de")
    language: Annotated[Language | None, Category.LANGUAGE] = Field(None, title="Langue")


@cache
def category_of(field: str) -> Category:
    """The category of a dossier field. Raises LookupError for an untagged one."""
    for mark in Dossier.model_fields[field].metadata:
        if isinstance(mark, Category):
            return mark
    raise LookupError(field)
