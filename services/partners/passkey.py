"""Passkeys (WebAuthn): made on one's account page, then one gesture at the sign-in page, without an address to type.

The person is always verified by her device (fingerprint, face or PIN), so a passkey alone is two factors.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from contracts.refusals import PasskeyRefused, PasskeySuspended, Refusal
from contracts.viewer import Viewer
from services.partners.domain import fingerprint
from services.partners.sign_in_keys import SignInKeys
from services.partners.sign_in_rules import Method, Outcome
from services.partners.sign_in_tries import Known, Visit, begin, find_account, note, take
from services.runtime.database import Work
from services.runtime.driver import Row

CEREMONY = timedelta(minutes=5)
MAKING, ENTERING = "passkey-making", "passkey-entering"
MOST_KEYS = 10


@dataclass(frozen=True)
class Site:
    """Which site a passkey is for: a host name, and the origin that the browser says."""

    host: str
    origin: str

    @property
    def named(self) -> bool:
        """Whether browsers make passkeys here: an address of numbers has none."""
        try:
            ip_address(self.host)
        except ValueError:
            return True
        return False


def site_of(address: str) -> Site:
    """The site of an address such as `https://relais.example/`."""
    parts = urlsplit(address)
    return Site(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")


async def begin_making(known: Known, site: Site, session: str, keys: SignInKeys, work: Work) -> str:
    """The options of `navigator.credentials.create`, as JSON; bound to the session that asks."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    had = await work.execute("SELECT credential FROM partners.passkey WHERE account = :ref", ref=known.ref)
    options = generate_registration_options(
        rp_id=site.host,
        rp_name="Relais",
        user_id=known.ref.bytes,
        user_name=known.email,
        user_display_name=known.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(row.credential)) for row in had],
    )
    await begin(MAKING, session, known.ref, {"challenge": bytes_to_base64url(options.challenge)}, keys, work)
    return options_to_json(options)


async def end_making(
    account: UUID, credential: str, name: str, site: Site, session: str, keys: SignInKeys, work: Work
) -> Refusal | None:
    """Keep the passkey that the browser made; a refusal when it cannot be taken."""
    from webauthn import verify_registration_response
    from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

    begun = await take(MAKING, session, CEREMONY, keys, work)
    count = (await work.execute("SELECT count(*) FROM partners.passkey WHERE account = :ref", ref=account)).scalar_one()
    answer = _parsed(credential)
    if begun is None or begun.account != account or answer is None or count >= MOST_KEYS:
        return PasskeyRefused()
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(begun.value["challenge"]),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception:  # the library raises its own, and others' on input that is no WebAuthn
        return PasskeyRefused()
    written = await work.execute(
        "INSERT INTO partners.passkey (ref, account, credential, public_key, sign_count, name, created_at)"
        " VALUES (:ref, :account, :credential, :public_key, :count, :name, :now)"
        " ON CONFLICT (credential) DO NOTHING RETURNING ref",
        ref=uuid4(),
        account=account,
        credential=bytes_to_base64url(made.credential_id),
        public_key=made.credential_public_key,
        count=made.sign_count,
        name=name,
        now=work.now,
    )
    return None if written.first() else PasskeyRefused()


async def begin_entering(visit: Visit, site: Site, keys: SignInKeys, work: Work) -> str:
    """The options of `navigator.credentials.get`, as JSON: any passkey of this site; bound to the browser."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=site.host, user_verification=UserVerificationRequirement.REQUIRED
    )
    value = {"challenge": bytes_to_base64url(options.challenge)}
    await begin(ENTERING, fingerprint(visit.browser), None, value, keys, work)
    return options_to_json(options)


async def end_entering(
    credential: str, visit: Visit, site: Site, keys: SignInKeys, work: Work
) -> UUID | Refusal:
    """The account whose passkey signed the challenge of this browser, once. A counter that does not go up suspends the
    passkey, whichever of the two copies asks.
    """
    begun = await take(ENTERING, fingerprint(visit.browser), CEREMONY, keys, work)
    answer = _parsed(credential)
    key = await _key(answer, work) if begun and answer else None
    count = _verified(answer, begun.value["challenge"], site, key) if begun and answer and key else None
    if key is None or count is None:
        await note(Outcome.WRONG, Method.PASSKEY, key.account if key else None, visit, work)
        return PasskeyRefused()
    known = await find_account(work, ref=key.account)
    if known is None or Method.PASSKEY not in known.methods:
        await note(Outcome.NOT_ALLOWED, Method.PASSKEY, key.account, visit, work)
        return PasskeyRefused()
    if key.cloned_at is not None or ((count or key.sign_count) and count <= key.sign_count):
        await work.execute(
            "UPDATE partners.passkey SET cloned_at = coalesce(cloned_at, :now) WHERE ref = :ref",
            now=work.now,
            ref=key.ref,
        )
        await note(Outcome.CLONED, Method.PASSKEY, key.account, visit, work)
        return PasskeySuspended()
    await work.execute(
        "UPDATE partners.passkey SET sign_count = :count, used_at = :now WHERE ref = :ref",
        count=count,
        now=work.now,
        ref=key.ref,
    )
    return known.ref


async def list_passkeys(viewer: Viewer, work: Work) -> list[Row]:
    """Her passkeys, the oldest first: ref, name, created_at, used_at, cloned_at."""
    rows = await work.execute(
        "SELECT ref, name, created_at, used_at, cloned_at FROM partners.passkey WHERE account = :ref"
        " ORDER BY created_at",
        ref=viewer.account,
    )
    return rows.all()


async def remove_passkey(viewer: Viewer, ref: UUID, work: Work) -> bool:
    """Remove one of her own; False when it is not hers or not there."""
    rows = await work.execute(
        "DELETE FROM partners.passkey WHERE ref = :ref AND account = :account RETURNING ref",
        ref=ref,
        account=viewer.account,
    )
    return rows.first() is not None


def _parsed(credential: str) -> dict[str, Any] | None:
    try:
        found = json.loads(credential)
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("id"), str) else None


async def _key(answer: dict[str, Any], work: Work) -> Row | None:
    rows = await work.execute(
        "SELECT ref, account, public_key, sign_count, cloned_at FROM partners.passkey WHERE credential = :id"
        " FOR UPDATE",
        id=answer["id"],
    )
    return rows.one_or_none()


def _verified(answer: dict[str, Any], challenge: str, site: Site, key: Row) -> int | None:
    """What the authenticator's counter says, or None when the signature is not of this challenge, site and key."""
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes

    try:
        if base64url_to_bytes(answer["response"]["userHandle"]) != key.account.bytes:
            return None
        verified = verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=0,  # compared by who calls, so that a copy is told from a forgery
            require_user_verification=True,
        )
    except Exception:  # the library raises its own, and others' on input that is no WebAuthn
        return None
    return verified.new_sign_count
