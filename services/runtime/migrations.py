"""Migrations: one Alembic history a service, in the service's schema; then roles, grants and policies as declared.

Run by the owner, under an advisory lock, so that several processes may start at once.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import await_only

from contracts.topology import ROLES_APART
from services.runtime.access import Access, role_name, statements
from services.runtime.purging import Age

KINDS = ("web", "worker")
_LOCK = 7_305_148_201


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
    """Bring every schema to its newest version and its declared access; changes nothing where all is so already."""
    engine = create_async_engine(_asyncpg(owner_url), hide_parameters=True)
    try:
        async with engine.begin() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            for extension in ("pg_trgm", "unaccent"):
                await connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA public"))
            for schema in schemas:
                await connection.run_sync(_bring_up, schema, keys)
    finally:
        await engine.dispose()


async def pending(owner_url: str, schemas: list[Schema]) -> list[str]:
    """What differs between the migrated database and the declared tables, a line each; empty when nothing does."""
    engine = create_async_engine(_asyncpg(owner_url), hide_parameters=True)
    try:
        async with engine.connect() as connection:
            return [line for schema in schemas for line in await connection.run_sync(_differences, schema)]
    finally:
        await engine.dispose()


async def head_reached(url: str, schema: Schema) -> bool:
    """True when that schema is at its newest migration; readable by the service's own roles."""
    engine = create_async_engine(url, hide_parameters=True)
    try:
        async with engine.connect() as connection:
            row = await connection.execute(text(f"SELECT version_num FROM {schema.service}.alembic_version"))
            return row.scalar_one_or_none() == _scripts(schema).get_current_head()
    finally:
        await engine.dispose()


async def write_migration(owner_url: str, schema: Schema, message: str) -> Path | None:
    """Write the migration from the present database to the declared tables; None when there is nothing to write."""
    engine = create_async_engine(_asyncpg(owner_url), hide_parameters=True)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_write, schema, message)
    finally:
        await engine.dispose()


def _asyncpg(url: str) -> URL:
    return make_url(url).set(drivername="postgresql+asyncpg")


def _scripts(schema: Schema) -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(schema.versions))
    config.set_main_option("version_locations", str(schema.versions))
    config.set_main_option("path_separator", "newline")
    return ScriptDirectory.from_config(config)


def _options(schema: Schema) -> dict[str, object]:
    def only_ours(name: str | None, kind: str, _parents: object) -> bool:
        return name == schema.service if kind == "schema" else True

    return {
        "target_metadata": schema.metadata,
        "version_table_schema": schema.service,
        "include_schemas": True,
        "include_name": only_ours,
        "compare_type": True,
    }


def _bring_up(connection: Connection, schema: Schema, keys: Path) -> None:
    for kind in kinds_of(schema.service):
        _role(connection, role_name(schema.service, kind), password(keys, schema.service, kind))
    connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema.service}"'))
    scripts = _scripts(schema)

    def upgrade(revision: object, _context: MigrationContext) -> object:
        return scripts._upgrade_revs("head", revision)  # type: ignore[arg-type]

    with EnvironmentContext(scripts_config(scripts), scripts, fn=upgrade) as environment:
        environment.configure(connection=connection, **_options(schema))  # type: ignore[arg-type]
        environment.run_migrations()
    if scripts.get_current_head() is None:
        return  # a schema whose first migration is still to be written
    grants = [
        f'GRANT SELECT ON "{schema.service}".alembic_version TO "{role_name(schema.service, kind)}"'
        for kind in kinds_of(schema.service)
    ]
    _together(connection, [*statements(schema.service, schema.access, schema.territorial), *grants])


def _together(connection: Connection, found: list[str]) -> None:
    """Hundreds of statements in one journey to the server, in the open transaction: SQLAlchemy sends each by itself."""
    driver = connection.connection.driver_connection
    assert driver is not None
    await_only(driver.execute(";\n".join(found)))


def scripts_config(scripts: ScriptDirectory) -> Config:
    """A bare Alembic configuration; everything is handed over in code."""
    config = Config()
    config.set_main_option("script_location", str(scripts.dir))
    return config


def _role(connection: Connection, name: str, secret: str) -> None:
    known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name}).scalar()
    verb = "ALTER" if known else "CREATE"
    quoted = secret.replace("'", "''")
    attributes = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT"
    connection.execute(text(f"{verb} ROLE \"{name}\" {attributes} PASSWORD '{quoted}'"))


def _differences(connection: Connection, schema: Schema) -> list[str]:
    context = MigrationContext.configure(connection, opts=_options(schema))
    return [f"{schema.service}: {difference}" for difference in compare_metadata(context, schema.metadata)]


def _write(connection: Connection, schema: Schema, message: str) -> Path | None:
    context = MigrationContext.configure(connection, opts=_options(schema))
    produced = produce_migrations(context, schema.metadata)
    if produced.upgrade_ops is None or produced.upgrade_ops.is_empty():
        return None
    scripts = _scripts(schema)
    number = f"{len(list(scripts.walk_revisions())) + 1:04d}"
    file = schema.versions / f"{number}_{message.lower().replace(' ', '_')}.py"
    file.write_text(
        _MODULE.format(
            message=message,
            number=number,
            down=repr(scripts.get_current_head()),
            body=render_python_code(produced.upgrade_ops),
        )
    )
    return file


_MODULE = '''"""{message}."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "{number}"
down_revision = {down}


def upgrade() -> None:
    """Apply."""
    {body}
'''
