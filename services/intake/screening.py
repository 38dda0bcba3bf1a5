"""The screening of a rights appointment: questions, rules written as data, and what the answers give to look into.

Pure. A rule never decides: it names a right to look into with its reason, and only when the answers make it true,
whatever was left unanswered. What may stand in a file is checked here; `screening_file` reads it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from contracts.envelope import Frozen
from contracts.rights import catalogue
from contracts.vocabulary import (
    EmploymentKind,
    Ground,
    HouseholdKind,
    HousingKind,
    OrganisationKind,
    ResourcesBand,
    Word,
)

MOST_QUESTIONS = 12
# Never stored in this product, so never asked either.
_NEVER_ASKED = re.compile(
    r"nationalit|titre de s[ée]jour|carte de s[ée]jour|sans.papiers|étrang|sant[ée]|malad|handicap|invalid|enceinte"
    r"|grossesse|religi|s[ée]curit[ée] sociale",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"€|\beuros?\b", re.IGNORECASE)
Answers = Mapping[str, frozenset[str]]


class Known(StrEnum):
    """What the file of a person may already say."""

    AGE = "age"
    HOUSEHOLD = "household"
    HOUSING = "housing"
    EMPLOYMENT = "employment"
    RESOURCES_BAND = "resources_band"


_WORDS: dict[Known, type[Word]] = {
    Known.HOUSEHOLD: HouseholdKind,
    Known.HOUSING: HousingKind,
    Known.EMPLOYMENT: EmploymentKind,
    Known.RESOURCES_BAND: ResourcesBand,
}


class Written(Frozen):
    """What is written in a file of the screening: a word that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True)


class Option(Written):
    """One answer; `has` is the right that somebody who gives it has already."""

    code: str = Field(pattern=r"^[a-z0-9_]+$")
    text: str = Field(min_length=1, max_length=90)
    has: str | None = None


class Question(Written):
    """A question; those of one `group` are shown together. With `known_by` a list of the field gives the options."""

    code: str = Field(pattern=r"^[a-z0-9_]+$")
    group: str = Field(min_length=1, max_length=60)
    text: str = Field(min_length=1, max_length=140)
    note: str = Field("", max_length=140)
    several: bool = False
    known_by: Known | None = None
    options: tuple[Option, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_the_field(cls, data: object) -> object:
        if isinstance(data, dict) and not data.get("options") and data.get("known_by") in _WORDS:
            words = _WORDS[Known(data["known_by"])]
            data = {**data, "options": [{"code": one.value, "text": one.label} for one in words]}
        return data

    @model_validator(mode="after")
    def _may_be_asked(self) -> Self:
        if len(self.options) < 2:
            raise ValueError("il faut au moins deux réponses possibles")
        if len({one.code for one in self.options}) < len(self.options):
            raise ValueError("deux réponses ont le même code")
        asked = [self.text, self.note, *(one.text for one in self.options if one.has is None)]
        found = next((word for one in asked if (word := _NEVER_ASKED.search(one))), None)
        if found:
            raise ValueError(f"on ne demande jamais cela ici (« {found[0]} »)")
        return self


class Condition(Written):
    """One of: `all`, `any`, `not`, or a `question` whose answer is `among` these codes."""

    all: tuple["Condition", ...] = ()
    any: tuple["Condition", ...] = ()
    negated: "Condition | None" = Field(None, alias="not")
    question: str | None = None
    among: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        said = [bool(self.all), bool(self.any), self.negated is not None, self.question is not None]
        if sum(said) != 1:
            raise ValueError("une condition dit une seule chose : all, any, not, ou question avec among")
        if bool(self.among) != (self.question is not None):
            raise ValueError("question et among vont ensemble")
        return self

    def leaves(self) -> Iterable["Condition"]:
        """Every question that it looks at."""
        if self.question is not None:
            yield self
        for one in (*self.all, *self.any, *((self.negated,) if self.negated else ())):
            yield from one.leaves()


class Rule(Condition):
    """A right to look into when the condition holds. `reason` ends the sentence « À vérifier : … »; `source` is the
    text it rests on, `checked` the day on which somebody compared both, None while nobody has.
    """

    right: str
    ground: Ground
    reason: str = Field(min_length=1, max_length=160)
    source: str = Field(min_length=1, max_length=160)
    checked: date | None = None

    @field_validator("reason")
    @classmethod
    def _no_amount(cls, value: str) -> str:
        if _AMOUNT.search(value):
            raise ValueError("aucun montant dans une raison")
        return value


class LocalRight(Written):
    """A right of the territory alone, with the kinds of organisation that receive its demand."""

    code: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str = Field(min_length=1, max_length=80)
    in_charge: tuple[OrganisationKind, ...] = Field(min_length=1)


class Screening(Written):
    """All of it; `yours` says each group as one says it to her. Every right of the catalogue has a rule, or is said not
    to be screened, with the reason.
    """

    version: str = Field(min_length=1, max_length=40)
    question: tuple[Question, ...] = Field(max_length=MOST_QUESTIONS)
    rule: tuple[Rule, ...]
    yours: dict[str, str] = Field(default_factory=dict)
    not_screened: dict[str, str] = Field(default_factory=dict)

    @property
    def questions(self) -> dict[str, Question]:
        """The questions by code, in the order of the file."""
        return {one.code: one for one in self.question}

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups in which they are shown."""
        return tuple(dict.fromkeys(one.group for one in self.question))

    @property
    def compared(self) -> int:
        """How many rules somebody compared with their text; the others say that nobody has."""
        return sum(one.checked is not None for one in self.rule)

    def compared_on(self, source: str) -> date | None:
        """The day on which every rule that rests on this text had been compared with it; None while one has not."""
        days = [one.checked for one in self.rule if one.source == source]
        return max((day for day in days if day), default=None) if all(days) else None

    def asked_in(self, group: str) -> tuple[Question, ...]:
        """The questions of one group."""
        return tuple(one for one in self.question if one.group == group)


def faults(screening: Screening, rights: Iterable[str] | None = None) -> list[str]:
    """What does not hold together in a screening, a French sentence each; `rights` is the catalogue unless given."""
    known, questions = set(catalogue() if rights is None else rights), screening.questions
    found = [f"la question « {code} » est écrite deux fois" for code in _twice(one.code for one in screening.question)]
    for one in screening.question:
        found += [
            f"question « {one.code} » : le droit « {option.has} » n’est pas au catalogue"
            for option in one.options
            if option.has is not None and option.has not in known
        ]
    found += [f"yours : il manque le groupe « {one} »" for one in screening.groups if one not in screening.yours]
    for place, rule in enumerate(screening.rule, start=1):
        name = f"règle {place} ({rule.right})"
        if rule.right not in known:
            found.append(f"{name} : ce droit n’est pas au catalogue")
        for leaf in rule.leaves():
            asked = questions.get(leaf.question or "")
            if asked is None:
                found.append(f"{name} : la question « {leaf.question} » n’existe pas")
                continue
            missing = set(leaf.among) - {option.code for option in asked.options}
            found += [f"{name} : « {asked.code} » n’a pas la réponse « {code} »" for code in sorted(missing)]
    ruled = {rule.right for rule in screening.rule}
    left_out = set(screening.not_screened)
    found += [f"not_screened : le droit « {code} » n’est pas au catalogue" for code in sorted(left_out - known)]
    found += [f"le droit « {code} » a une règle et figure dans not_screened" for code in sorted(ruled & left_out)]
    how = "ajoutez-en une, ou dites pourquoi dans not_screened"
    return found + [f"le droit « {code} » n’a pas de règle : {how}" for code in sorted(known - ruled - left_out)]


def _twice(codes: Iterable[str]) -> list[str]:
    seen = list(codes)
    return sorted({one for one in seen if seen.count(one) > 1})


@dataclass(frozen=True)
class Proposal:
    """A right to look into. `already`: she says that she has it."""

    right: str
    ground: Ground
    reasons: tuple[str, ...]
    sources: tuple[str, ...]
    already: bool = False


def holds(condition: Condition, answers: Answers) -> bool | None:
    """Whether it is true, false, or (None) not known from these answers: three-valued logic (Kleene)."""
    if condition.question is not None:
        given = answers.get(condition.question)
        return bool(given & set(condition.among)) if given else None
    if condition.negated is not None:
        found = holds(condition.negated, answers)
        return None if found is None else not found
    several = [holds(one, answers) for one in condition.all or condition.any]
    decisive = not condition.all  # one true ends an `any`, one false ends an `all`
    if decisive in several:
        return decisive
    return None if None in several else not decisive


def screen(screening: Screening, answers: Answers) -> tuple[Proposal, ...]:
    """The rights to look into, in the order of the catalogue. An answer more never takes one away."""
    true = [rule for rule in screening.rule if holds(rule, answers)]
    has = rights_she_has(screening, answers)
    order = [*catalogue(), *(rule.right for rule in true)]
    found = []
    for right in sorted({rule.right for rule in true}, key=order.index):
        rules = [rule for rule in true if rule.right == right]
        found.append(
            Proposal(
                right,
                rules[0].ground,
                tuple(dict.fromkeys(rule.reason for rule in rules)),
                tuple(dict.fromkeys(rule.source for rule in rules)),
                right in has,
            )
        )
    return tuple(found)


def not_looked_at(screening: Screening, answers: Answers) -> tuple[str, ...]:
    """The rights about which these answers say neither yes nor no."""
    results: dict[str, list[bool | None]] = {}
    for rule in screening.rule:
        results.setdefault(rule.right, []).append(holds(rule, answers))
    return tuple(right for right, found in results.items() if True not in found and None in found)


def rights_she_has(screening: Screening, answers: Answers) -> frozenset[str]:
    """The rights that she says she has."""
    return frozenset(
        option.has
        for one in screening.question
        for option in one.options
        if option.has is not None and option.code in answers.get(one.code, ())
    )


def age_band(years: int) -> str:
    """The answer to a question `known_by = "age"`."""
    bands = ((18, "under_18"), (25, "18_24"), (60, "25_59"), (65, "60_64"))
    return next((band for limit, band in bands if years < limit), "65_over")


def accepted_answers(screening: Screening, given: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """Of what a form sent, the answers that exist; of a question with one answer the last."""
    found = {}
    for one in screening.question:
        codes = [code for code in given.get(one.code, ()) if code in {option.code for option in one.options}]
        if codes:
            found[one.code] = frozenset(codes if one.several else codes[-1:])
    return found
