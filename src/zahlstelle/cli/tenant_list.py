"""List the towns of this installation."""

from argparse import ArgumentParser, Namespace

from ._django import start_django, stop_django


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line: nothing."""


def run(args: Namespace) -> int:
    """List."""
    start_django()
    from zahlstelle import tenancy

    try:
        for tenant in tenancy.all_tenants():
            print(f"{tenant.slug:24} {tenant.ags:14} {tenant.mode:6} {tenant.name}")
        return 0
    finally:
        stop_django()
