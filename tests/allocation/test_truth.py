"""Simulated months against their truth: not one cent on a wrong claim, whatever the payers did."""

from pathlib import Path

import pytest
from tests.support import careless_town, truth
from tests.support.book import assert_sound
from tests.support.sizes import size

from zahlstelle import ledger
from zahlstelle.cli.simulate_score import table
from zahlstelle.simulation import Score

_SEEDS, _CLAIMS, _DAYS = size(2, 21), size(250, 6600), size(12, 30)


@pytest.mark.prove("truth")
def test_no_cent_on_a_wrong_claim_and_nothing_decidable_left(tmp_path: Path) -> None:
    whole = Score()
    for seed in range(1, _SEEDS + 1):
        folder = tmp_path / f"month {seed}"
        truth.write(folder, seed, _CLAIMS, _DAYS)
        town = truth.live_through(folder)
        assert truth.kept(town) == truth.told(folder), "every movement once, with its cents"
        assert_sound(town)
        month = truth.measure(folder, town)
        assert month.wrong == [] and month.unknown == []
        whole.add(month)
    print(f"\n{_SEEDS} seeds\n{table(whole)}")
    assert whole.decidable_posted >= whole.decidable * 0.995
    assert whole.payments >= size(250, 100_000)


def test_the_order_of_the_files_does_not_matter(tmp_path: Path) -> None:
    folder = careless_town.write_month(tmp_path / "month", seed=7, claims=60, days=6, instant_advice="0")
    files = careless_town.bank_files(folder)
    books = []
    for order in (files, files[::-1], files[::2] + files[1::2], files + files):
        town = careless_town.found(folder)
        careless_town.take_over_payments(town, folder)
        careless_town.take_in(town, order)
        assert_sound(town)
        assert truth.kept(town) == truth.told(folder), "every movement once, with its cents"
        books.append({b.code: b.soll_balance_cents for b in ledger.trial_balance(tenant=town) if "bank" in b.code})
    assert all(book == books[0] for book in books)
