"""Import a provider's settlement reports from files, where the provider cannot be asked for them.

CSV with one line for each item, or JSON; docs/payments.md says what stands in them. The same report again brings
nothing; under the same name with other content it is refused. Payouts that the bank has told of are settled at once.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from zahlstelle.kernel import Refusal, clock

from ._django import start_django, stop_django
from ._said import tell_refused


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("path", metavar="PATH", type=Path, help="file or folder")
    parser.add_argument("--provider", required=True, metavar="P", help="the provider's name in the town file")
    parser.add_argument("--tenant", required=True, metavar="T", help="the town's short name")


def run(args: Namespace) -> int:
    """Import; 2 where a file was refused."""
    start_django()
    from zahlstelle import allocation, payments, tenancy

    try:
        tenant = tenancy.tenant_by_slug(args.tenant)
        new = refused = 0
        for path in _files(args.path):
            try:
                new += payments.take_in_reports(tenant=tenant, provider=args.provider, path=path, at=clock.now())
            except Refusal as no:
                refused += 1
                tell_refused(path.name, no)
        settled = allocation.break_up_payouts(tenant=tenant, at=clock.now())
        print(f"{new} new reports, {settled} payouts settled")
        return 2 if refused else 0
    finally:
        stop_django()


def _files(path: Path) -> list[Path]:
    from .bank_import import PathUnknown

    if not path.exists():
        raise PathUnknown(f"{path}: there is nothing")
    if path.is_file():
        return [path]
    return [file for file in sorted(path.rglob("*")) if file.is_file() and not file.name.startswith(".")]
