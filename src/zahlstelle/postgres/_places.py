"""Reaching programs and sockets from both sides without opening anybody's folder.

Three facts carry this: an inherited descriptor of a folder, called `/proc/self/fd/N`, can be entered by its
owner whatever the permissions of the folders above; a Unix socket's path has at most 107 bytes; a wheel's
programs find their libraries by relative paths, so a copy works wherever it lies.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from zahlstelle.processes import Identity

from ._binaries import Binaries
from ._errors import PostgresRefused
from ._identity import can_reach

_LONGEST_SOCKET_FOLDER = 100 - len("/.s.PGSQL.5432")
_SHARED = ("/tmp", "/var/tmp")  # noqa: S108 - only private folders made by mkdtemp are used below


@contextmanager
def folder_for_server(cluster: Path, who: Identity) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Give the name by which the server can enter its folder, and the descriptors it must inherit for it."""
    if can_reach(cluster, who):
        yield str(cluster), ()
        return
    descriptor = os.open(cluster, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}", (descriptor,)
    finally:
        os.close(descriptor)


def runnable(binaries: Binaries, who: Identity) -> tuple[Binaries, Path | None]:
    """Return programs that `who` can execute, and the private copy's folder if one had to be made.

    Root's virtual environment often lies below a closed home. Then the programs (not secret, 35 MB) are
    copied to a folder that others may read and nobody else may write; it goes when the server stops.
    """
    if can_reach(binaries.bin / "postgres", who):
        return binaries, None
    home = _executable_folder()
    copy = home / binaries.install.name
    shutil.copytree(binaries.install, copy, symlinks=True, ignore=shutil.ignore_patterns("include", "__pycache__"))
    libraries = binaries.install.with_name(binaries.install.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, home / libraries.name)
    home.chmod(0o755)
    moved = replace(binaries, bin=copy / binaries.bin.relative_to(binaries.install), install=copy)
    if not can_reach(moved.bin / "postgres", who):
        shutil.rmtree(home)
        raise PostgresRefused(f"the user with id {who.uid} may not execute {binaries.bin} nor a copy in {home.parent}")
    return moved, home


def socket_folder_for_clients(folder: Path) -> tuple[Path, Path | None]:
    """Return a path of the socket's folder short enough for a client, and the private folder made for it."""
    if len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER:
        return folder, None
    short = Path(tempfile.mkdtemp(prefix="zst-", dir=_runtime_folder()))
    (short / "s").symlink_to(folder)
    return short / "s", short


def _runtime_folder() -> str:
    mine = os.environ.get("XDG_RUNTIME_DIR", "")
    usable = mine and len(mine) < 60 and os.access(mine, os.W_OK | os.X_OK)
    return mine if usable else _SHARED[0]


def _executable_folder() -> Path:
    """Make a folder of our own on a file system from which programs may be executed."""
    for parent in _SHARED:
        if os.access(parent, os.W_OK) and not os.statvfs(parent).f_flag & os.ST_NOEXEC:
            return Path(tempfile.mkdtemp(prefix="zahlstelle-postgres-", dir=parent))
    raise PostgresRefused(f"no folder of {', '.join(_SHARED)} allows to execute programs")
