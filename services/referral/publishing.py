"""The open file of a quarter: counted when the quarter is over, prepared by the coordination, approved by a data
protection officer, then frozen.

Every file has the same rows and columns and its own quarter of first sendings; a quarter is published once and no sum
over quarters ever is. So no two files count the same hand-over, and the difference of two says nothing of a third.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from contracts.lifecycle import OPEN, State
from contracts.refusals import NotFound, QuarterAlreadyPublished, RoleNotAllowed
from contracts.rights import catalogue, right_name
from contracts.viewer import Role, Viewer
from services.referral.board import month_key, month_start, months_before
from services.referral.business_time import PARIS
from services.referral.open_data import HIDDEN, TOTAL, Count, Published, publish
from services.referral.spreadsheet import as_csv
from services.runtime.database import Work

SITUATIONS = {"ouvert": "Droit ouvert", "en_cours": "En cours", "autre": "Autre issue"}
HEADS = ("trimestre", "droit_code", "droit", "situation_code", "situation", "personnes", "statut")
MONTHS = 3
_OPEN = ", ".join(f"'{state.value}'" for state in State if state in OPEN)
# One person counts once for a right, by how far it came; `n` persons of each sender, so that dominance can be seen.
_PERSONS = f"""
SELECT "right", situation, sender_organisation, count(*) AS n FROM (
    SELECT person, "right", (array_agg(sender_organisation ORDER BY root_sent_at))[1] AS sender_organisation,
        CASE WHEN bool_or(state = 'closed' AND outcome = 'right_opened') THEN 'ouvert'
            WHEN bool_or(state IN ({_OPEN})) THEN 'en_cours' ELSE 'autre' END AS situation
    FROM referral WHERE state NOT IN ('entered_in_error', 'redirected')
        AND root_sent_at >= :since AND root_sent_at < :until
    GROUP BY person, "right"
) AS p GROUP BY 1, 2, 3
"""
_PREPARE = """
INSERT INTO openproposal (ref, month, body, prepared_by, prepared_at)
VALUES (:ref, :month, cast(:body AS jsonb), :by, :at)
"""
_PUBLISH = """
INSERT INTO openpublication (ref, month, body, approved_by, approved_at)
SELECT ref, month, body, :by, :at FROM openproposal WHERE ref = :ref
ON CONFLICT (territory, month) DO NOTHING RETURNING month
"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was prepared and by whom; `table` is what would be published."""

    ref: UUID
    month: str
    table: Published
    prepared_by: UUID
    prepared_at: datetime


@dataclass(frozen=True, slots=True)
class Publication:
    """A published file."""

    month: str
    table: Published
    approved_at: datetime


def quarter_over(now: datetime) -> str:
    """The last month of the last quarter that is over."""
    here = month_key(now)
    return months_before(here, (int(here[5:]) - 1) % MONTHS + 1)


def is_quarter(month: str, now: datetime) -> bool:
    """Whether that month ends a quarter that is over."""
    return int(month[5:]) % MONTHS == 0 and month <= quarter_over(now)


def table_of(rows: Iterable[tuple[str, str, UUID, int]]) -> Published:
    """The table of (right, situation, sender, persons), with the same rows and columns whatever there is.

    A right of which there is nobody shows zeros.
    """
    by_cell: defaultdict[tuple[str, str], dict[UUID, int]] = defaultdict(dict)
    brought: defaultdict[str, defaultdict[UUID, int]] = defaultdict(lambda: defaultdict(int))
    for right, situation, sender, number in rows:
        by_cell[right, situation][sender] = by_cell[right, situation].get(sender, 0) + number
        for key in (right, situation, TOTAL):
            brought[key][sender] += number
    counts = {cell: Count(sum(of.values()), max(of.values())) for cell, of in by_cell.items()}
    dominant = {key: max(of.values()) for key, of in brought.items()}
    # A right for which nobody was handed over has nobody to protect, and helps nobody to hide.
    there = {right for right, _ in counts}
    found = publish(tuple(one for one in catalogue() if one in there), tuple(SITUATIONS), counts, dominant)
    shown = dict(zip(found.rows, found.cells, strict=True))
    nobody = (0,) * len(found.columns)
    rows = (*catalogue(), TOTAL)
    return Published(rows, found.columns, tuple(shown.get(one, nobody) for one in rows))


async def prepare(viewer: Viewer, work: Work, month: str) -> UUID:
    """Count a quarter and keep it for approval. Refusals: RoleNotAllowed, NotFound (no quarter, or not over),
    QuarterAlreadyPublished."""
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed
    if not is_quarter(month, work.now):
        raise NotFound
    if any(one.month == month for one in await published(work)):
        raise QuarterAlreadyPublished
    since, until = (month_start(months_before(month, number)) for number in (MONTHS - 1, -1))
    table = table_of(await work.execute(_PERSONS, since=since, until=until))
    ref = uuid4()
    await work.execute(
        _PREPARE, ref=ref, month=month, body=json.dumps(as_body(table)), by=viewer.account, at=work.now
    )
    return ref


async def approve(viewer: Viewer, work: Work, ref: UUID) -> str:
    """Publish what was prepared, as it was prepared; the month. Refusals: RoleNotAllowed (no data protection officer,
    or who prepared it), NotFound, QuarterAlreadyPublished."""
    if not viewer.has(Role.DPO):
        raise RoleNotAllowed
    row = (await work.execute("SELECT prepared_by FROM openproposal WHERE ref = :ref", ref=ref)).one_or_none()
    if row is None:
        raise NotFound
    if row.prepared_by == viewer.account:
        raise RoleNotAllowed
    done = (await work.execute(_PUBLISH, ref=ref, by=viewer.account, at=work.now)).one_or_none()
    if done is None:
        raise QuarterAlreadyPublished
    return str(done.month)


async def proposals(viewer: Viewer, work: Work) -> list[Proposal]:
    """What was prepared and is not published, the newest of each quarter. Refusal: RoleNotAllowed."""
    if not viewer.has(Role.COORDINATOR, Role.DPO):
        raise RoleNotAllowed
    rows = await work.execute(
        "SELECT DISTINCT ON (month) ref, month, body, prepared_by, prepared_at FROM openproposal p WHERE NOT EXISTS"
        " (SELECT FROM openpublication o WHERE o.month = p.month) ORDER BY month DESC, prepared_at DESC"
    )
    return [Proposal(row.ref, row.month, of_body(row.body), row.prepared_by, row.prepared_at) for row in rows]


async def published(work: Work) -> list[Publication]:
    """Every published file, the newest first; anybody may read them."""
    rows = await work.execute("SELECT month, body, approved_at FROM openpublication ORDER BY month DESC")
    return [Publication(row.month, of_body(row.body), row.approved_at) for row in rows]


def as_body(table: Published) -> dict[str, Any]:
    """A table as JSON."""
    return {"rows": table.rows, "columns": table.columns, "cells": table.cells}


def of_body(body: Mapping[str, Any]) -> Published:
    """A table read back."""
    return Published(tuple(body["rows"]), tuple(body["columns"]), tuple(map(tuple, body["cells"])))


def lines(month: str, table: Published) -> list[tuple[str | int | None, ...]]:
    """The lines of the file, under HEADS; a hidden number is empty and its line says so."""
    return [
        (
            month, row, TOTAL if row == TOTAL else right_name(row), column, SITUATIONS.get(column, TOTAL), number,
            HIDDEN if number is None else "diffusé",
        )
        for row, cells in zip(table.rows, table.cells, strict=True)
        for column, number in zip(table.columns, cells, strict=True)
    ]


def file_of(found: Publication, territory: str, form: str) -> tuple[bytes, str]:
    """The body and media type of a published file: `csv`, its schema as `json`, or what to know of it as `txt`."""
    if form == "csv":
        return as_csv(HEADS, lines(found.month, found.table)), "text/csv; charset=utf-8"
    if form == "json":
        return json.dumps(schema(territory, found), ensure_ascii=False, indent=1).encode(), "application/json"
    return readme(territory, found).encode(), "text/plain; charset=utf-8"


def schema(territory: str, found: Publication) -> dict[str, Any]:
    """The file's Table Schema (Frictionless)."""
    said = {
        "trimestre": "dernier mois du trimestre de premier envoi", "personnes": "nombre de personnes, vide si secret",
        "statut": "diffusé ou secret",
    }
    fields = [
        {"name": name, "type": "integer" if name == "personnes" else "string", "description": said.get(name, "")}
        for name in HEADS
    ]
    return {
        "name": f"relais-{territory}-{found.month}", "fields": fields, "missingValues": [""],
        "primaryKey": ["trimestre", "droit_code", "situation_code"],
    }  # fmt: skip


def readme(territory: str, found: Publication) -> str:
    """What a reader has to know."""
    return (
        f"Orientations accompagnées, territoire {territory}, trimestre qui finit en {found.month}.\n"
        f"Publié le {found.approved_at.astimezone(PARIS):%d/%m/%Y}. Ce fichier ne changera plus.\n\n"
        "Une ligne compte des personnes confiées à un guichet pour un droit pendant ce trimestre, selon la situation "
        "au jour de la préparation. Une personne confiée pour deux droits compte dans chacun.\n"
        "Aucun nombre en dessous de 11, ni dont un seul organisme a apporté 85 % ou plus ; d’autres nombres sont "
        "cachés pour que ceux-là ne se déduisent pas des totaux. Un nombre caché est vide, avec le statut secret.\n"
        "Chaque trimestre est publié une fois, avec les mêmes lignes et colonnes. Les trimestres ne se recoupent pas.\n"
    )
