"""Hand-written statements sent to the driver itself: named parameters, and rows read by name or by place.

SQLAlchemy around a statement costs several times what the driver does. Both work on one connection and so in one
transaction.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import asyncpg

_NAMED = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")


class Row(asyncpg.Record):
    """A row whose columns are attributes as well."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a column of any type
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class WrongNumberOfRows(Exception):
    """One row was expected, and there were none or several."""


class Rows:
    """What a statement returned."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def all(self) -> list[Row]:
        """Every row."""
        return self._rows

    def mappings(self) -> "Rows":
        """The rows, which `dict` takes as they are."""
        return self

    def first(self) -> Row | None:
        """The first row, if any."""
        return self._rows[0] if self._rows else None

    def one_or_none(self) -> Row | None:
        """The row, or None when there is none. Raises WrongNumberOfRows."""
        if len(self._rows) > 1:
            raise WrongNumberOfRows
        return self.first()

    def one(self) -> Row:
        """The row. Raises WrongNumberOfRows."""
        row = self.one_or_none()
        if row is None:
            raise WrongNumberOfRows
        return row

    def scalars(self) -> "Scalars":
        """The first column of every row."""
        return Scalars([row[0] for row in self._rows])

    def scalar(self) -> Any:  # noqa: ANN401 - a column of any type
        """The first column of the first row, or None."""
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:  # noqa: ANN401 - a column of any type
        """The first column of the only row. Raises WrongNumberOfRows."""
        return self.one()[0]

    def scalar_one_or_none(self) -> Any:  # noqa: ANN401 - a column of any type
        """The first column of the only row, or None when there is none. Raises WrongNumberOfRows."""
        row = self.one_or_none()
        return None if row is None else row[0]


class Scalars(list[Any]):
    """The values of one column."""

    def all(self) -> list[Any]:
        """Every value."""
        return self


@lru_cache(maxsize=1024)
def numbered(statement: str) -> tuple[str, tuple[str, ...]]:
    """The statement with `$1` for its first `:name`, and the names in that order; a name keeps its number."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _NAMED.sub(number, statement), tuple(names)


async def fetch(driver: asyncpg.Connection, statement: str, values: dict[str, Any]) -> Rows:
    """Run one statement with named parameters."""
    text, names = numbered(statement)
    return Rows(await driver.fetch(text, *[values[name] for name in names], record_class=Row))


def one_of(column: str, values: Iterable[str]) -> str:
    """The condition that a column holds one of these words."""
    return f"{column} IN ({', '.join(sorted(literal(str(one)) for one in values))})"


def literal(value: str) -> str:
    """A value as an SQL literal, where no parameter can stand."""
    if "\0" in value or "\\" in value:
        raise ValueError("not a plain value")
    return "'" + value.replace("'", "''") + "'"
