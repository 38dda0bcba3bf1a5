"""Who looks at a referral just now: said to colleagues of the same desk, and forgotten a minute later."""

from datetime import timedelta
from uuid import UUID

from contracts.viewer import Viewer
from services.partners.tables import DeskItem
from services.runtime.database import Work

PRESENT = timedelta(seconds=60)
_SEEN = """
INSERT INTO partners.presence (account, referral, desk, seen_at) VALUES (:account, :referral, :desk, :now)
ON CONFLICT (account) DO UPDATE SET referral = excluded.referral, desk = excluded.desk, seen_at = excluded.seen_at
"""
_FORGET = "DELETE FROM partners.presence WHERE seen_at < :before"
_OTHERS = """
SELECT a.name FROM partners.presence p JOIN partners.account a ON a.ref = p.account
WHERE p.referral = :referral AND p.desk = :desk AND p.account <> :account AND p.seen_at >= :since
ORDER BY a.name
"""
_ALREADY = """
SELECT 1 FROM partners.presence
WHERE account = :account AND referral = :referral AND seen_at >= :since
"""


def topic(referral: UUID) -> str:
    """What the open pages of that referral listen to."""
    return f"presence.{referral}"


async def be_present(viewer: Viewer, item: DeskItem, work: Work) -> None:
    """She looks at it now, and at nothing else; whoever looked away more than a minute ago is forgotten."""
    since = work.now - PRESENT
    here = {"account": viewer.account, "referral": item.ref}
    known = (await work.execute(_ALREADY, **here, since=since)).first() is not None
    await work.execute(_SEEN, **here, desk=item.desk, now=work.now)
    await work.execute(_FORGET, before=since)
    if not known:
        work.hint(topic(item.ref))


async def others_present(viewer: Viewer, item: DeskItem, work: Work) -> list[str]:
    """The colleagues of that desk who look at it now, by their names."""
    rows = await work.execute(
        _OTHERS, referral=item.ref, desk=item.desk, account=viewer.account, since=work.now - PRESENT
    )
    return [short(one.name) for one in rows]


def short(name: str) -> str:
    """`Odirine F.` of `Odirine Fenaquin`."""
    first, _, last = name.partition(" ")
    return f"{first} {last[0]}." if last else first


def sentence(names: list[str]) -> str:
    """`Odirine F. regarde aussi cette orientation.`"""
    if not names:
        return ""
    said = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} et {names[-1]}"
    return f"{said} {'regarde' if len(names) == 1 else 'regardent'} aussi cette orientation."
