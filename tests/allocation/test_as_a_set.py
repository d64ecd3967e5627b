"""What is beyond doubt is allocated as a set: it ends in the very rows the decision table would have written."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.book import assert_sound
from tests.support.sizes import size
from tests.support.towns import AT, a_claim, found_town, town_file

from zahlstelle import allocation, claims, payments
from zahlstelle.allocation import _as_a_set, _exact
from zahlstelle.claims import Claim
from zahlstelle.kernel import checkdigits, eur
from zahlstelle.tenancy import Tenant, bank_accounts, inside

# Everything a decision writes; ids follow from the facts, so they are compared too.
_ROWS = {
    "allocation": "SELECT id, detail, entry, outcome, amount_cents, claim, attempt, doubt, reasons::text, rule_version,"
    " decided_at, decided_by, journal_entry FROM allocation ORDER BY id",
    "suspense": "SELECT detail, entry, side, amount_cents, currency, doubt, candidate, since FROM suspense ORDER BY 1",
    "claim_balance": "SELECT claim_id, due_cents, settled_cents FROM claim_balance ORDER BY 1",
    "journal_entry": "SELECT id, occasion, booked_on, recorded_at, text, reverses FROM journal_entry ORDER BY id",
    "journal_line": "SELECT entry, account_id, side, amount_cents, currency, subject,"
    " row_number() OVER (PARTITION BY entry ORDER BY id) FROM journal_line ORDER BY entry, 7",
    "event": "SELECT name, subject, payload::text, at FROM event ORDER BY 1, 2, 3, 4",
    "attempt": "SELECT id, status, changed_at FROM attempt ORDER BY id",
    "payment": "SELECT id, status FROM payment ORDER BY id",
    "bank_detail": "SELECT * FROM bank_detail ORDER BY id",
}


class _Undone(Exception):
    pass


def _outcome(town: Tenant, paths: Sequence[Path]) -> tuple[int, dict[str, list[Any]]]:
    """Import files, look at every table, and take everything back."""
    rows: dict[str, list[Any]] = {}
    allocated = 0
    with pytest.raises(_Undone), inside(town):
        for path in paths:
            result = allocation.import_bank_file(tenant=town, name=path.name, path=path, at=AT)
            allocated += result.allocated
        with connection.cursor() as cursor:
            for table, sql in _ROWS.items():
                cursor.execute(sql)
                rows[table] = cursor.fetchall()
        raise _Undone
    return allocated, rows


@dataclass
class Chance:
    """Writes transfers as careless people do, many of them about the same few claims."""

    rng: random.Random
    known: Sequence[Claim]

    def transfer(self) -> Tx:
        claim = self.rng.choice(self.known)
        cents = self.rng.choice([claim.amount.cents] * 6 + [claim.amount.cents - 100, claim.amount.cents + 1, 100])
        end_to_end, text = self.reference(claim)
        return Tx(
            f"{cents // 100}.{cents % 100:02d}",
            text,
            end_to_end=end_to_end,
            tx_id=self.rng.choice(["", "TX1", "PSP-1"]),
            reason=self.rng.choice([""] * 20 + ["AC04"]),
            side="CRDT",
        )

    def reference(self, claim: Claim) -> tuple[str, str | list[str]]:
        number, other = claim.kassenzeichen, self.rng.choice(self.known).kassenzeichen
        spaced = f"{number[:4]} {number[4:8]}.{number[8:]}"
        wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
        return self.rng.choice(
            [
                *[(number, "Hundesteuer"), (number, f"Bescheid {number}"), (number, "")] * 4,
                (number, f"Bescheid vom 01.10.2026 {number}"),
                (number, f"{number} und {other}"),
                (number, "AMTSBLATT77"),
                ("NOTPROVIDED", f"Gebühr {number} danke"),
                ("NOTPROVIDED", spaced),
                ("NOTPROVIDED", [f"Gebühr {number[:6]}", number[6:]]),
                ("NOTPROVIDED", wrong),
                ("NOTPROVIDED", "Miete"),
                (checkdigits.rf_reference(number), ""),
                (checkdigits.rf_reference(number), f"{other}"),
                (other, f"Gebühr {number}"),
                (wrong, number),
                (f"KZ{number}", ""),
                ("AMTSBLATT77", ""),
            ]
        )


def _sum(details: Sequence[Tx]) -> str:
    return f"{sum((eur(tx.amount) for tx in details), eur('0.00')).cents / 100:.2f}"


def _files(chance: Chance, iban: str, folder: Path) -> list[Path]:
    rng, files = chance.rng, []
    for file in range(2):
        entries = []
        for number in range(rng.randint(1, 3)):
            details = [chance.transfer() for _ in range(rng.choice([1, 3, 12]))]
            total = _sum(details) if rng.random() < 0.9 else "1.00"
            code = rng.choice(["166"] * 9 + ["159"])
            entries.append(Ntry(total, details, ref=f"R{file}{number}", code=code))
        files.append(Camt(iban, entries, message_id=f"M{file}", statement_id=f"S{file}").write(folder, f"f{file}.xml"))
    return files


def _services(rng: random.Random) -> list[dict[str, Any]]:
    services: list[dict[str, Any]] = town_file()["services"]
    services[0]["policy"] = rng.choice([{}, {"late_payment": "post"}, {"late_payment": "suspend"}])
    return services


@pytest.mark.parametrize("seed", range(size(8, 400)))
@pytest.mark.prove("as_a_set")
def test_the_set_and_the_table_write_the_same_rows(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    late = {"settings": {"policy": {"late_payment": rng.choice(["post", "suspend"])}}}
    town = found_town(check=rng.choice(["mod11", "luhn", "none", "mod97"]), services=_services(rng), **late)
    due = [None, None, date(2026, 9, 1), date(2027, 1, 1)]
    known = [
        a_claim(
            town,
            f"{rng.randint(2, 9)}.00",
            due_on=rng.choice(due),
            service=rng.choice([None, "personalausweis", "spende"]),
        )
        for _ in range(rng.choice([4, 25]))
    ]
    claims.open_claim(
        tenant=town, claim=claims.NewClaim(amount=eur("5.00"), purpose="Amtsblatt", kassenzeichen="AMTSBLATT77"), at=AT
    )
    _payments_under_way(town, known[:3])
    iban = bank_accounts(tenant=town)[0].iban
    paths = _files(Chance(rng, known), iban, tmp_path)
    monkeypatch.setattr(_as_a_set, "BATCH", rng.choice([2, 5, 10_000]))
    as_a_set = _outcome(town, paths)
    monkeypatch.setattr(_exact.Reader, "exact", lambda *_: None)
    by_the_table = _outcome(town, paths)
    assert as_a_set == by_the_table


def _payments_under_way(town: Tenant, known: Sequence[Claim]) -> None:
    """One claim is being paid online, one awaits a transfer, one was paid through a provider already."""
    online, by_transfer, paid = known
    started = payments.start_payment(tenant=town, claim_id=online.id, at=AT).payment
    payments._operations.intend(tenant=town, payment_id=started.id, provider="sandbox", method="card", at=AT)
    waiting = payments.start_payment(tenant=town, claim_id=by_transfer.id, at=AT).payment
    payments.choose_transfer(tenant=town, payment_id=waiting.id, at=AT)
    payments.take_over(
        tenant=town, claim_id=paid.id, provider="sandbox", method="card", provider_reference="PSP-1", at=AT
    )


@pytest.mark.parametrize("due", [None, date(2026, 9, 1)])
def test_most_of_a_plain_collective_entry_is_allocated_as_a_set(
    due: date | None, tmp_path: Path, town: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the table is asked is counted: nothing, where nothing is in doubt, also when it came late."""
    known = [a_claim(town, "12.00", due_on=due) for _ in range(25)]
    details = [Tx("12.00", f"Gebühr {c.kassenzeichen}", end_to_end=c.kassenzeichen) for c in known]
    path = Camt(bank_accounts(tenant=town)[0].iban, [Ntry("300.00", details, ref="A1")]).write(tmp_path)
    asked: list[Any] = []
    monkeypatch.setattr(allocation._operations, "decide", lambda *said: asked.append(said))
    assert allocation.import_bank_file(tenant=town, name="a", path=path, at=AT).allocated == 25
    assert asked == []
    assert_sound(town)
