"""Keep recurring mandates that payers have signed on paper: one JSON object a line, with iban, holder, signed_on, text.

`text` may be left out: then the paper is what was consented to. Prints the reference of each, in the lines' order;
all or none are kept. Exit status 0, or 1 with the line that is wrong.
"""

import json
from argparse import ArgumentParser, Namespace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from zahlstelle.kernel import BERLIN, InputRefused, clock

from ._django import start_django, stop_django


class MandateLineWrong(InputRefused):
    """A line of the mandates' file is no mandate."""

    code = "mandate_line_wrong"


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("path", metavar="PATH", type=Path, help="file of JSON lines")
    parser.add_argument("--tenant", required=True, metavar="T", help="the town's short name")


def run(args: Namespace) -> int:
    """Keep them."""
    start_django()
    from zahlstelle import payments, tenancy

    try:
        tenant, at = tenancy.tenant_by_slug(args.tenant), clock.now()
        lines = args.path.read_text("utf-8").splitlines()
        with tenancy.inside(tenant):
            given = []
            for number, line in enumerate(lines, 1):
                said = read_mandate(line, f"{args.path}:{number}")
                try:
                    given.append(payments.give_mandate(tenant=tenant, at=at, **said))
                except InputRefused as refused:
                    raise MandateLineWrong(f"{args.path}:{number}: {refused}") from refused
        print("\n".join(mandate.reference for mandate in given))
        return 0
    finally:
        stop_django()


def read_mandate(line: str, where: str) -> dict[str, Any]:
    """Read a line. Raises MandateLineWrong with the place, never with what stands there."""
    try:
        match json.loads(line):
            case {"iban": str(iban), "holder": str(holder), "signed_on": str(day), **more} if set(more) <= {"text"}:
                signed = datetime.combine(date.fromisoformat(day), time(12), BERLIN)
                text = str(more.get("text", "Mandat auf Papier"))
                return {"iban": iban, "holder": holder, "text": text, "signed_at": signed}
    except ValueError:
        pass
    raise MandateLineWrong(f"{where}: a JSON object with iban, holder, signed_on (YYYY-MM-DD) and perhaps text")
