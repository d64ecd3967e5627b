"""Tell one claim's whole life: what was owed, tried, paid, seen at the bank, allocated and booked, in one timeline.

The Kassenzeichen may be written with blanks, dots or hyphens. Exit 1 where the town has no such claim.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from zahlstelle.kernel import BERLIN, Money, Refusal

from ._django import start_django


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("kassenzeichen", metavar="KASSENZEICHEN")
    parser.add_argument("--tenant", required=True, metavar="T", help="the town's short name")


def run(args: Namespace) -> int:
    """Look the claim up and print its timeline."""
    start_django()
    from zahlstelle import tenancy, treasury

    try:
        tenant = tenancy.tenant_by_slug(args.tenant)
        life = treasury.claim_life(tenant=tenant, kassenzeichen=args.kassenzeichen)
    except Refusal as refusal:
        print(f"zahlstelle doctor: {refusal.reason} [{refusal.code}]", file=sys.stderr)
        return 1
    claim = life.claim
    print(f"{claim.kassenzeichen}  {claim.purpose}")
    print(f"amount {claim.amount}, open {claim.open}, {claim.status}")
    print(*_rows(life.moments), sep="\n")
    return 0


def _rows(moments: Sequence[Any]) -> list[str]:
    width = max((len(moment.what) for moment in moments), default=0)
    return [f"{_time(moment.at)}  {moment.what:{width}}  {_said(moment)}".rstrip() for moment in moments]


def _time(at: datetime) -> str:
    return at.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M:%S %z")


def _said(moment: Any) -> str:
    told: Mapping[str, Any] = moment.details
    return " ".join([*(f"{name}={_value(value)}" for name, value in told.items()), f"in={moment.where}"])


def _value(value: Any) -> str:
    match value:
        case Money():
            return f"{value.plain}{value.currency}"
        case list():
            return '"' + ", ".join(map(str, value)) + '"'
        case date():
            return value.isoformat()
        case _:
            text = str(value)
            return f'"{text}"' if " " in text else text
