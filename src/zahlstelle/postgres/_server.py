"""One private PostgreSQL server on one folder: made, started, stopped."""

import fcntl
import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from psycopg.conninfo import make_conninfo

from zahlstelle.processes import Child, Identity, last_lines, start, stop

from ._binaries import Binaries, find_binaries
from ._errors import PostgresNotStarted, PostgresRefused, PostgresTaken
from ._identity import server_identity
from ._places import folder_for_server, runnable, socket_folder_for_clients

SUPERUSER = "postgres"
_FAST_NOT_SAFE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
_STILL_ENDING = "is still in use"


class LocalServer:
    """A server in `data_dir`, reachable only over a socket inside it, for whoever may enter it.

    `data_dir` holds `cluster/` (PostgreSQL's own, 0700, with `socket/` in it), the log, a lock, and notes.
    The server ends with the process that started it, also if that is killed. As root it runs as `postgres`
    or `nobody`; no permission of any folder above `cluster/` is changed, ever.

    With `for_tests` a power failure may lose or spoil the data, which makes it faster.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        binaries: Binaries | None = None,
        for_tests: bool = False,
        max_connections: int = 100,
        patience: float = 60.0,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.cluster = self.data_dir / "cluster"
        self.log = self.data_dir / "postgres.log"
        self.dsn = ""
        self._binaries = binaries
        self._for_tests = for_tests
        self._max_connections = max_connections
        self._patience = patience
        self._lock: IO[str] | None = None
        self._child: Child | None = None
        self._made: list[Path] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def child(self) -> Child:
        """The running server's process."""
        if self._child is None:
            raise PostgresRefused("the server has not been started")
        return self._child

    def start(self) -> str:
        """Make the cluster if there is none, start the server, return the superuser's DSN."""
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._take_lock()
        try:
            who = server_identity()
            found = self._binaries or find_binaries()
            self._remove_left_behind()
            binaries, copy = runnable(found, who)
            self._remember(copy)
            self._make_cluster(binaries, who)
            self._clear_stale_pid_file()
            self._child = self._launch(binaries, who)
            clients, short = socket_folder_for_clients(self.cluster / "socket")
            self._remember(short)
        except BaseException:
            self.stop()
            raise
        self.dsn = make_conninfo(host=str(clients), port=5432, user=SUPERUSER, dbname="postgres")
        return self.dsn

    def stop(self) -> None:
        """Stop the server, ending open sessions, and remove what was made outside `data_dir`."""
        if self._child is not None:
            stop(self._child, patience=20)
            self._child = None
        if self._lock is not None:
            self._remove_left_behind()
            self._lock.close()
            self._lock = None

    def _take_lock(self) -> None:
        """Be the only one on this folder. The lock goes when its holder ends, however it ends."""
        lock = (self.data_dir / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.readline().strip()
            lock.close()
            raise PostgresTaken(f"{self.data_dir} is in use by process {holder}; stop that one first") from None
        lock.seek(0)
        lock.truncate()
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _remember(self, outside: Path | None) -> None:
        """Write down what we made outside, so that the next start can remove it if we are killed."""
        if outside is not None:
            self._made.append(outside)
            self._made_list.write_text("".join(f"{path}\n" for path in self._made))

    def _remove_left_behind(self) -> None:
        listed = self._made_list.read_text().splitlines() if self._made_list.exists() else []
        for path in {*map(Path, listed), *self._made}:
            shutil.rmtree(path, ignore_errors=True)
        self._made.clear()
        self._made_list.unlink(missing_ok=True)

    @property
    def _made_list(self) -> Path:
        return self.data_dir / "made-outside"

    def _make_cluster(self, binaries: Binaries, who: Identity) -> None:
        made = self._major_of_cluster()
        if made is not None and made != binaries.major:
            raise PostgresRefused(
                f"{self.cluster} was made by PostgreSQL {made}, found is {binaries.major}: start anew "
                "in another folder (demo: --fresh) or choose with ZAHLSTELLE_POSTGRES=wheel|system"
            )
        if made is None:
            self._initialise(binaries, who)
        socket = self.cluster / "socket"
        if not socket.is_dir():
            socket.mkdir(mode=0o700)
            os.chown(socket, *who, follow_symlinks=False)

    def _major_of_cluster(self) -> int | None:
        """Return the version that made the cluster, None where none was made or making it was interrupted."""
        return int(self._made_by.read_text()) if self.cluster.exists() and self._made_by.exists() else None

    @property
    def _made_by(self) -> Path:
        return self.data_dir / "made-by"

    def _initialise(self, binaries: Binaries, who: Identity) -> None:
        self._turn_log()
        self._made_by.unlink(missing_ok=True)
        if self.cluster.exists():
            shutil.rmtree(self.cluster)
        self.cluster.mkdir(mode=0o700)
        os.chown(self.cluster, *who, follow_symlinks=False)
        with folder_for_server(self.cluster, who) as (folder, descriptors):
            child = start(
                "initdb",
                [binaries.program("initdb"), "-D", folder, *self._initdb_options()],
                log=self.log,
                env=_environment(),
                cwd=Path("/"),
                identity=who,
                pass_fds=descriptors,
            )
        try:
            status = child.process.wait()
        finally:
            stop(child, patience=1)
        if status != 0:
            raise PostgresNotStarted(f"initdb failed:\n{last_lines(self.log)}")
        self._made_by.write_text(f"{binaries.major}\n")

    def _initdb_options(self) -> list[str]:
        options = ["--username", SUPERUSER, "--auth-local=trust", "--auth-host=reject"]
        options += ["--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]
        return options + (["--no-sync"] if self._for_tests else [])

    def _clear_stale_pid_file(self) -> None:
        """Wait for a server that is just ending with its killed starter; remove a file whose process is gone.

        We hold the lock, so nobody of ours runs a server here. PostgreSQL clears stale files itself, except
        where the number now belongs to another process of the same user.
        """
        file = self.cluster / "postmaster.pid"
        deadline = time.monotonic() + self._patience
        while (pid := _pid_in(file)) is not None:
            if not _stands_in(pid, self.cluster):
                file.unlink(missing_ok=True)
                return
            if time.monotonic() > deadline:
                raise PostgresTaken(f"a PostgreSQL server runs in {self.cluster} (process {pid}); stop that one first")
            time.sleep(0.05)

    def _launch(self, binaries: Binaries, who: Identity) -> Child:
        """Start the server and wait until it takes connections."""
        deadline = time.monotonic() + self._patience
        while True:
            self._turn_log()
            with folder_for_server(self.cluster, who) as (folder, descriptors):
                child = start(
                    "postgres",
                    [binaries.program("postgres"), "-D", folder, *self._settings()],
                    log=self.log,
                    env=_environment(),
                    cwd=Path("/"),
                    identity=who,
                    end_with=signal.SIGINT,
                    pass_fds=descriptors,
                )
            if self._comes_up(child, deadline):
                return child
            stop(child)
            said = last_lines(self.log)
            if _STILL_ENDING not in said or time.monotonic() > deadline:
                raise PostgresNotStarted(f"PostgreSQL {binaries.major} ({binaries.source}) did not start:\n{said}")
            time.sleep(0.2)  # children of a killed server are still leaving

    def _comes_up(self, child: Child, deadline: float) -> bool:
        while child.process.poll() is None and time.monotonic() < deadline:
            if _status_in(self.cluster / "postmaster.pid", child.process.pid) == "ready":
                return True
            time.sleep(0.02)
        return False

    def _settings(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": "socket",  # relative to the cluster, so never too long
            "unix_socket_permissions": "0700",
            "port": "5432",
            "max_connections": str(self._max_connections),
            "timezone": "UTC",
            "log_timezone": "UTC",
            "external_pid_file": "",
            **(_FAST_NOT_SAFE if self._for_tests else {}),
        }
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _turn_log(self) -> None:
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))


def _environment() -> dict[str, str]:
    """Nothing of ours goes into the server: no PG* variables, no foreign locale."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _lines(file: Path) -> list[str]:
    with suppress(OSError):
        return file.read_text().splitlines()
    return []


def _pid_in(file: Path) -> int | None:
    lines = _lines(file)
    return int(lines[0]) if lines and lines[0].isdecimal() else None


def _status_in(file: Path, pid: int) -> str:
    """Return the last line of postmaster.pid, as pg_ctl reads it, if the file is this server's."""
    lines = _lines(file)
    return lines[7].strip() if len(lines) > 7 and lines[0] == str(pid) else ""


def _stands_in(pid: int, folder: Path) -> bool:
    """Say whether a process lives and stands in `folder`, as every PostgreSQL server does."""
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:
        return False
