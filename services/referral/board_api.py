"""The figures of the board for programs: business hours, counts and shares, each with its definition."""

from dataclasses import fields
from typing import Any
from uuid import UUID

from services.referral.backlog import DREES_YARDSTICK
from services.referral.board import Figure, Measure
from services.referral.board_store import Board
from services.referral.board_view import Names
from services.referral.definitions import DEFINITIONS
from services.referral.rates import Rate


def as_json(board: Board, names: Names) -> dict[str, Any]:
    """Every figure of the page, as JSON values."""
    return {
        "at": board.at,
        "since": board.since,
        "unit": "business hours, 8 a day",
        "times": {one.code: _time(one, names) for one in board.measures},
        "rates": {one.code: _rate(one) for one in board.rates},
        "hold": {
            "hours_by_turn": {turn.value: hours for turn, hours in board.hold.by_turn.items()},
            "hours": board.hold.hours, "share": board.hold.share,
        },
        "health": [
            {"rule": one.rule, "desk": one.desk, "name": names.desk_alone(UUID(one.desk)), "part": one.part,
             "whole": one.whole}
            for one in board.health
        ],
        "desks": [
            {"name": names.desk_alone(UUID(one.desk)), **{name.name: getattr(one, name.name) for name in fields(one)}}
            for one in board.desks
        ],
        "backlog": {
            "classes": board.backlog.classes,
            "cells": {state.value: counts for state, counts in board.backlog.cells.items()},
            "unanswered": board.backlog.unanswered,
            "late": board.backlog.late,
        },
        "funnel": {one.name: getattr(board.funnel, one.name) for one in fields(board.funnel)}
        | {"yardstick_percent": DREES_YARDSTICK},
        "said_after": {
            "answers": board.said.answers, "contacted": board.said.contacted, "contradicted": board.contradicted,
            "useful": {one.value: number for one, number in board.said.useful.items()},
            "right_open": {one.value: number for one, number in board.said.really.items()},
        },
        "definitions": {one.code: {"title": one.title, "text": one.text, "sql": one.sql} for one in DEFINITIONS},
    }  # fmt: skip


def _time(one: Measure, names: Names) -> dict[str, Any]:
    return {
        "definition": one.time.text,
        "target_days": one.time.target_days,
        "overall": _figure(one.overall),
        "by_partner": {
            key.key: {"name": names.organisation(UUID(key.key))} | _figure(key) for key in one.by_partner
        },
        "by_desk": {key.key: {"name": names.desk_alone(UUID(key.key))} | _figure(key) for key in one.by_desk},
        "by_right": {key.key: _figure(key) for key in one.by_right},
        "by_month": {key.key: _figure(key) for key in one.by_month},
    }


def _figure(one: Figure) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in fields(one) if field.name != "key"}


def _rate(one: Rate) -> dict[str, Any]:
    return {"part": one.part, "whole": one.whole, "share": one.share}
