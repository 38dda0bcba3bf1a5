"""The summary that a person takes home from a rights appointment: what was looked at, what is to be checked, what she
prepares, who does what, and when both meet again.

Pure. No amount and no decision is on it, and none of her answers: only what was decided together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.lifecycle import State
from contracts.rights import competent_kinds, right_name
from contracts.vocabulary import OrganisationKind, Scheme
from services.intake.appointment_guide_words import Helper, Preparation
from services.intake.paper import Item, Paper, section, sections
from services.runtime.web import dates

_TITLE = "Ce que nous avons vu ensemble"
_OVER = frozenset({State.DECLINED, State.RECALLED, State.EXPIRED, State.WITHDRAWN, State.ENTERED_IN_ERROR})
# How one says it to somebody who does not know the letters.
_WHO = {
    OrganisationKind.CAF: "la Caf",
    OrganisationKind.MSA: "la MSA",
    OrganisationKind.CPAM: "l’Assurance maladie (CPAM)",
    OrganisationKind.CARSAT: "la caisse de retraite (Carsat)",
    OrganisationKind.FRANCE_TRAVAIL: "France Travail",
    OrganisationKind.DEPARTEMENT: "le Département",
    OrganisationKind.MDPH: "la MDPH",
    OrganisationKind.CCAS: "le CCAS",
    OrganisationKind.FRANCE_SERVICES: "France services",
    OrganisationKind.ASSOCIATION: "une association",
    OrganisationKind.BAILLEUR: "le bailleur",
    OrganisationKind.EPCI: "l’intercommunalité",
}


@dataclass(frozen=True)
class ToCheck:
    """A presumed right, and the desk that has it in hand with the referral's state, when there is one."""

    right: str
    desk: str | None = None
    state: str | None = None


@dataclass(frozen=True)
class Ready:
    """Something to have ready."""

    preparation: Preparation
    done: bool
    helper: Helper | None


@dataclass(frozen=True)
class Together:
    """What was decided together, as the page and the file read it; `at` is when the summary is made."""

    ref: UUID
    person: str
    scheme: Scheme
    referent: str
    organisation: str
    phone: str | None
    at: datetime
    held_at: datetime | None
    next_at: datetime | None
    goal: str | None
    topics: tuple[str, ...]
    rights: tuple[ToCheck, ...]
    steps: tuple[Ready, ...]


def summary_of(seen: Together) -> Paper:
    """The paper, in French."""
    held = f"Le {dates.exact(seen.held_at.astimezone(dates.PARIS).date())}, " if seen.held_at else ""
    met = f"{held}vous avez rencontré {_by(seen)}." if held else f"{_by(seen)} vous accompagne."
    return Paper(
        kind="resume",
        ref=seen.ref,
        lang="fr",
        direction="ltr",
        title=_TITLE,
        person=seen.person,
        intro=met,
        sections=sections(
            section("Ce que vous voulez", "target", f"«\u202f{seen.goal}\u202f»" if seen.goal else None),
            section("Ce que nous avons regardé", "eye", *seen.topics),
            section("À vérifier", "search-check", *(_right(one, seen.scheme) for one in seen.rights)),
            section("Ce que vous allez préparer", "clipboard-list", *(_ready(one) for one in seen.steps)),
            section("Qui fait quoi", "hand-helping", *_who_does_what(seen)),
            section("Prochain rendez-vous", "calendar-check", _meeting(seen)),
            section("Pour nous joindre", "phone", Item(_by(seen), seen.phone or "")),
        ),
        closing=(
            "Ce sont des pistes, pas des décisions. L’organisme compétent décide, et doit vous dire pourquoi.",
            "Ce papier est à vous. Rien de ce qui y est écrit ne sert à vous contrôler.",
        ),
        made_on=f"Fait le {dates.exact(seen.at.astimezone(dates.PARIS).date())}.",
    )


def _by(seen: Together) -> str:
    return ", ".join(one for one in (seen.referent, seen.organisation) if one)


def _right(one: ToCheck, scheme: Scheme) -> Item:
    who = " ou ".join(_WHO[kind] for kind in competent_kinds(one.right, scheme)) or "l’organisme compétent"
    return Item(right_name(one.right), f"C’est {who} qui décide. {_where(one)}".strip(), strong=True)


def _where(one: ToCheck) -> str:
    if one.desk is None or one.state in _OVER:
        return ""
    if one.state == State.CLOSED.value:
        return f"{one.desk} a donné sa réponse."
    return f"Votre demande est chez {one.desk}."


def _ready(one: Ready) -> Item:
    return Item(one.preparation.label, done=one.done)


def _who_does_what(seen: Together) -> Iterable[Item]:
    me = _by(seen)
    by: Mapping[Helper | None, str] = {
        Helper.HERSELF: "Vous",
        Helper.REFERENT: me,
        Helper.RELATIVE: "Un proche",
        Helper.DESK: "Un guichet",
    }
    for helper, name in by.items():
        does = [one.preparation.label for one in seen.steps if one.helper is helper and not one.done]
        if does:
            yield Item(name, ", ".join([does[0], *(_lower(one) for one in does[1:])]) + ".", strong=True)
    for one in seen.rights:
        if one.desk and one.state not in _OVER and one.state != State.CLOSED.value:
            yield Item(one.desk, f"Étudie votre demande\u202f: {right_name(one.right)}.", strong=True)


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _meeting(seen: Together) -> Item | None:
    if seen.next_at is None or seen.next_at < seen.at:
        return None
    local = seen.next_at.astimezone(dates.PARIS)
    return Item(f"{dates.exact(local.date()).capitalize()} à {dates.hour(local)}", f"Avec {_by(seen)}")
