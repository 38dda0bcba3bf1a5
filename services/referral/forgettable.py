"""Which tables of referral refer to a person, read off what is declared; the worker may replace the reference there."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import MetaData

from services.runtime.access import Access


def person_tables(metadata: MetaData) -> tuple[str, ...]:
    """The tables with a column `person`, in the order of their names."""
    return tuple(sorted(one.name for one in metadata.tables.values() if "person" in one.columns))


def forgettable(accesses: Iterable[Access], metadata: MetaData) -> tuple[Access, ...]:
    """The same accesses, in which the worker may find and change the rows of a person."""
    personal = set(person_tables(metadata))
    return tuple(
        replace(one, worker=", ".join(dict.fromkeys([*one.worker.split(", "), "SELECT", "UPDATE"])).strip(", "))
        if one.table in personal
        else one
        for one in accesses
    )
