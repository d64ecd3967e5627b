"""What providers, citizens and the bank may do at once, late or never, and no payment is lost or stuck."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.book import assert_sound
from tests.support.fake_provider import FakeProvider
from tests.support.towns import AT, a_claim, found_town

from zahlstelle import allocation, claims, ledger, payments
from zahlstelle.claims import Claim
from zahlstelle.payments import (
    AlreadyPaid,
    Attempt,
    MerchantAccess,
    NeverSeen,
    NoAnswer,
    NotStarted,
    PaymentStatus,
    ProviderStatus,
    Report,
    Started,
    StartRequest,
    Status,
    _flow,
)
from zahlstelle.tenancy import Tenant, bank_accounts, inside

LATER = AT + timedelta(minutes=100)


@pytest.fixture
def fake() -> Iterator[FakeProvider]:
    provider = FakeProvider()
    payments.plug(provider)
    yield provider
    _flow._PLUGGED.pop("fake")


@pytest.fixture
def town(fake: FakeProvider) -> Tenant:
    access = {"name": "fake", "merchant_id": "m", "secret": "s", "base_url": "http://127.0.0.1:1", "methods": ["card"]}
    return found_town(providers=[access])


def started(town: Tenant, claim: Claim, at: datetime = AT) -> UUID:
    return payments.start_payment(tenant=town, claim_id=claim.id, at=at).payment.id


def begin(town: Tenant, payment: UUID, at: datetime = AT) -> Attempt:
    return payments.begin(tenant=town, payment_id=payment, method="card", return_url="", notify_url="", at=at)


def refresh(town: Tenant, attempt: Attempt, at: datetime = AT) -> Attempt:
    return payments.refresh(tenant=town, attempt_id=attempt.id, at=at)


def is_open(town: Tenant, claim: Claim) -> int:
    return claims.claim_by_id(tenant=town, claim_id=claim.id).open.cents


def transfer(town: Tenant, claim: Claim, folder: Path, ref: str = "R1") -> Path:
    iban = bank_accounts(tenant=town)[0].iban
    entry = Ntry(claim.amount.plain, [Tx(claim.amount.plain, claim.kassenzeichen)], ref=ref)
    return Camt(iban, [entry]).write(folder, f"{ref}.xml")


def take(town: Tenant, path: Path) -> None:
    allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)


def meanwhile(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


class Dies(Exception):
    """The process ends while it calls the provider."""


def dying(fake: FakeProvider, monkeypatch: pytest.MonkeyPatch, during: Callable[[StartRequest], object]) -> None:
    """Let the provider take the start, and something happen before its answer is written down."""
    start = fake.start

    def answer(request: StartRequest) -> Started | NotStarted | NoAnswer:
        said = start(request)
        during(request)
        return said

    monkeypatch.setattr(fake, "start", answer)


@pytest.mark.parametrize("says", sorted(set(ProviderStatus) - {ProviderStatus.OPEN, ProviderStatus.PAID}))
def test_what_ended_while_we_were_down_frees_its_claim(
    says: ProviderStatus, fake: FakeProvider, town: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = a_claim(town)
    payment = started(town, claim)

    def die(_: StartRequest) -> None:
        raise Dies

    dying(fake, monkeypatch, die)
    with pytest.raises(Dies):
        begin(town, payment)
    fake.says = says
    payments.sweep(tenant=town, at=LATER)
    (attempt,) = payments.attempts_of(tenant=town, payment_id=payment)
    assert attempt.status == Status(says.value)


def test_what_was_paid_while_we_were_down_is_paid(
    fake: FakeProvider, town: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = a_claim(town)
    payment = started(town, claim)

    def die(_: StartRequest) -> None:
        raise Dies

    dying(fake, monkeypatch, die)
    with pytest.raises(Dies):
        begin(town, payment)
    fake.says = ProviderStatus.PAID
    payments.sweep(tenant=town, at=LATER)
    assert is_open(town, claim) == 0
    assert_sound(town)


@pytest.mark.parametrize("says", [ProviderStatus.PAID, ProviderStatus.CANCELLED, None])
def test_an_outcome_that_overtakes_the_start(
    says: ProviderStatus | None, fake: FakeProvider, town: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notification or the worker learns what became of it before the answer to the start is written down."""
    claim = a_claim(town)
    payment = started(town, claim)

    def overtaken(request: StartRequest) -> None:
        fake.says, fake.answer = says or ProviderStatus.OPEN, None if says else NeverSeen()
        payments.refresh(tenant=town, attempt_id=request.attempt_id, at=AT)

    dying(fake, monkeypatch, overtaken)
    attempt = begin(town, payment)
    assert attempt.status is {ProviderStatus.PAID: Status.PAID, None: Status.STARTED}.get(says, Status.CANCELLED)
    assert is_open(town, claim) == (0 if says is ProviderStatus.PAID else 3700)
    assert attempt.provider_reference == f"fake-{attempt.id}"


def test_money_that_comes_though_the_provider_had_never_seen_the_payment(fake: FakeProvider, town: Tenant) -> None:
    claim = a_claim(town)
    fake.start_answer, fake.answer = NoAnswer("ReadTimeout"), NeverSeen()
    attempt = begin(town, started(town, claim))
    assert refresh(town, attempt).status is Status.REFUSED
    fake.answer, fake.says = None, ProviderStatus.PAID
    payments.sweep(tenant=town, at=AT + timedelta(minutes=5))
    assert is_open(town, claim) == 0
    assert_sound(town)


def test_late_money_pays_the_claim_that_only_waits_for_a_transfer(fake: FakeProvider, town: Tenant) -> None:
    claim = a_claim(town)
    first = started(town, claim)
    attempt = begin(town, first)
    fake.says = ProviderStatus.DECLINED
    assert refresh(town, attempt).status is Status.DECLINED
    second = started(town, claim)
    payments.choose_transfer(tenant=town, payment_id=second, at=AT)
    fake.says = ProviderStatus.PAID
    assert refresh(town, attempt).status is Status.PAID
    assert is_open(town, claim) == 0
    assert payments.payment_by_id(tenant=town, payment_id=second).status is PaymentStatus.CANCELLED
    assert_sound(town)


def test_a_report_about_another_payment_gives_no_reference(
    fake: FakeProvider, town: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, mine = a_claim(town), a_claim(town)
    paid = begin(town, started(town, other))
    fake.start_answer = NoAnswer("ReadTimeout")
    attempt = begin(town, started(town, mine))
    theirs = Report(ProviderStatus.PAID, f"fake-{paid.id}", "m", str(paid.id), paid.amount, None, "paid")

    def status(*, merchant: MerchantAccess, reference: str, provider_reference: str | None) -> Report:
        return theirs

    monkeypatch.setattr(fake, "status", status)
    looked = refresh(town, attempt)
    assert (looked.status, looked.provider_reference) == (Status.CONTRADICTED, None)
    assert is_open(town, mine) == 3700


def test_a_card_chosen_while_the_transfer_is_booked(fake: FakeProvider, town: Tenant, tmp_path: Path) -> None:
    """The import holds the claim; who chooses a card in that moment learns that the fee is settled."""
    claim = a_claim(town)
    first, second = started(town, claim), started(town, claim)
    payments.choose_transfer(tenant=town, payment_id=first, at=AT)
    path, said = transfer(town, claim, tmp_path), []

    def choose() -> None:
        try:
            begin(town, second)
        except AlreadyPaid as refusal:
            said.append(refusal.code)

    with inside(town):
        take(town, path)
        card = meanwhile(choose)
        card.join(1.0)
    card.join(10)
    assert (said, fake.asked) == (["already_paid"], [])
    assert payments.payment_by_id(tenant=town, payment_id=first).status is PaymentStatus.PAID


def test_a_transfer_that_comes_while_a_card_is_chosen(fake: FakeProvider, town: Tenant, tmp_path: Path) -> None:
    claim = a_claim(town)
    payment, path = started(town, claim), transfer(town, claim, tmp_path)
    with inside(town):
        payments._operations.intend(tenant=town, payment_id=payment, provider="fake", method="card", at=AT)
        bank = meanwhile(lambda: take(town, path))
        bank.join(1.0)
        assert bank.is_alive()
    bank.join(10)
    assert [i.doubt for i in allocation.suspense(tenant=town)] == [allocation.Doubt.PAYMENT_UNDER_WAY]
    assert is_open(town, claim) == 3700


def test_one_attempt_that_cannot_be_asked_stops_nobody(fake: FakeProvider, town: Tenant) -> None:
    """The town has ended its contract with a provider that still owes an answer."""
    lost, other = a_claim(town), a_claim(town)
    payments_of = [started(town, claim) for claim in (lost, other)]
    begin(town, payments_of[0])
    with inside(town), connection.cursor() as cursor:
        cursor.execute("UPDATE attempt SET provider = 'gone' WHERE tenant_id = %s", [town.id])
    second = begin(town, payments_of[1])
    fake.says = ProviderStatus.PAID
    payments.sweep(tenant=town, at=AT + timedelta(minutes=5))
    assert payments.attempts_of(tenant=town, payment_id=payments_of[1])[0].status is Status.PAID, second
    assert payments.sweep(tenant=town, at=AT + timedelta(minutes=5, seconds=1)) == 0


@pytest.mark.parametrize("answer", [NoAnswer("ConnectError"), None])
def test_a_payment_whose_time_is_over_is_not_asked_about_every_second(
    answer: NoAnswer | None, fake: FakeProvider, town: Tenant
) -> None:
    claim = a_claim(town)
    begin(town, started(town, claim))
    fake.answer, fake.says = answer, ProviderStatus.UNKNOWN
    for seconds in range(5):
        payments.sweep(tenant=town, at=LATER + timedelta(seconds=seconds))
    assert fake.checked <= 2


def test_clearing_returns_to_nothing_for_money_given_twice(fake: FakeProvider, town: Tenant, tmp_path: Path) -> None:
    """Paid by transfer, then captured late by card: the money to give back is told and paid out once."""
    claim = a_claim(town)
    attempt = begin(town, started(town, claim))
    fake.says = ProviderStatus.DECLINED
    refresh(town, attempt)
    take(town, transfer(town, claim, tmp_path))
    fake.says = ProviderStatus.PAID
    assert refresh(town, attempt).status is Status.SURPLUS
    iban = bank_accounts(tenant=town)[0].iban
    twice = [Tx("37.00", tx_id=f"fake-{attempt.id}") for _ in range(2)]
    take(town, Camt(iban, [Ntry("74.00", twice, ref="R2")], message_id="M2").write(tmp_path, "payout.xml"))
    assert ledger.balance(tenant=town, account="clearing:fake") == 0
    assert ledger.balance(tenant=town, account="overpaid") == -3700
    assert [i.doubt for i in allocation.suspense(tenant=town)] == [allocation.Doubt.ALREADY_PAID_OUT]
    assert_sound(town)


def test_a_payout_of_another_amount_waits(fake: FakeProvider, town: Tenant, tmp_path: Path) -> None:
    claim = a_claim(town)
    attempt = begin(town, started(town, claim))
    fake.says = ProviderStatus.PAID
    refresh(town, attempt)
    iban = bank_accounts(tenant=town)[0].iban
    entry = Ntry("36.50", [Tx("36.50", tx_id=f"fake-{attempt.id}")], ref="R2")
    take(town, Camt(iban, [entry]).write(tmp_path, "payout.xml"))
    assert [i.doubt for i in allocation.suspense(tenant=town)] == [allocation.Doubt.PAYMENT_AMOUNT_DIFFERS]
    assert_sound(town)


def test_one_payment_of_a_provider_is_not_taken_over_for_two_claims(town: Tenant) -> None:
    one, other = a_claim(town), a_claim(town)
    taken = {"tenant": town, "provider": "fake", "method": "card", "provider_reference": "sbx_1", "at": AT}
    known = payments.take_over(claim_id=one.id, **taken)  # type: ignore[arg-type]
    assert payments.take_over(claim_id=one.id, **taken) == known  # type: ignore[arg-type]
    with pytest.raises(payments.PaymentTaken):
        payments.take_over(claim_id=other.id, **taken)  # type: ignore[arg-type]
    assert claims.claim_by_id(tenant=town, claim_id=other.id).open.cents == 3700
