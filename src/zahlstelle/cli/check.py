"""Say whether this installation is set up right: settings, database, roles, migrations.

Exit status 1 and a list where something is not. Changes nothing.
"""

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

import psycopg

from zahlstelle import environment
from zahlstelle.environment import NotSetUp

from ._django import load_django, said, stop_django

OLDEST_POSTGRES = 15


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line: nothing."""


def run(args: Namespace) -> int:
    """Print every problem, or that there is none."""
    problems = list(_problems())
    for problem in problems:
        print(f"- {problem}")
    print(f"{len(problems)} to be put right" if problems else "all right")
    return 1 if problems else 0


def _problems() -> Iterator[str]:
    try:
        environment.secret_key()
    except NotSetUp as no:
        yield no.reason
    try:
        load_django()
    except NotSetUp as no:
        yield no.reason
        return
    yield from _settings()
    yield from _database()


def _settings() -> Iterator[str]:
    from django.core import checks

    if not os.environ.get(environment.DATABASE_URL):
        yield f"{environment.DATABASE_URL} is not set"
    yield from _host()
    for message in checks.run_checks():
        if message.level >= checks.WARNING:
            yield f"{message.msg} ({message.id})"


def _host() -> Iterator[str]:
    from urllib.parse import urlsplit

    from django.conf import settings
    from django.http.request import validate_host

    host = urlsplit(settings.BASE_URL).hostname or ""
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield f"ZAHLSTELLE_HOSTS lacks {host}, the host of ZAHLSTELLE_BASE_URL: every page there would answer 400"


def _database() -> Iterator[str]:
    try:
        psycopg.connect(os.environ.get(environment.DATABASE_URL, ""), connect_timeout=5).close()
    except psycopg.Error as error:
        yield f"the database cannot be reached: {said(error)}"
        return
    yield from _version()
    yield from _role()
    yield from _migrations()
    stop_django()


def _version() -> Iterator[str]:
    found = int(_ask("SHOW server_version_num")[0][0]) // 10_000
    if found < OLDEST_POSTGRES:
        yield f"PostgreSQL {found} is too old; {OLDEST_POSTGRES} or newer is needed"


def _role() -> Iterator[str]:
    """Look for powers the application's role must not have: they would pass by row-level security."""
    powers = ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolreplication")
    name, *has = _ask(f"SELECT rolname, {', '.join(powers)} FROM pg_roles WHERE rolname = current_user")[0]  # noqa: S608
    for power, given in zip(powers, has, strict=True):
        if given:
            yield f"the role {name} has {power}; see docs/operating/database.md"
    owned = _ask("SELECT relname FROM pg_class WHERE pg_has_role(current_user, relowner, 'MEMBER') LIMIT 1")
    if owned:
        yield f"the role {name} owns tables ({owned[0][0]} ...); serve and work as zahlstelle_app, not as the owner"
    if _ask("SELECT 1 WHERE has_schema_privilege(current_user, 'public', 'CREATE')"):
        yield f"the role {name} may create tables in the schema public"


def _migrations() -> Iterator[str]:
    from django.db import Error, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
    except Error as error:
        yield f"what was migrated cannot be read: {str(error).strip().splitlines()[0]}"
        return
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        yield f"{len(missing)} migrations are missing, from {missing[0][0]} on; run: zahlstelle migrate"


def _ask(query: str) -> list[tuple[str, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query)
        return [tuple(row) for row in cursor.fetchall()]
