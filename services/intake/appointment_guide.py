"""A rights appointment as a conversation: its pages, what was said so far, and what is carried from page to page.

Pure. What was said lives in the form alone: every page carries all of it in hidden fields, so that going back loses
nothing and nothing has to be kept before the end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from uuid import UUID

from contracts.rights import catalogue
from contracts.vocabulary import Ground, NonTakeUpCause
from services.intake.appointment_guide_commands import ToPrepare
from services.intake.appointment_guide_words import Helper, Preparation, Readiness
from services.intake.commands import NotedRight, SituationNow
from services.intake.screening import Known, Screening, accepted_answers, age_band, rights_she_has, screen

GOAL, RIGHTS, PREPARE, SUMMARY = "but", "droits", "demarches", "resume"
PARTS = ("Son but", "Ses réponses", "Droits à vérifier", "À préparer", "Résumé")


class Sent(Protocol):
    """A form as it was sent."""

    def getlist(self, key: str) -> list[object]: ...


@dataclass(frozen=True)
class Page:
    """One page: its code, the part of the conversation it belongs to (an index of PARTS) and its group of questions."""

    code: str
    part: int
    group: str | None = None


def pages_of(screening: Screening) -> tuple[Page, ...]:
    """The pages in their order."""
    asked = (Page(f"q{number}", 1, group) for number, group in enumerate(screening.groups))
    return (Page(GOAL, 0), *asked, Page(RIGHTS, 2), Page(PREPARE, 3), Page(SUMMARY, 4))


def page_of(pages: tuple[Page, ...], code: str, step: int = 0) -> Page:
    """The page of that code, or so many further; the first one for an unknown code."""
    here = next((place for place, page in enumerate(pages) if page.code == code), 0)
    return pages[max(0, min(here + step, len(pages) - 1))]


@dataclass(frozen=True)
class Talk:
    """What was said so far. `shown` are the rights that were proposed, `ticked` those kept of them."""

    goal: str = ""
    confirmed: tuple[str, ...] = ()
    answers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    ticked: tuple[str, ...] = ()
    grounds: Mapping[str, str] = field(default_factory=dict)
    causes: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    helpers: Mapping[str, str] = field(default_factory=dict)
    ended_once: bool = False
    situation: bool = False
    met: bool = True
    next_at: str = ""

    def with_right(self, code: str) -> "Talk":
        """One more right, added by hand."""
        return replace(self, shown=_once(self.shown, code), ticked=_once(self.ticked, code))


def _once(codes: tuple[str, ...], code: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*codes, code)))


def read_talk(sent: Sent, screening: Screening) -> Talk:
    """What a form sent; words that are on no list are left out."""

    def many(name: str) -> list[str]:
        return [str(one) for one in sent.getlist(name)]

    def last(name: str) -> str:
        return (many(name) or [""])[-1]

    def of(prefix: str, codes: Iterable[str], words: Iterable[str]) -> dict[str, str]:
        known = set(words)
        return {code: said for code in codes if (said := last(f"{prefix}_{code}")) in known}

    rights = tuple(catalogue())
    return Talk(
        goal=last("goal").replace("\0", ""),
        confirmed=tuple(one for one in many("confirmed") if one == "goal"),
        answers=accepted_answers(screening, {one.code: many(f"q_{one.code}") for one in screening.question}),
        shown=tuple(one for one in dict.fromkeys(many("shown")) if one in rights),
        ticked=tuple(one for one in dict.fromkeys(many("rights")) if one in rights),
        grounds=of("ground", rights, Ground),
        causes=of("cause", rights, NonTakeUpCause),
        states=of("state", [one.value for one in Preparation], Readiness),
        helpers=of("helper", [one.value for one in Preparation], Helper),
        ended_once=bool(last("ended_once")),
        situation=bool(last("situation")),
        met=bool(last("met")) or not last("ended_once"),
        next_at=last("next_at")[:40],
    )


def carried(talk: Talk, page: Page, screening: Screening) -> list[tuple[str, str]]:
    """The hidden fields of a page: everything but what the page itself asks."""
    asked = {one.code for one in screening.asked_in(page.group)} if page.group else set()
    found = [] if page.code == GOAL else [("goal", talk.goal), *(("confirmed", one) for one in talk.confirmed)]
    found += [(f"q_{code}", one) for code, given in talk.answers.items() if code not in asked for one in sorted(given)]
    if page.code != RIGHTS:
        found += [("shown", one) for one in talk.shown] + [("rights", one) for one in talk.ticked]
        found += [(f"ground_{code}", one) for code, one in talk.grounds.items()]
        found += [(f"cause_{code}", one) for code, one in talk.causes.items()]
    if page.code != PREPARE:
        found += [(f"state_{code}", one) for code, one in talk.states.items()]
        found += [(f"helper_{code}", one) for code, one in talk.helpers.items()]
    if page.code != SUMMARY and talk.ended_once:
        said = {"situation": talk.situation, "met": talk.met}
        found += [(name, "true") for name, yes in said.items() if yes] + [("next_at", talk.next_at)]
    return found + ([("ended_once", "true")] if talk.ended_once or page.code == SUMMARY else [])


def known_answers(
    screening: Screening, years: int | None, situation: Mapping[str, str | None]
) -> dict[str, frozenset[str]]:
    """What the file already answers."""
    known = {**situation, Known.AGE.value: None if years is None else age_band(years)}
    given = {one.code: [known.get(one.known_by.value) or ""] for one in screening.question if one.known_by}
    return accepted_answers(screening, given)


@dataclass(frozen=True)
class Line:
    """A right on the page of rights: proposed with its reasons, noted before (`presumed`), or added by hand."""

    code: str
    ticked: bool
    ground: str = ""
    cause: str = ""
    reasons: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    already: bool = False
    presumed: UUID | None = None


@dataclass(frozen=True)
class Before:
    """A right that was noted at an earlier review."""

    presumed: UUID
    ground: str
    cause: str | None


def lines_of(talk: Talk, screening: Screening, before: Mapping[str, Before]) -> list[Line]:
    """The rights to go through: noted before, then proposed, then added by hand; each once."""
    proposed = {one.right: one for one in screen(screening, talk.answers)}
    by_hand = [code for code in talk.ticked if code not in proposed and code not in before]
    has = rights_she_has(screening, talk.answers)
    found = []
    for code in dict.fromkeys((*before, *proposed, *by_hand)):
        old, new = before.get(code), proposed.get(code)
        ticked = code in talk.ticked if code in talk.shown else old is not None or code not in has
        ground = old.ground if old else new.ground.value if new else talk.grounds.get(code, "")
        cause = talk.causes.get(code, "" if code in talk.shown else (old.cause or "") if old else "")
        found.append(
            Line(
                code,
                ticked,
                ground,
                cause,
                new.reasons if new else (),
                new.sources if new else (),
                code in has,
                old.presumed if old else None,
            )
        )
    return found


def without_ground(lines: Iterable[Line]) -> list[str]:
    """The rights that were added by hand without saying why."""
    return [one.code for one in lines if one.ticked and one.ground not in set(Ground)]


def rights_kept(lines: Iterable[Line]) -> tuple[NotedRight, ...]:
    """The rights of the review."""
    return tuple(
        NotedRight(right=one.code, ground=Ground(one.ground), cause=NonTakeUpCause(one.cause) if one.cause else None)
        for one in lines
        if one.ticked
    )


def rights_removed(lines: Iterable[Line]) -> frozenset[UUID]:
    """The references of rights noted before that were unticked."""
    return frozenset(one.presumed for one in lines if not one.ticked and one.presumed is not None)


def steps_kept(talk: Talk) -> tuple[ToPrepare, ...]:
    """What is to be ready, as it was said."""
    return tuple(
        ToPrepare(
            preparation=Preparation(code),
            state=Readiness(state),
            helper=Helper(talk.helpers[code]) if code in talk.helpers else None,
        )
        for code, state in talk.states.items()
    )


def situation_said(talk: Talk, screening: Screening) -> SituationNow:
    """The answers that a situation has room for: only when they are to be noted there."""
    said = {
        one.known_by.value: next(iter(talk.answers[one.code]))
        for one in screening.question
        if one.known_by and one.known_by is not Known.AGE and one.code in talk.answers
    }
    return SituationNow.model_validate(said) if talk.situation else SituationNow()


def topics_of(talk: Talk, screening: Screening) -> tuple[str, ...]:
    """The groups of questions of which at least one was answered, as one says them to her: what was looked at, and no
    answer.
    """
    return tuple(
        screening.yours[group]
        for group in screening.groups
        if any(one.code in talk.answers for one in screening.asked_in(group))
    )
