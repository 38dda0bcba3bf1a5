"""The chain of the journal, as pure rules: how an entry is written down, hashed, linked, signed and checked.

`deploy/verify_journal.py` says the same again without this module; both must agree (docs/journal.md).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

START = "0" * 64
# Every column of an entry, in no particular order: the canonical form sorts them.
SEALED = (
    "territory", "ref", "reading", "kind", "object", "object_ref", "handover", "person", "people", "organisation",
    "viewer", "viewer_organisation", "actor_kind", "desk", "grant", "epoch", "route_version", "categories", "outcome",
    "refusal", "reason", "at", "keep_until",
)  # fmt: skip


def instant(value: datetime) -> str:
    """An instant as the chain writes it: UTC, microseconds."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def canonical(value: Mapping[str, Any]) -> bytes:
    """Canonical JSON: sorted keys, no space, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as JSON values."""
    return {name: _plain(row[name]) for name in SEALED}


def _plain(value: Any) -> Any:  # noqa: ANN401 - a column of any type
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return instant(value)
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def hash_of(entry: Mapping[str, Any]) -> str:
    """The SHA-256 of an entry in its plain form, in hexadecimal."""
    return hashlib.sha256(canonical(entry)).hexdigest()


def link(previous: str, seq: int, entry: str, entry_hash: str, keep_until: str) -> str:
    """The hash of one link, over the one before; `keep_until` says from when the entry itself may be missing."""
    body = {"previous": previous, "seq": seq, "entry": entry, "entry_hash": entry_hash, "keep_until": keep_until}
    return hashlib.sha256(canonical(body)).hexdigest()


def head_statement(*, territory: str, seq: int, hash: str, at: str, key: str) -> bytes:
    """What is signed at the head of a chain."""
    return canonical({"territory": territory, "seq": seq, "hash": hash, "at": at, "key": key})


@dataclass(frozen=True)
class Link:
    """One row of the chain as it is found; `entry` is None when the entry itself is not there any more."""

    seq: int
    ref: str
    entry_hash: str
    keep_until: str
    hash: str
    entry: Mapping[str, Any] | None


@dataclass(frozen=True)
class Problem:
    """What is wrong and where, in French for whoever runs the check; `code` for machines."""

    code: str
    seq: int | None = None

    def __str__(self) -> str:
        where = f"Ligne {self.seq}\u202f: " if self.seq is not None else ""
        return where + _SENTENCES[self.code]


_SENTENCES = {
    "changed": "l’entrée a été modifiée après son scellement.",
    "missing": "l’entrée a été effacée avant le terme de sa conservation.",
    "broken": "le chaînon ne suit pas le précédent\u202f: une ligne a été insérée, déplacée ou réécrite.",
    "gap": "des numéros manquent ou se répètent\u202f: des chaînons ont été effacés ou déplacés.",
    "rewritten": "la chaîne n’est plus celle que la tête signée a vue\u202f: elle a été réécrite.",
    "cut": "une tête signée va plus loin que la chaîne\u202f: la fin a été effacée.",
    "unsigned": "la signature d’une tête n’est pas la nôtre.",
    "inserted": "des entrées n’ont jamais attendu leur scellement\u202f: elles ont été ajoutées par un autre chemin.",
    "lost": "des entrées ont disparu avant leur scellement.",
    "no_copy": "une tête signée manque dans le second lieu.",
}
MOST_PROBLEMS = 20


@dataclass
class Walk:
    """A check under way: feed it the links in the order of their numbers; it keeps what is wrong, at most twenty."""

    now: str
    heads: dict[int, set[str]] = field(default_factory=dict)
    seq: int = 0
    hash: str = START
    problems: list[Problem] = field(default_factory=list)

    def take(self, links: Iterable[Link]) -> None:
        """Check the next links."""
        for one in links:
            self._check(one)
            self.seq, self.hash = one.seq, one.hash
            if any(seen != one.hash for seen in self.heads.pop(one.seq, ())):
                self.found("rewritten", one.seq)

    def end(self) -> None:
        """Nothing more comes: a head that no link has reached lies beyond the end."""
        if any(seq > self.seq for seq in self.heads):
            self.found("cut", self.seq)

    def found(self, code: str, seq: int | None = None) -> None:
        """Keep a problem."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(code, seq))

    def _check(self, one: Link) -> None:
        if one.seq != self.seq + 1:
            self.found("gap", one.seq)
        if link(self.hash, one.seq, one.ref, one.entry_hash, one.keep_until) != one.hash:
            self.found("broken", one.seq)
        if one.entry is None:
            if one.keep_until >= self.now:
                self.found("missing", one.seq)
        elif hash_of(one.entry) != one.entry_hash or one.entry["keep_until"] != one.keep_until:
            self.found("changed", one.seq)
