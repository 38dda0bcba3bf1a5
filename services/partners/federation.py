"""Which account comes back from the OpenID provider: bound by its subject, first by address within its organisation."""

import re
from uuid import UUID, uuid4

from contracts.refusals import FederatedSignInUnknown, Refusal
from services.partners.proconnect import Identity
from services.partners.sign_in_rules import Method, Outcome
from services.partners.sign_in_tries import Known, Visit, find_account, note
from services.runtime.database import Work

_BOUND = "SELECT account FROM partners.federatedidentity WHERE issuer = :issuer AND subject = :subject"
_BOUND_OTHERWISE = "SELECT 1 FROM partners.federatedidentity WHERE issuer = :issuer AND account = :account"
_BIND = """
INSERT INTO partners.federatedidentity (ref, account, issuer, subject, bound_at)
VALUES (:ref, :account, :issuer, :subject, :now) ON CONFLICT DO NOTHING RETURNING account
"""


async def admit(identity: Identity, visit: Visit, work: Work) -> UUID | Refusal:
    """The account of that identity, or FederatedSignInUnknown.

    Its SIRET must be the one of her organisation in the directory, at every sign-in: the directory is the list of who
    is allowed, and somebody who changed employer does not bring her account along.
    """
    bound = (await work.execute(_BOUND, issuer=identity.issuer, subject=identity.subject)).one_or_none()
    known = await find_account(work, ref=bound.account) if bound else None
    if bound is not None and known is None:  # her account was closed: should she have a new one, she is bound anew
        bound = await _unbind(identity, work)
    known = known or await find_account(work, email=identity.email)
    if known is None or not _same_siret(known, identity.siret):
        await note(Outcome.UNKNOWN_ORGANISATION, Method.PROCONNECT, known.ref if known else None, visit, work)
        return FederatedSignInUnknown()
    if Method.PROCONNECT not in known.methods:
        await note(Outcome.NOT_ALLOWED, Method.PROCONNECT, known.ref, visit, work)
        return FederatedSignInUnknown()
    if bound is None and not await _bind(identity, known, work):
        await note(Outcome.WRONG, Method.PROCONNECT, known.ref, visit, work)
        return FederatedSignInUnknown()
    return known.ref


async def _unbind(identity: Identity, work: Work) -> None:
    await work.execute(
        "DELETE FROM partners.federatedidentity WHERE issuer = :issuer AND subject = :subject",
        issuer=identity.issuer,
        subject=identity.subject,
    )


def _same_siret(known: Known, siret: str) -> bool:
    return bool(re.fullmatch(r"\d{14}", siret)) and re.sub(r"\D", "", known.siret or "") == siret


async def _bind(identity: Identity, known: Known, work: Work) -> bool:
    """Bind the subject, once: another subject with the same address is somebody else, or an address given anew."""
    if (await work.execute(_BOUND_OTHERWISE, issuer=identity.issuer, account=known.ref)).first():
        return False
    written = await work.execute(
        _BIND, ref=uuid4(), account=known.ref, issuer=identity.issuer, subject=identity.subject, now=work.now
    )
    return written.first() is not None
