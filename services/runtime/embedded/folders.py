"""Folders, the account the embedded servers run under, and the lock that keeps one folder to one `relais up`.

As root the servers run under a dedicated system user. Only folders made here get a mode: nothing above them is touched.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ACCOUNT = "relais-embedded"


class EmbeddedServerError(RuntimeError):
    """An embedded server cannot run; the message is a French sentence for the terminal."""


class FolderInUse(EmbeddedServerError):
    """Another process serves from this folder."""


class FolderUnreachable(EmbeddedServerError):
    """The account of the servers cannot reach the folder."""


def server_account() -> pwd.struct_passwd | None:
    """The dedicated system user when we are root (made on first use), otherwise None: the servers run as ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        pass
    if shutil.which("useradd") is None:
        raise EmbeddedServerError(
            f"L'utilisateur système « {ACCOUNT} » manque et « useradd » est introuvable : "
            "créez-le, ou lancez Relais sans être root."
        )
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
    made = subprocess.run(command, capture_output=True, check=False, text=True)
    try:  # another start may have made it in between
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise EmbeddedServerError(
            f"L'utilisateur système « {ACCOUNT} » n'a pas pu être créé : {made.stderr.strip()}"
        ) from None


def account_name() -> str:
    """The name of the user the servers run as, for messages."""
    return pwd.getpwuid(os.geteuid()).pw_name if server_account() is None else ACCOUNT


def identity() -> dict[str, Any]:
    """The arguments of `subprocess` that run a command as the servers' account."""
    account = server_account()
    return {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def make_traversable(folder: Path) -> None:
    """Make `folder` and its missing parents, 0711; what exists keeps its mode and owner."""
    if folder.is_dir():
        return
    make_traversable(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o711)


def make_private(folder: Path) -> Path:
    """Make `folder` 0700 and hand it to the servers' account; one that exists is left as it is."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700)
        account = server_account()
        if account is not None:
            os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


def require_reachable(folder: Path) -> None:
    """Refuse a folder in which the servers' account cannot write, before a server says so in its own words."""
    check = subprocess.run(["test", "-w", str(folder), "-a", "-x", str(folder)], check=False, **identity())
    if check.returncode:
        raise FolderUnreachable(
            f"Les serveurs embarqués ne peuvent pas écrire dans « {folder} » (utilisateur « {account_name()} »). "
            "Choisissez avec RELAIS_VAR un dossier que cet utilisateur peut traverser et où il peut écrire."
        )


def reachable_program(base: Path, program: str, needs: Sequence[str], copy: Path) -> Path:
    """`base/program` when the servers' account can run it; else what it needs is copied once, and the copy is run.

    `needs` are the files and folders below `base` that the program cannot do without, itself among them; they keep
    their places below `copy`, whose name should tell their version.
    """
    if _runs(base / program):
        return base / program
    if not copy.exists():
        partial = copy.with_name(f"{copy.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        for name in needs:
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            if (base / name).is_dir():
                shutil.copytree(base / name, partial / name, symlinks=True)
            else:
                shutil.copy2(base / name, partial / name)
        for path in (partial, *partial.rglob("*")):
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
        partial.rename(copy)
    if not _runs(copy / program):
        raise FolderUnreachable(f"« {copy / program} » ne peut pas être exécuté par « {account_name()} ».")
    return copy / program


def _runs(program: Path) -> bool:
    try:
        run = subprocess.run([str(program), "--version"], capture_output=True, cwd="/", check=False, **identity())
    except OSError:
        return False
    return run.returncode == 0


class FolderLock:
    """Keeps `folder` to this process until `release` or the end of the process, however it ends."""

    def __init__(self, folder: Path) -> None:
        try:
            self._file = (folder / "lock").open("a+")
        except OSError:
            raise FolderUnreachable(
                f"Vous ne pouvez pas écrire dans « {folder} », qui appartient sans doute à un autre utilisateur : "
                "choisissez un autre dossier avec RELAIS_VAR."
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            holder = self._file.read().strip() or "inconnu"
            self._file.close()
            raise FolderInUse(
                f"Relais tourne déjà sur « {folder} » (processus {holder}). "
                "Arrêtez-le, ou choisissez un autre dossier avec RELAIS_VAR."
            ) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Let another process serve from the folder."""
        self._file.close()
