"""What a service holds about some referrals, read off its declared tables: for a person's right of access.

References, states and instants: no service but intake has more of her.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import MetaData

from contracts.asks import ListHeld, ListHeldByDesks, ListHeldByNotify
from contracts.envelope import Ask
from contracts.replies import HeldFound
from services.runtime.bus import Answer
from services.runtime.database import Database, Work

PLUMBING = frozenset({"territory", "version", "awaiting_since", "recorded_at", "redelivered_at"})


async def held_about(referrals: Collection[UUID], metadata: MetaData, own: str, work: Work) -> HeldFound:
    """Every row of the table `own`, where a referral is a row under its own reference ("" for none), and of the tables
    with a column `referral`.
    """
    rows = []
    for table in metadata.sorted_tables:
        column = "ref" if table.name == own else "referral" if "referral" in table.columns else None
        if column is None:
            continue
        found = await work.execute(
            f'SELECT to_jsonb(t) AS held FROM "{work.service}"."{table.name}" t'
            f' WHERE "{column}" = ANY(cast(:referrals AS uuid[]))',
            referrals=list(referrals),
        )
        for row in found:
            kept = {name: value for name, value in row.held.items() if name not in PLUMBING and value is not None}
            rows.append({"table": table.name, **kept})
    return HeldFound(rows=tuple(rows))


# The ask by which each service is asked, and its table of which a row is a referral under its own reference.
ASKED: dict[str, tuple[type[Ask[HeldFound]], str]] = {
    "referral": (ListHeld, "referral"),
    "partners": (ListHeldByDesks, "deskitem"),
    "notify": (ListHeldByNotify, ""),
}


def answers(service: str, database: Database, metadata: MetaData) -> dict[type[Ask[Any]], Answer]:
    """The answer of that service to what it holds; intake, which asks, has none."""
    if service not in ASKED:
        return {}
    kind, own = ASKED[service]

    async def answer(ask: Any) -> HeldFound:  # noqa: ANN401 - one of ASKED
        async with database.worker() as work:
            return await held_about(ask.referrals, metadata, own, work)

    return {kind: answer}
