"""The first start of an empty installation: a token in the terminal, once, and no account that anybody else knows."""

import secrets
from datetime import timedelta
from uuid import UUID, uuid4

from contracts.refusals import Refusal, SetupTokenRefused
from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind
from services.partners.domain import fingerprint
from services.partners.tables import Account, Membership, Organisation
from services.runtime.database import Database, Work

TOKEN_LIFE = timedelta(minutes=30)
_LIVE = "SELECT hash FROM partners.setuptoken WHERE hash = :hash AND used_at IS NULL AND created_at > :since FOR UPDATE"


async def make_token(database: Database) -> str | None:
    """A new token for half an hour, in the place of any other; None once there is an account."""
    token = secrets.token_urlsafe(24)
    async with database.worker() as work:
        if not await is_empty(work):
            return None
        await work.execute("DELETE FROM partners.setuptoken")
        await work.execute(
            "INSERT INTO partners.setuptoken (hash, created_at) VALUES (:hash, :now)",
            hash=fingerprint("setup", token),
            now=work.now,
        )
    return token


async def is_empty(work: Work) -> bool:
    """Whether nobody has an account yet."""
    return bool((await work.execute("SELECT NOT EXISTS (SELECT 1 FROM partners.account)")).scalar_one())


def first_administrator(organisation: str, kind: OrganisationKind, name: str, territory: str) -> Viewer:
    """Who makes the first organisation: herself, as what she is about to be; row-level security lets no other role."""
    return Viewer(
        account=uuid4(),
        display_name=name,
        organisation=uuid4(),
        organisation_name=organisation,
        organisation_kind=kind,
        roles=frozenset({Role.ADMINISTRATOR}),
        territory=territory,
    )


async def install(first: Viewer, token: str, email: str, siret: str | None, work: Work) -> UUID | Refusal:
    """Make the first organisation and its administrator, and use the token; one that is unknown, used, older than half
    an hour or of an installation that has an account is refused alike.
    """
    hashed = fingerprint("setup", token.strip())
    row = (await work.execute(_LIVE, hash=hashed, since=work.now - TOKEN_LIFE)).one_or_none()
    if row is None or not await is_empty(work):
        return SetupTokenRefused(field="token")
    await work.execute("UPDATE partners.setuptoken SET used_at = :now WHERE hash = :hash", now=work.now, hash=hashed)
    work.session.add(
        Organisation(
            ref=first.organisation, name=first.organisation_name, kind=first.organisation_kind.value, siret=siret
        )
    )
    await work.session.flush()
    work.session.add(
        Account(
            ref=first.account,
            email=email.strip().lower(),
            name=first.display_name,
            function="Administration de Relais",
            organisation=first.organisation,
        )
    )
    await work.session.flush()
    work.session.add(Membership(account=first.account, role=Role.ADMINISTRATOR.value))
    return first.account
