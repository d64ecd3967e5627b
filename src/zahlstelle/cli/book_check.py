"""Recompute the book from its journal: balances, open amounts, suspense, bank entries, clearing, seals, audit chain.

What the bank's statements do not agree on is named beside it.
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
    from zahlstelle import bank, tenancy, treasury

    towns = [tenancy.tenant_by_slug(args.tenant)] if args.tenant else tenancy.all_tenants()
    found = {tenant.slug: treasury.check_book(tenant=tenant) for tenant in towns}
    for slug, findings in found.items():
        print(f"{slug}: {f'{len(findings)} differ' if findings else 'sound'}")
    for tenant in towns:
        _tell_statements(tenant.slug, bank.statement_findings(tenant=tenant))
    if not any(found.values()):
        return 0
    Console(soft_wrap=True).print(_table(found))
    return 1


def _tell_statements(slug: str, findings: Sequence[Any]) -> None:
    """Name what the bank's statements do not agree on: not an error of the book, so the exit status stays."""
    for finding in findings:
        day = finding.day.isoformat() if finding.day else "no day"
        amounts = f", told {_cents(finding.told)}, found {_cents(finding.found)}" if finding.told is not None else ""
        print(f"{slug}: statement {finding.name or finding.subject} of {day}: {finding.doubt}{amounts}")


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
