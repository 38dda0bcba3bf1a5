"""The second factor of a password: the code of an application (RFC 6238), each taken once, and recovery codes."""

import re
import secrets
from datetime import datetime
from uuid import UUID

from services.partners.sign_in_keys import SignInKeys
from services.partners.sign_in_rules import totp_steps
from services.runtime.database import Work

RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """A secret for an application, 160 bits, in base32."""
    import pyotp

    return pyotp.random_base32()


def setup_address(secret: str, email: str) -> str:
    """The `otpauth:` address that an application reads from a QR code."""
    import pyotp

    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="Relais")


def qr_code(address: str) -> str:
    """That address as an SVG image in a `data:` address: dark on white in both colour schemes, or nothing reads it."""
    import segno

    return segno.make(address, error="m").svg_data_uri(scale=5, border=4, dark="#17233a", light="#ffffff")


def step_of(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The 30-second step whose code this is, among those taken now and later than `after`; None when there is none."""
    import pyotp

    digits, totp = re.sub(r"\s", "", code), pyotp.TOTP(secret)
    found = None
    for step in totp_steps(now):
        same = secrets.compare_digest(totp.generate_otp(step).encode(), digits.encode())
        found = step if same and step > after else found
    return found


async def use_totp(account: UUID, code: str, keys: SignInKeys, work: Work) -> bool:
    """Whether that is a code of now that was not used before; it is used by this."""
    row = (
        await work.execute("SELECT totp, totp_step FROM partners.password WHERE account = :ref FOR UPDATE", ref=account)
    ).one_or_none()
    secret = keys.open(row.totp, f"totp:{account}") if row else None
    step = step_of(secret, code, work.now, row.totp_step) if row and secret else None
    if step is None:
        return False
    await work.execute("UPDATE partners.password SET totp_step = :step WHERE account = :ref", step=step, ref=account)
    return True


async def use_recovery_code(account: UUID, code: str, keys: SignInKeys, work: Work) -> bool:
    """Whether that is one of her unused recovery codes; it is used by this."""
    used = await work.execute(
        "UPDATE partners.recoverycode SET used_at = :now"
        " WHERE hash = :hash AND account = :ref AND used_at IS NULL RETURNING hash",
        now=work.now,
        hash=_hash(account, code, keys),
        ref=account,
    )
    return used.first() is not None


async def make_recovery_codes(account: UUID, keys: SignInKeys, work: Work) -> list[str]:
    """Ten new codes of 16 letters (79 bits), shown once and kept as hashes; the former ones no longer serve."""
    await work.execute("DELETE FROM partners.recoverycode WHERE account = :ref", ref=account)
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(16)) for _ in range(RECOVERY_CODES)]
    for code in codes:
        await work.execute(
            "INSERT INTO partners.recoverycode (hash, account) VALUES (:hash, :ref)",
            hash=_hash(account, code, keys),
            ref=account,
        )
    return ["-".join(re.findall("....", code)) for code in codes]


def _hash(account: UUID, code: str, keys: SignInKeys) -> str:
    return keys.fingerprint("recovery", str(account), re.sub(r"[\s-]", "", code.lower()))
