"""The words of the coordinators’ board: durations as people say them, tiles, rows of tables, and the same as JSON.

Organisations and desks by name; never a person, and never a professional either: the board is per desk, not per agent.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.replies import Network
from contracts.rights import right_name
from services.referral.backlog import DREES_YARDSTICK, Backlog, Funnel
from services.referral.board import HOURS_A_DAY, Figure, Measure
from services.referral.board_store import Board, Stuck, StuckList
from services.runtime.web import dates

NOT_YET = "pas encore atteint"
UNKNOWN = "nom indisponible"
COLUMNS = ("Orientations", "La moitié en", "3 sur 4 en", "9 sur 10 en", "Suivies à la moitié")
_MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]


def count(number: int, one: str, many: str) -> str:
    """`1 orientation attend`, `3 orientations attendent`."""
    return f"{number} {one if number < 2 else many}"


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


def lead(found: Backlog) -> str:
    """The first sentence of the page."""
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

    def desk(self, ref: UUID, organisation: UUID) -> str:
        """The name of a desk with that of its organisation."""
        if self.network is None or ref not in self.network.desks:
            return UNKNOWN
        return f"{self.organisation(organisation)}, {self.network.desks[ref]}"


def month_name(key: str) -> str:
    """`2026-11` as `novembre 2026`."""
    year, month = key.split("-")
    return f"{_MONTHS[int(month) - 1]} {year}"


def tile(measure: Measure) -> dict[str, str]:
    """One of the three times as a tile: label, value, unit, hint."""
    one = measure.overall
    if not one.n:
        return {"label": measure.title, "value": "–", "unit": "aucune orientation envoyée sur la période", "hint": ""}
    value, unit = _value_and_unit(one.p50)
    return {
        "label": measure.title,
        "value": value,
        "unit": unit,
        "hint": f"3 sur 4 : {duration(one.p75)} ; 9 sur 10 : {duration(one.p90)}. "
        f"{_counted(one)}. {past_target(measure, one)}.",
    }


def _value_and_unit(hours: float | None) -> tuple[str, str]:
    if hours is None:
        return "plus d’une sur deux", "attend encore"
    value, unit = duration(hours).split(" ", 1)
    worked = {"jour": "ouvré", "jours": "ouvrés", "heure": "ouvrée", "minute": "ouvrée"}.get(unit, "ouvrées")
    return value, f"{unit} {worked} pour la moitié"


def _counted(one: Figure) -> str:
    return f"{count(one.n, 'orientation suivie', 'orientations suivies')}, {one.waiting} en attente"


def past_target(measure: Measure, one: Figure) -> str:
    """`2 (4 % de toutes) attendent depuis plus de 2 jours ouvrés`."""
    if not one.past_target:
        return f"Aucune n’attend depuis plus de {measure.target_days} jours ouvrés"
    share = f"{one.past_target} ({percent(one.share_past_target)} de toutes)"
    verb = "attend" if one.past_target < 2 else "attendent"
    return f"{share} {verb} depuis plus de {measure.target_days} jours ouvrés"


def percent(share: float) -> str:
    """A share between 0 and 1."""
    return f"{round(100 * share)} %"


def table(measure: Measure, split: str, names: Names) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of one time by `partner`, `right` or `month`."""
    heads = {"partner": "Organisme", "right": "Droit", "month": "Mois d’envoi"}
    label = {"partner": lambda key: names.organisation(UUID(key)), "right": right_name, "month": month_name}[split]
    figures: tuple[Figure, ...] = getattr(measure, f"by_{split}")
    columns = [heads[split], *COLUMNS, f"En attente depuis plus de {measure.target_days} j"]
    return columns, [[label(one.key), *_cells(one)] for one in figures]


def _cells(one: Figure) -> list[str]:
    followed = "–" if one.followed is None else str(one.followed)
    late = f"{one.past_target} ({percent(one.share_past_target)})" if one.past_target else "aucune"
    return [str(one.n), duration(one.p50), duration(one.p75), duration(one.p90), followed, late]


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


def yardstick(found: Funnel) -> str:
    """The share that Drees measured, beside ours, with what it counts."""
    if found.share_opened is None:
        return "Il faut trois mois de recul pour comparer : aucun droit n’a été repéré il y a trois mois ou plus."
    people = count(found.mature, "personne", "personnes")
    return (
        f"Droit ouvert dans les trois mois : {round(found.share_opened)} % des {people} dont un droit a été repéré "
        f"il y a trois mois ou plus ({found.mature_opened}). Repère de la Drees : {DREES_YARDSTICK} %."
    )


def stuck_rows(found: StuckList, names: Names, now: datetime, *, late: bool = False) -> list[dict[str, Any]]:
    """Rows of a list of referrals that do not move."""
    return [_stuck(one, names, now, late) for one in found.rows]


def _stuck(one: Stuck, names: Names, now: datetime, late: bool) -> dict[str, Any]:
    meta = [f"{'envoyée' if late else 'finie'} {dates.when(one.since, now)}"]
    if late:
        meta.append(f"réponse attendue {dates.when(one.due, now)}")
    return {
        "href": f"/tableau/orientations/{one.ref}",
        "who": f"{right_name(one.right)} → {names.desk(one.desk, one.organisation)}",
        "chip": "Urgente" if one.urgent else None,
        "meta": meta,
        "kind": "late" if late else None,
    }


def as_json(board: Board, names: Names) -> dict[str, Any]:
    """The figures for machines: business hours, counts and shares, with the definition of each."""

    def figure(one: Figure) -> dict[str, Any]:
        fields = ("n", "events", "waiting", "past_target", "p50", "p75", "p90", "followed")
        return {name: getattr(one, name) for name in fields}

    return {
        "at": board.at,
        "since": board.since,
        "unit": "business hours, 8 a day",
        "times": {
            one.code: {
                "definition": one.definition,
                "target_days": one.target_days,
                "overall": figure(one.overall),
                "by_partner": {
                    key.key: {"name": names.organisation(UUID(key.key))} | figure(key) for key in one.by_partner
                },
                "by_right": {key.key: figure(key) for key in one.by_right},
                "by_month": {key.key: figure(key) for key in one.by_month},
            }
            for one in board.measures
        },
        "backlog": {
            "classes": board.backlog.classes,
            "cells": {state.value: counts for state, counts in board.backlog.cells.items()},
            "unanswered": board.backlog.unanswered,
            "late": board.backlog.late,
        },
        "funnel": {
            "met": board.funnel.met,
            "identified": board.funnel.identified,
            "sent": board.funnel.sent,
            "opened": board.funnel.opened,
            "mature": board.funnel.mature,
            "mature_opened": board.funnel.mature_opened,
            "yardstick_percent": DREES_YARDSTICK,
        },
    }
