"""The two roles of the product: one owns the tables, the other works with them."""

from typing import LiteralString, NamedTuple
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

OWNER_ROLE = "zahlstelle_owner"
APP_ROLE = "zahlstelle_app"

_NO_POWERS = sql.SQL("NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION")


class RoleUrls(NamedTuple):
    """How to connect: as the owner for `migrate`, as the application for everything else."""

    owner: str
    app: str


def prepare_roles(superuser_dsn: str, dbname: str, *, template: str = "template0") -> RoleUrls:
    """Make the database and both roles as `docs/operating/database.md` describes; doing it again is fine.

    `template` names a database to copy (tests: one already migrated). Rights on a database are not copied
    with it, so they are granted here each time.
    """
    with psycopg.connect(superuser_dsn, autocommit=True) as server:
        _make_role(server, OWNER_ROLE, sql.SQL("INHERIT"))
        _make_role(server, APP_ROLE, sql.SQL("NOINHERIT"))
        _make_database(server, dbname, template)
    with psycopg.connect(make_conninfo(superuser_dsn, dbname=dbname), autocommit=True) as database:
        _grant(database, dbname)
    return RoleUrls(
        owner=_url(superuser_dsn, OWNER_ROLE, dbname),
        app=_url(superuser_dsn, APP_ROLE, dbname),
    )


def _url(dsn: str, role: str, dbname: str) -> str:
    """Write a connection as a URI, which every tool reads; a socket's folder stands in its query."""
    named_here = ("user", "password", "dbname")
    query = urlencode({key: str(value) for key, value in conninfo_to_dict(dsn).items() if key not in named_here})
    return f"postgresql://{role}@/{quote(dbname, safe='')}?{query}"


def _make_role(server: psycopg.Connection, name: str, inherit: sql.SQL) -> None:
    known = server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = sql.SQL("ALTER ROLE" if known else "CREATE ROLE")
    server.execute(sql.SQL("{} {} LOGIN {} {}").format(verb, sql.Identifier(name), inherit, _NO_POWERS))


def _make_database(server: psycopg.Connection, dbname: str, template: str) -> None:
    if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [dbname]).fetchone():
        return
    make = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
    server.execute(make.format(*map(sql.Identifier, (dbname, OWNER_ROLE, template))))


def _grant(database: psycopg.Connection, dbname: str) -> None:
    names = {"db": dbname, "owner": OWNER_ROLE, "app": APP_ROLE}
    statements: list[LiteralString] = [
        "ALTER DATABASE {db} OWNER TO {owner}",
        "REVOKE ALL ON DATABASE {db} FROM PUBLIC",
        "GRANT CONNECT, TEMPORARY ON DATABASE {db} TO {app}",
        "ALTER SCHEMA public OWNER TO {owner}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {app}",
    ]
    for statement in statements:
        database.execute(sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in names.items()}))
