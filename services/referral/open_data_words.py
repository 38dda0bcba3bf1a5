"""A published table as a page shows it: the whole first, then the rights of which something may be told. Pure."""

from typing import Any

from contracts.rights import right_name
from services.referral.open_data import TOTAL, Published
from services.referral.publishing import SITUATIONS


def shown(table: Published) -> dict[str, Any]:
    """`columns` and `rows` of a table, `few`: the rights whose numbers are all hidden, `nobody`: those for which there
    was nobody; `hidden` of all `cells`."""
    rows: list[list[str]] = []
    few: list[str] = []
    nobody: list[str] = []
    for row, cells in sorted(zip(table.rows, table.cells, strict=True), key=lambda one: one[0] != TOTAL):
        name = row if row == TOTAL else right_name(row)
        if all(one is None for one in cells):
            few.append(name)
        elif not any(one is None or one for one in cells):
            nobody.append(name)
        else:
            rows.append([name, *("secret" if one is None else str(one) for one in cells)])
    return {
        "columns": ["Droit", *(SITUATIONS.get(one, TOTAL) for one in table.columns)], "rows": rows, "few": few,
        "nobody": nobody, "hidden": sum(one is None for cells in table.cells for one in cells),
        "cells": sum(map(len, table.cells)),
    }  # fmt: skip
