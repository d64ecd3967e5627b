"""Write the camt.054.001.08 of a collective credit: one Ntry, one TxDtls per payment with its Kassenzeichen.

For a finance system that reads camt and then allocates by itself. The same facts give the same bytes. A payout whose
name is not known yet is asked for at the town's providers, as the worker does from time to time.
"""

from argparse import ArgumentParser, Namespace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from zahlstelle.kernel import InputRefused, clock

from ._django import start_django, stop_django

if TYPE_CHECKING:
    from zahlstelle.tenancy import Tenant


class IdWrong(InputRefused):
    """This is not an id."""

    code = "id_wrong"


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("--tenant", required=True, metavar="T", help="the town's short name")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--entry", metavar="ID", help="a bank entry")
    which.add_argument(
        "--payout", metavar="ID", help="a provider's payout: its name at the provider, its bank entry or bank reference"
    )
    parser.add_argument("-o", required=True, dest="file", metavar="FILE", type=Path, help="where to write")


def run(args: Namespace) -> int:
    """Write the file, whole or not at all."""
    start_django()
    from zahlstelle import tenancy, treasury

    try:
        tenant = tenancy.tenant_by_slug(args.tenant)
        entry = _entry(args.entry) if args.entry else _payout(tenant, args.payout)
        unfinished = args.file.with_name(f".{args.file.name}.part")
        try:
            with unfinished.open("wb") as to:
                treasury.write_notification(tenant=tenant, entry_id=entry, to=to)
            unfinished.replace(args.file)
        finally:
            unfinished.unlink(missing_ok=True)
        return 0
    finally:
        stop_django()


def _payout(tenant: "Tenant", name: str) -> UUID:
    from zahlstelle import treasury

    try:
        return treasury.payout_entry(tenant=tenant, payout=name)
    except treasury.PayoutUnknown:
        _ask_providers(tenant, clock.now())
        return treasury.payout_entry(tenant=tenant, payout=name)


def _ask_providers(tenant: "Tenant", at: datetime) -> None:
    """Fetch new settlement reports now: a payout that the bank explains by itself is called by its name only there."""
    from zahlstelle import allocation, payments, tenancy

    for access in tenancy.provider_accesses(tenant=tenant):
        payments.ask_for_reports(tenant=tenant, provider=access.provider, at=at)
    payments.fetch_reports(tenant=tenant, at=at)
    allocation.break_up_payouts(tenant=tenant, at=at)


def _entry(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise IdWrong(f"{text!r} is not the id of a bank entry") from error
