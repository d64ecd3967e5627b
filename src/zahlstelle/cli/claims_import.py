"""Open claims from a file of JSON lines, as `simulate` writes them: all or none.

Each line: kassenzeichen, amount_cents, purpose; also service, debtor_name, due_on, external_reference.
A claim that is there already with the same content stays one claim.
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zahlstelle.kernel import InputRefused, Money, clock

from ._django import start_django, stop_django

if TYPE_CHECKING:
    from zahlstelle.claims import NewClaim


class ClaimsFileWrong(InputRefused):
    """A line of the file is no claim."""

    code = "claims_file_wrong"


def add_arguments(parser: ArgumentParser) -> None:
    """Say what may stand on the command line."""
    parser.add_argument("file", metavar="FILE", type=Path, help="a file of JSON lines")
    parser.add_argument("--tenant", required=True, metavar="T", help="the town's short name")


def run(args: Namespace) -> int:
    """Open the claims."""
    start_django()
    from zahlstelle import claims, tenancy

    try:
        tenant = tenancy.tenant_by_slug(args.tenant)
        lines = args.file.read_text("utf-8").splitlines()
        new = [read_claim(line, f"{args.file}:{number}") for number, line in enumerate(lines, 1)]
        opened = claims.open_claims(tenant=tenant, new=new, at=clock.now())
        print(f"{len(opened)} claims")
        return 0
    finally:
        stop_django()


def read_claim(line: str, place: str) -> "NewClaim":
    """Read one line. Raises ClaimsFileWrong with the place."""
    from zahlstelle.claims import NewClaim

    try:
        said: Mapping[str, Any] = json.loads(line)
        return NewClaim(
            amount=Money(said["amount_cents"], said.get("currency", "EUR")),
            purpose=said["purpose"],
            service=said.get("service"),
            kassenzeichen=said["kassenzeichen"],
            debtor_name=said.get("debtor_name"),
            due_on=date.fromisoformat(said["due_on"]) if said.get("due_on") else None,
            external_reference=said.get("external_reference"),
            origin="import",
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ClaimsFileWrong(f"{place}: {error!r}") from error
