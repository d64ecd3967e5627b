"""What a test needs of the machine it runs on."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest


def needs_root() -> None:
    """Skip, loudly, where the tests do not run as root."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; run the tests as root too")


def python_for_anyone() -> str:
    """Find a Python with which an ordinary user may run this program: both may lie in a closed home."""
    told = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    anyone = {"user": 65534, "group": 65534, "extra_groups": [], "cwd": "/", "env": told, "capture_output": True}
    for python in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        with suppress(OSError):
            if subprocess.run([python, "-c", "import zahlstelle.postgres"], check=False, **anyone).returncode == 0:
                return python
    pytest.skip("this program lies where no ordinary user may run it; run the tests as an ordinary user too")


def descendants(pid: int) -> list[int]:
    """Return the processes that a process started, and those that these started."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    found = []
    waiting = [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def processes_running(pids: list[int]) -> list[int]:
    """Return those that still run; one that ended but was not yet taken note of by its parent does not."""

    def runs(pid: int) -> bool:
        with suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        return False

    return [pid for pid in pids if runs(pid)]


def left_running(pids: list[int], seconds: float = 3) -> list[int]:
    """Return those that still run when a moment has passed: who is told to end may need one on a busy machine."""
    until = time.monotonic() + seconds
    while (left := processes_running(pids)) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def left_in_tmp() -> set[str]:
    """Name the private folders that a local PostgreSQL makes outside its own."""
    return {path.name for pattern in ("zst-*", "zahlstelle-postgres-*") for path in Path("/tmp").glob(pattern)}
