"""Who may do what on NATS, as keys and signed claims: one operator, a system account, one account for Relais, one user
per service. Seeds and credentials are files of ours, 0600 below 0700; the server is given public keys and claims only.
"""

import base64
import hashlib
import json
import os
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nkeys

UNLIMITED = {"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": True, "conn": -1}
JETSTREAM = {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1, "max_ack_pending": -1}
RESERVED_NAMES = ("operator", "system")
ONE_RESPONSE = {"max": 1, "ttl": 60 * 10**9}


@dataclass(frozen=True)
class Permissions:
    """The subjects one user may publish and subscribe to, and nothing else: an empty tuple allows nothing.

    `responses` also lets it answer once, within 60 s, on the reply subject of a message it received.
    """

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    responses: bool = False

    def claims(self) -> dict[str, Any]:
        """The permissions as they stand in a user's JWT."""
        claims: dict[str, Any] = {"pub": _only(self.publish), "sub": _only(self.subscribe)}
        return {**claims, "resp": ONE_RESPONSE} if self.responses else claims


@dataclass(frozen=True)
class Operator:
    """What a server must know to trust the users: no seed in it.

    `jwt` is the operator's own; `system_account` a public key; `accounts` every account's JWT by its public key.
    """

    jwt: str
    system_account: str
    accounts: Mapping[str, str]


def write_operator(keys: Path, users: Mapping[str, Permissions]) -> Operator:
    """Make what is missing below `keys` (folder made 0700) and return what the server needs.

    `keys/operator/` holds the seeds, kept from one call to the next; `keys/<name>/nats.creds` the credentials of each
    of `users`, and `keys/system/nats.creds` those of the system account. A user whose permissions changed gets new
    credentials, and the old ones are revoked: the server refuses them from its next start. Raises `ValueError` on a
    name that is not lowercase letters, digits and hyphens, or that is reserved.
    """
    for name in users:
        if not re.fullmatch(r"[a-z0-9-]+", name) or name in RESERVED_NAMES:
            raise ValueError(f"« {name} » ne peut pas nommer un utilisateur NATS.")
    folder = _private_folder(_private_folder(keys) / "operator")
    operator = _kept_key(folder / "operator.seed", nkeys.PREFIX_BYTE_OPERATOR)
    system = _kept_key(folder / "system.seed", nkeys.PREFIX_BYTE_ACCOUNT)
    relais = _kept_key(folder / "relais.seed", nkeys.PREFIX_BYTE_ACCOUNT)
    _write_credentials(keys / "system", system, "system", {})
    replaced = [_write_credentials(keys / name, relais, name, allowed.claims()) for name, allowed in users.items()]

    revoked = _revocations(folder / "relais.jwt", [key for key in replaced if key])
    system_limits = {"limits": UNLIMITED | {"leaf": -1}}
    relais_limits = {"limits": UNLIMITED | JETSTREAM | {"leaf": 0}, "revocations": revoked}
    itself = {"system_account": _public(system)}
    return Operator(
        jwt=_kept_jwt(folder / "operator.jwt", operator, "operator", operator, "relais-operator", itself),
        system_account=_public(system),
        accounts={
            _public(system): _kept_jwt(folder / "system.jwt", operator, "account", system, "SYS", system_limits),
            _public(relais): _kept_jwt(folder / "relais.jwt", operator, "account", relais, "RELAIS", relais_limits),
        },
    )


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a JWT, its signature unchecked: for what we signed ourselves."""
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def _write_credentials(folder: Path, account: nkeys.KeyPair, name: str, allowed: dict[str, Any]) -> str | None:
    """Write `folder/nats.creds` unless it already says the same; the public key it replaces, if any."""
    file, replaced = _private_folder(folder) / "nats.creds", None
    wanted = _body("user", {"subs": -1, "data": -1, "payload": -1} | allowed)
    if file.exists():
        held = claims_of(file.read_text().split("\n")[1])
        if (held["iss"], held["nats"]) == (_public(account), wanted):
            return None
        replaced = held["sub"]
    user = _new_key(nkeys.PREFIX_BYTE_USER)
    token = _sign(account, {"sub": _public(user), "name": name, "nats": wanted})
    _write_secret(
        file,
        f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed.decode()}\n------END USER NKEY SEED------\n",
    )
    return replaced


def _kept_jwt(
    file: Path, signer: nkeys.KeyPair, kind: str, subject: nkeys.KeyPair, name: str, content: dict[str, Any]
) -> str:
    """The JWT in `file` when it says the same, else a new one: the server keeps the newest it has seen."""
    claims = {"sub": _public(subject), "name": name, "nats": _body(kind, content)}
    if file.exists():
        held = claims_of(file.read_text())
        if all(held[key] == value for key, value in claims.items()):
            return file.read_text()
    token = _sign(signer, claims)
    _write_secret(file, token)
    return token


def _revocations(account_jwt: Path, replaced: Iterable[str]) -> dict[str, int]:
    """Revoked users' public keys, each with the second up to which what it was issued is void."""
    before = claims_of(account_jwt.read_text())["nats"]["revocations"] if account_jwt.exists() else {}
    return {**before, **{key: int(time.time()) for key in replaced}}


def _only(subjects: tuple[str, ...]) -> dict[str, list[str]]:
    # To nats-server an empty list of allowed subjects means that everything is.
    return {"allow": list(subjects)} if subjects else {"deny": [">"]}


def _body(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "type": kind, "version": 2}


def _sign(signer: nkeys.KeyPair, claims: dict[str, Any]) -> str:
    claims = {**claims, "iat": int(time.time()), "iss": _public(signer)}
    digest = hashlib.sha256(json.dumps(claims, sort_keys=True).encode()).digest()
    claims["jti"] = base64.b32encode(digest).decode().rstrip("=")
    signed = f"{_base64({'typ': 'JWT', 'alg': 'ed25519-nkey'})}.{_base64(claims)}"
    return f"{signed}.{base64.urlsafe_b64encode(signer.sign(signed.encode())).rstrip(b'=').decode()}"


def _base64(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _kept_key(file: Path, prefix: int) -> nkeys.KeyPair:
    if file.exists():
        return nkeys.from_seed(bytearray(file.read_bytes()))
    key = _new_key(prefix)
    _write_secret(file, key.seed.decode())
    return key


def _new_key(prefix: int) -> nkeys.KeyPair:
    return nkeys.from_seed(nkeys.encode_seed(os.urandom(32), prefix))


def _public(key: nkeys.KeyPair) -> str:
    return key.public_key.decode()


def _private_folder(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _write_secret(file: Path, text: str) -> None:
    """Write whole or not at all, 0600 from the first byte."""
    partial = file.with_name(f"{file.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
    partial.rename(file)
