"""A simulated month against its truth: not one cent on a wrong claim, whatever the payers did."""

from collections import Counter
from pathlib import Path

import pytest
from django.db import connection
from tests.support import careless_town
from tests.support.book import assert_sound
from tests.support.sizes import size

from zahlstelle import ledger
from zahlstelle.tenancy import Tenant, inside

_DECIDED = """
SELECT e.bank_ref, d.number, d.amount_cents, e.booked_on::text, d.tx_id, a.outcome, a.doubt,
    coalesce(c.kassenzeichen, p.kassenzeichen)
FROM bank_detail d JOIN bank_entry e ON e.id = d.entry AND e.booked
LEFT JOIN allocation a ON a.detail = d.id AND a.outcome = 'allocated' LEFT JOIN claim c ON c.id = a.claim
LEFT JOIN attempt t ON t.id = a.attempt LEFT JOIN claim p ON p.id = t.claim_id
WHERE d.active ORDER BY e.bank_ref, d.number
"""


@pytest.mark.prove("truth")
@pytest.mark.parametrize("seed", range(1, size(2, 6)))
def test_no_claim_is_wrongly_allocated(seed: int, tmp_path: Path) -> None:
    folder = careless_town.write_month(tmp_path / "month", seed=seed, claims=size(250, 2000))
    town = careless_town.found(folder)
    careless_town.take_over_payments(town, folder)
    result = careless_town.take_in(town, careless_town.bank_files(folder))
    facts = careless_town.truth(folder)
    decided = _decisions(town)
    wrong, missed, outcomes = [], [], Counter[str]()
    for fact in facts:
        key = (fact["bank_ref"], fact["detail"])
        assert key in decided, f"{key} is in no bank entry"
        cents, number = decided[key]
        assert cents == fact["amount_cents"]
        owed = [entry["kassenzeichen"] for entry in fact["belongs_to"]]
        outcomes["allocated" if number else "suspended"] += 1
        if number and (number not in owed or fact["side"] != "credit") and not fact["misleading"]:
            wrong.append((fact, number))
        if not number and fact["expected"] == "allocate":
            missed.append(fact)
    assert wrong == []
    print(missed)
    assert missed == [], "without doubt, and left in suspense"
    assert len(decided) == len(facts), "an entry that is no fact"
    assert result.credit_cents == sum(f["amount_cents"] for f in facts if f["side"] == "credit")
    assert result.debit_cents == sum(f["amount_cents"] for f in facts if f["side"] == "debit")
    assert_sound(town)
    came_in = [f for f in facts if f["side"] == "credit"]
    print(
        f"\nseed {seed}: {len(facts)} bank facts, {outcomes['allocated']} allocated, 0 wrong, of credits "
        f"{outcomes['allocated'] * 10000 // len(came_in) / 100} %"
    )


def test_the_order_of_the_files_does_not_matter(tmp_path: Path) -> None:
    folder = careless_town.write_month(tmp_path / "month", seed=7, claims=120, days=12, instant_advice="0")
    files = careless_town.bank_files(folder)
    books = []
    for order in (files, files[::-1], files[::2] + files[1::2], files + files):
        town = careless_town.found(folder)
        careless_town.take_over_payments(town, folder)
        careless_town.take_in(town, order)
        assert_sound(town)
        books.append({b.code: b.soll_balance_cents for b in ledger.trial_balance(tenant=town) if "bank" in b.code})
    assert all(book == books[0] for book in books)


def _decisions(town: Tenant) -> dict[tuple[str, int], tuple[int, str | None]]:
    with inside(town), connection.cursor() as cursor:
        cursor.execute(_DECIDED)
        rows = cursor.fetchall()
    found: dict[tuple[str, int], tuple[int, str | None]] = {}
    for ref, number, cents, _day, _tx, _outcome, _doubt, kassenzeichen in rows:
        key = (ref, max(number, 1))
        assert key not in found, f"{key} stands twice"
        found[key] = (cents, kassenzeichen)
    return found
