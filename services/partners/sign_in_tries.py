"""What sign-in reads and writes: accounts that may sign in, what became of each try, and one-use challenges."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from services.partners.sign_in_keys import SignInKeys
from services.partners.sign_in_rules import Method, Outcome, allowed_methods
from services.runtime.database import Work

_ACCOUNT = """
SELECT a.ref, a.email, a.name, a.organisation, o.name AS organisation_name, o.siret,
       p.methods AS own_methods, q.methods AS organisation_methods
FROM partners.account a
JOIN partners.organisation o ON o.ref = a.organisation AND NOT o.closed
LEFT JOIN partners.signinpolicy p ON p.subject = a.ref
LEFT JOIN partners.signinpolicy q ON q.subject = o.ref
WHERE a.active AND 
"""
_EVENT = """
INSERT INTO partners.signinevent (ref, at, account, method, outcome, device)
VALUES (:ref, :at, :account, :method, :outcome, :device)
"""
_BEGIN = """
INSERT INTO partners.signinchallenge (ref, kind, holder, account, value, created_at)
VALUES (:ref, :kind, :holder, :account, :value, :now)
"""
_LAST = """
SELECT ref, account, value FROM partners.signinchallenge
WHERE holder = :holder AND kind = :kind AND used_at IS NULL AND created_at > :since
ORDER BY created_at DESC LIMIT 1 FOR UPDATE
"""


@dataclass(frozen=True)
class Visit:
    """Who knocks: the secret of the browser, the fingerprint of its network (None: this machine) and its two words."""

    browser: str
    network: str | None
    device: str


@dataclass(frozen=True)
class Known:
    """An account that may sign in, and by which methods."""

    ref: UUID
    email: str
    name: str
    organisation: UUID
    organisation_name: str
    siret: str | None
    methods: frozenset[Method]


@dataclass(frozen=True)
class Begun:
    """A challenge that was taken: it serves no second time."""

    account: UUID | None
    value: dict[str, Any]


async def find_account(work: Work, *, ref: UUID | None = None, email: str | None = None) -> Known | None:
    """An active account of an organisation that is not closed, by reference or lower-case address."""
    where = "a.ref = :value" if ref is not None else "a.email = :value"
    row = (await work.execute(_ACCOUNT + where, value=ref if ref is not None else email)).one_or_none()
    if row is None:
        return None
    methods = allowed_methods(row.own_methods, row.organisation_methods)
    return Known(row.ref, row.email, row.name, row.organisation, row.organisation_name, row.siret, methods)


async def note(outcome: Outcome, method: Method, account: UUID | None, visit: Visit, work: Work) -> None:
    """Keep what became of a try; the address typed is no part of it."""
    await work.execute(
        _EVENT, ref=uuid4(), at=work.now, account=account, method=method.value, outcome=outcome.value,
        device=visit.device,
    )  # fmt: skip


async def begin(
    kind: str, holder: str, account: UUID | None, value: dict[str, Any], keys: SignInKeys, work: Work
) -> None:
    """Remember what one browser (or session) has begun; the last one of a kind counts."""
    sealed = keys.seal(json.dumps(value), f"{kind}:{holder}")
    await work.execute(_BEGIN, ref=uuid4(), kind=kind, holder=holder, account=account, value=sealed, now=work.now)


async def peek(kind: str, holder: str, life: timedelta, keys: SignInKeys, work: Work) -> Begun | None:
    """What was begun there and not yet ended; it stays."""
    row = (await work.execute(_LAST, kind=kind, holder=holder, since=work.now - life)).one_or_none()
    opened = keys.open(row.value, f"{kind}:{holder}") if row else None
    return Begun(row.account, json.loads(opened)) if row and opened else None


async def take(kind: str, holder: str, life: timedelta, keys: SignInKeys, work: Work) -> Begun | None:
    """What was begun there, once; whatever else was begun of that kind there ends with it."""
    found = await peek(kind, holder, life, keys, work)
    await work.execute(
        "UPDATE partners.signinchallenge SET used_at = :now"
        " WHERE holder = :holder AND kind = :kind AND used_at IS NULL",
        now=work.now, holder=holder, kind=kind,
    )  # fmt: skip
    return found
