"""Add a town from a TOML file, or bring it up to its file: units, pools, services, accounts, providers, people.

New people get a password that is printed once.
"""

import secrets
import tomllib
from argparse import ArgumentParser, Namespace
from pathlib import Path

from zahlstelle.kernel import clock
from zahlstelle.kernel.refusal import InputRefused

from ._django import start_django, stop_django


class TownFileUnreadable(InputRefused):
    """The town file is not there or is not TOML."""

    code = "town_file_unreadable"


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the town's TOML file")


def run(args: Namespace) -> int:
    """Add."""
    start_django()
    from zahlstelle import tenancy, treasury

    try:
        content = tomllib.loads(args.file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TownFileUnreadable(f"{args.file}: {error}") from error
    try:
        password = secrets.token_urlsafe(12)
        tenant = treasury.found_town(town=tenancy.read_town_file(content), at=clock.now(), password=password)
        print(f"{tenant.slug}: {tenant.name} ({tenant.mode})")
        if content.get("people"):
            print(f"password of people who are new: {password}")
        return 0
    finally:
        stop_django()
