"""The list behind each figure: references, rights, desks, states and instants of referrals; never anything of a person.

A kind of list is the condition that its figure counts, so that the two cannot drift apart; whoever asks comes first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.lifecycle import OPEN, State
from contracts.refusals import NotFound, RoleNotAllowed
from contracts.viewer import Role, Viewer
from contracts.vocabulary import NonTakeUpCause
from services.referral.backlog import AGE_CLASSES
from services.referral.board import window_start
from services.referral.business_time import position
from services.referral.definitions import RATES, TIMES
from services.referral.tallying import DAY_QUARTERS, QUARTER, began
from services.runtime.database import Work

A_PAGE, MOST_IN_A_FILE = 50, 10_000
_OPEN = ", ".join(f"'{state.value}'" for state in State if state in OPEN)
_COURSE = 'ref, "right", desk, organisation, state AS word, root_sent_at AS at'
_NO_ERROR = "state <> 'entered_in_error' AND root_sent_at >= :since AND root_sent_at < :until"
_ROOT = f"{_NO_ERROR} AND state <> 'redirected'"
_SENDING = "state <> 'entered_in_error' AND sent_at >= :since AND sent_at < :until"


@dataclass(frozen=True, slots=True)
class Kind:
    """A list: what it holds in a sentence, what `at` is, and its rows as SQL; `how` are the filters that it takes."""

    title: str
    sentence: str
    at: str
    columns: str
    source: str
    where: str
    order: str
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listed:
    """A row: `word` is a state, how a wait ended, or a channel; `ref` opens a page when `desk` is known."""

    ref: UUID
    right: str | None
    desk: UUID | None
    organisation: UUID
    word: str
    at: datetime


_OF_REFERRAL = {"guichet": "desk = cast(:guichet AS uuid)", "droit": '"right" = :droit', "etape": "state = :etape"}
_OF_WAIT = {"guichet": "desk = cast(:guichet AS uuid)", "droit": '"right" = :droit', "fin": "how = :fin"}


def _of_course(title: str, sentence: str, where: str) -> Kind:
    return Kind(title, sentence, "envoyée", _COURSE, "course", where, "root_sent_at DESC", _OF_REFERRAL)


def _cohort(sql: str) -> str:
    """The cohort that the definition's SQL counts: of root referrals, or of every sending."""
    return _SENDING if "(sent_at" in sql else _ROOT


KINDS: dict[str, Kind] = {
    "retard": Kind(
        "Ce qui bloque", "Les orientations ouvertes dont la date attendue est passée, la plus ancienne d’abord.",
        "attendue", 'ref, "right", desk, organisation, state AS word, next_due AS at', "referral",
        f"state IN ({_OPEN}) AND next_due < :now", "next_due", _OF_REFERRAL,
    ),
    "ouvertes": Kind(
        "Ouvertes aujourd’hui", "Toutes les orientations qui ne sont pas finies, la plus ancienne d’abord.",
        "envoyée", _COURSE, "referral", f"state IN ({_OPEN})", "root_sent_at",
        {**_OF_REFERRAL, "age": "root_sent_at >= :oldest AND root_sent_at < :youngest"},
    ),
    **{
        one.code: Kind(
            one.title, one.text, "commencé", 'subject AS ref, "right", desk, organisation, how AS word, start AS at',
            "duration", f"clock = '{one.code}' AND start >= :since AND start < :until", "start", _OF_WAIT,
        )
        for one in TIMES
    },
    **{one.code: _of_course(one.title, one.text, f"{_cohort(one.sql)} AND {one.part}") for one in RATES if one.part},
    "sante": _of_course("Orientations d’un guichet", "Tout ce qui lui a été envoyé, depuis six mois.", _NO_ERROR),
    "confiees": _of_course(
        "Confiées", "Les orientations d’origine des six derniers mois, la plus récente d’abord.", _ROOT
    ),
    "ouverts": _of_course(
        "Droits ouverts", "Les orientations closes avec le droit ouvert.",
        f"{_ROOT} AND state = 'closed' AND outcome = 'right_opened'",
    ),
    "expirees": _of_course("Restées sans réponse", "Le guichet n’a pas répondu\u202f; vous pouvez les rouvrir.",
                           f"{_ROOT} AND state = 'expired'"),
    "contredites": _of_course(
        "Issues contredites", "La personne ou qui l’accompagne a dit que ce n’était pas ainsi : elles ont recommencé.",
        f"{_SENDING} AND contradicted > 0",
    ),
    "rencontres": Kind(
        "Rencontres", "Les rencontres notées depuis six mois\u202f: comment, où et quand. Avec qui n’est pas ici.",
        "le", "ref, NULL AS \"right\", NULL::uuid AS desk, organisation, channel AS word, at", "met", "at >= :since",
        "at DESC",
    ),
    "reperes": Kind(
        "Bilans des droits", "Les bilans qui ont repéré un droit, depuis six mois. Pour qui n’est pas ici.", "le",
        'ref, rights[1] AS "right", NULL::uuid AS desk, organisation, array_to_string(causes, \',\') AS word, at',
        "identified", "at >= :since", "at DESC", {"motif": ":motif = ANY(causes)"},
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which list, with which filters, which page of it."""

    kind: str
    filters: Mapping[str, str]
    page: int = 1


def wanted(query: Mapping[str, str]) -> Wanted:
    """What an address asks for. Refusal: NotFound for what there is not."""
    kind = KINDS.get(query.get("quoi", ""))
    if kind is None:
        raise NotFound
    filters = {name: query[name] for name in kind.filters if query.get(name)}
    try:
        for name, read in (("guichet", UUID), ("etape", State), ("motif", NonTakeUpCause), ("age", _age)):
            if name in filters:
                read(filters[name])
        page = int(query.get("page", "1"))
    except ValueError:
        raise NotFound from None
    if not 1 <= page <= 10_000:
        raise NotFound
    return Wanted(query["quoi"], filters, page)


async def read_list(
    viewer: Viewer, work: Work, asked: Wanted, most: int = A_PAGE, skip: int = 0
) -> tuple[list[Listed], bool]:
    """The rows, and whether more follow. Refusal: RoleNotAllowed for whoever is no coordinator."""
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed
    kind = KINDS[asked.kind]
    where = " AND ".join([kind.where, *(kind.filters[name] for name in asked.filters)])
    values: dict[str, Any] = {
        "since": window_start(work.now), "until": window_start(work.now, 0), "now": work.now, "most": most + 1,
        "skip": skip, **asked.filters,
    }
    if "age" in asked.filters:
        values["oldest"], values["youngest"] = ages_of(int(asked.filters["age"]), work.now)
    # The reference decides between rows of one instant, as a root and what followed it: no page loses one to another.
    order = f"{kind.order}, ref LIMIT :most OFFSET :skip"
    statement = f"SELECT {kind.columns} FROM {kind.source} WHERE {where} ORDER BY {order}"
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    # The planner takes row-level security for very selective, and would rather sort all than follow the index.
    await work.execute("SET LOCAL enable_sort = off")
    rows = [Listed(*row) for row in await work.execute(statement, **used)]
    return rows[:most], len(rows) > most


def ages_of(place: int, now: datetime) -> tuple[datetime, datetime]:
    """Between which first sendings (the first included) an open referral is of that age class now."""
    limits = [0, *(days for days, _ in AGE_CLASSES)]
    quarter = began(position(now))
    youngest = earliest((quarter - limits[place] * DAY_QUARTERS) * QUARTER, now) if place else now + timedelta(days=1)
    if place == len(AGE_CLASSES):
        return datetime.fromtimestamp(0, now.tzinfo), youngest
    return earliest((quarter - AGE_CLASSES[place][0] * DAY_QUARTERS) * QUARTER, now), youngest


def earliest(goal: float, now: datetime) -> datetime:
    """The first instant, to the second, at which so much business time has passed; within ten years before `now`."""
    low, high = -10 * 366 * 86_400, 86_400
    while high - low > 1:
        middle = (low + high) // 2
        if position(now + timedelta(seconds=middle)) >= goal:
            high = middle
        else:
            low = middle
    return now + timedelta(seconds=high)


def _age(text: str) -> int:
    if not 0 <= int(text) <= len(AGE_CLASSES):
        raise ValueError(text)
    return int(text)
