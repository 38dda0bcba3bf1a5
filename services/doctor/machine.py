"""The machine: the modes of the key folders, and whether mails have somewhere to go."""

import stat
from pathlib import Path

from services.doctor.finding import Finding, well, wrong
from services.notify.sink import has_box
from services.runtime.settings import Settings
from services.whole import Ground

FOLDER, FILE = 0o700, 0o600


async def look_at_keys(settings: Settings, ground: Ground) -> list[Finding]:
    """Every folder of keys 0700 at most, every file 0600 at most."""
    keys = ground.servers.keys
    if not keys.is_dir():
        return [wrong("Clés", f"le dossier {keys} manque.", "Donnez-le dans RELAIS_KEYS, ou lancez « ./relais keys ».")]
    everything = [keys, *sorted(keys.rglob("*"))]
    found = [finding for path in everything if (finding := _mode(path)) is not None]
    return found or [well("Clés", f"{len(everything)} dossiers et fichiers, fermés aux autres.")]


async def look_at_mail(settings: Settings, ground: Ground) -> list[Finding]:
    """A relay, or the local box of an installation that nobody else can reach."""
    if settings.smtp_url is not None:
        return [well("Courriel", f"un serveur est réglé ; les messages partent de {settings.mail_from}.")]
    if has_box(settings):
        return [well("Courriel", "les messages restent sur cette machine, à l’adresse /courrier.")]
    mend = "Donnez RELAIS_SMTP_URL, comme smtp://nom:motdepasse@serveur:587."
    return [wrong("Courriel", "aucun serveur n’est réglé : ni code de connexion ni rappel ne partira.", mend)]


def _mode(path: Path) -> Finding | None:
    allowed = FOLDER if path.is_dir() else FILE
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & ~allowed == 0:
        return None
    return wrong("Clés", f"{path} est en {mode:04o}, donc lisible par d’autres.", f"chmod {allowed:04o} {path}")
