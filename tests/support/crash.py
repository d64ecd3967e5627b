"""Runs in a process of its own, against a server that may be stopped at any moment: found a town, or tell its state.

python -m tests.support.crash found IBAN     prints the town's short name
python -m tests.support.crash state SLUG     checks the book and prints a digest of everything that matters
"""

import hashlib
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zahlstelle.settings")


def main() -> None:
    django.setup()
    from tests.support.book import assert_sound, state
    from tests.support.towns import found_town
    from zahlstelle import tenancy

    what, name = sys.argv[1:]
    if what == "found":
        account = {"iban": name, "bic": "COLSDE33XXX", "holder": "Stadt"}
        print(found_town(bank_accounts=[account]).slug)
        return
    town = tenancy.tenant_by_slug(name)
    assert_sound(town)
    told = state(town)
    print(len(told), hashlib.sha256(repr(told).encode()).hexdigest())


if __name__ == "__main__":
    main()
