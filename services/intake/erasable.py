"""Which tables hold something of a person, read off what is declared, so that a new table is never forgotten.

A table is of a person when it has the column `person`, or refers to a table that has it. All are read for an access
request and emptied by an erasure, but those of KEPT.
"""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import MetaData, Table

from services.runtime.access import Access

# Tables of a person that the worker cannot read, only empty: a copy of her data leaves them out.
APART = frozenset({"evaluationanswer"})
# Tables of a person that an erasure leaves, each with its reason: they hold references and codes, and no value of her.
KEPT = {
    "datarequest": "proves that the request was answered (GDPR article 5.2); its text is sealed with the destroyed key",
    "datarequestevent": "the trace of that request",
    "erasurerequest": "a desk still has to answer it (GDPR article 19): references and codes",
    "journalentry": "who had access (GDPR article 5.2): references and codes, erased when their time is over",
    "breakglass": "that an authority was told, by whom and who confirmed: references and codes",
    "breakglassconfirmation": "the second person’s word on it",
}


def person_column(table: Table) -> str | None:
    """The column by which rows of this table are a person's: `person`, or the key of `person` itself."""
    if table.name == "person":
        return "ref"
    return "person" if "person" in table.columns else None


def parent_of(table: Table) -> tuple[str, str, str] | None:
    """For a table that is of a person only through another: (its column, the other table, the other's column)."""
    for column in table.columns:
        for key in column.foreign_keys:
            other = key.column.table
            if other.name != table.name and person_column(other) is not None:
                return column.name, other.name, key.column.name
    return None


def personal_tables(metadata: MetaData) -> list[Table]:
    """Every table that holds something of a person, children first: the order in which rows can be deleted."""
    return [
        table
        for table in reversed(metadata.sorted_tables)
        if person_column(table) is not None or parent_of(table) is not None
    ]


def of_person(table: Table) -> str:
    """SQL: the rows of this table that are of the person `:person`."""
    column = person_column(table)
    if column is not None:
        return f'"{column}" = :person'
    parent = parent_of(table)
    assert parent is not None
    mine, other, key = parent
    theirs = "ref" if other == "person" else "person"
    return f'"{mine}" IN (SELECT "{key}" FROM intake."{other}" WHERE "{theirs}" = :person)'


def erasable(accesses: Iterable[Access], metadata: MetaData) -> tuple[Access, ...]:
    """The same accesses, in which the worker may read and delete every row of a person, save those that are kept.

    It may also delete facts that were told: those that speak of an erased person go with her.
    """
    personal = {"fact", *(table.name for table in personal_tables(metadata))}
    return tuple(
        replace(one, worker=_with(one.worker, "SELECT", *(() if one.table in KEPT else ("DELETE",))))
        if one.table in personal
        else one
        for one in accesses
    )


def _with(privileges: str, *more: str) -> str:
    """These privileges too; whoever was granted some columns is not granted all."""
    return ", ".join([privileges, *(one for one in more if one not in privileges)]).strip(", ")
