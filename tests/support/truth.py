"""A simulated month lived through day by day in the product, and what it decided, to be compared with the truth."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from tests.support import careless_town
from zahlstelle import allocation, claims
from zahlstelle.allocation import Proposal
from zahlstelle.cli.claims_import import read_claim
from zahlstelle.kernel import CheckMethod
from zahlstelle.simulation import Bank, Decision, Rates, Score, Simulation, Town, read_truth, score, simulate
from zahlstelle.tenancy import Tenant, inside

METHODS = (CheckMethod.MOD11, CheckMethod.MOD97, CheckMethod.LUHN, CheckMethod.ISO7064_11_10)
BANKS = tuple(Bank)
PREFIXES = ("4711", "0815", "39")
RATES = Rates(card=0.04, other_claim_fitting=0.002)
"""Mostly transfers, where the mistakes are made; and now and then the wrong letter with a fitting amount, which no file
can tell: it is counted apart."""


def write(folder: Path, seed: int, claims: int, days: int = 30) -> None:
    """Simulate a month or less of it; check method, prefix and the way the bank writes go round with the seed."""
    town = Town(check=METHODS[seed % 4], prefix=PREFIXES[seed % 3], bank=BANKS[seed // 2 % 4])
    simulate(Simulation(seed, days, claims, careless_town.START.date(), town, RATES), folder)


def live_through(folder: Path) -> Tenant:
    """Let the month pass: each day claims are opened and paid by card, files come in, and the worker tries again."""
    town = careless_town.found(folder, open_claims=False)
    opened, captured, delivered = (defaultdict[date, list[str]](list) for _ in range(3))
    for line in _lines(folder / "claims.jsonl"):
        opened[date.fromisoformat(json.loads(line)["opened_on"])].append(line)
    for line in _lines(folder / "payments.jsonl"):
        captured[date.fromisoformat(json.loads(line)["captured_at"][:10])].append(line)
    for path in careless_town.bank_files(folder):
        delivered[date.fromisoformat(path.name[:10])].append(str(path))
    for day in sorted({*opened, *captured, *delivered}):
        morning = datetime.combine(day, time(6), UTC)
        new = [read_claim(line, "claims.jsonl") for line in opened[day]]
        claims.open_claims(tenant=town, new=new, at=morning)
        allocation.retry_doubts(tenant=town, at=morning)  # the worker looks every second: who paid early comes first
        careless_town.take_over(town, captured[day])
        evening = morning + timedelta(hours=14)
        for name in delivered[day]:
            allocation.import_bank_file(tenant=town, path=Path(name), name=Path(name).name, at=evening)
        allocation.retry_doubts(tenant=town, at=evening + timedelta(hours=1))
    return town


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def measure(folder: Path, town: Tenant) -> Score:
    """Compare what the town decided and what it would propose with the truth."""
    return score(read_truth(folder / "truth.jsonl"), [*posted(town), *proposed(town)])


_POSTED = """
SELECT e.bank_ref, greatest(d.number, 1), coalesce(c.kassenzeichen, p.kassenzeichen, ''), a.amount_cents, a.account
FROM allocation a JOIN bank_detail d ON d.id = a.detail AND d.active JOIN bank_entry e ON e.id = d.entry AND e.booked
LEFT JOIN claim c ON c.id = a.claim LEFT JOIN attempt_claim t ON t.attempt_id = a.attempt
LEFT JOIN claim p ON p.id = t.claim_id
WHERE a.outcome IN ('allocated', 'returned')
    AND NOT EXISTS (SELECT 1 FROM allocation b WHERE b.detail = a.detail AND b.outcome = 'taken_back')
"""


def posted(town: Tenant) -> Iterator[Decision]:
    """Give what was posted without a person; what went to an account of the town's own pays no claim."""
    for bank_ref, number, kassenzeichen, cents, account in _rows(town, _POSTED):
        yield Decision(bank_ref, number, "" if account else kassenzeichen, cents)


_WAITING = """
SELECT d.id, e.bank_ref, greatest(d.number, 1) FROM suspense s JOIN bank_detail d ON d.id = s.detail
JOIN bank_entry e ON e.id = d.entry WHERE d.active
"""


def proposed(town: Tenant) -> Iterator[Decision]:
    """Give what a person would be shown for each detail that waits."""
    for detail, bank_ref, number in _rows(town, _WAITING):
        for rank, proposal in enumerate(allocation.proposals_for(tenant=town, detail=detail), start=1):
            yield from _shares(proposal, bank_ref, number, rank)


def _shares(proposal: Proposal, bank_ref: str, number: int, rank: int) -> Iterator[Decision]:
    for share in proposal.shares:
        yield Decision(bank_ref, number, share.kassenzeichen, share.cents, rank)
    if not proposal.shares:
        yield Decision(bank_ref, number, "", proposal.rest_cents, rank)


_KEPT = """
SELECT e.bank_ref, greatest(d.number, 1), d.amount_cents, d.side FROM bank_detail d
JOIN bank_entry e ON e.id = d.entry AND e.booked WHERE d.active
"""


def kept(town: Tenant) -> list[tuple[str, int, int, str]]:
    """Give every movement that was booked: reference, place, cents, side."""
    return sorted((ref, number, cents, side) for ref, number, cents, side in _rows(town, _KEPT))


def told(folder: Path) -> list[tuple[str, int, int, str]]:
    """Give every movement there truly was."""
    rows = read_truth(folder / "truth.jsonl")
    return sorted((row["bank_ref"], row["detail"], row["amount_cents"], row["side"]) for row in rows)


def _rows(town: Tenant, sql: str) -> list[tuple[Any, ...]]:
    with inside(town), connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()
