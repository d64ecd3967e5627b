"""Children end with their starter, whatever happens to it, and never leave anything behind."""

import http.server
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.machine import needs_root

from zahlstelle.processes import (
    Child,
    ChildDied,
    Identity,
    NotReady,
    PortTaken,
    answers,
    free_port,
    last_lines,
    require_free,
    start,
    stop,
    wait_until_ready,
    watch,
)

SRC = Path(__file__).parents[2] / "src"


@pytest.fixture
def children() -> Iterator[list[Child]]:
    started: list[Child] = []
    yield started
    for child in started:
        stop(child, patience=1)


def python(code: str, log: Path, children: list[Child], **options: object) -> Child:
    child = start("piece", [sys.executable, "-u", "-c", code], log=log, **options)  # type: ignore[arg-type]
    children.append(child)
    return child


def until(truth: object, patience: float = 10) -> bool:
    deadline = time.monotonic() + patience
    while not truth() and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.02)
    return bool(truth())  # type: ignore[operator]


def test_a_child_writes_to_its_log_and_ends_when_told(tmp_path: Path, children: list[Child]) -> None:
    child = python("print('here'); import time; time.sleep(60)", tmp_path / "log", children)
    assert until(lambda: last_lines(child.log) == "here")
    stop(child)
    assert child.process.returncode == -signal.SIGTERM


def test_a_child_that_will_not_end_is_killed(tmp_path: Path, children: list[Child]) -> None:
    code = "import signal,time; signal.signal(15, signal.SIG_IGN); print('deaf'); time.sleep(60)"
    child = python(code, tmp_path / "log", children)
    assert until(lambda: last_lines(child.log) == "deaf")
    stop(child, patience=0.2)
    assert child.process.returncode == -signal.SIGKILL


def test_grandchildren_end_too(tmp_path: Path, children: list[Child]) -> None:
    code = "import subprocess,time; p=subprocess.Popen(['sleep','60']); print(p.pid); time.sleep(60)"
    child = python(code, tmp_path / "log", children)
    assert until(lambda: last_lines(child.log).isdecimal())
    grandchild = int(last_lines(child.log))
    stop(child)
    assert until(lambda: not running(grandchild))


def running(pid: int) -> bool:
    """A process that ended but was not yet taken note of by its parent does not count."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_ends_when_its_starter_dies(how: signal.Signals, tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from zahlstelle.processes import start\n"
        "child = start('piece', ['sleep', '60'], log=Path(sys.argv[1]))\n"
        "print(child.process.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "log")]
    environment = {"PYTHONPATH": str(SRC)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        assert until(lambda: Path(f"/proc/{pid}/comm").read_text() == "sleep\n")
        starter.send_signal(how)
    assert until(lambda: not running(pid))


def test_a_child_runs_as_the_user_it_is_given_and_in_no_group_of_roots(tmp_path: Path, children: list[Child]) -> None:
    needs_root()
    code = "print(open('/proc/self/status').read())"
    child = start(
        "piece",
        ["/usr/bin/python3", "-c", code],
        log=tmp_path / "log",
        cwd=Path("/"),
        identity=Identity(65534, 65534),
    )
    children.append(child)
    child.process.wait()
    said = dict(line.split(":", 1) for line in child.log.read_text().splitlines() if ":" in line)
    assert said["Uid"].split() == ["65534"] * 4
    assert said["Gid"].split() == ["65534"] * 4
    assert said["Groups"].split() == []


def test_a_child_that_dies_is_named_with_its_last_words(tmp_path: Path, children: list[Child]) -> None:
    child = python("raise SystemExit('out of paper')", tmp_path / "log", children)
    with pytest.raises(ChildDied, match=r"(?s)piece ended with status 1.*out of paper"):
        watch([child], every=0.02)


def test_waiting_for_an_answer_ends_when_the_child_dies(tmp_path: Path, children: list[Child]) -> None:
    child = python("raise SystemExit(3)", tmp_path / "log", children)
    with pytest.raises(ChildDied, match="status 3"):
        wait_until_ready(child, f"http://127.0.0.1:{free_port()}/")


def test_waiting_for_an_answer_does_not_last_for_ever(tmp_path: Path, children: list[Child]) -> None:
    child = python("import time; time.sleep(60)", tmp_path / "log", children)
    with pytest.raises(NotReady, match="does not answer"):
        wait_until_ready(child, f"http://127.0.0.1:{free_port()}/", patience=0.3)


def test_only_200_is_an_answer() -> None:
    class Busy(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/ready" else 503)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Busy) as server:
        threading.Thread(target=server.serve_forever).start()
        assert answers(f"http://127.0.0.1:{server.server_port}/ready")
        assert not answers(f"http://127.0.0.1:{server.server_port}/busy")
        server.shutdown()
    assert not answers(f"http://127.0.0.1:{server.server_port}/ready")


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(preferred=port) > port
        with pytest.raises(PortTaken, match=f"no free port from {port} to {port}"):
            free_port(preferred=port, tries=1)


def test_a_port_spoken_for_is_passed_over() -> None:
    port = free_port()
    assert free_port(preferred=port) == port
    assert free_port(preferred=port, but_not=port) > port


def test_last_lines_of_a_log_that_is_not_there(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none") == ""
    (tmp_path / "log").write_text("\n".join(map(str, range(50))))
    assert last_lines(tmp_path / "log", 2) == "48\n49"


def test_a_port_that_somebody_else_shares_is_not_free() -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as web servers do
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortTaken, match="in use"):
            require_free("127.0.0.1", taken.getsockname()[1])
    require_free("127.0.0.1", free_port())
    with pytest.raises(PortTaken, match=r"cannot listen on 192\.0\.2\.1"):
        require_free("192.0.2.1", free_port())
