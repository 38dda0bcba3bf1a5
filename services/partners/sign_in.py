"""Signing in: a one-time code bound to the browser that asked for it, then a session of which only a hash is kept.

A known and an unknown address take the same path: same rows, same answer, and the mail leaves afterwards.
"""

import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text

from contracts.refusals import Refusal, SignInCodeExpired, SignInCodeWrong, TooManyTries
from services.partners.domain import (
    CODE_LIFE,
    CODE_TRIES,
    CODES_PER_ADDRESS,
    CODES_PER_BROWSER,
    SESSION_LENGTH,
    THROTTLE_WINDOW,
    fingerprint,
)
from services.partners.tables import Account, Organisation, Session, SignIn
from services.runtime.database import Work
from services.runtime.web.guard import session_hash

_COUNT = text(
    "INSERT INTO partners.signinthrottle AS t (key, since, count) VALUES (:key, :now, 1)"
    " ON CONFLICT (key) DO UPDATE SET"
    " count = CASE WHEN t.since <= :before THEN 1 ELSE t.count + 1 END,"
    " since = CASE WHEN t.since <= :before THEN :now ELSE t.since END RETURNING count"
)


@dataclass(frozen=True)
class CodeAsked:
    """A code to mail, or None when nobody has that address; the page is the same for both."""

    email: str | None
    code: str


async def ask_for_code(email: str, browser: str, work: Work) -> CodeAsked | TooManyTries:
    """Make a code for that address, bound to the browser's secret. More than 5 in 10 minutes are refused."""
    address = email.strip().lower()
    asked = [
        await _count(f"address:{fingerprint(work.territory, address)}", work) <= CODES_PER_ADDRESS,
        await _count(f"browser:{fingerprint(browser)}", work) <= CODES_PER_BROWSER,
    ]
    if not all(asked):
        return TooManyTries()
    account = (await work.session.execute(_active_account().where(Account.email == address))).scalar_one_or_none()
    code = f"{secrets.randbelow(1_000_000):06d}"
    work.session.add(
        SignIn(
            browser=fingerprint(browser),
            account=account.ref if account else None,
            code_hash=fingerprint(browser, code),
            created_at=work.now,
        )
    )
    return CodeAsked(account.email if account else None, code)


async def redeem_code(browser: str, code: str, work: Work) -> UUID | Refusal:
    """The account whose code this is, once, or why not: the last code asked for from this browser is the one that
    counts, for 10 minutes and 5 tries. A try is counted whatever its answer, so a refusal is returned and not raised.
    """
    statement = (
        select(SignIn)
        .where(SignIn.browser == fingerprint(browser))
        .order_by(SignIn.created_at.desc())  # type: ignore[attr-defined]
        .limit(1)
        .with_for_update()
    )
    found = (await work.session.execute(statement)).scalar_one_or_none()
    if found is None or found.used_at is not None or work.now - found.created_at >= CODE_LIFE:
        return SignInCodeExpired(field="code")
    if found.tries >= CODE_TRIES:
        return TooManyTries(field="code")
    found.tries += 1
    right = secrets.compare_digest(found.code_hash, fingerprint(browser, code))
    if found.account is None or not right:
        return SignInCodeWrong(field="code")
    found.used_at = work.now
    statement = _active_account().where(Account.ref == found.account)
    account = (await work.session.execute(statement)).scalar_one_or_none()
    return account.ref if account else SignInCodeWrong(field="code")


async def open_session(account: UUID, previous: str | None, work: Work) -> str:
    """The cookie of a new session; the browser's former one, when it had one, ends."""
    if previous is not None:
        await end_session(session_hash(previous), work)
    cookie = secrets.token_urlsafe(32)
    work.session.add(
        Session(
            hash=session_hash(cookie),
            account=account,
            created_at=work.now,
            seen_at=work.now,
            expires_at=work.now + SESSION_LENGTH,
        )
    )
    return cookie


async def end_session(hashed: str, work: Work) -> None:
    """End that session now; one that is unknown or ended stays as it is."""
    await work.execute(
        "UPDATE partners.session SET ended_at = :now WHERE hash = :hash AND ended_at IS NULL", now=work.now, hash=hashed
    )


async def known_account(account: UUID, work: Work) -> UUID | None:
    """That account when it may sign in: active, in an organisation that is not closed."""
    statement = _active_account().where(Account.ref == account)
    found = (await work.session.execute(statement)).scalar_one_or_none()
    return found.ref if found else None


def _active_account():  # noqa: ANN202 - a SQLAlchemy select
    return (
        select(Account)
        .join(Organisation, Organisation.ref == Account.organisation)  # type: ignore[arg-type]
        .where(Account.active, Organisation.closed.is_(False))  # type: ignore[arg-type, attr-defined]
    )


async def _count(key: str, work: Work) -> int:
    values = {"key": key, "now": work.now, "before": work.now - THROTTLE_WINDOW}
    return int((await work.session.execute(_COUNT, values)).scalar_one())
