"""The words of the coordinators’ board: durations as people say them, tiles, rows of tables, and the same as JSON.

Organisations and desks by name; never a person, and never a professional either: the board is per desk, not per agent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from contracts.lifecycle import State
from contracts.replies import Network
from contracts.rights import right_name
from services.referral.backlog import DREES_YARDSTICK, Backlog, Cause, Funnel
from services.referral.board import Figure, Measure
from services.referral.board_store import Late, Stuck
from services.referral.business_time import HOURS_A_DAY
from services.runtime.web import dates

MOST_ROWS, MOST_STUCK = 40, 3
STEPS = {
    State.SENT: "Réponse attendue", State.ACKNOWLEDGED: "Premier contact attendu",
    State.IN_PROGRESS: "Plus rien depuis longtemps", State.ON_HOLD: "Reprise attendue",
}  # fmt: skip
FEWEST_FOR_A_TREND = 20
NOT_YET = "pas atteint"
UNKNOWN = "nom indisponible"
COLUMNS = (
    "Orientations", "La moitié en", "La moitié, entre", "3 sur 4 en", "9 sur 10 en", "19 sur 20 en",
    "Suivies à la moitié",
)  # fmt: skip


def count(number: int, one: str, many: str) -> str:
    """`1 orientation attend`, `3 orientations attendent`."""
    return f"{number} {one if number < 2 else many}"


def listed(words: Sequence[str]) -> str:
    """`a, b et c`; at least one."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} et {words[-1]}"


def duration(hours: float | None) -> str:
    """Business hours as people say them: minutes, then hours, then days of eight hours; None is not reached yet."""
    if hours is None:
        return NOT_YET
    if hours < 1:
        return count(max(round(hours * 60), 1), "minute", "minutes")
    if hours < HOURS_A_DAY:
        return count(round(hours), "heure", "heures")
    days = round(hours / HOURS_A_DAY, 1)
    return f"{days:g} jour{'s' if days >= 2 else ''}".replace(".", ",")


def where_it_blocks(found: Stuck, names: "Names", now: datetime) -> str:
    """What a hurried coordinator reads first: which desk to call, and why."""
    if not found.by_desk:
        return "Rien ne bloque\u202f: aucune orientation n’a dépassé sa date."
    first = found.by_desk[0]
    said = count(first.n, "orientation en retard", "orientations en retard")
    oldest = "" if first.n == 1 else " la plus ancienne"
    return (
        f"Ça bloque surtout ici\u202f: {names.desk_alone(UUID(first.key))}, {said},{oldest} depuis "
        f"{dates.day(first.since, now.astimezone(dates.PARIS).date())}."
    )


def stuck_parts(found: Stuck, names: "Names") -> list[tuple[str, str, list[tuple[str, int, str]]]]:
    """(title, filter of the list, rows of label, number and value of the filter) by step, desk and right."""
    return [
        ("Par étape", "etape", [(STEPS[State(one.key)], one.n, one.key) for one in found.by_step]),
        ("Par guichet", "guichet", [_late(names.desk_alone(UUID(one.key)), one) for one in found.by_desk[:MOST_STUCK]]),
        ("Par droit", "droit", [_late(right_name(one.key), one) for one in found.by_right[:MOST_STUCK]]),
    ]


def _late(label: str, one: Late) -> tuple[str, int, str]:
    return label, one.n, one.key


def lead(found: Backlog) -> str:
    """The second sentence of the page."""
    if not found.unanswered:
        return "Aucune orientation n’attend de réponse."
    waiting = count(found.unanswered, "orientation attend une réponse", "orientations attendent une réponse")
    late = f"dont {found.late} depuis plus de 2 jours ouvrés" if found.late else "aucune depuis plus de 2 jours ouvrés"
    return f"{waiting}, {late}."


@dataclass(frozen=True)
class Names:
    """The names of the network; an unknown or unavailable one has a placeholder."""

    network: Network | None

    def organisation(self, ref: UUID) -> str:
        """The name of an organisation."""
        return self.network.organisations.get(ref, UNKNOWN) if self.network else UNKNOWN

    def desk_alone(self, ref: UUID) -> str:
        """The name of a desk whose organisation the directory knows."""
        organisation = self.network.desk_organisation.get(ref) if self.network else None
        return self.desk(ref, organisation) if organisation else UNKNOWN

    def desk(self, ref: UUID, organisation: UUID) -> str:
        """The name of a desk with that of its organisation."""
        if self.network is None or ref not in self.network.desks:
            return UNKNOWN
        return f"{self.organisation(organisation)}, {self.network.desks[ref]}"


def month_name(key: str) -> str:
    """`2026-11` as `novembre 2026`."""
    return dates.month(date.fromisoformat(f"{key}-01"))


def tile(measure: Measure) -> dict[str, str]:
    """One of the four times as a tile: label, value, unit, one line beneath it, and what unfolds."""
    one, title = measure.overall, measure.time.title
    if not one.n:
        unit = "aucune orientation envoyée sur la période"
        return {"label": title, "value": "–", "unit": unit, "line": "", "trend": "", "beside": "", "counted": ""}
    value, unit = _value_and_unit(one.p50)
    word, beside = trend(measure)
    return {
        "label": title, "value": value, "unit": unit, "trend": word, "beside": beside,
        "line": f"9 sur 10\u202f: {duration(one.p90)}",
        "counted": f"{_counted(one)}. {past_target(measure, one)}.",
    }  # fmt: skip


def trend(measure: Measure) -> tuple[str, str]:
    """How the median of the last three months of sending stands to that of the three before, and the two beside each
    other; nothing is said of too few."""
    now, then = measure.lately, measure.before
    if min(now.n, then.n) < FEWEST_FOR_A_TREND:
        return "Trop peu d’orientations pour une tendance", ""
    if now.p50 is None or then.p50 is None:
        worse, better = now.p50 is None and then.p50 is not None, now.p50 is not None and then.p50 is None
        return ("Plus long" if worse else "Plus court" if better else "Tendance pas encore mesurable"), ""
    word = "Pas de changement net" if _overlap(now, then) else "Plus long" if now.p50 > then.p50 else "Plus court"
    return word, f"{duration(now.p50)} ces trois mois, {duration(then.p50)} les trois d’avant. "


def _overlap(one: Figure, other: Figure) -> bool:
    """Whether the bands of the two medians meet; an open end goes on for ever."""
    (low, high), (other_low, other_high) = one.band, other.band
    return (high is None or (other_low or 0) <= high) and (other_high is None or (low or 0) <= other_high)


def between(one: Figure) -> str:
    """The 95 % band of the median."""
    low, high = one.band
    if one.p50 is None or low is None:
        return "–"
    return f"{duration(low)} et {duration(high)}" if high is not None else f"{duration(low)} et plus"


def _value_and_unit(hours: float | None) -> tuple[str, str]:
    if hours is None:
        return "plus d’une sur deux", "attend encore"
    value, unit = duration(hours).split(" ", 1)
    worked = {"jour": "ouvré", "jours": "ouvrés", "heure": "ouvrée", "minute": "ouvrée"}.get(unit, "ouvrées")
    return value, f"{unit} {worked} pour la moitié"


def _counted(one: Figure) -> str:
    return f"{count(one.n, 'orientation suivie', 'orientations suivies')}, {one.waiting} en attente"


def came_by(measure: Measure) -> str:
    """The share that had the event within the target, those that ended otherwise being counted (Aalen–Johansen)."""
    one = measure.overall
    return (
        f"Dans les {measure.time.target_days} jours ouvrés visés\u202f: {percent(one.came_by)} "
        f"de {count(one.n, 'orientation', 'orientations')}, en comptant celles qui finissent autrement avant."
    )


def past_target(measure: Measure, one: Figure) -> str:
    """`2 (4 % de toutes) attendent depuis plus de 2 jours ouvrés`."""
    if not one.past_target:
        return f"Aucune n’attend depuis plus de {measure.time.target_days} jours ouvrés"
    share = f"{one.past_target} ({percent(one.share_past_target)} de toutes)"
    verb = "attend" if one.past_target < 2 else "attendent"
    return f"{share} {verb} depuis plus de {measure.time.target_days} jours ouvrés"


def percent(share: float) -> str:
    """A share between 0 and 1."""
    return f"{round(100 * share)} %"


def month_rows(months: Sequence[Figure]) -> list[tuple[str, str, int]]:
    """Month of sending, the median, how many were followed: what the small drawing of a tile draws."""
    return [(month_name(one.key), duration(one.p50), one.n) for one in months]


def table(measure: Measure, split: str, names: Names) -> tuple[list[str], list[list[str]], int]:
    """Heads and rows of one time by `partner`, `desk`, `right` or `month`, and how many more there are."""
    heads = {"partner": "Organisme", "desk": "Guichet", "right": "Droit", "month": "Mois d’envoi"}
    label = {
        "partner": lambda key: names.organisation(UUID(key)), "desk": lambda key: names.desk_alone(UUID(key)),
        "right": right_name, "month": month_name,
    }[split]  # fmt: skip
    figures: tuple[Figure, ...] = getattr(measure, f"by_{split}")
    columns = [heads[split], *COLUMNS, f"En attente depuis plus de {measure.time.target_days} j"]
    rows = [[label(one.key), *_cells(one)] for one in figures[:MOST_ROWS]]
    return columns, rows, len(figures) - len(rows)


def _cells(one: Figure) -> list[str]:
    followed = "–" if one.followed is None else str(one.followed)
    late = f"{one.past_target} ({percent(one.share_past_target)})" if one.past_target else "aucune"
    return [
        str(one.n), duration(one.p50), between(one), duration(one.p75), duration(one.p90), duration(one.p95), followed,
        late,
    ]  # fmt: skip


def ages(found: Backlog) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the open referrals by state and age class."""
    rows = [[state.label, *map(str, counts), str(sum(counts))] for state, counts in found.cells.items()]
    return ["État", *found.classes, "En tout"], rows


def funnel_rows(found: Funnel) -> list[tuple[str, int, str]]:
    """Rows of the bar table: label, number, text shown with the share of the people met."""
    steps = (
        ("Personnes rencontrées", found.met),
        ("avec au moins un droit repéré", found.identified),
        ("confiées à au moins un guichet", found.sent),
        ("avec au moins un droit ouvert", found.opened),
    )
    return [
        (label, number, f"{number} ({percent(number / found.met)})" if found.met else "0") for label, number in steps
    ]


def cause_rows(found: Sequence[Cause]) -> list[tuple[str, int]]:
    """Rows of the bar table of causes of non-take-up."""
    return [(one.cause.label, one.people) for one in found]


def yardstick(found: Funnel) -> str:
    """The share that Drees measured, beside ours, with what it counts."""
    if found.share_opened is None:
        return "Il faut trois mois de recul pour comparer\u202f: aucun droit n’a été repéré il y a trois mois ou plus."
    people = count(found.mature, "personne", "personnes")
    return (
        f"Droit ouvert dans les trois mois\u202f: {round(found.share_opened)}\u202f% "
        f"({found.mature_opened} des {people} dont un droit a été repéré il y a trois mois ou plus). "
        f"Repère de la Drees\u202f: {DREES_YARDSTICK}\u202f%."
    )
