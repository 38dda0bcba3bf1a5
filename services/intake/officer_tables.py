"""What a data protection officer reads of the whole territory, on a database role of its own: the journal, the requests
and their steps, and of a person the number of her file. No name, no birth date, nothing sealed.
"""

from collections.abc import Iterable
from dataclasses import replace

from services.runtime.access import Access, Reader, has_role

ROLE = "officer"
# Exactly these; reading is an entry of the journal too. What a decision does to the data is the worker's.
REACH = {
    "person": "SELECT (ref, file_number, organisation, merged_into, territory)",
    "datarequest": "SELECT",
    "datarequestevent": "SELECT",
    "personlimit": "SELECT",
    "caseloadalert": "SELECT",
    "journalentry": "SELECT, INSERT",
    "journalpending": "INSERT",
    "journalseal": "SELECT",
    "journalhead": "SELECT",
    "journalcheck": "SELECT",
}


def bound_to_officers(accesses: Iterable[Access]) -> tuple[Access, ...]:
    """The same accesses, with those of the officers' role: every row of the territory for an officer, else none."""
    return tuple(
        replace(one, readers=(*one.readers, Reader(ROLE, REACH[one.table], has_role("dpo"))))
        if one.table in REACH
        else one
        for one in accesses
    )
