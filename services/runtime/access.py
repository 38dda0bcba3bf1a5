"""Who may touch which table: grants and forced row-level security, declared beside the tables and applied at migration.

Two roles a service: `web` for requests, bound to the viewer's territory, organisation, desks and roles; `worker` for
consumers and clocks, bound to the territory. Neither owns anything, and neither reaches another schema.
"""

from collections.abc import Iterable
from dataclasses import dataclass

# Scalar sub-selects, so that PostgreSQL evaluates the setting once a query and can still use an index.
TERRITORY = "(SELECT nullif(current_setting('relais.territory', true), ''))"
ORGANISATION = "(SELECT nullif(current_setting('relais.organisation', true), '')::uuid)"
ACCOUNT = "(SELECT nullif(current_setting('relais.account', true), '')::uuid)"
DESKS = "(SELECT coalesce(nullif(current_setting('relais.desks', true), ''), '{}')::uuid[])"
ROLES = "(SELECT coalesce(nullif(current_setting('relais.roles', true), ''), '{}')::text[])"


# Set where a person reads and changes what is hers, on her own page.
PERSON = "(SELECT nullif(current_setting('relais.person', true), '')::uuid)"


def at_my_desks(column: str) -> str:
    """SQL: the column is one of the viewer's desks."""
    return f"{column} = ANY ({DESKS}::uuid[])"


def has_role(role: str) -> str:
    """SQL: the viewer has that role."""
    return f"'{role}' = ANY ({ROLES}::text[])"


@dataclass(frozen=True)
class Reader:
    """Another role beside `web` and `worker` (see `topology.ROLES_APART`): its privileges, and the rows it reaches."""

    role: str
    privileges: str
    rows: str


@dataclass(frozen=True)
class Access:
    """What each role may do with one table: SQL privileges, and the rows that `web` sees and may write.

    `visible` None lets `web` see every row of the territory: only for tables that hold nothing of a person.
    `erasable` bounds what whoever has the privilege may delete, on top of the rest. `herself` bounds what a person
    reaches on her own page, on top of the rest. `readers` are roles beside the two, each with rows of its own.
    """

    table: str
    web: str = ""
    worker: str = ""
    visible: str | None = None
    writable: str | None = None
    erasable: str | None = None
    herself: str | None = None
    readers: tuple[Reader, ...] = ()


def plumbing_access(service: str) -> list[Access]:
    """The access to the tables of `services.runtime.tables.plumbing`."""
    return [
        Access("fact", web="INSERT, SELECT", worker="INSERT, SELECT"),
        Access(f"{service}_outbox", web="INSERT, SELECT", worker="SELECT, INSERT, UPDATE, DELETE"),
        Access("inbox", worker="SELECT, INSERT, DELETE"),
        Access("position", worker="SELECT, INSERT, UPDATE, DELETE"),
        Access("parked", worker="SELECT, INSERT, UPDATE, DELETE"),
        Access("failure", worker="SELECT, INSERT, UPDATE, DELETE"),
        Access("dead_letter", worker="SELECT, INSERT, UPDATE, DELETE"),
        Access("command", web="SELECT, INSERT", worker="SELECT, INSERT, DELETE"),
    ]


def statements(service: str, accesses: Iterable[Access], territorial: frozenset[str]) -> list[str]:
    """The SQL that brings grants and policies to what is declared, from whatever is there; run as the owner.

    `territorial` names the tables that have a territory column: all but the outbox, whose shape is its library's.
    """
    web, worker = role_name(service, "web"), role_name(service, "worker")
    found = [
        f'REVOKE ALL ON ALL TABLES IN SCHEMA "{service}" FROM "{web}", "{worker}"',
        f'GRANT USAGE ON SCHEMA "{service}" TO "{web}", "{worker}"',
        f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA "{service}" TO "{web}", "{worker}"',
    ]
    accesses = tuple(accesses)
    for role in sorted({role_name(service, one.role) for access in accesses for one in access.readers}):
        found += [
            f'GRANT USAGE ON SCHEMA "{service}" TO "{role}"',
            f'REVOKE ALL ON ALL TABLES IN SCHEMA "{service}" FROM "{role}"',
        ]
    for access in accesses:
        table = f'"{service}"."{access.table}"'
        here = f"territory = {TERRITORY}" if access.table in territorial else "true"
        sees = f"{here} AND ({access.visible})" if access.visible else here
        writes = f"{here} AND ({access.writable or access.visible})" if access.writable or access.visible else here
        found += [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"DROP POLICY IF EXISTS web ON {table}",
            f"DROP POLICY IF EXISTS worker ON {table}",
            f"DROP POLICY IF EXISTS erasing ON {table}",
            f"DROP POLICY IF EXISTS herself ON {table}",
            f'CREATE POLICY web ON {table} TO "{web}" USING ({sees}) WITH CHECK ({writes})',
            f'CREATE POLICY worker ON {table} TO "{worker}" USING ({here}) WITH CHECK ({here})',
        ]
        if access.erasable:
            only = f'TO "{web}", "{worker}" USING ({access.erasable})'
            found.append(f"CREATE POLICY erasing ON {table} AS RESTRICTIVE FOR DELETE {only}")
        for reader in access.readers:
            role, rows = role_name(service, reader.role), f"{here} AND ({reader.rows})"
            found += [
                f'DROP POLICY IF EXISTS "{reader.role}" ON {table}',
                f'CREATE POLICY "{reader.role}" ON {table} TO "{role}" USING ({rows}) WITH CHECK ({rows})',
                f'GRANT {reader.privileges} ON {table} TO "{role}"',
            ]
        if access.herself:
            hers = f"{PERSON} IS NULL OR ({access.herself})"
            both = f"USING ({hers}) WITH CHECK ({hers})"
            found.append(f'CREATE POLICY herself ON {table} AS RESTRICTIVE TO "{web}" {both}')
        found += [f'GRANT {access.web} ON {table} TO "{web}"'] if access.web else []
        found += [f'GRANT {access.worker} ON {table} TO "{worker}"'] if access.worker else []
    return found


def role_name(service: str, kind: str) -> str:
    """The PostgreSQL role of a service: kind is `web`, `worker`, or one that is kept apart."""
    return f"relais_{service}_{kind}"
