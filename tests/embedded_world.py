"""What the tests of the embedded servers share: short folders, waiting, processes that are gone."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.runtime.nats_keys import Permissions

SPEAKER = Permissions(publish=("talk.>", "$JS.API.>"), subscribe=("_INBOX.>",))


LISTENER = Permissions(publish=(), subscribe=("talk.question",), responses=True)


USERS = {"speaker": SPEAKER, "listener": LISTENER, "mute": Permissions((), ())}


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder the servers' account can traverse: pytest's own are closed to it, and socket paths must be short."""
    made = Path(tempfile.mkdtemp(prefix="relais-", dir="/tmp"))
    made.chmod(0o711)
    yield made / "un dossier"
    shutil.rmtree(made)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777
