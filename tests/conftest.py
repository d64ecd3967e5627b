"""One real PostgreSQL for the whole run, migrated once by the owner; tests work as the application's role.

Every test makes its own towns, so tests share the database as towns do, and run side by side.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import psycopg
import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zahlstelle.settings")
os.environ.setdefault("ZAHLSTELLE_SECRET_KEY", "a key for tests only")

if sys.dont_write_bytecode:
    # Where no bytecode may lie beside the sources, it is kept beside the installed packages: hundreds of processes are
    # started here, and each would spend its first second compiling Django.
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(Path(sys.prefix) / "bytecode")
    os.environ.update(PYTHONDONTWRITEBYTECODE="", PYTHONPYCACHEPREFIX=sys.pycache_prefix)

pytest_plugins = ["tests.support.chromium"]
_TO_STOP: list[Any] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="write golden readings anew; a person reads the diff")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _start_database()
    django.setup()
    _hash_passwords_quickly()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let `-k name` (and so `make prove WHAT=name`) choose a proof by its name in docs/proofs.md."""
    for item in items:
        for mark in item.iter_markers("prove"):
            item.extra_keyword_matches.update(mark.args)


def _hash_passwords_quickly() -> None:
    """Let a password cost nothing in this process: nobody guesses those of tests. The web process hashes as ever."""
    from django.contrib.auth.hashers import ScryptPasswordHasher

    ScryptPasswordHasher.work_factor = 2**4


def _start_database() -> None:
    from zahlstelle.postgres import obtain

    folder = tempfile.TemporaryDirectory(prefix="zs-", ignore_cleanup_errors=True)
    database = obtain(Path(folder.name) / "postgres", "zahlstelle", for_tests=True)
    _TO_STOP.extend([database.stop, folder.cleanup])
    os.environ["ZAHLSTELLE_OWNER_DATABASE_URL"] = database.urls.owner
    _migrate(database.urls.owner)
    os.environ["ZAHLSTELLE_DATABASE_URL"] = database.urls.app
    if database.superuser:
        os.environ["ZAHLSTELLE_TEST_SUPERUSER"] = database.superuser


def _migrate(owner: str) -> None:
    environment = {**os.environ, "ZAHLSTELLE_DATABASE_URL": owner}
    done = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "-v0"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise pytest.UsageError(f"the test database could not be migrated:\n{done.stderr}")


def pytest_unconfigure(config: pytest.Config) -> None:
    from django.db import connections

    connections.close_all()
    for connection in connections.all(initialized_only=True):
        if hasattr(connection, "close_pool"):
            connection.close_pool()
    for stop in _TO_STOP:
        stop()
    _TO_STOP.clear()


@pytest.fixture
def found() -> Callable[..., Any]:
    """Found a town of this test's own; `found(check="luhn")` changes its town file."""
    from tests.support.towns import found_town

    return found_town


@pytest.fixture
def town(found: Callable[..., Any]) -> Any:
    """A town of this test's own."""
    return found()


@pytest.fixture
def neighbour(found: Callable[..., Any]) -> Any:
    """Another town, that must see nothing."""
    return found()


@pytest.fixture
def owner() -> Callable[..., psycopg.Connection]:
    """Connect as the owner of the tables, inside a town."""

    def connect(town: Any) -> psycopg.Connection:
        database = psycopg.connect(os.environ["ZAHLSTELLE_OWNER_DATABASE_URL"])
        database.execute("SELECT set_config('zahlstelle.tenant', %s, false)", [str(town.id)])
        return database

    return connect


@pytest.fixture
def superuser() -> Callable[[], psycopg.Connection]:
    """Connect as someone who can do anything: to show that even that is noticed."""

    def connect() -> psycopg.Connection:
        url = os.environ.get("ZAHLSTELLE_TEST_SUPERUSER")
        if url is None:
            pytest.fail("set ZAHLSTELLE_TEST_SUPERUSER to a superuser's URL of the test database")
        return psycopg.connect(url, dbname="zahlstelle", autocommit=True)

    return connect
