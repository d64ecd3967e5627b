"""A direct debit's whole way: ordered, collected once, credited in one sum, given back, and paid anew."""

from pathlib import Path

import pytest
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.book import assert_sound, state
from tests.support.debits import (
    PAYER,
    a_collecting_town,
    all_of,
    collect,
    credited,
    ordered,
    rejected,
    returned,
    status,
    take,
)
from tests.support.towns import AT, a_claim

from zahlstelle import allocation, claims, events, ledger, payments, treasury
from zahlstelle.allocation import Doubt
from zahlstelle.claims import Claim
from zahlstelle.payments import PaymentStatus
from zahlstelle.tenancy import Tenant, bank_accounts


@pytest.fixture
def town() -> Tenant:
    return a_collecting_town()


def open_cents(town: Tenant, claim: Claim) -> int:
    return claims.claim_by_id(tenant=town, claim_id=claim.id).open.cents


def waiting(town: Tenant) -> list[tuple[Doubt, int]]:
    return [(item.doubt, item.amount.cents) for item in allocation.suspense(tenant=town)]


def names(town: Tenant, payment: object) -> list[str]:
    return [event.name for event in events.events_about(tenant=town, subject=payment)]  # type: ignore[arg-type]


@pytest.mark.prove("direct_debit")
def test_three_debits_are_credited_in_one_sum_and_each_is_paid_once(tmp_path: Path, town: Tenant) -> None:
    debits = [ordered(town, a_claim(town, amount)) for amount in ("37.00", "12.50", "100.00")]
    assert {status(town, payment) for _, payment in debits} == {PaymentStatus.AWAITING_DEBIT}
    pain = collect(town)
    assert sorted(all_of("EndToEndId", pain)) == sorted(claim.kassenzeichen for claim, _ in debits)
    assert {status(town, payment) for _, payment in debits} == {PaymentStatus.AWAITING_DEBIT}
    statement = credited(town, pain, "149.50")
    take(town, tmp_path, statement)
    take(town, tmp_path, statement)
    assert [open_cents(town, claim) for claim, _ in debits] == [0, 0, 0]
    assert {status(town, payment) for _, payment in debits} == {PaymentStatus.PAID}
    assert waiting(town) == []
    for _, payment in debits:
        assert names(town, payment) == [
            "payment.created",
            "payment.debit_ordered",
            "payment.debit_collected",
            "payment.paid",
        ]
    with pytest.raises(treasury.NothingToCollect):
        collect(town)


def test_a_return_opens_the_claim_books_the_fee_and_ends_the_mandate(tmp_path: Path, town: Tenant) -> None:
    claim, payment = ordered(town)
    pain = collect(town)
    take(town, tmp_path, credited(town, pain, "37.00"))
    (mandate,) = all_of("MndtId", pain)
    back = Tx("40.00", end_to_end=claim.kassenzeichen, mandate=mandate, side="DBIT", reason="AC04", original="37.00")
    back.charges = "3.00"
    for _ in range(2):
        take(town, tmp_path, returned(town, back, "40.00"))
    assert (open_cents(town, claim), status(town, payment)) == (3700, PaymentStatus.CHARGED_BACK)
    assert ledger.balance(tenant=town, account="fees") == 300
    assert payments.mandate_named(tenant=town, reference=mandate).blocked == "AC04"
    assert payments.attempts_of(tenant=town, payment_id=payment)[-1].decline_code == "AC04"
    assert names(town, payment)[-1] == "payment.debit_returned"
    assert names(town, claim.id)[-1] == "claim.reopened"
    # Paid anew, by another debit: it is a debit of its own.
    _, second = ordered(town, claim)
    again = collect(town)
    assert all_of("InstrId", again) != all_of("InstrId", pain)
    take(town, tmp_path, credited(town, again, "37.00", ref="R2"))
    assert (open_cents(town, claim), status(town, second)) == (0, PaymentStatus.PAID)
    assert status(town, payment) is PaymentStatus.CHARGED_BACK


def test_a_return_for_want_of_money_leaves_the_mandate_good(tmp_path: Path, town: Tenant) -> None:
    claim, _ = ordered(town)
    pain = collect(town)
    take(town, tmp_path, credited(town, pain, "37.00"))
    (mandate,) = all_of("MndtId", pain)
    back = Tx("37.00", end_to_end=claim.kassenzeichen, mandate=mandate, side="DBIT", reason="MS03")
    take(town, tmp_path, returned(town, back, "37.00"))
    assert open_cents(town, claim) == 3700
    assert payments.mandate_named(tenant=town, reference=mandate).blocked is None


def test_what_the_bank_rejects_is_declined_and_the_rest_is_paid_net(tmp_path: Path, town: Tenant) -> None:
    (one, first), (two, second) = ordered(town), ordered(town)
    pain = collect(town)
    attempt = payments.attempts_of(tenant=town, payment_id=second)[-1]
    told = rejected(pain, [attempt.id.hex])
    take(town, tmp_path, told)
    take(town, tmp_path, told)
    assert [status(town, payment) for payment in (first, second)] == [
        PaymentStatus.AWAITING_DEBIT,
        PaymentStatus.DECLINED,
    ]
    take(town, tmp_path, credited(town, pain, "37.00"))
    assert (open_cents(town, one), open_cents(town, two)) == (0, 3700)
    assert (status(town, first), waiting(town)) == (PaymentStatus.PAID, [])
    by_kassenzeichen = dict(zip(all_of("EndToEndId", pain), all_of("MndtId", pain), strict=True))
    blocked = [
        payments.mandate_named(tenant=town, reference=by_kassenzeichen[c.kassenzeichen]).blocked for c in (one, two)
    ]
    assert blocked == [None, "AC04"]


def test_rejected_and_credited_in_full_all_the_same(tmp_path: Path, town: Tenant) -> None:
    """A bank that credits gross debits the reject by itself; in between nobody collects it again."""
    (one, first), (two, second) = ordered(town), ordered(town)
    pain = collect(town)
    attempt = payments.attempts_of(tenant=town, payment_id=second)[-1]
    take(town, tmp_path, rejected(pain, [attempt.id.hex]))
    take(town, tmp_path, credited(town, pain, "74.00"))
    assert (open_cents(town, one), open_cents(town, two), waiting(town)) == (0, 0, [])
    told = payments.debit_of(tenant=town, attempt_id=attempt.id)
    assert told is not None
    back = Tx("37.00", end_to_end=two.kassenzeichen, mandate=told[0].reference, side="DBIT", reason="AC04")
    take(town, tmp_path, returned(town, back, "37.00"))
    assert (open_cents(town, one), open_cents(town, two), waiting(town)) == (0, 3700, [])
    assert (status(town, first), status(town, second)) == (PaymentStatus.PAID, PaymentStatus.DECLINED)


def test_the_return_of_a_debit_never_takes_back_a_transfer(tmp_path: Path, town: Tenant) -> None:
    """Rejected, paid by transfer instead, credited in full all the same, returned: the transfer still pays the fee."""
    claim, payment = ordered(town)
    pain = collect(town)
    attempt = payments.attempts_of(tenant=town, payment_id=payment)[-1]
    take(town, tmp_path, rejected(pain, [attempt.id.hex]))
    own = bank_accounts(tenant=town)[0].iban
    take(town, tmp_path, Camt(own, [Ntry("37.00", [Tx("37.00", claim.kassenzeichen)], "T1")], message_id="T1"))
    assert open_cents(town, claim) == 0
    take(town, tmp_path, credited(town, pain, "37.00"))
    assert waiting(town) == [(Doubt.ALREADY_SETTLED, 3700)]
    (mandate,) = all_of("MndtId", pain)
    back = Tx("37.00", end_to_end=claim.kassenzeichen, mandate=mandate, side="DBIT", reason="AC04")
    take(town, tmp_path, returned(town, back, "37.00"))
    assert open_cents(town, claim) == 0
    assert sorted(waiting(town)) == [(Doubt.ALREADY_SETTLED, 3700), (Doubt.RETURNED, 3700)]


def test_a_whole_message_rejected_declines_every_debit(tmp_path: Path, town: Tenant) -> None:
    debits = [ordered(town) for _ in range(2)]
    take(town, tmp_path, rejected(collect(town), [], reason="FF01"))
    assert {status(town, payment) for _, payment in debits} == {PaymentStatus.DECLINED}
    assert [open_cents(town, claim) for claim, _ in debits] == [3700, 3700]


def test_a_transfer_waits_while_a_debit_is_at_the_bank(tmp_path: Path, town: Tenant) -> None:
    """Otherwise the fee would be paid by the transfer, and the return of the debit would open it again."""
    claim, payment = ordered(town)
    pain = collect(town)
    own = bank_accounts(tenant=town)[0].iban
    transfer = Camt(own, [Ntry("37.00", [Tx("37.00", claim.kassenzeichen)], "T1")], message_id="T1", statement_id="T1")
    take(town, tmp_path, transfer)
    assert (waiting(town), open_cents(town, claim)) == ([(Doubt.PAYMENT_UNDER_WAY, 3700)], 3700)
    assert allocation.retry_doubts(tenant=town, at=AT) == 0
    take(town, tmp_path, credited(town, pain, "37.00"))
    assert (open_cents(town, claim), status(town, payment)) == (0, PaymentStatus.PAID)
    assert allocation.retry_doubts(tenant=town, at=AT) == 0
    assert waiting(town) == [(Doubt.ALREADY_SETTLED, 3700)]
    assert_sound(town)


def test_a_transfer_before_the_collection_settles_the_fee_and_nothing_is_collected(
    tmp_path: Path, town: Tenant
) -> None:
    claim, payment = ordered(town)
    own = bank_accounts(tenant=town)[0].iban
    take(town, tmp_path, Camt(own, [Ntry("37.00", [Tx("37.00", claim.kassenzeichen)], "T1")]))
    assert (open_cents(town, claim), status(town, payment)) == (0, PaymentStatus.PAID)
    with pytest.raises(treasury.NothingToCollect):
        collect(town)


def test_a_fee_partly_paid_meanwhile_is_not_collected(tmp_path: Path) -> None:
    town = a_collecting_town_that_takes_parts()
    claim, payment = ordered(town)
    own = bank_accounts(tenant=town)[0].iban
    take(town, tmp_path, Camt(own, [Ntry("7.00", [Tx("7.00", claim.kassenzeichen)], "T1")]))
    with pytest.raises(treasury.NothingToCollect):
        collect(town)
    assert (open_cents(town, claim), status(town, payment)) == (3000, PaymentStatus.CANCELLED)


def a_collecting_town_that_takes_parts() -> Tenant:
    from tests.support.debits import CREDITOR
    from tests.support.towns import found_town

    settings = {"direct_debit": {"creditor_id": CREDITOR}, "policy": {"part_payment": "accept"}}
    return found_town(settings=settings)


@pytest.mark.parametrize("check", ["mod11", "none"])
def test_single_credits_are_known_by_the_mandate(tmp_path: Path, check: str) -> None:
    """Also where the number alone would not be believed: the account is another person's, no check digit helps."""
    town = a_collecting_town(check=check)
    claim, payment = ordered(town, a_claim(town, debtor_name="Erika Muster"), holder="Ganz Anders GmbH")
    pain = collect(town)
    (mandate,) = all_of("MndtId", pain)
    tx = Tx("37.00", end_to_end=claim.kassenzeichen, mandate=mandate, name="Ganz Anders GmbH")
    take(town, tmp_path, Camt(bank_accounts(tenant=town)[0].iban, [Ntry("37.00", [tx], "E1", code="171")]))
    assert (open_cents(town, claim), status(town, payment), waiting(town)) == (0, PaymentStatus.PAID, [])


def test_the_order_of_what_is_told_does_not_matter(tmp_path: Path) -> None:
    """The credit may be told before the answer to the order, in either way of crediting."""
    ends = []
    for reject_first in (True, False):
        town = a_collecting_town(pools=[{"name": "standard", "prefix": "4711", "digits": 7, "check": "mod11"}])
        ordered(town)
        _, second = ordered(town)
        pain = collect(town)
        attempt = payments.attempts_of(tenant=town, payment_id=second)[-1]
        told = [rejected(pain, [attempt.id.hex]), credited(town, pain, "37.00")]
        for each in told if reject_first else reversed(told):
            take(town, tmp_path, each)
        ends.append([row for row in state(town) if row[0] in ("claim", "suspense")])
        assert status(town, second) is PaymentStatus.DECLINED
    assert [row[2:] for row in ends[0]] == [row[2:] for row in ends[1]]


@pytest.mark.parametrize("where", ["instruction", "end_to_end"])
def test_a_mandate_never_outvotes_the_debits_own_name(tmp_path: Path, where: str) -> None:
    """One mandate, two fees of one amount: the bank names the debit of one, and somebody's text the other fee."""
    town = a_collecting_town(check="none")
    mandate = payments.give_mandate(tenant=town, iban=PAYER, holder="Erika Muster", text="auf Papier", at=AT)
    named, other = (a_claim(town, debtor_name="Erika Muster") for _ in "12")
    attempts = [by_mandate(town, claim, mandate.reference) for claim in (named, other)]
    collect(town)
    own = bank_accounts(tenant=town)[0].iban
    words = {where: attempts[0].id.hex}
    tx = Tx("37.00", other.kassenzeichen, mandate=mandate.reference, name="Erika Muster", **words)
    take(town, tmp_path, Camt(own, [Ntry("37.00", [tx], "E1", code="171")]))
    assert (open_cents(town, named), open_cents(town, other)) == (3700, 3700)
    assert waiting(town) == [(Doubt.PAYMENT_UNDER_WAY, 3700)]


def test_a_mandate_that_is_collected_by_elsewhere_too_is_not_enough(tmp_path: Path) -> None:
    town = a_collecting_town(check="none")
    claim, _ = ordered(town, a_claim(town, debtor_name="Erika Muster"), holder="Ganz Anders GmbH")
    (mandate,) = all_of("MndtId", collect(town))
    own = bank_accounts(tenant=town)[0].iban
    tx = Tx("37.00", claim.kassenzeichen, end_to_end="OTHER-SYSTEM-7", mandate=mandate, name="Ganz Anders GmbH")
    take(town, tmp_path, Camt(own, [Ntry("37.00", [tx], "E1", code="171")]))
    assert (open_cents(town, claim), len(waiting(town))) == (3700, 1)


def by_mandate(town: Tenant, claim: Claim, mandate: str) -> payments.Attempt:
    payment = payments.start_payment(tenant=town, claim_id=claim.id, at=AT).payment
    return payments.order_debit_by(tenant=town, payment_id=payment.id, mandate=mandate, at=AT)
