"""Commands that need the database start Django themselves; the others never load it."""

import os


def start_django() -> None:
    """Load settings and tables."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zahlstelle.settings")
    import django

    django.setup()
