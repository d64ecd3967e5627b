"""The demo's folder: recognised by a marker, used by one demo at a time, closed to others."""

import fcntl
import json
import os
import secrets
import shutil
from pathlib import Path
from typing import IO, Any

from zahlstelle.kernel import Refusal

_MARKER = ".zahlstelle-demo"


class DemoFolderForeign(Refusal):
    """The folder has something in it that no demo put there."""

    code = "demo_folder_foreign"


class DemoFolderInUse(Refusal):
    """Another demo runs in the folder."""

    code = "demo_folder_in_use"


class DemoFolder:
    """Where a demo keeps everything: `postgres/`, `sandbox/`, `logs/`, `demo.json` and what it must remember."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.postgres = self.path / "postgres"
        self.sandbox = self.path / "sandbox"
        self.logs = self.path / "logs"
        self.demo_json = self.path / "demo.json"
        self._lock: IO[str] | None = None

    def enter(self, *, fresh: bool) -> None:
        """Take the folder for this process; `fresh` empties it first. Raises where it is not ours to take."""
        if self.path.exists() and any(self.path.iterdir()) and not (self.path / _MARKER).is_file():
            raise DemoFolderForeign(f"{self.path} is not empty and not a demo's folder; name another with --data")
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.path / _MARKER).touch()
        self._take_lock()
        if fresh:
            self._empty()
        self.demo_json.unlink(missing_ok=True)
        for folder in (self.sandbox, self.logs):
            folder.mkdir(mode=0o700, exist_ok=True)

    def leave(self) -> None:
        """Let the folder go; `demo.json` goes too, because what it says no longer holds."""
        if self._lock is not None:
            self.demo_json.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def remembered(self, name: str) -> Any:
        """Return what `remember` kept, None at first."""
        file = self.path / f"{name}.json"
        return json.loads(file.read_text()) if file.exists() else None

    def remember(self, name: str, content: Any) -> None:
        """Keep something in one piece, whole or not at all, for this user only."""
        file, half = self.path / f"{name}.json", self.path / f".{name}.half"
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as written:
            json.dump(content, written, indent=2, ensure_ascii=False)
            written.flush()
            os.fsync(written.fileno())
        half.replace(file)

    def secret(self, name: str) -> str:
        """Return a secret of this demo, made up the first time."""
        kept: dict[str, str] = self.remembered("secrets") or {}
        if name not in kept:
            kept[name] = secrets.token_urlsafe(48)
            self.remember("secrets", kept)
        return kept[name]

    def _take_lock(self) -> None:
        lock = (self.path / _MARKER).open("r+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise DemoFolderInUse(f"another demo runs in {self.path}; stop it or name another --data") from None
        self._lock = lock

    def _empty(self) -> None:
        for item in self.path.iterdir():
            if item.name == _MARKER:
                continue
            if item.is_dir() and not item.is_symlink():
                shutil.rmtree(item)
            else:
                item.unlink()
