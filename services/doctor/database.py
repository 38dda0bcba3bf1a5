"""The database: its version, the roles and what they may reach, forced row-level security, and the migrations."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from contracts.topology import SERVICES
from services.doctor.finding import Finding, well, wrong
from services.processes import schema, schemas
from services.runtime.access import role_name
from services.runtime.migrations import head_reached, kinds_of, pending, role_url
from services.runtime.settings import Settings
from services.whole import Ground

WANTED, OLDEST = 18, 15
ROLES = tuple(role_name(service, kind) for service in SERVICES for kind in kinds_of(service))
MIGRATE = "Lancez « ./relais migrate »."
_OWNED = """
SELECT count(*) FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
WHERE d.deptype = 'o' AND r.rolname = $1
"""
_FOREIGN = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($2) AND c.relkind IN ('r', 'p', 'v', 'm')
  AND has_table_privilege($1, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
UNION SELECT format('%I', nspname) FROM pg_namespace
WHERE nspname = ANY ($2) AND has_schema_privilege($1, oid, 'USAGE, CREATE')
"""
_MEMBER = "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = $1"
_TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p') AND c.relname <> 'alembic_version' ORDER BY 1
"""


@asynccontextmanager
async def connected(url: str, territory: str | None = None) -> AsyncIterator[asyncpg.Connection]:
    """A connection to that address, bound to a territory when one is given."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain, timeout=5, command_timeout=10)
    try:
        if territory is not None:
            await connection.fetchval("SELECT set_config('relais.territory', $1, false)", territory)
        yield connection
    finally:
        await connection.close()


async def look_at_postgres(settings: Settings, ground: Ground) -> list[Finding]:
    """PostgreSQL 15 at least; 18 is what everything is tested with."""
    async with connected(ground.owner_url) as connection:
        version = int(await connection.fetchval("SHOW server_version_num")) // 10_000
        fsync = await connection.fetchval("SHOW fsync")
    if version < OLDEST:
        return [wrong("PostgreSQL", f"version {version}, trop ancienne.", f"Passez à PostgreSQL {WANTED}.")]
    if fsync != "on":
        return [wrong("PostgreSQL", "fsync est coupé : une panne perd des orientations.", "Réglez fsync = on.")]
    note = "" if version >= WANTED else f" ; {WANTED} est la version essayée"
    return [well("PostgreSQL", f"version {version}{note}.")]


async def look_at_roles(settings: Settings, ground: Ground) -> list[Finding]:
    """The roles of the services: present, bound by row-level security, owning nothing, within their schema."""
    found = []
    async with connected(ground.owner_url) as connection:
        for service, kind in ((one, kind) for one in SERVICES for kind in kinds_of(one)):
            found += await _wrong_with(
                connection, role_name(service, kind), [one for one in SERVICES if one != service]
            )
    return found or [well("Rôles", f"les {len(ROLES)} rôles ne peuvent que ce qui leur est accordé.")]


async def _wrong_with(connection: asyncpg.Connection, role: str, others: list[str]) -> list[Finding]:
    row = await connection.fetchrow("SELECT * FROM pg_roles WHERE rolname = $1", role)
    if row is None:
        return [wrong("Rôles", f"{role} manque.", MIGRATE)]
    found = []
    powers = [power for power in ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb") if row[power]]
    if powers:
        sentence = f"{role} a des pouvoirs de trop ({', '.join(powers)})."
        found.append(wrong("Rôles", sentence, f"{MIGRATE} Elle les retire."))
    if owned := await connection.fetchval(_OWNED, role):
        mend = f"Rendez-les au propriétaire : REASSIGN OWNED BY {role} TO CURRENT_USER."
        found.append(wrong("Rôles", f"{role} possède {owned} objet(s).", mend))
    if foreign := [one[0] for one in await connection.fetch(_FOREIGN, role, others)]:
        mend = f"Retirez ces droits : REVOKE ALL … FROM {role}."
        found.append(wrong("Rôles", f"{role} atteint un autre service ({', '.join(sorted(foreign)[:3])}).", mend))
    if await connection.fetchval(_MEMBER, role):
        found.append(wrong("Rôles", f"{role} est membre d’un autre rôle.", f"Retirez-l’en : REVOKE … FROM {role}."))
    return found


async def look_at_tables(settings: Settings, ground: Ground) -> list[Finding]:
    """Row-level security, enabled and forced, on every table of a service."""
    async with connected(ground.owner_url) as connection:
        rows = await connection.fetch(_TABLES, list(SERVICES))
    found = []
    for row in rows:
        if not (row["enabled"] and row["forced"]):
            what = "n’est pas active" if not row["enabled"] else "n’est pas imposée au propriétaire"
            found.append(wrong("Tables", f"la sécurité par ligne de {row['name']} {what}.", MIGRATE))
    return found or [well("Tables", f"la sécurité par ligne est imposée sur les {len(rows)} tables.")]


async def look_at_migrations(settings: Settings, ground: Ground) -> list[Finding]:
    """Every schema at its newest migration, and no difference from the declared tables."""
    found = []
    for service in SERVICES:
        try:
            url = role_url(ground.servers.database_url, ground.servers.keys, service, "worker")
            reached = await head_reached(url, schema(service))
        except (ProgrammingError, asyncpg.PostgresError, OSError):
            reached = False
        if not reached:
            found.append(wrong("Migrations", f"{service} n’est pas à jour, ou sa clé n’est pas la bonne.", MIGRATE))
    if not found:
        for line in await pending(ground.owner_url, schemas()):
            mend = "Quelqu’un a changé la base à la main : rétablissez-la, ou écrivez la migration."
            found.append(wrong("Migrations", f"la base diffère des tables déclarées ({line[:120]}).", mend))
    return found or [well("Migrations", "à jour.")]
