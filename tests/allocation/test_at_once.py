"""Two that decide at once: what is decided by one is known to the other."""

import threading
from collections.abc import Callable
from pathlib import Path

from django.db import connection
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.book import assert_sound
from tests.support.towns import AT, a_claim

from zahlstelle import allocation, bank, ledger, payments
from zahlstelle.tenancy import Tenant, bank_accounts, inside


def meanwhile(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_payment_is_paid_out_once_by_an_import_and_a_retry_at_once(tmp_path: Path, town: Tenant) -> None:
    """The retry finds money the provider has confirmed since; the import brings the same payment again."""
    claim = a_claim(town)
    iban = bank_accounts(tenant=town)[0].iban

    def payout(ref: str) -> Path:
        entry = Ntry("37.00", [Tx("37.00", tx_id="PSP-1", iban="")], ref=ref)
        return Camt(iban, [entry], message_id=ref, statement_id=ref).write(tmp_path, f"{ref}.xml")

    waits = payments.start_payment(tenant=town, claim_id=claim.id, at=AT).payment
    attempt = payments._operations.intend(tenant=town, payment_id=waits.id, provider="sandbox", method="card", at=AT)
    payments._operations.record_start(
        tenant=town, attempt_id=attempt.id, answer=payments.Started("PSP-1", "https://psp.example"), at=AT
    )
    first, second = payout("P1"), payout("P2")
    allocation.import_bank_file(tenant=town, path=first, name="a", at=AT)
    paid = payments.Report(
        payments.ProviderStatus.PAID, "PSP-1", town.slug, str(attempt.id), attempt.amount, None, "paid"
    )
    payments.settle(tenant=town, attempt_id=attempt.id, report=paid, at=AT)
    with inside(town):
        allocation.import_bank_file(tenant=town, path=second, name="b", at=AT)
        retry = meanwhile(lambda: allocation.retry_doubts(tenant=town, at=AT))
        retry.join(1.0)
        assert retry.is_alive(), "the retry waits for the import"
    retry.join(10)
    assert ledger.balance(tenant=town, account="clearing:sandbox") == 0
    assert [i.doubt for i in allocation.suspense(tenant=town)] == [allocation.Doubt.ALREADY_PAID_OUT]
    assert len(bank.days(tenant=town)) == 1
    assert_sound(town)
