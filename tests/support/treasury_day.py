"""A day at the treasury for tests: claims, an online payment, and the bank file of the day with one of everything."""

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.test import Client

from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.towns import AT, a_claim
from zahlstelle import allocation, bank, ledger, payments, tenancy
from zahlstelle.claims import Claim
from zahlstelle.payments import Attempt
from zahlstelle.tables.tenancy import Person
from zahlstelle.tenancy import Tenant, inside

EVENING = AT + timedelta(hours=10)


@dataclass(frozen=True)
class TreasuryDay:
    """What happened: `transferred` was paid by transfer, `online` by card and paid out, nobody has paid `unpaid`."""

    transferred: Claim
    online: Claim
    unpaid: Claim
    attempt: Attempt
    file: Path
    payout: UUID
    single: UUID
    unknown: UUID


def a_day(town: Tenant, folder: Path) -> TreasuryDay:
    """Live through it: 37,00 by transfer, 25,00 by card in a payout, 12,00 without Kassenzeichen, 3,10 going out."""
    transferred, online = a_claim(town, "37.00", debtor_name="Erika Mustermann"), a_claim(town, "25.00")
    unpaid = a_claim(town, "12.00", purpose="Bewohnerparkausweis")
    attempt = payments.take_over(
        tenant=town, claim_id=online.id, provider="sandbox", method="card", provider_reference=f"P{online.id}", at=AT
    )
    kassenzeichen = f"{transferred.kassenzeichen[:4]} {transferred.kassenzeichen[4:]}"
    entries = [
        Ntry("37.00", [Tx("37.00", f"Personalausweis {kassenzeichen}")], ref="B1"),
        Ntry(
            "55.00",
            [Tx("25.00", instruction=f"P{online.id}", name="Sandbox"), Tx("30.00", "fremd", name="Sandbox")],
            ref="B2",
            count=2,
        ),
        Ntry("12.00", [Tx("12.00", "Danke <schön>", name="Jörg Ätzend", iban="DE02100100100006820101")], ref="B3"),
        Ntry("3.10", [Tx("3.10", "Kontoführung", side="DBIT", name="Bank")], ref="B4", side="DBIT"),
    ]
    statement = Camt(tenancy.bank_accounts(tenant=town)[0].iban, entries, balances=("1000.00", "1100.90"))
    file = statement.write(folder, "2026-10-05.xml")
    allocation.import_bank_file(tenant=town, name=file.name, path=file, at=EVENING)
    ids = {e.bank_ref: e.id for e in bank.entries_of_day(tenant=town, day=EVENING.date())}
    return TreasuryDay(transferred, online, unpaid, attempt, file, ids["B2"], ids["B1"], ids["B3"])


def person(town: Tenant, role: str) -> Person:
    """Find the town's person with this role."""
    return Person.objects.get(email=f"{role}@{town.slug}.example")


def at_the_desk(town: Tenant, role: str = "treasurer", **more: Any) -> Client:
    """Give a browser in which this person has logged in."""
    client = Client(SERVER_NAME="localhost", **more)
    client.force_login(person(town, role))
    return client


_UNSEALED = """
SELECT (SELECT count(*) FROM journal_entry WHERE tenant_id = %(town)s)
    - (SELECT coalesce(sum(entries), 0) FROM seal WHERE tenant_id = %(town)s)
"""


def seal_everything(town: Tenant) -> None:
    """Seal until nothing is left: a seal waits for transactions that other tests have running."""
    for _ in range(200):
        ledger.seal(tenant=town, at=EVENING)
        with inside(town), connection.cursor() as cursor:
            cursor.execute(_UNSEALED, {"town": town.id})
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.05)
    raise AssertionError("other transactions never ended")
