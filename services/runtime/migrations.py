"""Migrations: one Alembic history a service, in the service's schema; then roles, grants and policies as declared.

Run by the owner, under an advisory lock, so that several processes may start at once.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, MetaData, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import await_only

from contracts.topology import ROLES_APART
from services.runtime.access import Access, role_name, statements
from services.runtime.purging import Age

KINDS = ("web", "worker")
_LOCK = 7_305_148_201
# Row-level security lets only functions that are declared leakproof reach an index before its own conditions. These two
# compare texts and raise nothing that depends on them. A superuser alone may declare it: without, a search reads more.
_LEAKPROOF = """
DO $$ BEGIN
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AND EXISTS (
        SELECT FROM pg_proc WHERE NOT proleakproof AND pronamespace = 'public'::regnamespace
            AND proname IN ('similarity_op', 'word_similarity_commutator_op')
    ) THEN
        ALTER FUNCTION public.similarity_op(text, text) LEAKPROOF;
        ALTER FUNCTION public.word_similarity_commutator_op(text, text) LEAKPROOF;
    END IF;
END $$
"""


class SchemaTooNew(Exception):
    """The database holds a schema of a newer version of Relais: this one would write what that one cannot read."""


def kinds_of(service: str) -> tuple[str, ...]:
    """Every kind of role that a service has."""
    return (*KINDS, *ROLES_APART.get(service, ()))


@dataclass(frozen=True)
class Schema:
    """One service's part of the database: its metadata, the access to each table, the folder of its migrations,
    and how old rows of its own tables may get.
    """

    service: str
    metadata: MetaData
    access: tuple[Access, ...]
    versions: Path
    ages: tuple[Age, ...] = ()

    @property
    def territorial(self) -> frozenset[str]:
        """Names of the tables that carry their territory."""
        return frozenset(table.name for table in self.metadata.tables.values() if "territory" in table.c)


def password(keys: Path, service: str, kind: str) -> str:
    """The password of a service's role, read from its key folder; made there (0600) when it is missing."""
    file = keys / service / f"postgres-{kind}.password"
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32))
    return file.read_text().strip()


def role_url(database_url: str, keys: Path, service: str, kind: str) -> str:
    """The address of the same database for a service's role."""
    url = make_url(database_url).set(
        drivername="postgresql+asyncpg", username=role_name(service, kind), password=password(keys, service, kind)
    )
    return url.render_as_string(hide_password=False)


async def migrate(owner_url: str, keys: Path, schemas: list[Schema]) -> None:
    """Bring every schema to its newest version and its declared access; changes nothing where all is so already.

    Refusal: SchemaTooNew; then nothing is changed.
    """
    engine = create_async_engine(_asyncpg(owner_url), hide_parameters=True)
    try:
        async with engine.begin() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            for extension in ("pg_trgm", "unaccent"):
                await connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA public"))
            await connection.execute(text(_LEAKPROOF))
            for schema in schemas:
                await connection.run_sync(_bring_up, schema, keys)
    finally:
        await engine.dispose()


async def pending(owner_url: str, schemas: list[Schema]) -> list[str]:
    """What differs between the migrated database and the declared tables, a line each; empty when nothing does."""
    from services.runtime.versions import differences

    engine = create_async_engine(_asyncpg(owner_url), hide_parameters=True)
    try:
        async with engine.connect() as connection:
            return [line for schema in schemas for line in await connection.run_sync(differences, schema)]
    finally:
        await engine.dispose()


async def head_reached(url: str, schema: Schema) -> bool:
    """True when that schema is at its newest migration; readable by the service's own roles."""
    engine = create_async_engine(url, hide_parameters=True)
    try:
        async with engine.connect() as connection:
            row = await connection.execute(text(f"SELECT version_num FROM {schema.service}.alembic_version"))
            return row.scalar_one_or_none() == _newest(schema)
    finally:
        await engine.dispose()


async def write_migration(owner_url: str, schema: Schema, message: str) -> Path | None:
    """Write the migration from the present database to the declared tables; None when there is nothing to write."""
    from services.runtime.versions import write

    engine = create_async_engine(_asyncpg(owner_url), hide_parameters=True)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(write, schema, message)
    finally:
        await engine.dispose()


def _asyncpg(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+asyncpg")


def _bring_up(connection: Connection, schema: Schema, keys: Path) -> None:
    for kind in kinds_of(schema.service):
        _role(connection, role_name(schema.service, kind), password(keys, schema.service, kind))
    connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema.service}"'))
    newest = _newest(schema)
    if newest is None:
        return  # a schema whose first migration is still to be written
    if _version(connection, schema) != newest:
        from services.runtime.versions import upgrade  # Alembic: a tenth of a start that has nothing to change

        upgrade(connection, schema)
    grants = [
        f'GRANT SELECT ON "{schema.service}".alembic_version TO "{role_name(schema.service, kind)}"'
        for kind in kinds_of(schema.service)
    ]
    _together(connection, [*statements(schema.service, schema.access, schema.territorial), *grants])


def _newest(schema: Schema) -> str | None:
    """The number that the last file begins with, which is its revision."""
    return max((file.name.split("_")[0] for file in schema.versions.glob("[0-9]*_*.py")), default=None)


def _version(connection: Connection, schema: Schema) -> str | None:
    """The revision that the database has. Refusal: SchemaTooNew."""
    known = f"{schema.service}.alembic_version"
    if connection.execute(text("SELECT to_regclass(:known)"), {"known": known}).scalar() is None:
        return None
    there = connection.execute(text(f"SELECT version_num FROM {known}")).scalar()
    if there is not None and not any(schema.versions.glob(f"{there}_*.py")):
        raise SchemaTooNew(
            f"la base vient d’une version plus récente de Relais ({schema.service} {there}) : lancez celle-là, "
            "ou donnez un autre dossier avec --var."
        )
    return str(there) if there is not None else None


def _together(connection: Connection, found: list[str]) -> None:
    """Hundreds of statements in one journey to the server, in the open transaction: SQLAlchemy sends each by itself."""
    driver = connection.connection.driver_connection
    assert driver is not None
    await_only(driver.execute(";\n".join(found)))


def _role(connection: Connection, name: str, secret: str) -> None:
    known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name}).scalar()
    verb = "ALTER" if known else "CREATE"
    quoted = secret.replace("'", "''")
    attributes = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT"
    connection.execute(text(f"{verb} ROLE \"{name}\" {attributes} PASSWORD '{quoted}'"))
