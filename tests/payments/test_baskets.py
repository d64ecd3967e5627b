"""Baskets: several claims in one payment, each settled, given back and opened again by its own share."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import Error, connection, transaction
from tests.payments.test_refunds import Refunding, assert_right, book, refund
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.book import assert_sound
from tests.support.fake_provider import FakeProvider
from tests.support.patience import patient
from tests.support.rest import at_once
from tests.support.sizes import size
from tests.support.towns import AT, a_claim, found_town

from zahlstelle import allocation, claims, events, ledger, payments
from zahlstelle.claims import Claim
from zahlstelle.kernel import Money, eur
from zahlstelle.payments import Attempt, PaymentStatus, ProviderStatus, RefundState, Report, Status, Wish, _flow
from zahlstelle.tenancy import Tenant, bank_accounts, inside

ACCESS = {"name": "fake", "merchant_id": "m", "secret": "s", "base_url": "http://127.0.0.1:1", "methods": ["card"]}


@pytest.fixture
def fake() -> Iterator[Refunding]:
    provider = Refunding()
    payments.plug(provider)
    yield provider
    _flow._PLUGGED.pop("fake")


@pytest.fixture
def town(fake: Refunding) -> Tenant:
    return found_town(providers=[ACCESS])


def basket(town: Tenant, *of: Claim) -> UUID:
    return payments.start_basket(tenant=town, claim_ids=[claim.id for claim in of], at=AT).payment.id


def begin(town: Tenant, payment: UUID) -> Attempt:
    return payments.begin(tenant=town, payment_id=payment, method="card", return_url="", notify_url="", at=AT)


def told(town: Tenant, attempt: Attempt, status: ProviderStatus) -> Attempt:
    report = Report(status, f"fake-{attempt.id}", "m", str(attempt.id), attempt.amount, None, status.value)
    return payments.settle(tenant=town, attempt_id=attempt.id, report=report, at=AT)


def paid(town: Tenant, *of: Claim) -> Attempt:
    return told(town, begin(town, basket(town, *of)), ProviderStatus.PAID)


def open_of(town: Tenant, *of: Claim) -> list[str]:
    return [claims.claim_by_id(tenant=town, claim_id=claim.id).open.plain for claim in of]


def transfer(town: Tenant, folder: Path, amount: str, text: str) -> None:
    number = len(list(folder.iterdir()))
    entry = Ntry(amount, [Tx(amount, text)], ref=f"T{number}")
    iban = bank_accounts(tenant=town)[0].iban
    path = Camt(iban, [entry], message_id=f"M{number}", statement_id=f"S{number}").write(folder, f"{number}.xml")
    allocation.import_bank_file(tenant=town, name=path.name, path=path, at=AT)


def test_two_claims_are_paid_by_one_payment(fake: Refunding, town: Tenant) -> None:
    one, two = a_claim(town, "37.00"), a_claim(town, "12.50")
    attempt = paid(town, two, one)
    assert (attempt.status, attempt.amount, fake.asked[0].amount) == (Status.PAID, eur("49.50"), eur("49.50"))
    assert fake.asked[0].description == f"{two.kassenzeichen} {one.kassenzeichen}"
    assert [(s.claim_id, s.amount) for s in attempt.shares] == [(two.id, eur("12.50")), (one.id, eur("37.00"))]
    assert open_of(town, one, two) == ["0.00", "0.00"]
    assert book(town) == {"clearing:fake": 4950, "refunded": 0, "overpaid": 0, "receivable": 0}
    with inside(town), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM journal_entry WHERE occasion = %s", [f"attempt:{attempt.id}:paid"])
        assert cursor.fetchone() == (1,)
    for claim in (one, two):
        (known,) = payments.payments_of_claim(tenant=town, claim_id=claim.id)
        assert (known.id, known.status) == (attempt.payment_id, PaymentStatus.PAID)
    created = events.events_about(tenant=town, subject=attempt.payment_id)[0]
    assert created.payload == {"claims": [str(two.id), str(one.id)]}
    told(town, attempt, ProviderStatus.PAID)
    assert_right(town)


@pytest.mark.parametrize("names", ["", "A A", " ".join(f"C{n}" for n in range(21))])
def test_an_unsound_basket_is_refused(town: Tenant, names: str) -> None:
    known = {name: a_claim(town).id for name in set(names.split())}
    with pytest.raises(payments.BasketUnsound):
        payments.start_basket(tenant=town, claim_ids=[known[name] for name in names.split()], at=AT)
    assert payments.payments_page(tenant=town, limit=9) == []


def test_a_claim_of_another_town_is_in_no_basket(town: Tenant) -> None:
    other = found_town()
    with pytest.raises(claims.ClaimUnknown):
        basket(town, a_claim(town), a_claim(other))
    mine, theirs = basket(town, a_claim(town), a_claim(town)), a_claim(other)
    sql = "INSERT INTO payment_claim (tenant_id, payment_id, claim_id, number, amount_cents) VALUES (%s, %s, %s, 3, 1)"
    with inside(town), connection.cursor() as cursor:  # noqa: SIM117 - the error ends the inner transaction alone
        with pytest.raises(Error, match="claims of its town"), transaction.atomic():
            cursor.execute(sql, [town.id, mine, theirs.id])


def test_every_claim_of_a_basket_is_held(fake: Refunding, town: Tenant) -> None:
    one, two, three = (a_claim(town) for _ in range(3))
    first = begin(town, basket(town, one, two))
    overlapping = basket(town, two, three)
    for other in (overlapping, basket(town, two), basket(town, one)):
        with pytest.raises(payments.AlreadyBeingPaid):
            begin(town, other)
    begin(town, basket(town, three))
    told(town, first, ProviderStatus.DECLINED)
    begin(town, basket(town, one))
    with pytest.raises(payments.AlreadyBeingPaid):
        begin(town, overlapping)
    begin(town, basket(town, two))
    assert len(fake.asked) == 4


def test_the_database_itself_holds_every_claim(town: Tenant) -> None:
    """Whatever the program forgets: the row of an attempt brings its claims, and one attempt holds each."""
    one, two = a_claim(town), a_claim(town)
    first, second = begin(town, basket(town, one, two)), basket(town, two)
    put = """INSERT INTO attempt (tenant_id, id, payment_id, number, provider, method, status, amount_cents, currency,
        started_at, changed_at, checks, challenge, refunded_cents, disputed_cents, keep) SELECT tenant_id,
        gen_random_uuid(), %s, 1, 'fake', 'card', %s, %s, 'EUR', started_at, changed_at, 0, false, 0, 0, false
        FROM attempt WHERE id = %s"""
    broken = [
        (put, [second, "intended", 3700, first.id], "attempt_one_per_claim"),
        (put, [second, "declined", 3600, first.id], "sum of its claims"),
        ("UPDATE attempt_claim SET holding = false WHERE attempt_id = %s", [first.id], "written with the attempt"),
        ("UPDATE attempt_claim SET amount_cents = 1 WHERE attempt_id = %s", [first.id], "written with the attempt"),
        ("DELETE FROM attempt_claim WHERE attempt_id = %s", [first.id], "permission denied"),
        ("UPDATE payment_claim SET amount_cents = 1 WHERE payment_id = %s", [second], "permission denied"),
    ]
    for sql, given, why in broken:
        with inside(town), connection.cursor() as cursor:  # noqa: SIM117
            with pytest.raises(Error, match=why), transaction.atomic():
                cursor.execute(sql, given)


def test_a_fee_paid_meanwhile_stops_the_basket_before_anything_is_charged(
    fake: Refunding, town: Tenant, tmp_path: Path
) -> None:
    one, two = a_claim(town), a_claim(town)
    payment = basket(town, one, two)
    transfer(town, tmp_path, "37.00", one.kassenzeichen)
    with pytest.raises(payments.BasketChanged):
        begin(town, payment)
    transfer(town, tmp_path, "37.00", two.kassenzeichen)
    with pytest.raises(payments.AlreadyPaid):
        begin(town, payment)
    assert fake.asked == []


def test_what_is_open_at_the_start_is_charged(town: Tenant) -> None:
    one, two = a_claim(town), a_claim(town)
    claims.settle(tenant=town, amounts=[(one.id, 1000)])
    payment = payments.payment_by_id(tenant=town, payment_id=basket(town, one, two))
    assert [share.amount for share in payment.shares] == [eur("27.00"), eur("37.00")]
    claims.settle(tenant=town, amounts=[(one.id, 1)])
    with pytest.raises(payments.BasketChanged):
        begin(town, payment.id)


def paid_although_one_was(town: Tenant, one: Claim, two: Claim) -> Attempt:
    """A basket that the provider captures after it said no, when one of its claims was paid by another attempt."""
    late = told(town, begin(town, basket(town, one, two)), ProviderStatus.DECLINED)
    paid(town, one)
    return told(town, late, ProviderStatus.PAID)


def test_the_share_of_a_claim_settled_meanwhile_is_owed_back(fake: Refunding, town: Tenant) -> None:
    one, two = a_claim(town, "37.00"), a_claim(town, "12.50")
    late = paid_although_one_was(town, one, two)
    assert (late.status, [share.surplus for share in late.shares]) == (Status.PAID, [True, False])
    assert open_of(town, one, two) == ["0.00", "0.00"]
    assert book(town) == {"clearing:fake": 8650, "refunded": 0, "overpaid": -3700, "receivable": 0}
    (looked_at,) = payments.attempts_unsure(tenant=town)
    assert looked_at.id == late.id
    with pytest.raises(payments.WishImpossible):
        refund(town, late, "12.50", claim_id=two.id, wish=Wish.SURPLUS)
    made = refund(town, late, "37.00", claim_id=one.id)
    assert (made.state, made.wish, made.claim_id) == (RefundState.DONE, Wish.SURPLUS, one.id)
    assert book(town) == {"clearing:fake": 4950, "refunded": 0, "overpaid": 0, "receivable": 0}
    assert_right(town)


def test_with_nothing_owed_any_more_all_of_it_is_surplus(town: Tenant) -> None:
    one, two = a_claim(town), a_claim(town)
    late = told(town, begin(town, basket(town, one, two)), ProviderStatus.DECLINED)
    paid(town, one, two)
    assert told(town, late, ProviderStatus.PAID).status is Status.SURPLUS
    assert book(town) == {"clearing:fake": 14800, "refunded": 0, "overpaid": -7400, "receivable": 0}
    assert_right(town)


def test_a_contradicted_attempt_does_not_take_a_claim_from_the_one_that_has_it(town: Tenant) -> None:
    one, two = a_claim(town), a_claim(town)
    first = told(town, begin(town, basket(town, one, two)), ProviderStatus.DECLINED)
    second = begin(town, basket(town, two))
    wrong = Report(ProviderStatus.PAID, f"fake-{first.id}", "m", str(first.id), eur("1.00"), None, "paid")
    assert payments.settle(tenant=town, attempt_id=first.id, report=wrong, at=AT).status is Status.CONTRADICTED
    with pytest.raises(payments.AlreadyBeingPaid):
        begin(town, basket(town, one))
    assert told(town, second, ProviderStatus.PAID).status is Status.PAID
    first = told(town, first, ProviderStatus.PAID)
    assert (first.status, [share.surplus for share in first.shares]) == (Status.PAID, [False, True])
    assert open_of(town, one, two) == ["0.00", "0.00"]
    assert_right(town)


def test_a_refund_says_for_which_claim_and_never_more_than_its_share(fake: Refunding, town: Tenant) -> None:
    one, two, other = a_claim(town, "37.00"), a_claim(town, "12.50"), a_claim(town)
    attempt = paid(town, one, two)
    with pytest.raises(payments.ClaimNotChosen):
        refund(town, attempt, "10.00")
    with pytest.raises(payments.ClaimNotOfPayment):
        refund(town, attempt, "10.00", claim_id=other.id)
    with pytest.raises(payments.MoreThanRefundable):
        refund(town, attempt, "12.51", claim_id=two.id)
    assert fake.refunds == []
    refund(town, attempt, "2.50", claim_id=two.id)
    made = refund(town, attempt, "10.00", claim_id=two.id, wish=Wish.REOPENED)
    assert (made.claim_id, open_of(town, one, two)) == (two.id, ["0.00", "10.00"])
    with pytest.raises(payments.MoreThanRefundable):
        refund(town, attempt, "0.01", claim_id=two.id)
    refund(town, attempt, "37.00", claim_id=one.id)
    assert payments.attempts_by_id(tenant=town, attempts=[attempt.id])[attempt.id].refundable.is_zero
    assert paid(town, two).amount == eur("10.00")  # owed again, and only this one can be paid anew
    assert_right(town)


def test_the_database_gives_back_no_more_than_a_claims_share(town: Tenant) -> None:
    one, two, other = a_claim(town, "37.00"), a_claim(town, "12.50"), a_claim(town)
    attempt = paid(town, one, two)
    put = """INSERT INTO refund (tenant_id, id, attempt_id, claim_id, number, status, amount_cents, currency, wish,
        text, made_by, requested_at, changed_at, checks)
        VALUES (%s, gen_random_uuid(), %s, %s, 1, 'intended', %s, 'EUR', 'cancelled', '', '', now(), now(), 0)"""
    for claim, cents, why in ((two, 1251, "attempt_claim_given_back"), (other, 1, "a claim that the attempt paid")):
        with inside(town), connection.cursor() as cursor:  # noqa: SIM117
            with pytest.raises(Error, match=why), transaction.atomic():
                cursor.execute(put, [town.id, attempt.id, claim.id, cents])


def test_expired_and_paid_after_all(town: Tenant, fake: Refunding) -> None:
    one, two = a_claim(town), a_claim(town)
    attempt = begin(town, basket(town, one, two))
    late = AT + timedelta(minutes=100)
    fake.says = ProviderStatus.EXPIRED
    payments.sweep(tenant=town, at=late)
    (expired,) = payments.attempts_of(tenant=town, payment_id=attempt.payment_id)
    assert (expired.status, open_of(town, one, two)) == (Status.EXPIRED, ["37.00", "37.00"])
    fake.says = ProviderStatus.PAID
    payments.sweep(tenant=town, at=late + timedelta(minutes=2))
    assert open_of(town, one, two) == ["0.00", "0.00"]
    assert_right(town)


# --- by bank transfer ----------------------------------------------------------------------------------------------


def test_one_transfer_that_names_all_of_it_pays_the_basket(town: Tenant, tmp_path: Path) -> None:
    one, two = a_claim(town, "37.00"), a_claim(town, "12.50")
    payment = basket(town, one, two)
    payments.choose_transfer(tenant=town, payment_id=payment, at=AT)
    assert payments.payment_by_id(tenant=town, payment_id=payment).status is PaymentStatus.AWAITING_TRANSFER
    transfer(town, tmp_path, "49.50", f"{one.kassenzeichen}, {two.kassenzeichen}")
    assert open_of(town, one, two) == ["0.00", "0.00"]
    assert payments.payment_by_id(tenant=town, payment_id=payment).status is PaymentStatus.PAID
    assert_right(town)


def test_a_basket_waits_until_the_last_of_its_transfers_has_come(town: Tenant, tmp_path: Path) -> None:
    one, two = a_claim(town, "37.00"), a_claim(town, "12.50")
    payment = basket(town, one, two)
    payments.choose_transfer(tenant=town, payment_id=payment, at=AT)
    transfer(town, tmp_path, "37.00", one.kassenzeichen)
    assert payments.payment_by_id(tenant=town, payment_id=payment).status is PaymentStatus.AWAITING_TRANSFER
    transfer(town, tmp_path, "12.50", two.kassenzeichen)
    assert payments.payment_by_id(tenant=town, payment_id=payment).status is PaymentStatus.PAID
    assert_right(town)


def test_a_waiting_transfer_gives_way_to_a_card(town: Tenant) -> None:
    one, two = a_claim(town), a_claim(town)
    payment = basket(town, one, two)
    payments.choose_transfer(tenant=town, payment_id=payment, at=AT)
    assert paid(town, two).status is Status.PAID
    (waited,) = payments.attempts_of(tenant=town, payment_id=payment)
    assert (waited.status, open_of(town, one, two)) == (Status.CANCELLED, ["37.00", "0.00"])


def test_a_basket_is_not_collected_by_direct_debit() -> None:
    town = found_town(settings={"direct_debit": {"creditor_id": "DE98ZZZ09999999999"}})
    payment = basket(town, a_claim(town), a_claim(town))
    given = {"iban": "DE68210501700012345678", "holder": "Erika Muster", "text": "Mandat"}
    with pytest.raises(payments.MethodUnknown):
        payments.order_debit(tenant=town, payment_id=payment, at=AT, **given)
    assert payments.attempts_of(tenant=town, payment_id=payment) == []


# --- many at once --------------------------------------------------------------------------------------------------


@pytest.mark.prove("many_payers")
def test_overlapping_baskets_paid_at_once_pay_each_claim_once() -> None:
    """Sixteen clients press at the same moment, each with a basket that shares claims with others, in any order."""
    fake = FakeProvider(says=ProviderStatus.PAID)
    payments.plug(fake)
    town, draw, rounds = found_town(providers=[ACCESS]), random.Random(16), size(3, 300)

    def pay(payment: UUID) -> str:
        try:
            attempt = begin(town, payment)
        except (payments.AlreadyPaid, payments.AlreadyBeingPaid, payments.BasketChanged) as refused:
            return refused.code
        return payments.refresh(tenant=town, attempt_id=attempt.id, at=AT).status.value

    captured, owed = 0, 0
    for _ in range(rounds):
        owing = [a_claim(town) for _ in range(6)]
        mine = [basket(town, *draw.sample(owing, draw.randint(1, 4))) for _ in range(16)]
        with patient():
            said = at_once(16, lambda number, mine=mine: pay(mine[number]))  # type: ignore[misc]
        assert set(said) <= {"paid", "already_paid", "already_being_paid", "basket_changed"}
        shares = [
            share.claim_id
            for number, payment in enumerate(mine)
            if said[number] == "paid"
            for share in payments.payment_by_id(tenant=town, payment_id=payment).shares
        ]
        assert len(shares) == len(set(shares)) > 0, "no claim is charged twice"
        assert [c.id for c in owing if open_of(town, c) == ["0.00"]] == [c.id for c in owing if c.id in shares]
        captured, owed = captured + said.count("paid"), owed + len(shares)
    _flow._PLUGGED.pop("fake")
    assert ledger.balance(tenant=town, account="clearing:fake") == 3700 * owed
    assert ledger.balance(tenant=town, account="overpaid") == 0
    assert len(fake.asked) == captured
    assert_sound(town)
    print(f"\n16 clients with overlapping baskets, {rounds} times: {captured} captures of {owed} claims, each once")


def test_two_transfers_at_once_settle_the_basket_between_them(town: Tenant) -> None:
    """Whoever books the last claim sees that the others are settled, also where both do so at the same moment."""
    for _ in range(5):
        pair = [a_claim(town), a_claim(town)]
        payment = basket(town, *pair)
        payments.choose_transfer(tenant=town, payment_id=payment, at=AT)

        def comes(number: int, pair: list[Claim] = pair) -> None:
            with inside(town):
                claims.settle(tenant=town, amounts=[(pair[number].id, 3700)])
                payments.settled_by_transfer(tenant=town, claim_ids=[pair[number].id], at=AT)

        with patient():
            at_once(2, comes)
        assert payments.payment_by_id(tenant=town, payment_id=payment).status is PaymentStatus.PAID


def test_the_amount_of_a_basket_is_the_sum_of_its_shares(town: Tenant) -> None:
    payment = payments.payment_by_id(
        tenant=town, payment_id=basket(town, *(a_claim(town, f"{n}.01") for n in range(1, 6)))
    )
    assert payment.amount == Money(sum(share.amount.cents for share in payment.shares)) == eur("15.05")
