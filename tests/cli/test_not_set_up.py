"""What a new operator gets wrong first: no key, no database, an address that cannot be read. Short, named, exit 2."""

import os
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import ClassVar

import psycopg
import pytest
from tests.support.command import zahlstelle

from zahlstelle import environment
from zahlstelle.cli import main
from zahlstelle.cli._registry import Command

KEY = "k" * 40
HERE = os.environ["ZAHLSTELLE_DATABASE_URL"]


@pytest.fixture
def nowhere(tmp_path: Path) -> str:
    """Name a database that does not answer."""
    return f"host={tmp_path} dbname=zahlstelle"


@pytest.mark.parametrize("key", ["", "short"])
def test_serve_does_not_listen_without_its_key(key: str) -> None:
    said = zahlstelle("serve", ZAHLSTELLE_SECRET_KEY=key, ZAHLSTELLE_DATABASE_URL=HERE)
    assert said.returncode == 2
    assert "ZAHLSTELLE_SECRET_KEY is" in said.stderr and "40 or more random characters" in said.stderr
    assert "Listening" not in said.stdout + said.stderr


@pytest.mark.parametrize("words", ["serve", "worker", "book check", "tenant list"])
def test_no_command_begins_without_a_database(words: str, nowhere: str) -> None:
    began = time.monotonic()
    said = zahlstelle(*words.split(), ZAHLSTELLE_SECRET_KEY=KEY, ZAHLSTELLE_DATABASE_URL=nowhere)
    assert (said.returncode, said.stdout) == (2, "")
    (line,) = said.stderr.splitlines()
    assert line.startswith(f"zahlstelle {words}: the database cannot be reached: ")
    assert line.endswith("check ZAHLSTELLE_DATABASE_URL, see docs/operating/configuration.md [database_unreachable]")
    assert time.monotonic() - began < 8


def test_migrate_says_so_too(nowhere: str) -> None:
    said = zahlstelle("migrate", ZAHLSTELLE_OWNER_DATABASE_URL=nowhere)
    assert said.returncode == 2
    assert "check ZAHLSTELLE_OWNER_DATABASE_URL [database_unreachable]" in said.stderr.splitlines()[-1]


def test_a_database_that_was_never_migrated_is_told_how() -> None:
    beside = psycopg.conninfo.make_conninfo(HERE, dbname="postgres")
    said = zahlstelle("tenant", "list", ZAHLSTELLE_DATABASE_URL=beside)
    assert said.returncode == 2
    assert "run: zahlstelle migrate [database_empty]" in said.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZAHLSTELLE_DATABASE_URL", "postgres//app:geheim@db.example/zahlstelle"),
        ("ZAHLSTELLE_DATABASE_URL", "postgresql://app:geheim@db.example/zahlstelle?colour=red"),
        ("ZAHLSTELLE_DATABASE_POOL", "x"),
        ("ZAHLSTELLE_DATABASE_POOL", "0"),
        ("ZAHLSTELLE_BASE_URL", "pay.example"),
        ("ZAHLSTELLE_LISTEN_PORT", "http"),
        ("ZAHLSTELLE_UPLOAD_LIMIT_MB", "much"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named_and_no_secret_is_told(name: str, value: str) -> None:
    said = zahlstelle("serve", **{"ZAHLSTELLE_SECRET_KEY": KEY, "ZAHLSTELLE_DATABASE_URL": HERE, name: value})
    assert (said.returncode, said.stdout) == (2, "")
    (line,) = said.stderr.splitlines()
    assert line.startswith(f"zahlstelle serve: {name} ") and line.endswith("[setting_wrong]")
    assert "geheim" not in line


def test_check_lists_a_setting_that_cannot_be_read() -> None:
    said = zahlstelle("check", ZAHLSTELLE_SECRET_KEY=KEY, ZAHLSTELLE_DATABASE_POOL="x")
    assert said.returncode == 1
    assert said.stdout.startswith("- ZAHLSTELLE_DATABASE_POOL is 'x'")


def test_check_names_a_site_that_would_answer_nobody() -> None:
    said = zahlstelle(
        "check",
        ZAHLSTELLE_SECRET_KEY=KEY,
        ZAHLSTELLE_DATABASE_URL=HERE,
        ZAHLSTELLE_BASE_URL="https://pay.example",
        ZAHLSTELLE_HOSTS="localhost, kasse.example",
    )
    assert said.stdout.startswith("- ZAHLSTELLE_HOSTS lacks pay.example")
    right = zahlstelle(
        "check",
        ZAHLSTELLE_SECRET_KEY=KEY,
        ZAHLSTELLE_DATABASE_URL=HERE,
        ZAHLSTELLE_BASE_URL="https://pay.example/",
        ZAHLSTELLE_HOSTS="localhost, pay.example",
    )
    assert right.stdout == "all right\n"


@pytest.mark.parametrize(
    ("said", "meant"),
    [("https://pay.example/", "https://pay.example"), ("http://localhost:8000", "http://localhost:8000")],
)
def test_an_address_of_a_site(said: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAHLSTELLE_BASE_URL", said)
    assert environment.origin("ZAHLSTELLE_BASE_URL", "") == meant


@pytest.mark.parametrize("said", ["https://a.example/pay", "ftp://a.example", "https://", "https://a.example, x", "a"])
def test_what_is_no_address_of_a_site(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAHLSTELLE_BASE_URL", said)
    with pytest.raises(environment.SettingWrong, match="scheme and host without a path"):
        environment.origin("ZAHLSTELLE_BASE_URL", "")


class _Breaks:
    """A command that breaks."""

    how: ClassVar[Exception]

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take nothing."""

    def run(self, args: Namespace) -> int:
        raise self.how


def test_a_defect_is_neither_a_finding_nor_a_refusal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Command, "load", lambda self: _Breaks())
    monkeypatch.setattr(_Breaks, "how", ZeroDivisionError("ours"), raising=False)
    assert main(["book", "check"]) == 70
    assert "ZeroDivisionError: ours" in capsys.readouterr().err


def test_a_database_that_goes_away_is_not_a_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from django.db import OperationalError

    lost = OperationalError("server closed the connection unexpectedly")
    lost.__cause__ = psycopg.OperationalError("server closed the connection unexpectedly")
    monkeypatch.setattr(Command, "load", lambda self: _Breaks())
    monkeypatch.setattr(_Breaks, "how", lost, raising=False)
    assert main(["book", "check"]) == 2
    assert "the database went away" in capsys.readouterr().err
