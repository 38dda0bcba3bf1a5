"""What one account has to sign in with, what became of its tries, and what its organisation allows."""

from collections.abc import Iterable
from uuid import UUID

from contracts.viewer import Viewer
from services.partners.sign_in_rules import CHOSEN, FRESH_FOR, METHOD_NAMES, OUTCOME_NAMES, Method, Outcome
from services.runtime.database import Work
from services.runtime.driver import Row

EVENTS = 20
_MEANS = """
SELECT (SELECT count(*) FROM partners.passkey WHERE account = :ref AND cloned_at IS NULL) AS passkeys,
       (SELECT changed_at FROM partners.password WHERE account = :ref) AS password_at,
       (SELECT count(*) FROM partners.recoverycode WHERE account = :ref AND used_at IS NULL) AS codes_left,
       (SELECT min(bound_at) FROM partners.federatedidentity WHERE account = :ref) AS bound_at,
       (SELECT methods FROM partners.signinpolicy WHERE subject = :ref) AS own
"""
_SET = """
INSERT INTO partners.signinpolicy (subject, methods) VALUES (:subject, :methods)
ON CONFLICT (subject) DO UPDATE SET methods = excluded.methods
"""


async def read_means(viewer: Viewer, work: Work) -> Row:
    """Her means: passkeys (count), password_at, codes_left, bound_at, own (methods she restricted herself to)."""
    return (await work.execute(_MEANS, ref=viewer.account)).one()


async def list_events(viewer: Viewer, work: Work) -> list[dict[str, object]]:
    """Her last 20 tries and changes, the last first, in words."""
    rows = await work.execute(
        "SELECT at, method, outcome, device FROM partners.signinevent WHERE account = :ref"
        " ORDER BY at DESC LIMIT :most",
        ref=viewer.account,
        most=EVENTS,
    )
    return [
        {
            "at": row.at,
            "what": OUTCOME_NAMES[Outcome(row.outcome)],
            "how": "" if row.outcome == Outcome.REVOKED else METHOD_NAMES[Method(row.method)],
            "device": row.device,
            "fine": Outcome(row.outcome) in (Outcome.ENTERED, Outcome.ADDED, Outcome.REMOVED, Outcome.REVOKED),
        }
        for row in rows
    ]


async def is_fresh(hashed: str, work: Work) -> bool:
    """Whether that session was opened within 15 minutes."""
    row = (await work.execute("SELECT created_at FROM partners.session WHERE hash = :hash", hash=hashed)).one_or_none()
    return row is not None and work.now - row.created_at <= FRESH_FOR


async def set_policy(subject: UUID, methods: Iterable[Method], work: Work) -> None:
    """Allow only these methods to an organisation's people, or to one account; all of them is no policy."""
    wanted = [one.value for one in CHOSEN if one in set(methods)]
    if len(wanted) == len(CHOSEN):
        await work.execute("DELETE FROM partners.signinpolicy WHERE subject = :subject", subject=subject)
    else:
        await work.execute(_SET, subject=subject, methods=wanted)


async def refuse_codes(viewer: Viewer, work: Work) -> bool:
    """No more codes by message for her; False when she has nothing else that is her own."""
    means = await read_means(viewer, work)
    if not means.passkeys and means.password_at is None:
        return False
    await set_policy(viewer.account, [one for one in CHOSEN if one is not Method.CODE], work)
    return True


async def keep_a_way_in(account: UUID, work: Work) -> None:
    """Codes by message come back to her who removed the last means of her own; her organisation's rule stays."""
    await work.execute(
        "DELETE FROM partners.signinpolicy WHERE subject = :ref"
        " AND NOT EXISTS (SELECT 1 FROM partners.passkey WHERE account = :ref)"
        " AND NOT EXISTS (SELECT 1 FROM partners.password WHERE account = :ref)",
        ref=account,
    )


async def forget_means(account: UUID, work: Work) -> None:
    """Remove every means of an account, for somebody who lost hers; her sessions are ended apart."""
    for table in ("passkey", "password", "recoverycode", "federatedidentity"):
        await work.execute(f"DELETE FROM partners.{table} WHERE account = :ref", ref=account)
    await work.execute("DELETE FROM partners.signinpolicy WHERE subject = :ref", ref=account)


async def list_policies(_viewer: Viewer, work: Work) -> list[Row]:
    """Every open organisation with the methods it allows (None: all), and how many of its people have means of their
    own.
    """
    rows = await work.execute(
        "SELECT o.ref, o.name, p.methods, (SELECT count(*) FROM partners.account a WHERE a.organisation = o.ref"
        " AND a.active) AS people, (SELECT count(*) FROM partners.account a WHERE a.organisation = o.ref AND a.active"
        " AND (EXISTS (SELECT 1 FROM partners.passkey k WHERE k.account = a.ref)"
        " OR EXISTS (SELECT 1 FROM partners.password w WHERE w.account = a.ref))) AS equipped"
        " FROM partners.organisation o LEFT JOIN partners.signinpolicy p ON p.subject = o.ref"
        " WHERE NOT o.closed ORDER BY o.name"
    )
    return rows.all()
