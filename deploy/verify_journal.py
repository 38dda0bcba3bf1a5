#!/usr/bin/env python3
"""Check an export of the journal of Relais without any code of Relais: the chain, the signed heads, what is missing.

Usage: python verify_journal.py EXPORT HEADS PUBLIC_KEY. Needs Python 3.11 and the package `cryptography`. Prints what
it found and exits with 1 when something is wrong. What each line means stands in docs/journal.md.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: object) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def lines_of(path: str) -> Iterator[Any]:
    with Path(path).open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def read_heads(path: str, key: Ed25519PublicKey, problems: list[str]) -> tuple[dict[int, set[str]], int]:
    """The hashes that signed heads saw, by number."""
    heads: dict[int, set[str]] = {}
    count = 0
    for head in lines_of(path):
        signed = {name: head.get(name) for name in ("territory", "seq", "hash", "at", "key")}
        try:
            key.verify(bytes.fromhex(head.get("signature", "")), canonical(signed))
        except (InvalidSignature, ValueError, TypeError):
            problems.append(f"tête {head.get('seq')} : la signature n’est pas celle de cette clé")
            continue
        heads.setdefault(head["seq"], set()).add(head["hash"])
        count += 1
    return heads, count


def check_link(one: dict[str, Any], seq: int, previous: str, now: str, problems: list[str]) -> None:
    """One sealed line after the one before."""
    where = f"ligne {one['seq']}"
    if one["seq"] != seq + 1:
        problems.append(f"{where} : des numéros manquent ou se répètent")
    linked = {"previous": previous, "entry": one["ref"], **{n: one[n] for n in ("seq", "entry_hash", "keep_until")}}
    if digest(linked) != one["hash"]:
        problems.append(f"{where} : le chaînon ne suit pas le précédent")
    entry = one["entry"]
    if entry is None:
        if one["keep_until"] >= now:
            problems.append(f"{where} : l’entrée a été effacée avant son terme")
    elif digest(entry) != one["entry_hash"] or entry["ref"] != one["ref"] or entry["keep_until"] != one["keep_until"]:
        problems.append(f"{where} : l’entrée a été modifiée")


def check(export: str, heads_file: str, public_key: str) -> tuple[list[str], int, int]:
    """Every problem, in French, with how many links and heads were read."""
    problems: list[str] = []
    key = load_pem_public_key(Path(public_key).read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        return ["la clé publique n’est pas une clé Ed25519"], 0, 0
    heads, signed = read_heads(heads_file, key, problems)
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    seq, previous, links = 0, "0" * 64, 0
    for one in lines_of(export):
        if one["seq"] is None:
            if not one["waiting"]:
                problems.append("une entrée n’a jamais attendu son scellement : elle a été ajoutée par un autre chemin")
            continue
        check_link(one, seq, previous, now, problems)
        seq, previous, links = one["seq"], one["hash"], links + 1
        if any(seen != previous for seen in heads.pop(seq, ())):
            problems.append(f"ligne {seq} : la chaîne n’est plus celle que la tête signée a vue")
    if any(number > seq for number in heads):
        problems.append(f"ligne {seq} : une tête signée va plus loin que la chaîne, la fin a été effacée")
    elif heads:
        problems.append("des têtes signées parlent de lignes qui ne sont pas dans la chaîne")
    return problems, links, signed


def main(arguments: list[str]) -> int:
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    problems, links, signed = check(*arguments)
    print(f"{links} entrées scellées, {signed} têtes signées lues.")
    for problem in problems:
        print(f"  {problem}")
    print("Le journal n’est pas intact." if problems else "La chaîne est entière.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
