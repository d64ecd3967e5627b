"""Runs in a process of its own, against a server that may be stopped at any moment: found a town, or tell its state.

python -m tests.support.crash found FOLDER   prints the short names of two simulated towns, with their claims open
python -m tests.support.crash state SLUG     checks the book and prints a digest of everything that matters
"""

import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zahlstelle.settings")


def main() -> None:
    django.setup()
    from tests.support import careless_town
    from tests.support.book import assert_sound, digest
    from zahlstelle import tenancy

    what, name = sys.argv[1:]
    if what == "found":
        print(*(careless_town.found(Path(name)).slug for _ in range(2)))
        return
    town = tenancy.tenant_by_slug(name)
    assert_sound(town)
    print(digest(town))


if __name__ == "__main__":
    main()
