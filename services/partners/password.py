"""Passwords: argon2id in threads, few at a time, always with a second factor.

The parameters are the second choice of RFC 9106 (64 MiB, 3 passes, 4 lanes), above what OWASP asks for.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from contracts.refusals import PasswordSignInRefused, Refusal, SignInBusy
from contracts.viewer import Viewer
from services.partners import second_factor
from services.partners.sign_in import too_many
from services.partners.sign_in_keys import SignInKeys
from services.partners.sign_in_limits import Spent, give_back, spend
from services.partners.sign_in_rules import (
    TRIES_BY_ADDRESS,
    TRIES_BY_ADDRESS_A_DAY,
    TRIES_BY_NETWORK,
    Method,
    Outcome,
    normalised,
)
from services.partners.sign_in_tries import Visit, find_account, note
from services.runtime.database import Database, Work

if TYPE_CHECKING:
    from argon2 import PasswordHasher

AT_ONCE, WAITING = 2, 16
R = TypeVar("R")
_KEEP = """
INSERT INTO partners.password (account, hash, totp, totp_step, changed_at)
VALUES (:ref, :hash, :totp, :step, :now) ON CONFLICT (account) DO UPDATE SET
    hash = excluded.hash, totp = excluded.totp, totp_step = excluded.totp_step, changed_at = excluded.changed_at
"""


@dataclass(frozen=True)
class Try:
    """What the page sends: address, password, and the code of the application or a recovery code."""

    email: str
    password: str
    code: str


@dataclass(frozen=True)
class _Looked:
    account: UUID | None
    stored: str
    counted: Spent


class Hashing:
    """At most 2 hashes at once (128 MiB) and 16 that wait; more are refused rather than kept."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)
        self._inside = 0

    async def hash(self, password: str) -> str:
        """argon2id of that password, in its own form. Refusals: SignInBusy."""
        return await self._run(lambda: _hasher().hash(normalised(password)))

    async def matches(self, stored: str, password: str) -> bool:
        """Whether that is the password. Refusals: SignInBusy."""
        return await self._run(lambda: _verify(stored, normalised(password)))

    async def _run(self, work: Callable[[], R]) -> R:
        if self._inside >= AT_ONCE + WAITING:
            raise SignInBusy
        self._inside += 1
        try:
            async with self._room:
                return await asyncio.to_thread(work)
        finally:
            self._inside -= 1


async def sign_in(
    typed: Try, visit: Visit, keys: SignInKeys, hashing: Hashing, database: Database
) -> tuple[UUID, Outcome] | Refusal:
    """The account, or the one refusal for whatever was wrong of the three. An unknown address costs the same hash.

    The hash is made between two transactions, so that no connection waits for it.
    """
    async with database.web(None) as work:
        looked = await _look(typed, visit, keys, work)
    if isinstance(looked, Refusal):
        return looked
    right = await hashing.matches(looked.stored, typed.password)
    async with database.web(None) as work:
        entered = await _second(looked, right, typed.code, keys, work)
        if entered is None:
            await note(Outcome.WRONG, Method.PASSWORD, looked.account, visit, work)
            return PasswordSignInRefused()
        await give_back(looked.counted, work)
        assert looked.account is not None
        return looked.account, entered


async def keep(viewer: Viewer, hashed: str, secret: str, step: int, keys: SignInKeys, work: Work) -> None:
    """Keep her password and its application's secret, in the place of former ones; `step` is that of the code with
    which she confirmed them, which serves no second time.
    """
    totp = keys.seal(secret, f"totp:{viewer.account}")
    await work.execute(_KEEP, ref=viewer.account, hash=hashed, totp=totp, step=step, now=work.now)


async def drop(viewer: Viewer, work: Work) -> None:
    """Remove her password, its second factor and the recovery codes."""
    for table in ("password", "recoverycode"):
        await work.execute(f"DELETE FROM partners.{table} WHERE account = :ref", ref=viewer.account)


async def _look(typed: Try, visit: Visit, keys: SignInKeys, work: Work) -> _Looked | Refusal:
    address = typed.email.strip().lower()
    counted_as = keys.fingerprint(work.territory, address)
    counted: Spent = [
        (TRIES_BY_ADDRESS, counted_as),
        (TRIES_BY_ADDRESS_A_DAY, counted_as),
        (TRIES_BY_NETWORK, visit.network),
    ]
    passed = await spend(counted, work)
    account = await find_account(work, email=address)
    if passed is not None:
        await note(Outcome.LOCKED, Method.PASSWORD, account.ref if account else None, visit, work)
        return too_many(passed)
    ref = account.ref if account else None
    row = (await work.execute("SELECT hash FROM partners.password WHERE account = :ref", ref=ref)).one_or_none()
    usable = account is not None and row is not None and Method.PASSWORD in account.methods
    return _Looked(account.ref if account and usable else None, row.hash if row and usable else _decoy(), counted)


async def _second(looked: _Looked, right: bool, code: str, keys: SignInKeys, work: Work) -> Outcome | None:
    if looked.account is None or not right:
        return None
    if await second_factor.use_totp(looked.account, code, keys, work):
        return Outcome.ENTERED
    if await second_factor.use_recovery_code(looked.account, code, keys, work):
        return Outcome.ENTERED_BY_RECOVERY
    return None


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher
    from argon2.profiles import RFC_9106_LOW_MEMORY

    return PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


@cache
def _decoy() -> str:
    """The hash of a password that nobody has, of the same cost as any other."""
    return _hasher().hash(secrets.token_urlsafe(32))


def _verify(stored: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
