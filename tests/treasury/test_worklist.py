"""The worklist stays quick where a town has very many claims of one amount, as every dog tax has."""

import time
from itertools import cycle, islice
from pathlib import Path

import pytest
from django.db import connection
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.sizes import size
from tests.support.towns import AT, found_town

from zahlstelle import allocation, treasury
from zahlstelle.allocation import Wanted
from zahlstelle.tenancy import bank_accounts, inside

FIRST = [
    "Erika",
    "Jörg",
    "Anna",
    "Bodo",
    "Çelik",
    "Dieter",
    "Franziska",
    "Gül",
    "Heinz",
    "Ines",
    "Karl",
    "Leonie",
    "Maria",
]
LAST = ["berg", "dorf", "mann", "müller", "stein", "hofer", "wald", "bach", "feld", "haus", "inger", "kamp", "lund"]


def names(number: int) -> list[str]:
    """A town's names: 2,197 different ones, so of 200,000 claims some ninety have the same debtor."""
    all_names = (f"{first} {begin.capitalize()}{end}" for begin in LAST for end in LAST for first in FIRST)
    return list(islice(cycle(all_names), number))


# Rows as opening a claim writes them, without the book: the worklist does not look there, and this takes seconds.
_CLAIMS = """
WITH new AS (
    INSERT INTO claim (tenant_id, id, kassenzeichen, purpose, debtor_name, amount_cents, currency, origin, opened_at)
    SELECT %(tenant)s, gen_random_uuid(), 'A' || n, 'Hundesteuer', name, 9000, 'EUR', 'api', now()
    FROM unnest(%(names)s::text[]) WITH ORDINALITY AS g (name, n) RETURNING id
)
INSERT INTO claim_balance (tenant_id, claim_id, due_cents, settled_cents) SELECT %(tenant)s, id, 9000, 0 FROM new
"""


@pytest.mark.prove("worklist_of_one_amount")
def test_the_worklist_stays_quick_with_very_many_claims_of_one_amount(tmp_path: Path) -> None:
    many, waits = size(2_000, 200_000), 20
    town = found_town(pools=[{"name": "standard", "prefix": "4711", "digits": 8, "check": "mod11"}])
    people = names(many)
    with inside(town), connection.cursor() as cursor:
        cursor.execute(_CLAIMS, {"tenant": town.id, "names": people})
    payers = [name.upper() for name in people[:waits]]
    entries = [Ntry("90.00", [Tx("90.00", "Hundesteuer", name=name)], ref=f"W{n}") for n, name in enumerate(payers)]
    file = Camt(bank_accounts(tenant=town)[0].iban, entries).write(tmp_path)
    allocation.import_bank_file(tenant=town, path=file, name=file.name, at=AT)
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        page = treasury.suspense(tenant=town, wanted=Wanted(), offset=0, limit=waits)
        seconds.append(time.perf_counter() - began)
    assert len(page.waiting) == waits
    for one in page.waiting:
        assert one.detail is not None and one.proposals
        assert (one.proposals[0].shares[0].debtor_name or "").upper() == one.detail.party_name
    assert min(seconds) < 1
    print(f"\na page of {waits} doubts with {many} claims of one amount: {min(seconds) * 1000:.0f} ms")
