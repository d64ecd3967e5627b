"""Whatever files a bank sends, in whatever order: in the end the book has every movement once.

The model is `tests.support.bank_sequences`: it knows the true movements, and nothing of how the product tells them
apart.
"""

import os
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection
from tests.support.bank_files import Tx
from tests.support.bank_sequences import Line, Story, fact, story
from tests.support.book import assert_sound
from tests.support.sizes import size
from tests.support.towns import AT, found_town

from zahlstelle import allocation, claims, ledger
from zahlstelle.claims import NewClaim
from zahlstelle.kernel import eur
from zahlstelle.tenancy import Tenant, bank_accounts, inside

_BOOKED = "SELECT booked_on::text, side, amount_cents FROM bank_entry WHERE booked"
_HELD = "SELECT side, amount_cents FROM bank_entry WHERE NOT booked AND held = 'may_be_repeated'"
_DETAILS = """
SELECT e.booked_on::text, d.side, d.amount_cents, coalesce(d.end_to_end_id, ''), (SELECT coalesce(string_agg(t, ''), '')
    FROM jsonb_array_elements_text(d.remittance) t), e.breakdown
FROM bank_detail d JOIN bank_entry e ON e.id = d.entry WHERE e.booked AND d.active AND d.number > 0
"""


SHOWED_SOMETHING = (6, 41, 210, 1037, 1079, 1705, 2376, 3464, 3704, 3739)  # some of the seeds that were wrong once


def ask(town: Tenant, sql: str) -> list[tuple]:  # type: ignore[type-arg]
    with inside(town), connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def play(seed: int, folder: Path, every_step: bool) -> tuple[Tenant, Story]:
    town = found_town(check="none")
    fees = [NewClaim(amount=eur(fee), purpose="Gebühr") for fee in ("25.00", "37.00", "37.00")]
    numbers = [claim.kassenzeichen for claim in claims.open_claims(tenant=town, new=fees, at=AT)]
    told = story(seed, bank_accounts(tenant=town)[0].iban, numbers)
    for name, content in told.files:
        path = folder / name
        path.write_bytes(content)
        allocation.import_bank_file(tenant=town, path=path, name=name, at=AT)
        if every_step:
            assert_sound(town)
    assert_sound(town)
    return town, told


def judge(town: Tenant, told: Story) -> str:
    """Compare the book with the truth; a named doubt is an answer only where the files do not suffice."""
    truth = told.truth()
    booked = Counter(ask(town, _BOOKED))
    assert booked <= truth, f"doubled: {booked - truth}"
    missing = truth - booked
    if missing:
        assert not told.named, f"lost: {missing}"
        held = Counter(ask(town, _HELD))
        assert Counter({(s, c): n for (_, s, c), n in missing.items()}) <= held, f"lost: {missing}"
    iban = bank_accounts(tenant=town)[0].iban
    assert ledger.balance(tenant=town, account=f"bank:{iban}") == sum(
        cents * n * (1 if side == "credit" else -1) for (_, side, cents), n in booked.items()
    )
    _details(town, told)
    return "held" if missing else "exact"


def _details(town: Tenant, told: Story) -> None:
    true: Counter[tuple[object, ...]] = Counter()
    sure: Counter[tuple[object, ...]] = Counter()
    for line in told.lines:
        facts = Counter({(line.day.isoformat(), *f): n for f, n in line.facts().items()})
        true += facts
        if line.collective and explained(told, line):
            sure += facts
    found = Counter((day, *said) for day, *said, _ in ask(town, _DETAILS))
    assert sure <= found, f"not explained: {sure - found}"
    whole = Counter((day, *said) for day, *said, shape in ask(town, _DETAILS) if shape == "whole")
    if not told.bank.notice_days:  # then nothing tells of which day a detail is where names are used again
        whole, true = _of_any_day(whole), _of_any_day(true)
    assert whole <= true, f"details doubled: {whole - true}"


def _of_any_day(facts: Counter[tuple[object, ...]]) -> Counter[tuple[object, ...]]:
    total: Counter[tuple[object, ...]] = Counter()
    for (_, *said), count in facts.items():
        total[tuple(said)] += count
    return total


def explained(told: Story, line: Line) -> bool:
    """Say whether the files suffice to explain a collective entry."""
    bank, how = told.bank, line.told
    if how == "in place":
        return True
    if how in ("never", "broken"):
        return False
    if bank.refs == "constant" and sum((o.day, o.signed) == (line.day, line.signed) for o in told.lines) > 1:
        return False  # a name that stands for everything, and an amount that stands twice
    if how in ("messages", "cut") and line.alike:
        return False  # two messages that say the same word for word: two parts, or one sent twice?
    if bank.refs == "constant" and any(fits(part, other) for part in line.parts for other in told.lines):
        return False  # it came before the line it is of, under the name that another line had: that keeps its own
    named = told.named and bank.notice_refs and (bank.notice_days or bank.refs == "unique")
    pointed = bank.points and (bank.messages == "unique" or bank.notice_days)
    return named or pointed


def fits(part: list[Tx], line: Line) -> bool:
    """Say whether a part may be this line: one payment, and nothing that both say differs."""
    if len(part) != 1 or line.collective or fact(part[0])[:2] != fact(line.txs[0])[:2]:
        return False
    said = [(tx.end_to_end.replace("NOTPROVIDED", ""), tx.iban, fact(tx)[3]) for tx in (part[0], line.txs[0])]
    return all(not ours or not theirs or ours == theirs for ours, theirs in zip(*said, strict=True))


@pytest.mark.prove("sequences")
def test_every_sequence_of_files_ends_in_the_true_book(tmp_path: Path) -> None:
    """SEED and SEEDS choose another stretch of seeds."""
    first, count = int(os.environ.get("SEED", "1")), int(os.environ.get("SEEDS", size(2, 5000)))
    ends: Counter[str] = Counter()
    for seed in dict.fromkeys([*SHOWED_SOMETHING, *range(first, first + count)]):
        folder = tmp_path / str(seed)
        folder.mkdir()
        try:
            town, told = play(seed, folder, every_step=seed % 8 == 0)
            ends[judge(town, told)] += 1
        except Exception as wrong:
            raise AssertionError(f"seed {seed}: {wrong}") from wrong
    print(f"\n{ends.total()} sequences: {dict(ends)}")
    assert ends["exact"] > ends.total() * 0.8
