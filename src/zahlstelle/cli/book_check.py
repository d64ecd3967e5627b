"""Recompute the book from its journal: balances, open amounts, suspense, bank entries, clearing, seals, audit chain.

Exit 1 and a list where something differs. Without --tenant every town is checked. Nothing is changed.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from zahlstelle.kernel import Money

from ._django import start_django


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("--tenant", metavar="T", help="only this town")


def run(args: Namespace) -> int:
    """Check, print, and say by the exit status whether all is sound."""
    start_django()
    from zahlstelle import tenancy, treasury

    towns = [tenancy.tenant_by_slug(args.tenant)] if args.tenant else tenancy.all_tenants()
    found = {tenant.slug: treasury.check_book(tenant=tenant) for tenant in towns}
    for slug, findings in found.items():
        print(f"{slug}: {f'{len(findings)} differ' if findings else 'sound'}")
    if not any(found.values()):
        return 0
    Console(soft_wrap=True).print(_table(found))
    return 1


def _table(found: dict[str, Sequence[Any]]) -> Table:
    table = Table("town", "what differs", "where", box=None, pad_edge=False)
    for name in ("told", "booked"):
        table.add_column(name, justify="right", no_wrap=True)
    for slug, findings in found.items():
        for finding in findings:
            table.add_row(slug, finding.kind, finding.subject, _cents(finding.told), _cents(finding.booked))
    return table


def _cents(cents: int | None) -> str:
    return "" if cents is None else Money(cents).plain
