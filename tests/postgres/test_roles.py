import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from zahlstelle.postgres import Binaries, LocalServer, PostgresRefused, RoleUrls, obtain, prepare_roles


@pytest.fixture(scope="module")
def server(binaries: Binaries) -> Iterator[LocalServer]:
    with (
        tempfile.TemporaryDirectory(prefix="roles-") as folder,
        LocalServer(Path(folder) / "pg", binaries=binaries, for_tests=True) as running,
    ):
        yield running


@pytest.fixture
def desk(server: LocalServer) -> Iterator[RoleUrls]:
    """A database of its own for one test."""
    yield prepare_roles(server.dsn, "desk")
    run(server.dsn, "DROP DATABASE desk WITH (FORCE)")


def run(dsn: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def test_the_roles_have_no_power_beyond_their_tables(server: LocalServer, desk: RoleUrls) -> None:
    roles = run(
        server.dsn,
        "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole,"
        " rolreplication, rolcanlogin, rolinherit"
        " FROM pg_roles WHERE rolname LIKE 'zahlstelle%' ORDER BY 1",
    )
    assert roles == [
        ("zahlstelle_app", False, False, False, False, False, True, False),
        ("zahlstelle_owner", False, False, False, False, False, True, True),
    ]


def test_the_owner_makes_tables_and_the_application_does_not(desk: RoleUrls) -> None:
    urls = desk
    run(urls.owner, "CREATE TABLE claim (n int)")
    with pytest.raises(InsufficientPrivilege):
        run(urls.app, "CREATE TABLE mine (n int)")
    with pytest.raises(InsufficientPrivilege):
        run(urls.app, "SELECT * FROM claim")
    with pytest.raises(InsufficientPrivilege):
        run(urls.app, "DROP TABLE claim")
    run(urls.app, "CREATE TEMP TABLE staging (n int)")


def test_a_stranger_may_not_even_connect(server: LocalServer, desk: RoleUrls) -> None:
    run(server.dsn, "CREATE ROLE stranger LOGIN")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        run(psycopg.conninfo.make_conninfo(server.dsn, dbname="desk", user="stranger"), "SELECT 1")


def test_the_addresses_are_uris_that_every_tool_reads(desk: RoleUrls) -> None:
    assert desk.app.startswith("postgresql://zahlstelle_app@/desk?")
    assert desk.owner.startswith("postgresql://zahlstelle_owner@/desk?")


def test_doing_it_again_keeps_what_is_there_and_takes_back_powers(server: LocalServer, desk: RoleUrls) -> None:
    urls = desk
    run(urls.owner, "CREATE TABLE claim AS SELECT 1 AS n")
    run(server.dsn, "ALTER ROLE zahlstelle_app SUPERUSER BYPASSRLS")
    assert prepare_roles(server.dsn, "desk") == urls
    assert run(urls.owner, "SELECT n FROM claim") == [(1,)]
    attributes = "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'zahlstelle_app'"
    assert run(server.dsn, attributes) == [(False, False)]


def test_a_copy_of_a_prepared_database_has_the_same_rights(server: LocalServer) -> None:
    first = prepare_roles(server.dsn, "model")
    run(first.owner, "CREATE TABLE claim AS SELECT 1 AS n; GRANT SELECT ON claim TO zahlstelle_app")
    copy = prepare_roles(server.dsn, "copy", template="model")
    assert run(copy.app, "SELECT n FROM claim") == [(1,)]


DATABASE_PAGE = Path(__file__).parents[2] / "docs" / "operating" / "database.md"
_RIGHTS = """
    SELECT datacl::text, (SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'),
           (SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public'), datdba::regrole::text,
           (SELECT array_agg((rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication,
                              rolcanlogin, rolinherit)::text ORDER BY rolname)
              FROM pg_roles WHERE rolname LIKE 'zahlstelle%')
      FROM pg_database WHERE datname = current_database()
"""


def test_the_handbooks_sql_gives_the_same_rights(server: LocalServer) -> None:
    def as_superuser(dbname: str) -> str:
        return psycopg.conninfo.make_conninfo(server.dsn, dbname=dbname)

    prepare_roles(server.dsn, "ours")
    ours = run(as_superuser("ours"), _RIGHTS)
    for dbname in ("ours", "model", "copy"):
        run(server.dsn, f"DROP DATABASE IF EXISTS {dbname} WITH (FORCE)")
    run(server.dsn, "DROP ROLE zahlstelle_app; DROP ROLE zahlstelle_owner")
    cluster, database = re.findall(r"```sql\n(.*?)```", DATABASE_PAGE.read_text(), re.DOTALL)
    for statement in filter(str.strip, cluster.split(";")):
        run(server.dsn, statement)
    run(as_superuser("zahlstelle"), database)
    assert run(as_superuser("zahlstelle"), _RIGHTS) == ours
    run(server.dsn, "DROP DATABASE zahlstelle WITH (FORCE)")


def test_a_given_database_is_used_and_nothing_is_started(closed_home: Path) -> None:
    given = {
        "ZAHLSTELLE_DATABASE_URL": "dbname=a user=app",
        "ZAHLSTELLE_OWNER_DATABASE_URL": "dbname=a user=owner",
    }
    database = obtain(closed_home / "pg", "desk", environ=given)
    assert database.urls == RoleUrls(owner="dbname=a user=owner", app="dbname=a user=app")
    assert database.server is None
    assert not (closed_home / "pg").exists()
    database.stop()


def test_a_given_database_needs_its_owner_too(closed_home: Path) -> None:
    with pytest.raises(PostgresRefused, match="ZAHLSTELLE_OWNER_DATABASE_URL"):
        obtain(closed_home / "pg", "desk", environ={"ZAHLSTELLE_DATABASE_URL": "dbname=a"})


def test_no_database_given_one_is_started(closed_home: Path) -> None:
    database = obtain(closed_home / "pg", "desk", for_tests=True, environ={})
    assert run(database.urls.app, "SELECT current_user::text") == [("zahlstelle_app",)]
    database.stop()
    with pytest.raises(psycopg.OperationalError):
        run(database.urls.app, "SELECT 1")
