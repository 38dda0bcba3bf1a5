"""What every service's schema holds besides its own tables: the fact log, the outbox, the inbox and the dead letters.

Each service has one schema and its own metadata; every table carries its territory, filled in by the transaction.
"""

from dataclasses import dataclass
from typing import Any

from faststream_outbox import make_outbox_table
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from sqlmodel.main import SQLModelConfig

TERRITORY_DEFAULT = text("current_setting('relais.territory')")


def service_base(service: str) -> type[SQLModel]:
    """The base class of a service's tables: its own schema, metadata and class registry, and the territory column."""

    # SQLModel takes the metadata from the registry and overwrites one given in the class body.
    class ServiceTable(SQLModel, registry=registry(metadata=MetaData(schema=service))):
        # A row is made unvalidated from the database or by our code: a validator would be built at start for nobody.
        model_config = SQLModelConfig(defer_build=True)
        territory: str | None = Field(
            default=None, nullable=False, max_length=40, sa_column_kwargs={"server_default": TERRITORY_DEFAULT}
        )

    return ServiceTable


def instant(nullable: bool = False) -> Column:  # type: ignore[type-arg]
    """A column of aware instants."""
    return Column(DateTime(timezone=True), nullable=nullable)


def territory_key() -> Any:  # noqa: ANN401 - a field of a model
    """The territory as part of the primary key, for rows whose name several territories would share."""
    return Field(default=None, primary_key=True, max_length=40, sa_column_kwargs={"server_default": TERRITORY_DEFAULT})


def words() -> Column:  # type: ignore[type-arg]
    """A column of codes: an array of text, empty by default."""
    return Column(ARRAY(Text), nullable=False, server_default="{}")


@dataclass(frozen=True)
class Plumbing:
    """The tables by which a service sends and receives facts."""

    fact: Table
    outbox: Table
    inbox: Table
    position: Table
    parked: Table
    failure: Table
    dead_letter: Table
    command: Table


def plumbing(base: type[SQLModel], service: str) -> Plumbing:
    """Declare these tables in the service's metadata. The outbox has a name of its own: its channel has no schema."""
    meta = base.metadata
    return Plumbing(
        fact=_fact(meta),
        outbox=make_outbox_table(meta, f"{service}_outbox"),
        inbox=_table(
            "inbox", meta, Column("consumer", Text, primary_key=True), Column("fact", Uuid, primary_key=True), _at()
        ),
        position=_table(
            "position",
            meta,
            Column("consumer", Text, primary_key=True),
            Column("ref", Uuid, primary_key=True),
            Column("version", Integer, nullable=False),
        ),
        parked=_table(
            "parked",
            meta,
            Column("consumer", Text, primary_key=True),
            Column("ref", Uuid, primary_key=True),
            Column("version", Integer, primary_key=True),
            Column("envelope", JSONB, nullable=False),
            _at(),
        ),
        failure=_table(
            "failure",
            meta,
            Column("consumer", Text, primary_key=True),
            Column("fact", Uuid, primary_key=True),
            Column("attempts", Integer, nullable=False),
            Column("error", Text, nullable=False),
            _at(),
        ),
        dead_letter=_table(
            "dead_letter",
            meta,
            Column("id", BigInteger, Identity(), primary_key=True),
            Column("consumer", Text, nullable=False),
            Column("fact", Uuid, nullable=False),
            Column("envelope", JSONB, nullable=False),
            Column("error", Text, nullable=False),
            Column("replayed_at", DateTime(timezone=True)),
            _at(),
        ),
        command=_table(
            "command", meta, Column("id", Uuid, primary_key=True), Column("reply", JSONB, nullable=False), _at()
        ),
    )


def _fact(meta: MetaData) -> Table:
    table = _table(
        "fact",
        meta,
        Column("seq", BigInteger, Identity(), primary_key=True),
        Column("id", Uuid, nullable=False, unique=True),
        Column("ref", Uuid, nullable=False),
        Column("version", Integer, nullable=False),
        Column("type", Text, nullable=False),
        Column("time", DateTime(timezone=True), nullable=False),
        Column("envelope", JSONB, nullable=False),
        _at(),
    )
    Index("fact_ref_version", table.c.ref, table.c.version, unique=True, postgresql_where=table.c.version > 0)
    Index("fact_told", table.c.ref, postgresql_where=table.c.version == 0)
    return table


def _table(name: str, meta: MetaData, *columns: Column) -> Table:  # type: ignore[type-arg]
    return Table(name, meta, *columns, Column("territory", Text, nullable=False, server_default=TERRITORY_DEFAULT))


def _at() -> Column:  # type: ignore[type-arg]
    return Column("at", DateTime(timezone=True), nullable=False, server_default=func.now())
