"""Commands that need the database start Django themselves; the others never load it."""

import os


def start_django() -> None:
    """Load settings and tables."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zahlstelle.settings")
    import django

    django.setup()


def stop_django() -> None:
    """Close the connections and their pool, whose threads would outlive the command."""
    from django.db import connections
    from django.db.backends.postgresql.base import DatabaseWrapper

    for connection in connections.all(initialized_only=True):
        connection.close()
        if isinstance(connection, DatabaseWrapper):
            connection.close_pool()
