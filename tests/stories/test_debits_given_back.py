"""Which money that comes back is a debit of ours: of its amount and by its mandate, and no other is taken for it."""

from pathlib import Path

import pytest
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.debits import CREDITOR, all_of, collect, credited, ordered, returned, status, take
from tests.support.towns import AT, a_claim, found_town

from zahlstelle import allocation, claims, payments
from zahlstelle.claims import Claim
from zahlstelle.payments import PaymentStatus
from zahlstelle.tenancy import Tenant, bank_accounts


@pytest.fixture
def town() -> Tenant:
    return found_town(settings={"direct_debit": {"creditor_id": CREDITOR}, "policy": {"part_payment": "accept"}})


def transfer(town: Tenant, claim: Claim, amount: str) -> Camt:
    tx = Tx(amount, claim.kassenzeichen, end_to_end="E2E-TRANSFER")
    return Camt(bank_accounts(tenant=town)[0].iban, [Ntry(amount, [tx], "T1")], message_id="T1", statement_id="T1")


def open_cents(town: Tenant, claim: Claim) -> int:
    return claims.claim_by_id(tenant=town, claim_id=claim.id).open.cents


def part_by_transfer_rest_by_debit(town: Tenant, folder: Path, amount: str, part: str, rest: str) -> tuple[Claim, str]:
    """Let a fee be paid by a transfer and, what is left, by a debit; give the claim and the debit's mandate."""
    claim = a_claim(town, amount)
    take(town, folder, transfer(town, claim, part))
    ordered(town, claim)
    pain = collect(town)
    take(town, folder, credited(town, pain, rest))
    assert open_cents(town, claim) == 0
    return claim, all_of("MndtId", pain)[0]


def debit_of(town: Tenant, claim: Claim) -> payments.Attempt:
    (payment,) = payments.payments_of_claim(tenant=town, claim_id=claim.id)
    return payments.attempts_of(tenant=town, payment_id=payment.id)[-1]


@pytest.mark.parametrize("part", ["30.00", "37.00"])
def test_a_transfer_given_back_is_not_the_debit(tmp_path: Path, town: Tenant, part: str) -> None:
    """The bank names the transfer, and no mandate; the debit stays what it is, also where both are of one amount."""
    amount = {"30.00": "67.00", "37.00": "74.00"}[part]
    claim, _ = part_by_transfer_rest_by_debit(town, tmp_path, amount, part, "37.00")
    back = Tx(part, claim.kassenzeichen, end_to_end="E2E-TRANSFER", side="DBIT", reason="AC03")
    take(town, tmp_path, returned(town, back, part))
    assert open_cents(town, claim) == int(part.replace(".", ""))
    attempt = debit_of(town, claim)
    assert (attempt.status, attempt.decline_code) == (payments.Status.PAID, None)


@pytest.mark.parametrize("step", [1, -1])
def test_two_that_come_back_for_one_claim_are_told_apart(tmp_path: Path, town: Tenant, step: int) -> None:
    claim, mandate = part_by_transfer_rest_by_debit(town, tmp_path, "67.00", "30.00", "37.00")
    one = Tx("37.00", end_to_end=claim.kassenzeichen, mandate=mandate, side="DBIT", reason="AC04")
    two = Tx("30.00", claim.kassenzeichen, end_to_end="E2E-TRANSFER", side="DBIT", reason="AC03")
    own = bank_accounts(tenant=town)[0].iban
    entries = [
        Ntry(tx.amount, [tx], f"R{tx.amount}", side="DBIT", code="109", day="2026-10-08") for tx in (one, two)[::step]
    ]
    take(town, tmp_path, Camt(own, entries, message_id="R", statement_id="R", balance_day="2026-10-08"))
    assert open_cents(town, claim) == 6700
    attempt = debit_of(town, claim)
    assert (attempt.status, attempt.decline_code) == (payments.Status.CHARGED_BACK, "AC04")
    assert payments.mandate_named(tenant=town, reference=mandate).blocked == "AC04"


@pytest.mark.parametrize("back", ["37.00", "20.00"])
def test_money_sent_back_by_the_town_is_not_a_return_of_the_debit(tmp_path: Path, town: Tenant, back: str) -> None:
    """A person books it on the claim. The claim may be paid anew; what the bank said of the debit stands."""
    claim, payment = ordered(town)
    take(town, tmp_path, credited(town, collect(town), "37.00"))
    tx = Tx(back, "Rückzahlung", end_to_end="", side="DBIT")
    own = bank_accounts(tenant=town)[0].iban
    entry = Ntry(back, [tx], "OUT", side="DBIT", code="116", day="2026-10-08")
    take(town, tmp_path, Camt(own, [entry], message_id="OUT", statement_id="OUT", balance_day="2026-10-08"))
    (waits,) = allocation.suspense(tenant=town)
    allocation.settle(
        tenant=town, detail=waits.detail, shares=[(claim.id, waits.amount.cents)], by="test", at=AT, note="Kulanz"
    )
    assert open_cents(town, claim) == waits.amount.cents
    assert status(town, payment) is PaymentStatus.PAID
    # Nothing holds the claim: it is paid anew by a transfer, and could be paid online too.
    assert payments.claims_being_paid(tenant=town, claim_ids=[claim.id]) == frozenset()
    again = payments.start_payment(tenant=town, claim_id=claim.id, at=AT).payment
    assert payments.choose_transfer(tenant=town, payment_id=again.id, at=AT).status is payments.Status.PENDING
    take(town, tmp_path, transfer(town, claim, back))
    assert (open_cents(town, claim), status(town, again.id)) == (0, PaymentStatus.PAID)


def test_a_return_that_names_no_mandate_but_a_reason_is_the_debit(tmp_path: Path, town: Tenant) -> None:
    claim, payment = ordered(town)
    take(town, tmp_path, credited(town, collect(town), "37.00"))
    back = Tx("37.00", end_to_end=claim.kassenzeichen, side="DBIT", reason="AM04")
    take(town, tmp_path, returned(town, back, "37.00"))
    assert (open_cents(town, claim), status(town, payment)) == (3700, PaymentStatus.CHARGED_BACK)
