"""The worklist stays quick where a town has very many claims of one amount, as every dog tax has."""

import time
from itertools import cycle, islice
from pathlib import Path

import pytest
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.sizes import size
from tests.support.towns import AT, found_town

from zahlstelle import allocation, claims, treasury
from zahlstelle.allocation import Wanted
from zahlstelle.claims import NewClaim
from zahlstelle.kernel import eur
from zahlstelle.tenancy import bank_accounts

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


@pytest.mark.prove("worklist_of_one_amount")
def test_the_worklist_stays_quick_with_very_many_claims_of_one_amount(tmp_path: Path) -> None:
    many, waits = size(2_000, 200_000), 20
    town = found_town(pools=[{"name": "standard", "prefix": "4711", "digits": 8, "check": "mod11"}])
    people = names(many)
    for start in range(0, many, 5_000):
        part = people[start : start + 5_000]
        new = [NewClaim(purpose="Hundesteuer", amount=eur("90.00"), debtor_name=name) for name in part]
        claims.open_claims(tenant=town, new=new, at=AT)
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
