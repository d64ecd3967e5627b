"""The life of an attempt: whatever a provider says, in whatever order, the money is right and said once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.book import assert_sound
from tests.support.towns import AT, a_claim, found_town

from zahlstelle import claims, events, ledger, payments
from zahlstelle.kernel import Money
from zahlstelle.payments import (
    MerchantAccess,
    NeverSeen,
    NoAnswer,
    Notification,
    NotStarted,
    ProviderStatus,
    Report,
    Started,
    StartRequest,
    Status,
)
from zahlstelle.tenancy import Tenant

URLS = {"return_url": "https://town.example/back", "notify_url": "https://town.example/{provider}"}


@dataclass
class ToldProvider:
    """A provider that answers as it is told; it counts what it was asked to start."""

    start_answer: Started | NotStarted | NoAnswer | None = None
    status_answer: Report | NeverSeen | NoAnswer | None = None
    asked: list[StartRequest] = field(default_factory=list)
    name: str = "sandbox"
    methods: frozenset[str] = frozenset({"card"})

    def start(self, request: StartRequest) -> Started | NotStarted | NoAnswer:
        self.asked.append(request)
        return self.start_answer or Started(f"ref-{request.attempt_id}", "https://provider.example/")

    def status(
        self, *, merchant: MerchantAccess, reference: str, provider_reference: str | None
    ) -> Report | NeverSeen | NoAnswer:
        assert self.status_answer is not None
        return self.status_answer

    def read_notification(
        self, *, merchant: MerchantAccess, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> Notification:
        raise AssertionError("not asked here")

    def cancel(self, *, merchant: MerchantAccess, provider_reference: str) -> Report | NoAnswer:
        return NoAnswer("told nothing")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> ToldProvider:
    told = ToldProvider()
    monkeypatch.setitem(payments._flow._PLUGGED, "sandbox", told)
    return told


def begun(town: Tenant, claim_id: UUID, at: datetime = AT) -> payments.Attempt:
    payment = payments.start_payment(tenant=town, claim_id=claim_id, at=at).payment
    return payments.begin(tenant=town, payment_id=payment.id, method="card", at=at, **URLS)


def report(town: Tenant, attempt: payments.Attempt, status: ProviderStatus, **other: object) -> Report:
    said: dict[str, object] = {
        "status": status,
        "provider_reference": attempt.provider_reference or f"ref-{attempt.id}",
        "merchant_id": town.slug,
        "reference": str(attempt.id),
        "amount": attempt.amount,
        "decline_code": None,
        "vendor_word": status.value,
    }
    return Report(**{**said, **other})  # type: ignore[arg-type]


def test_paid_is_booked_gross_and_once(town: Tenant, provider: ToldProvider) -> None:
    claim = a_claim(town)
    attempt = begun(town, claim.id)
    for _ in range(3):
        settled = payments.settle(
            tenant=town, attempt_id=attempt.id, report=report(town, attempt, ProviderStatus.PAID), at=AT
        )
        assert settled.status is Status.PAID
    assert claims.claim_by_id(tenant=town, claim_id=claim.id).open.is_zero
    assert ledger.balance(tenant=town, account="clearing:sandbox") == 3700
    names = [event.name for event in events.events_about(tenant=town, subject=attempt.payment_id)]
    assert names == ["payment.created", "payment.started", "payment.paid"]
    assert_sound(town)


def test_the_intent_is_on_disk_before_the_provider_is_called(town: Tenant, provider: ToldProvider) -> None:
    seen: list[Status] = []

    def look(request: StartRequest) -> NoAnswer:
        claim = claims.claim_by_kassenzeichen(tenant=town, kassenzeichen=request.kassenzeichen)
        (payment,) = payments.payments_of_claim(tenant=town, claim_id=claim.id)
        seen.extend(a.status for a in payments.attempts_of(tenant=town, payment_id=payment.id))
        return NoAnswer("the line is dead")

    provider.start = look  # type: ignore[method-assign]
    attempt = begun(town, a_claim(town).id)
    assert seen == [Status.INTENDED]
    assert attempt.status is Status.UNKNOWN
    assert payments.payment_by_id(tenant=town, payment_id=attempt.payment_id).status == "checking"


def test_an_unknown_outcome_holds_the_claim_and_is_asked_for(town: Tenant, provider: ToldProvider) -> None:
    provider.start_answer = NoAnswer("timeout")
    claim = a_claim(town)
    attempt = begun(town, claim.id)
    with pytest.raises(payments.AlreadyBeingPaid):
        begun(town, claim.id)
    assert len(provider.asked) == 1, "never tried again"
    provider.status_answer = report(town, attempt, ProviderStatus.PAID)
    assert payments.refresh(tenant=town, attempt_id=attempt.id, at=AT).status is Status.PAID
    assert_sound(town)


def test_never_seen_is_believed_only_when_the_start_has_ended(town: Tenant, provider: ToldProvider) -> None:
    claim = a_claim(town)
    provider.status_answer = NeverSeen()
    asked: list[Status] = []

    def ask_meanwhile(request: StartRequest) -> NoAnswer:
        soon = AT + timedelta(seconds=20)
        asked.append(payments.refresh(tenant=town, attempt_id=request.attempt_id, at=soon).status)
        return NoAnswer("timeout")

    provider.start = ask_meanwhile  # type: ignore[method-assign]
    attempt = begun(town, claim.id)
    assert asked == [Status.INTENDED]
    assert payments.refresh(tenant=town, attempt_id=attempt.id, at=AT + timedelta(minutes=1)).status is Status.REFUSED


def test_a_notification_quicker_than_the_answer_to_the_start(town: Tenant, provider: ToldProvider) -> None:
    claim = a_claim(town)

    def notify_first(request: StartRequest) -> Started:
        (payment,) = payments.payments_of_claim(tenant=town, claim_id=claim.id)
        (attempt,) = payments.attempts_of(tenant=town, payment_id=payment.id)
        payments.settle(tenant=town, attempt_id=attempt.id, report=report(town, attempt, ProviderStatus.OPEN), at=AT)
        payments.settle(tenant=town, attempt_id=attempt.id, report=report(town, attempt, ProviderStatus.PAID), at=AT)
        return Started(f"ref-{request.attempt_id}", "https://provider.example/")

    provider.start = notify_first  # type: ignore[method-assign]
    assert begun(town, claim.id).status is Status.PAID
    assert_sound(town)


WRONG: dict[str, dict[str, object]] = {
    "less money": {"amount": Money(3699)},
    "another currency": {"amount": Money(3700, "USD")},
    "no amount": {"amount": None},
    "another merchant": {"merchant_id": "neighbour"},
    "another attempt": {"reference": "01a208de-0000-7000-8000-000000000000"},
}


@pytest.mark.parametrize("what", WRONG)
def test_true_but_wrong_never_pays(what: str, town: Tenant, provider: ToldProvider) -> None:
    claim = a_claim(town)
    attempt = begun(town, claim.id)
    wrong = report(town, attempt, ProviderStatus.PAID, **WRONG[what])
    assert payments.settle(tenant=town, attempt_id=attempt.id, report=wrong, at=AT).status is Status.CONTRADICTED
    assert claims.claim_by_id(tenant=town, claim_id=claim.id).open == claim.amount
    assert ledger.balance(tenant=town, account="clearing:sandbox") == 0
    assert payments.payment_by_id(tenant=town, payment_id=attempt.payment_id).status == "checking"
    assert [a.id for a in payments.attempts_unsure(tenant=town)] == [attempt.id]


def test_declined_then_another_try_pays_and_the_late_capture_is_surplus(town: Tenant, provider: ToldProvider) -> None:
    claim = a_claim(town)
    first = begun(town, claim.id)
    declined = report(town, first, ProviderStatus.DECLINED)
    assert payments.settle(tenant=town, attempt_id=first.id, report=declined, at=AT).status is Status.DECLINED
    second = payments.begin(tenant=town, payment_id=first.payment_id, method="card", at=AT, **URLS)
    assert second.id != first.id
    payments.settle(tenant=town, attempt_id=second.id, report=report(town, second, ProviderStatus.PAID), at=AT)
    late = payments.settle(tenant=town, attempt_id=first.id, report=report(town, first, ProviderStatus.PAID), at=AT)
    assert late.status is Status.SURPLUS
    assert ledger.balance(tenant=town, account="clearing:sandbox") == 7400
    assert ledger.balance(tenant=town, account="overpaid") == -3700
    assert claims.claim_by_id(tenant=town, claim_id=claim.id).open.is_zero
    assert_sound(town)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(list(ProviderStatus)), min_size=1, max_size=7))
def test_whatever_the_order_paid_wins_and_is_booked_once(words: list[ProviderStatus]) -> None:
    town = found_town()
    told = ToldProvider()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(payments._flow._PLUGGED, "sandbox", told)
        claim = a_claim(town)
        attempt = begun(town, claim.id)
        for word in words:
            payments.settle(tenant=town, attempt_id=attempt.id, report=report(town, attempt, word), at=AT)
    paid = ProviderStatus.PAID in words
    assert claims.claim_by_id(tenant=town, claim_id=claim.id).open.is_zero == paid
    assert ledger.balance(tenant=town, account="clearing:sandbox") == (3700 if paid else 0)
    public = payments.payment_by_id(tenant=town, payment_id=attempt.payment_id).status
    assert (public == "paid") == paid
    assert_sound(town)


def test_a_transfer_that_comes_settles_the_payment_that_waits(town: Tenant, provider: ToldProvider) -> None:
    claim = a_claim(town)
    payment = payments.start_payment(tenant=town, claim_id=claim.id, at=AT).payment
    payments.choose_transfer(tenant=town, payment_id=payment.id, at=AT)
    assert payments.payment_by_id(tenant=town, payment_id=payment.id).status == "awaiting_transfer"
    payments.settled_by_transfer(tenant=town, claim_ids=[claim.id], at=AT)
    assert payments.payment_by_id(tenant=town, payment_id=payment.id).status == "paid"
    assert ledger.balance(tenant=town, account="clearing:sandbox") == 0


def test_choosing_the_card_after_the_transfer(town: Tenant, provider: ToldProvider) -> None:
    claim = a_claim(town)
    payment = payments.start_payment(tenant=town, claim_id=claim.id, at=AT).payment
    payments.choose_transfer(tenant=town, payment_id=payment.id, at=AT)
    attempt = payments.begin(tenant=town, payment_id=payment.id, method="card", at=AT, **URLS)
    assert attempt.status is Status.STARTED
    first, *_ = payments.attempts_of(tenant=town, payment_id=payment.id)
    assert first.status is Status.CANCELLED


def test_what_nobody_finishes_expires_and_a_late_capture_still_counts(town: Tenant, provider: ToldProvider) -> None:
    claim = a_claim(town)
    attempt = begun(town, claim.id)
    provider.status_answer = report(town, attempt, ProviderStatus.EXPIRED)
    after = AT + timedelta(minutes=91)
    assert payments.sweep(tenant=town, at=after) > 0
    assert payments.payment_by_id(tenant=town, payment_id=attempt.payment_id).status == "expired"
    provider.status_answer = report(town, attempt, ProviderStatus.PAID)
    payments.sweep(tenant=town, at=after + timedelta(minutes=5))
    assert payments.payment_by_id(tenant=town, payment_id=attempt.payment_id).status == "paid"
    assert claims.claim_by_id(tenant=town, claim_id=claim.id).open.is_zero
    assert_sound(town)


def test_a_payment_of_the_neighbour_is_unknown(town: Tenant, neighbour: Tenant, provider: ToldProvider) -> None:
    attempt = begun(town, a_claim(town).id)
    with pytest.raises(payments.PaymentUnknown):
        payments.payment_by_id(tenant=neighbour, payment_id=attempt.payment_id)
    with pytest.raises(payments.PaymentUnknown):
        payments.settle(
            tenant=neighbour, attempt_id=attempt.id, report=report(town, attempt, ProviderStatus.PAID), at=AT
        )
    with pytest.raises(claims.ClaimUnknown):
        payments.start_payment(tenant=neighbour, claim_id=attempt.claim_ids[0], at=AT)
