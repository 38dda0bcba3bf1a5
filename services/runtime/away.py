"""Telling a database that is away for a moment from a mistake of ours: nothing is lost, one may try again."""

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# SQLSTATE classes of PostgreSQL: 08 connection, 53 resources, 57P the server stops or starts.
_AWAY = ("08", "53", "57P")


def is_away(error: BaseException) -> bool:
    """True when the database could not be reached or was stopping; False for anything wrong in what was asked."""
    if isinstance(error, InterfaceError | OperationalError | PoolTimeout | OSError | asyncpg.InterfaceError):
        return True
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate or "").startswith(_AWAY)
    if isinstance(error, DBAPIError):
        state = str(getattr(error.orig, "sqlstate", "") or "")
        return error.connection_invalidated or state.startswith(_AWAY)
    return False
