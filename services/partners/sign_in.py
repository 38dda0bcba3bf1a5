"""Signing in: a one-time code bound to the browser that asked for it, then a session of which only a hash is kept.

A known and an unknown address take the same path: same rows, same answer, and the mail leaves afterwards.
"""

import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from contracts.refusals import Refusal, SignInCodeExpired, SignInCodeWrong, SignInLocked, TooManyTries
from services.partners.domain import CODE_LIFE, CODE_TRIES, SESSION_LENGTH, fingerprint
from services.partners.sign_in_keys import SignInKeys
from services.partners.sign_in_limits import Spent, give_back, spend
from services.partners.sign_in_rules import (
    CODES_BY_ADDRESS,
    CODES_BY_BROWSER,
    CODES_BY_NETWORK,
    TRIES_BY_ADDRESS_A_DAY,
    TRIES_BY_NETWORK,
    Limit,
    Method,
    Outcome,
)
from services.partners.sign_in_tries import Visit, find_account, note
from services.partners.tables import Session, SignIn
from services.runtime.database import Work
from services.runtime.web.guard import session_hash


@dataclass(frozen=True)
class CodeAsked:
    """A code to mail, or None when nobody who may use one has that address; the page is the same for both."""

    email: str | None
    code: str


def too_many(limit: Limit, field: str | None = None) -> Refusal:
    """The refusal for a limit that is passed."""
    return SignInLocked(field=field) if limit.window >= TRIES_BY_ADDRESS_A_DAY.window else TooManyTries(field=field)


async def ask_for_code(email: str, visit: Visit, keys: SignInKeys, work: Work) -> CodeAsked | Refusal:
    """Make a code for that address, bound to the browser's secret. More than 5 in 10 minutes are refused."""
    address = email.strip().lower()
    counted = keys.fingerprint(work.territory, address)
    asked: Spent = [
        (CODES_BY_ADDRESS, counted),
        (CODES_BY_BROWSER, fingerprint(visit.browser)),
        (CODES_BY_NETWORK, visit.network),
    ]
    passed = await spend(asked, work)
    account = await find_account(work, email=address)
    if passed is not None:
        await note(Outcome.LOCKED, Method.CODE, account.ref if account else None, visit, work)
        return too_many(passed)
    if account is not None and Method.CODE not in account.methods:
        await note(Outcome.NOT_ALLOWED, Method.CODE, account.ref, visit, work)
        account = None
    code = f"{secrets.randbelow(1_000_000):06d}"
    work.session.add(
        SignIn(
            browser=fingerprint(visit.browser),
            account=account.ref if account else None,
            address=counted,
            code_hash=fingerprint(visit.browser, code),
            created_at=work.now,
        )
    )
    return CodeAsked(account.email if account else None, code)


async def redeem_code(visit: Visit, code: str, work: Work) -> UUID | Refusal:
    """The account whose code this is, once, or why not: the last code asked for from this browser is the one that
    counts, for 10 minutes and 5 tries. A try is counted whatever its answer, so a refusal is returned and not raised.
    """
    found = await _last_code(visit.browser, work)
    if found is None or found.used_at is not None or work.now - found.created_at >= CODE_LIFE:
        return SignInCodeExpired(field="code")
    counted: Spent = [(TRIES_BY_ADDRESS_A_DAY, found.address), (TRIES_BY_NETWORK, visit.network)]
    passed = await spend(counted, work)
    if found.tries >= CODE_TRIES or passed is not None:
        await note(Outcome.LOCKED, Method.CODE, found.account, visit, work)
        return too_many(passed, "code") if passed else TooManyTries(field="code")
    found.tries += 1
    right = secrets.compare_digest(found.code_hash, fingerprint(visit.browser, code))
    account = await find_account(work, ref=found.account) if found.account is not None and right else None
    if account is None or Method.CODE not in account.methods:
        await note(Outcome.WRONG, Method.CODE, found.account, visit, work)
        return SignInCodeWrong(field="code")
    found.used_at = work.now
    await give_back(counted, work)
    return account.ref


async def open_session(
    account: UUID,
    previous: str | None,
    work: Work,
    *,
    method: Method = Method.CODE,
    device: str = "",
    federation: str | None = None,
) -> str:
    """The cookie of a new session; the browser's former one, when it had one, ends."""
    if previous is not None:
        await end_session(session_hash(previous), work)
    cookie = secrets.token_urlsafe(32)
    work.session.add(
        Session(
            hash=session_hash(cookie),
            account=account,
            method=method.value,
            device=device,
            federation=federation,
            created_at=work.now,
            seen_at=work.now,
            expires_at=work.now + SESSION_LENGTH,
        )
    )
    return cookie


async def end_session(hashed: str, work: Work) -> str | None:
    """End that session now, and return the sealed token by which an OpenID provider ends its own; one that is unknown
    or ended stays as it is.
    """
    ended = await work.execute(
        "UPDATE partners.session s SET ended_at = :now, federation = NULL FROM partners.session o"
        " WHERE s.hash = :hash AND s.ended_at IS NULL AND o.hash = s.hash RETURNING o.federation",
        now=work.now,
        hash=hashed,
    )
    work.hint(f"session.{hashed}")
    row = ended.first()
    return row.federation if row else None


async def _last_code(browser: str, work: Work) -> SignIn | None:
    statement = (
        select(SignIn)
        .where(SignIn.browser == fingerprint(browser))
        .order_by(SignIn.created_at.desc())  # type: ignore[attr-defined]
        .limit(1)
        .with_for_update()
    )
    found: SignIn | None = (await work.session.execute(statement)).scalar_one_or_none()
    return found
