"""Money given back through each adapter: once for one id, never more than captured, and known in the end."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conformance.kit import Can, Rig, Trouble
from tests.conformance.test_payment import begun
from tests.support.book import assert_sound
from zahlstelle import ledger, payments, treasury
from zahlstelle.kernel import Money, clock, new_id
from zahlstelle.payments import (
    MerchantAccess,
    NeverSeen,
    NoAnswer,
    NotStarted,
    RefundReport,
    RefundRequest,
    Refunds,
    RefundState,
    RefundStatus,
    Started,
    StartRequest,
)
from zahlstelle.tenancy import Tenant

pytestmark = pytest.mark.needs(Can.REFUNDS)
GIVEN = (RefundStatus.DONE, RefundStatus.PENDING)


def refunding(rig: Rig) -> Refunds:
    assert isinstance(rig.adapter, Refunds)
    return rig.adapter


def paid(rig: Rig, access: MerchantAccess) -> tuple[StartRequest, Started]:
    order = rig.order(access)
    started = rig.adapter.start(order)
    assert isinstance(started, Started)
    rig.pay(access, str(order.attempt_id))
    return order, started


def request_of(order: StartRequest, started: Started, cents: int = 1000, **changes: Any) -> RefundRequest:
    values: dict[str, Any] = {
        "refund_id": new_id(),
        "merchant": order.merchant,
        "provider_reference": started.provider_reference,
        "reference": str(order.attempt_id),
        "method": order.method,
        "amount": Money(cents),
        "captured": order.amount,
        "text": "Gebühr zu hoch",
        "notify_url": order.notify_url,
    }
    return RefundRequest(**values | changes)


def test_a_part_then_the_rest(rig: Rig, access: MerchantAccess) -> None:
    order, started = paid(rig, access)
    for cents in (1000, 2700):
        request = request_of(order, started, cents)
        answer = refunding(rig).refund(request)
        assert isinstance(answer, RefundReport) and answer.status in GIVEN
        assert answer.amount in (None, request.amount)
        assert answer.reference in (None, str(request.refund_id))
    assert rig.given_back(access, str(order.attempt_id)) == 3700


def test_the_same_refund_again_is_the_same(rig: Rig, access: MerchantAccess) -> None:
    order, started = paid(rig, access)
    request = request_of(order, started)
    answers = [refunding(rig).refund(request) for _ in range(3)]
    assert not [each for each in answers if isinstance(each, NotStarted)], "that would say: nothing was given back"
    assert rig.given_back(access, str(order.attempt_id)) == 1000


@pytest.mark.needs(Can.LIMITS_REFUNDS)
def test_refunds_at_once_never_give_back_more_than_was_captured(rig: Rig, access: MerchantAccess) -> None:
    order, started = paid(rig, access)
    requests = [request_of(order, started, 1500) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(refunding(rig).refund, requests))
    given = [each for each in answers if isinstance(each, RefundReport) and each.status in GIVEN]
    assert rig.given_back(access, str(order.attempt_id)) == 3000
    assert len(given) <= 2


@pytest.mark.needs(Can.LIMITS_REFUNDS)
def test_more_than_was_captured_is_refused_for_certain(rig: Rig, access: MerchantAccess) -> None:
    order, started = paid(rig, access)
    answer = refunding(rig).refund(request_of(order, started, 3701))
    assert isinstance(answer, NotStarted) or (
        isinstance(answer, RefundReport) and answer.status is RefundStatus.REFUSED
    )
    assert rig.given_back(access, str(order.attempt_id)) == 0


@pytest.mark.parametrize("kind", [Trouble.LOST, Trouble.GARBAGE])
def test_a_refund_whose_answer_is_lost_is_a_doubt(rig: Rig, access: MerchantAccess, kind: Trouble) -> None:
    order, started = paid(rig, access)
    request = request_of(order, started)
    rig.trouble("refund", kind)
    assert isinstance(refunding(rig).refund(request), NoAnswer)
    assert rig.given_back(access, str(order.attempt_id)) == 1000
    answer = refunding(rig).refund_status(request, refund_reference=None)
    if Can.REFUND_FOUND_BY_OUR_NAME in rig.lacks:
        assert isinstance(answer, NoAnswer), "it was given back: nobody may say that it was never seen"
    else:
        assert isinstance(answer, RefundReport) and answer.status in GIVEN


def test_what_became_of_a_refund_is_told_by_its_name(rig: Rig, access: MerchantAccess) -> None:
    order, started = paid(rig, access)
    request = request_of(order, started)
    answer = refunding(rig).refund(request)
    assert isinstance(answer, RefundReport) and answer.refund_reference
    told = refunding(rig).refund_status(request, refund_reference=answer.refund_reference)
    assert isinstance(told, RefundReport) and told.status in GIVEN
    assert (told.refund_reference, told.amount) == (answer.refund_reference, request.amount)


@pytest.mark.parametrize("kind", list(Trouble))
def test_a_question_about_a_refund_without_an_answer_is_a_doubt(
    rig: Rig, access: MerchantAccess, kind: Trouble
) -> None:
    order, started = paid(rig, access)
    request = request_of(order, started)
    answer = refunding(rig).refund(request)
    assert isinstance(answer, RefundReport)
    rig.trouble("refund_status", kind)
    told = refunding(rig).refund_status(request, refund_reference=answer.refund_reference)
    assert isinstance(told, NoAnswer)


@pytest.mark.needs(Can.REFUND_FOUND_BY_OUR_NAME)
def test_a_refund_that_never_was(rig: Rig, access: MerchantAccess) -> None:
    order, started = paid(rig, access)
    assert isinstance(refunding(rig).refund_status(request_of(order, started), refund_reference=None), NeverSeen)


def test_what_was_not_paid_is_not_given_back(rig: Rig, access: MerchantAccess) -> None:
    order = rig.order(access)
    started = rig.adapter.start(order)
    assert isinstance(started, Started)
    answer = refunding(rig).refund(request_of(order, started))
    assert not (isinstance(answer, RefundReport) and answer.status in GIVEN)
    assert rig.given_back(access, str(order.attempt_id)) == 0


def test_the_providers_own_no_frees_what_was_held(rig: Rig, town: Tenant, access: MerchantAccess) -> None:
    attempt = begun(rig, town, access)
    rig.pay(access, str(attempt.id))
    payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now())
    rig.refuse_refund(access, str(attempt.id))
    assert give_back(rig, town, access, attempt, 1000).state is RefundState.REFUSED
    (now,) = payments.attempts_by_id(tenant=town, attempts=[attempt.id]).values()
    assert now.refundable.cents == 3700
    assert ledger.balance(tenant=town, account="refunded") == 0


@pytest.mark.parametrize("kind", [None, Trouble.LOST])
def test_given_back_and_booked_once(rig: Rig, town: Tenant, access: MerchantAccess, kind: Trouble | None) -> None:
    if kind and Can.REFUND_FOUND_BY_OUR_NAME in rig.lacks:
        return
    attempt = begun(rig, town, access)
    rig.pay(access, str(attempt.id))
    payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now())
    if kind:
        rig.trouble("refund", kind)
    made = give_back(rig, town, access, attempt, 1000)
    for _ in range(2):
        made = payments.refresh_refund(tenant=town, refund_id=made.id, at=clock.now())
    assert rig.given_back(access, str(attempt.id)) == 1000
    done = made.state is RefundState.DONE
    assert done or made.state is RefundState.PENDING
    assert ledger.balance(tenant=town, account="refunded") == (1000 if done else 0)
    assert ledger.balance(tenant=town, account=f"clearing:{rig.name}") == (2700 if done else 3700)
    assert_sound(town)
    assert treasury.check_book(tenant=town) == []


def give_back(rig: Rig, town: Tenant, access: MerchantAccess, attempt: payments.Attempt, cents: int) -> payments.Refund:
    return payments.refund(
        tenant=town,
        refund_id=new_id(),
        payment_id=attempt.payment_id,
        amount=Money(cents),
        refundable=attempt.amount,
        by="kit",
        text="Gebühr zu hoch",
        notify_url=rig.notify_url(access),
        at=clock.now(),
    )
