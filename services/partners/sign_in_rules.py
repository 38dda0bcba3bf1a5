"""The rules of signing in: methods, limits, which password is refused, which code of the moment is taken.

Pure: instants, keys and what was typed are arguments.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

PASSWORD_LEAST, PASSWORD_MOST = 15, 128
LEFT_LEAST = 8
TOTP_STEP = 30
FRESH_FOR = timedelta(minutes=15)


class Method(StrEnum):
    """How somebody signs in. A policy chooses among the first four; the two others open by themselves."""

    PASSKEY = "passkey"
    PROCONNECT = "proconnect"
    PASSWORD = "password"
    CODE = "code"
    DEMONSTRATION = "demonstration"
    SETUP = "setup"


CHOSEN = (Method.PASSKEY, Method.PROCONNECT, Method.PASSWORD, Method.CODE)
METHOD_NAMES = {
    Method.PASSKEY: "Clé d’accès",
    Method.PROCONNECT: "ProConnect",
    Method.PASSWORD: "Mot de passe et code d’application",
    Method.CODE: "Code par message",
    Method.DEMONSTRATION: "Démonstration",
    Method.SETUP: "Première installation",
}


class Outcome(StrEnum):
    """What became of a try, or what was changed."""

    ENTERED = "entered"
    ENTERED_BY_RECOVERY = "entered_by_recovery"
    WRONG = "wrong"
    LOCKED = "locked"
    NOT_ALLOWED = "not_allowed"
    CLONED = "cloned"
    UNKNOWN_ORGANISATION = "unknown_organisation"
    TOO_WEAK = "too_weak"
    ADDED = "added"
    REMOVED = "removed"
    REVOKED = "revoked"


OUTCOME_NAMES = {
    Outcome.ENTERED: "Connexion réussie",
    Outcome.ENTERED_BY_RECOVERY: "Connexion avec un code de secours",
    Outcome.WRONG: "Essai refusé",
    Outcome.LOCKED: "Essai refusé\u202f: trop d’essais",
    Outcome.NOT_ALLOWED: "Refusé\u202f: moyen non permis pour votre compte",
    Outcome.CLONED: "Clé suspendue\u202f: une copie a peut-être servi",
    Outcome.UNKNOWN_ORGANISATION: "Refusé\u202f: organisme ou compte non reconnu",
    Outcome.TOO_WEAK: "Refusé\u202f: niveau de garantie insuffisant",
    Outcome.ADDED: "Moyen ajouté",
    Outcome.REMOVED: "Moyen retiré",
    Outcome.REVOKED: "Appareil déconnecté",
}


def allowed_methods(*policies: Collection[str] | None) -> frozenset[Method]:
    """The methods that every policy allows; None is no policy."""
    found = frozenset(CHOSEN)
    for policy in policies:
        if policy is not None:
            found &= {Method(one) for one in policy}
    return found


# --- limits ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limit:
    """At most `most` in `window`, counted under `name` and a fingerprint."""

    name: str
    most: int
    window: timedelta


_SHORT, _DAY = timedelta(minutes=10), timedelta(days=1)
CODES_BY_ADDRESS = Limit("address", 5, _SHORT)
CODES_BY_BROWSER = Limit("browser", 10, _SHORT)
CODES_BY_NETWORK = Limit("network-codes", 300, _SHORT)
# Wrong tries only: what succeeds is given back. Whoever has a passkey or ProConnect is never kept out by them.
TRIES_BY_ADDRESS = Limit("tries", 5, _SHORT)
TRIES_BY_ADDRESS_A_DAY = Limit("tries-day", 30, _DAY)
TRIES_BY_NETWORK = Limit("network-tries", 100, _SHORT)
STARTS_BY_BROWSER = Limit("starts", 30, _SHORT)
STARTS_BY_NETWORK = Limit("network-starts", 600, _SHORT)


# --- the device of a session ----------------------------------------------------------------------------------------

_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"),
    ("FxiOS/", "Firefox"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def device_of(agent: str) -> str:
    """A browser and a system in two words, and no more of what a browser says of itself."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if browser and system:
        return f"{browser} sur {system}"
    return browser or system or "Appareil inconnu"


# --- passwords ------------------------------------------------------------------------------------------------------

_COMMON = (
    "motdepasse", "password", "passphrase", "bonjour", "azerty", "qwerty", "soleil", "chouchou", "doudou", "loulou",
    "marseille", "jetaime", "iloveyou", "welcome", "bienvenue", "administrateur", "administrator", "admin", "secret",
    "changeme", "letmein", "princesse", "camille", "nicolas", "football", "dragon", "monkey", "relais", "valbrume",
    "printemps", "automne", "hiver", "janvier", "fevrier", "mars", "avril", "juin", "juillet", "aout", "septembre",
    "octobre", "novembre", "decembre", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
)  # fmt: skip
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "azertyuiopqsdfghjklmwxcvbn", "qwertyuiopasdfghjklzxcvbnm", "01234567890")


def normalised(password: str) -> str:
    """The same characters whichever keyboard made them (NFKC, as NIST SP 800-63B asks)."""
    return unicodedata.normalize("NFKC", password)


def password_refused(password: str, own_words: Iterable[str]) -> str | None:
    """Why this password cannot be taken, as a French sentence, or None. `own_words` are of her name, address,
    organisation and territory.

    Length first (ANSSI, NIST); then what is left once known words, repetitions and rows of keys are taken out: a long
    list of leaked passwords is not looked at, since none is on the machine.
    """
    if len(password) < PASSWORD_LEAST:
        return f"Il faut au moins {PASSWORD_LEAST} caractères. Une phrase de quatre mots sans lien convient bien."
    if len(password) > PASSWORD_MOST:
        return f"Il faut au plus {PASSWORD_MOST} caractères."
    left = _plain(password)
    for word in sorted({*_COMMON, *_words(own_words)}, key=len, reverse=True):
        left = left.replace(word, "")
    left = _without_rows(re.sub(r"(.{1,12}?)\1{2,}", r"\1", left))
    if len(left) < LEFT_LEAST or len(set(left)) < 5:
        return "Facile à deviner\u202f: ce mot de passe répète ou reprend des mots connus. Choisissez-en un autre."
    return None


def _plain(text: str) -> str:
    return re.sub(r"\s", "", _fold(text))


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in re.split(r"[^a-z0-9]+", _fold(text)) if len(word) >= 4}


def _fold(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(one))


def _without_rows(text: str) -> str:
    """Rows of four keys or more, forwards or backwards, are worth their first key."""
    kept, at = [], 0
    while at < len(text):
        kept.append(text[at])
        at += max((_run(text[at:], row) for one in _ROWS for row in (one, one[::-1])), default=1)
    return "".join(kept)


def _run(text: str, row: str) -> int:
    length = 1
    while length < len(text) and text[: length + 1] in row:
        length += 1
    return length if length >= 4 else 1


# --- the code of an application -------------------------------------------------------------------------------------


def totp_steps(now: datetime) -> range:
    """The 30-second steps that are taken now: this one and its two neighbours (RFC 6238, 5.2)."""
    step = int(now.timestamp()) // TOTP_STEP
    return range(step - 1, step + 2)
