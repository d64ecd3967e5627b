"""Keep our own orders to the bank (pain.008, pain.001), or what the bank said to them (pain.002).

A collective entry of the account that points to such a batch is broken up by it, whichever comes first. The same file
again brings nothing. Exit status 0, or 1 when the file was refused.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from zahlstelle.kernel import clock

from ._django import start_django, stop_django


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("path", metavar="PATH", help="file or ZIP")
    parser.add_argument("--tenant", required=True, metavar="T", help="the town's short name")


def run(args: Namespace) -> int:
    """Import."""
    start_django()
    from zahlstelle import allocation, tenancy

    try:
        tenant = tenancy.tenant_by_slug(args.tenant)
        path = Path(args.path)
        result = allocation.import_orders(tenant=tenant, path=path, name=path.name, at=clock.now(), by="command")
        print(f"{result.orders} orders, {result.rejects} rejects; {result.broken_up} entries concerned")
        print(f"{result.allocated} allocated, {result.suspended} in suspense")
        return 0
    finally:
        stop_django()
