"""The folder of a demonstration: marked when imaginary people fill it, and only with that mark ever emptied."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from services.runtime.embedded.folders import EmbeddedServerError, FolderLock
from services.runtime.settings import Settings, default_copy, default_keys, default_register

MARK = "demonstration"
BEGUN, FILLED = "begun", "filled"


class NotADemonstration(EmbeddedServerError):
    """The folder holds data that no demonstration made; the message is a French sentence for the terminal."""


def begin(settings: Settings) -> None:
    """Mark the folder as half made: before the first imaginary person is written, and before anything is deleted."""
    (settings.var / MARK).write_text(BEGUN)


def filled(settings: Settings) -> None:
    """The demonstration is whole."""
    (settings.var / MARK).write_text(FILLED)


def forget(settings: Settings) -> None:
    """Served once as something else than a demonstration, a folder is never emptied again."""
    if settings.database_url is None:
        (settings.var / MARK).unlink(missing_ok=True)


def is_one(settings: Settings) -> bool:
    """True when this is a demonstration, its folder was made as one, and all that it keeps lies in that folder."""
    return settings.demonstration and (settings.var / MARK).is_file() and _all_inside(settings)


def is_half_made(settings: Settings) -> bool:
    """True when filling it was interrupted: nobody has ever seen a page of it."""
    return is_one(settings) and (settings.var / MARK).read_text() != FILLED


def empty(settings: Settings) -> None:
    """Delete what the demonstration wrote; programs, logs and the mark stay, and a folder without data stays as it is.

    Raises NotADemonstration for any other folder, FolderInUse while something is served from it.
    """
    if not is_one(settings):
        if (settings.var / "postgres" / "data").exists() or not settings.demonstration:
            raise NotADemonstration(
                f"« {settings.var} » n’a pas été fait comme une démonstration : rien n’y a été effacé. "
                "Choisissez un autre dossier avec --var."
            )
        return
    with ExitStack() as locks:
        for name in ("postgres", "nats"):
            if (settings.var / name).is_dir():
                locks.callback(FolderLock(settings.var / name).release)
        begin(settings)
        for path in _written(settings.var):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _written(var: Path) -> Iterator[Path]:
    """All of it; should emptying be interrupted, the mark says half made and it is begun again."""
    yield var / "nats" / "state"
    yield default_register({"var": var}).parent
    yield default_copy({"var": var})
    yield default_keys({"var": var})
    yield var / "postgres" / "data.partial"
    yield var / "postgres" / "data"
    yield var / "postgres" / "postgres.password"


def _all_inside(settings: Settings) -> bool:
    given = {"var": settings.var}
    return (settings.keys, settings.erasure_register, settings.journal_copy) == (
        default_keys(given), default_register(given), default_copy(given)
    )  # fmt: skip
