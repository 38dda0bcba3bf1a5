"""The words of a check: the directory as it is compared, a row as it is given, and what is said of it."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.partners.import_columns import OF_DESK, OF_ORGANISATION, folded

OWN_SOURCE = "relais"
Values = dict[str, str]


class Outcome(StrEnum):
    """Where a row stands; each is a view of the page."""

    ERROR = "error"
    DECIDE = "decide"
    NEW = "new"
    UPDATE = "update"
    SAME = "same"
    LEFT = "left"


class Act(StrEnum):
    """What applying does with it; NONE is nothing yet: it has to be corrected or decided first."""

    NONE = ""
    MAKE = "make"
    CHANGE = "change"
    KEEP = "keep"
    LEAVE = "leave"


@dataclass(frozen=True)
class KnownDesk:
    """A desk as it is; `values` in canonical form."""

    ref: UUID
    values: Values


@dataclass(frozen=True)
class Known:
    """An organisation as it is, its desks by folded name."""

    ref: UUID
    values: Values
    closed: bool = False
    desks: dict[str, KnownDesk] = field(default_factory=dict)

    @property
    def place(self) -> tuple[str, str]:
        """Folded name and city."""
        return folded(self.values["name"]), folded(self.values.get("city", ""))


@dataclass
class Directory:
    """Every organisation, and by which identifier of which source it is found again, with what was taken from there."""

    organisations: dict[UUID, Known] = field(default_factory=dict)
    origins: dict[tuple[str, str], tuple[UUID, Values]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_siret: dict[str, list[Known]] = {}
        self.by_name: dict[str, list[Known]] = {}
        for one in self.organisations.values():
            if not one.closed:
                self.by_siret.setdefault(one.values.get("siret", ""), []).append(one)
                self.by_name.setdefault(one.place[0], []).append(one)

    def like(self, values: Values) -> list[tuple[Known, str]]:
        """Those it may be: the same SIRET, else the same folded name in the same city, or where one says none."""
        siret, city = values.get("siret", ""), folded(values.get("city", ""))
        found = [(one, "siret") for one in self.by_siret.get(siret, ())] if siret else []
        named = self.by_name.get(folded(values.get("name", "")), ())
        return found or [(one, "name") for one in named if not city or one.place[1] in ("", city)]


@dataclass(frozen=True)
class Given:
    """A row: raw texts by column, and what somebody decided: new, leave, mine, theirs, `update:<ref>`, or nothing."""

    number: int
    cells: Values
    choice: str = ""


@dataclass
class Checked:
    """What the check says of a row. `changes` and `conflicts` are (before, after) by column; `kept` are columns that
    somebody changed by hand; `head` is the number of the row that describes the same organisation before it.
    `usual_kind` is that of a new organisation whose row says none.
    """

    number: int
    values: Values = field(default_factory=dict)
    errors: Values = field(default_factory=dict)
    outcome: Outcome = Outcome.ERROR
    act: Act = Act.NONE
    target: UUID | None = None
    head: int | None = None
    desk: UUID | None = None
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)
    conflicts: dict[str, tuple[str, str]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    why: str = ""
    usual_kind: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What says that two rows are of one organisation; nothing for a row without name and identifier."""
        if self.values.get("id"):
            return self.values["source"], self.values["id"]
        name, city, siret = (self.values.get(one, "") for one in ("name", "city", "siret"))
        return (folded(name), folded(city), siret) if name else ()

    @property
    def title(self) -> str:
        """Its name, and its desk."""
        return ", ".join(one for one in (self.values.get("name"), self.values.get("desk")) if one)

    def found(self) -> dict[str, Any]:
        """What is kept of it."""
        return {
            "values": self.values, "errors": self.errors, "changes": {k: list(v) for k, v in self.changes.items()},
            "conflicts": {k: list(v) for k, v in self.conflicts.items()}, "kept": self.kept, "why": self.why,
            "candidates": self.candidates, "head": self.head, "target": str(self.target) if self.target else None,
            "desk": str(self.desk) if self.desk else None,
        }  # fmt: skip


def mark(source: str, identifier: str, name: str, value: str) -> str:
    """A short hash of a value that was taken over: enough to see that it is another now, without keeping it twice."""
    return hashlib.sha256("\n".join((source, identifier, name, value)).encode()).hexdigest()[:16]


def taken_of(values: Values) -> Values:
    """The marks of everything that a row says, by column; a desk's under its folded name."""
    source, identifier = values["source"], values["id"]
    said = {name: values[name] for name in OF_ORGANISATION if values.get(name)}
    if values.get("desk"):
        desk = f"desk {folded(values['desk'])}"
        said |= {desk: "", **{f"{desk}/{name}": values[name] for name in OF_DESK if values.get(name)}}
    return {name: mark(source, identifier, name, value) for name, value in said.items()}
