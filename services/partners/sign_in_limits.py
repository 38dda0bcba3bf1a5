"""How often one may try: counted in the database by address, browser and network, for every process alike."""

from sqlalchemy import text

from services.partners.sign_in_rules import Limit
from services.runtime.database import Work

_SPEND = text(
    "INSERT INTO partners.signinthrottle AS t (key, since, count) VALUES (:key, :now, 1)"
    " ON CONFLICT (key) DO UPDATE SET"
    " count = CASE WHEN t.since <= :before THEN 1 ELSE t.count + 1 END,"
    " since = CASE WHEN t.since <= :before THEN :now ELSE t.since END RETURNING count"
)
_GIVE_BACK = "UPDATE partners.signinthrottle SET count = greatest(count - 1, 0) WHERE key = :key"
Spent = list[tuple[Limit, str | None]]


async def spend(asked: Spent, work: Work) -> Limit | None:
    """Count one try under each of these, and return the limit that is passed, or None. A fingerprint None is not
    counted. Rows are taken in the order of their keys, so that two tries never wait for each other in a ring.
    """
    passed = None
    for limit, fingerprint in sorted(asked, key=lambda one: (one[0].name, one[1] or "")):
        if fingerprint is None:
            continue
        values = {"key": f"{limit.name}:{fingerprint}", "now": work.now, "before": work.now - limit.window}
        count = int((await work.session.execute(_SPEND, values)).scalar_one())
        passed = limit if count > limit.most else passed
    return passed


async def give_back(asked: Spent, work: Work) -> None:
    """What succeeded was no try too many."""
    for limit, fingerprint in sorted(asked, key=lambda one: (one[0].name, one[1] or "")):
        if fingerprint is not None:
            await work.execute(_GIVE_BACK, key=f"{limit.name}:{fingerprint}")
