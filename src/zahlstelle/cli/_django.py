"""Commands that need the database start Django themselves; the others never load it."""

import gc
import os

from zahlstelle import environment
from zahlstelle.environment import DATABASE_URL, NotSetUp

_PATIENCE = 5  # seconds for one host to answer
_WHERE = "see docs/operating/configuration.md"


class DatabaseUnreachable(NotSetUp):
    """The database does not answer under the address that is set."""

    code = "database_unreachable"


class DatabaseEmpty(NotSetUp):
    """The database answers, but was never migrated."""

    code = "database_empty"


def load_django() -> None:
    """Load settings and tables, whether or not the database answers. Raises SettingWrong."""
    load_settings()
    import django

    django.setup()
    _tidy_seldom()


def _tidy_seldom() -> None:
    """Spare the search for garbage: what is loaded by now stays, and a file's details go when nobody holds them.

    A sixth of the processor time of a large import.
    """
    gc.freeze()
    gc.set_threshold(_SELDOM)


_SELDOM = 20_000  # new objects before the youngest are looked through


def load_settings() -> None:
    """Load the settings alone. Raises SettingWrong."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zahlstelle.settings")
    from django.conf import settings

    assert settings.ROOT_URLCONF  # the first look at any setting reads them all


def start_django() -> None:
    """Load settings and tables, and see that the database is there. Raises NotSetUp."""
    load_settings()
    require_database()
    load_django()


def require_database() -> None:
    """See that the database answers and has our tables. Raises DatabaseUnreachable, DatabaseEmpty."""
    import psycopg

    address = os.environ.get(DATABASE_URL, "").strip()
    given = {"connect_timeout": _PATIENCE, **environment.database(DATABASE_URL, "dbname=zahlstelle")}
    try:
        with psycopg.connect(**given) as connection:
            found = connection.execute("SELECT to_regclass('public.tenant')").fetchone()
    except psycopg.Error as error:
        hint = f"check {DATABASE_URL}" if address else f"set {DATABASE_URL}"
        raise DatabaseUnreachable(f"the database cannot be reached: {said(error)}; {hint}, {_WHERE}") from error
    if found is None or found[0] is None:
        raise DatabaseEmpty("the database has none of our tables; run: zahlstelle migrate")


def said(error: Exception) -> str:
    """Say what the driver says in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def stop_django() -> None:
    """Close the connections and their pool, whose threads would outlive the command."""
    from django.db import connections
    from django.db.backends.postgresql.base import DatabaseWrapper

    for connection in connections.all(initialized_only=True):
        connection.close()
        if isinstance(connection, DatabaseWrapper):
            connection.close_pool()
