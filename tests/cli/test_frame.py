"""The frame of the commands: what is listed, what a wrong word gets, what is loaded when."""

import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

import pytest
from tests.support.command import zahlstelle

from zahlstelle.cli import main
from zahlstelle.cli._registry import Command, commands
from zahlstelle.kernel import Refusal


class TooLate(Refusal):
    """Not a refusal of the product: made for this test."""

    code = "too_late_in_this_test"


class _Module:
    """Refuses."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--day")

    def run(self, args: Namespace) -> int:
        if args.day:
            raise TooLate("the day is closed")
        return 7


def test_every_listed_command_can_be_loaded_and_says_what_it_does() -> None:
    for command in commands().values():
        module = command.load()
        assert module.__doc__
        module.add_arguments(ArgumentParser())
        assert callable(module.run)


def test_a_command_that_is_not_built_in_is_not_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = Command("fly", "zahlstelle.cli.no_such_module", "fly away")
    monkeypatch.setattr("zahlstelle.cli._registry._ALL", (row,))
    assert commands() == {}
    monkeypatch.setattr("zahlstelle.cli._main.commands", lambda: {"demo": row})
    assert main(["fly"]) == 2
    assert "there is no command 'fly'" in capsys.readouterr().err


def test_no_word_prints_the_list_and_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    listed = capsys.readouterr().out
    assert all(words in listed for words in commands())


def test_help_is_not_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "  demo " in capsys.readouterr().out


@pytest.mark.parametrize("words", [["bank", "--help"], ["bank", "-h"], ["bank", "help"], ["help", "bank"]])
def test_help_of_a_group_lists_its_commands_alone(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    listed = capsys.readouterr().out
    assert "  bank inspect " in listed and "  bank notify " in listed
    assert "tenant" not in listed


@pytest.mark.parametrize("words", [["help", "bank", "import"], ["help", "doctor"], ["help", "simulate"]])
def test_help_of_one_command_is_its_own(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert capsys.readouterr().out.startswith(f"usage: zahlstelle {' '.join(words[1:])} ")


def test_help_of_what_is_not_there_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "bank", "burn"]) == main(["help", "fly"]) == 2
    assert "there is no command 'bank burn'; did you mean: bank inspect" in capsys.readouterr().err


def test_a_mistyped_word_is_answered_with_the_near_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrat"]) == 2
    assert "did you mean: migrate?" in capsys.readouterr().err


def test_a_refusal_is_one_line_with_its_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Command, "load", lambda self: _Module())
    assert main(["migrate", "--day", "1"]) == 1
    assert capsys.readouterr().err == "zahlstelle migrate: the day is closed [too_late_in_this_test]\n"
    assert main(["migrate"]) == 7


def test_a_path_that_cannot_be_used_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.touch()
    assert main(["simulate", "--days", "1", "--claims", "1", "-o", str(file)]) == 2
    assert capsys.readouterr().err == f"zahlstelle simulate: {file}: Not a directory\n"


def test_the_list_loads_neither_django_nor_the_database_driver() -> None:
    code = (
        "import sys; from zahlstelle.cli import main; main(['help'])\n"
        "print([name for name in ('django', 'psycopg', 'granian') if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.splitlines()[-1] == "[]"


def test_migrate_needs_the_owner() -> None:
    said = zahlstelle("migrate", ZAHLSTELLE_DATABASE_URL="dbname=x")
    assert said.returncode == 2
    assert "[owner_unknown]" in said.stderr


def test_check_finds_nothing_on_a_right_installation() -> None:
    said = zahlstelle(
        "check",
        ZAHLSTELLE_DATABASE_URL=os.environ["ZAHLSTELLE_DATABASE_URL"],
        ZAHLSTELLE_SECRET_KEY="k" * 40,
    )
    assert (said.stdout, said.stderr, said.returncode) == ("all right\n", "", 0)


def test_check_names_an_owner_who_serves_and_a_missing_key() -> None:
    said = zahlstelle("check", ZAHLSTELLE_DATABASE_URL=os.environ["ZAHLSTELLE_OWNER_DATABASE_URL"])
    assert said.returncode == 1
    assert "ZAHLSTELLE_SECRET_KEY is not set" in said.stdout
    assert "the role zahlstelle_owner owns tables" in said.stdout
    assert "may create tables" in said.stdout


def test_check_names_a_superuser() -> None:
    superuser = os.environ.get("ZAHLSTELLE_TEST_SUPERUSER")
    if not superuser:
        pytest.skip("the database was given to us, without a superuser")
    said = zahlstelle("check", ZAHLSTELLE_DATABASE_URL=superuser)
    assert "has rolsuper" in said.stdout
    assert "has rolbypassrls" in said.stdout


def test_check_names_a_database_that_is_not_there(tmp_path: object) -> None:
    said = zahlstelle("check", ZAHLSTELLE_DATABASE_URL=f"host={tmp_path} dbname=x", ZAHLSTELLE_SECRET_KEY="k" * 40)
    assert said.returncode == 1
    assert "the database cannot be reached" in said.stdout


def test_migrating_again_finds_nothing_to_do() -> None:
    said = zahlstelle("migrate", ZAHLSTELLE_OWNER_DATABASE_URL=os.environ["ZAHLSTELLE_OWNER_DATABASE_URL"])
    assert said.returncode == 0
    assert "No migrations to apply" in said.stdout
