"""Make an API key for an online service. The key is shown this once; only its digest is kept."""

from argparse import ArgumentParser, Namespace

from zahlstelle.kernel import clock

from ._django import start_django, stop_django


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("--tenant", required=True, metavar="T", help="the town's short name")
    parser.add_argument("--name", required=True, help="whose key it is, e.g. the online service's name")
    parser.add_argument("--return-url", action="append", default=[], help="where citizens may be sent back to (exact)")


def run(args: Namespace) -> int:
    """Make a key."""
    start_django()
    from zahlstelle import tenancy

    try:
        tenant = tenancy.tenant_by_slug(args.tenant)
        print(tenancy.add_api_key(tenant=tenant, name=args.name, at=clock.now(), return_urls=args.return_url))
        return 0
    finally:
        stop_django()
