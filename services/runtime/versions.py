"""What Alembic does for a schema: bring it to its newest version, compare it with the declared tables, write the
difference as the next migration.

Imported when it is needed: a database that is up to date is known by its number.
"""

from pathlib import Path

from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from services.runtime.migrations import Schema


def upgrade(connection: Connection, schema: Schema) -> None:
    """Run what the database does not have yet, in the transaction that is open."""
    scripts = _scripts(schema)

    def steps(revision: object, _context: MigrationContext) -> object:
        return scripts._upgrade_revs("head", revision)  # type: ignore[arg-type]

    with EnvironmentContext(_bare(scripts), scripts, fn=steps) as environment:
        environment.configure(connection=connection, **_options(schema))  # type: ignore[arg-type]
        environment.run_migrations()


def differences(connection: Connection, schema: Schema) -> list[str]:
    """What the declared tables have that the database has not, or otherwise; a line each."""
    context = MigrationContext.configure(connection, opts=_options(schema))
    return [f"{schema.service}: {difference}" for difference in compare_metadata(context, schema.metadata)]


def write(connection: Connection, schema: Schema, message: str) -> Path | None:
    """The file of the next migration; None when nothing differs."""
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


def _bare(scripts: ScriptDirectory) -> Config:
    """A bare Alembic configuration; everything is handed over in code."""
    config = Config()
    config.set_main_option("script_location", str(scripts.dir))
    return config


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
