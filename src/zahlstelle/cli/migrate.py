"""Bring the database up to date.

Works as the tables' owner (ZAHLSTELLE_OWNER_DATABASE_URL) and sets row-level security and the application's
rights on every table. Several nodes may call it at once: one works, the others wait and find nothing to do.
"""

import os
from argparse import ArgumentParser, Namespace

import psycopg

from zahlstelle.kernel import Refusal

from ._django import start_django, stop_django

ONE_AT_A_TIME = 7_410_001  # key of the advisory lock


class OwnerUnknown(Refusal):
    """ZAHLSTELLE_OWNER_DATABASE_URL is not set."""

    code = "owner_unknown"


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("--plan", action="store_true", help="only list what would be done")


def run(args: Namespace) -> int:
    """Migrate."""
    owner = os.environ.get("ZAHLSTELLE_OWNER_DATABASE_URL")
    if not owner:
        raise OwnerUnknown("set ZAHLSTELLE_OWNER_DATABASE_URL; see docs/operating/database.md")
    os.environ["ZAHLSTELLE_DATABASE_URL"] = owner
    start_django()
    from django.core.management import call_command

    with psycopg.connect(owner, autocommit=True) as lock:
        lock.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        call_command("migrate", interactive=False, plan=args.plan)
        stop_django()
    return 0
