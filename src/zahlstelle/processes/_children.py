"""Starting and stopping children in process groups of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from zahlstelle.kernel import Refusal

_BOUND = Path(__file__).with_name("_bound.py")


class Identity(NamedTuple):
    """The user and group a child runs as."""

    uid: int
    gid: int


class ChildDied(Refusal):
    """A child ended though nobody asked it to. Carries its last log lines."""

    code = "child_died"

    def __init__(self, child: "Child") -> None:
        status = child.process.poll()
        super().__init__(f"{child.name} ended with status {status}; its last words:\n{last_lines(child.log)}")
        self.child = child


@dataclass(frozen=True)
class Child:
    """A running child: what people call it, its process, and the file its output goes to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    end_with: signal.Signals

    def raise_if_dead(self) -> None:
        """Raise `ChildDied` if the child has ended."""
        if self.process.poll() is not None:
            raise ChildDied(self)


def current_identity() -> Identity:
    """Who we are."""
    return Identity(os.geteuid(), os.getegid())


def start(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    identity: Identity | None = None,
    end_with: signal.Signals = signal.SIGTERM,
    pass_fds: Sequence[int] = (),
) -> Child:
    """Start `command` in its own session, output to `log`; it receives `end_with` when the starter dies.

    "Starter" is the calling thread, as the kernel sees it: call this from a thread that lives long enough.
    As root `identity` says as whom the child runs.
    """
    who = identity or current_identity()
    bound = [sys.executable, "-I", "-S", str(_BOUND), str(os.getpid()), str(int(end_with)), *map(str, who)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*bound, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=None if env is None else dict(env),
            start_new_session=True,
            pass_fds=pass_fds,
        )
    return Child(name, process, log, end_with)


def stop(child: Child, *, patience: float = 10.0) -> None:
    """End the child and everything in its process group; SIGKILL after `patience` seconds."""
    if child.process.poll() is None:
        child.process.send_signal(child.end_with)
        try:
            child.process.wait(patience)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
    _clear_group(child.process.pid)


def _clear_group(group: int, patience: float = 2.0) -> None:
    """Kill what a child left behind in its process group, and wait until it is gone."""
    deadline = time.monotonic() + patience
    with suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < deadline:
            os.killpg(group, signal.SIGKILL)
            time.sleep(0.01)


def last_lines(log: Path, count: int = 20) -> str:
    """Return the last lines of a log file, for a message to a person."""
    if not log.exists():
        return ""
    lines = log.read_text(errors="replace").splitlines()
    return "\n".join(lines[-count:])
