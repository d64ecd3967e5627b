"""Bring the database up to date.

Works as the tables' owner (ZAHLSTELLE_OWNER_DATABASE_URL) and sets row-level security and the application's
rights on every table. Several nodes may call it at once: one works, the others wait and find nothing to do.
"""

import os
from argparse import ArgumentParser, Namespace

import psycopg

from zahlstelle import environment
from zahlstelle.environment import NotSetUp

from ._django import DatabaseUnreachable, load_django, said, stop_django

ONE_AT_A_TIME = 7_410_001  # key of the advisory lock
_OWNER = "ZAHLSTELLE_OWNER_DATABASE_URL"


class OwnerUnknown(NotSetUp):
    """ZAHLSTELLE_OWNER_DATABASE_URL is not set."""

    code = "owner_unknown"


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("--plan", action="store_true", help="only list what would be done")


def run(args: Namespace) -> int:
    """Migrate."""
    owner = environment.text(_OWNER, "")
    if not owner:
        raise OwnerUnknown(f"set {_OWNER}; see docs/operating/database.md")
    environment.database(_OWNER, owner)
    os.environ[environment.DATABASE_URL] = owner
    load_django()
    from django.core.management import call_command

    with _connected(owner) as lock:
        lock.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        call_command("migrate", interactive=False, plan=args.plan)
        stop_django()
    return 0


def _connected(owner: str) -> psycopg.Connection:
    try:
        return psycopg.connect(owner, autocommit=True, connect_timeout=10)
    except psycopg.Error as error:
        raise DatabaseUnreachable(f"the database cannot be reached: {said(error)}; check {_OWNER}") from error
