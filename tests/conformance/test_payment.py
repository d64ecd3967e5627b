"""What becomes of a payment with each adapter: whatever the provider does, the money is right and booked once."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.conformance.kit import Can, Heard, Rig, Trouble, Wrong
from tests.support.book import assert_sound
from tests.support.towns import a_claim
from zahlstelle import claims, ledger, payments
from zahlstelle.kernel import clock
from zahlstelle.payments import Attempt, ForgedNotification, MerchantAccess, Status
from zahlstelle.tenancy import Tenant

Founding = Callable[..., Tenant]


def begun(rig: Rig, town: Tenant, access: MerchantAccess) -> Attempt:
    """A claim over 37.00, and an attempt to pay it."""
    claim = a_claim(town)
    payment = payments.start_payment(tenant=town, claim_id=claim.id, at=clock.now()).payment
    return payments.begin(
        tenant=town,
        payment_id=payment.id,
        method=rig.method,
        return_url="http://127.0.0.1:9/pay/return",
        notify_url=rig.notify_url(access),
        at=clock.now(),
    )


def now(town: Tenant, attempt: Attempt) -> Status:
    return payments.attempts_by_id(tenant=town, attempts=[attempt.id])[attempt.id].status


def hear(rig: Rig, town: Tenant, heard: Heard) -> None:
    payments.hear(tenant=town, provider_name=rig.name, headers=heard.headers, body=heard.body, at=clock.now())


def assert_paid_once(rig: Rig, town: Tenant, attempt: Attempt) -> None:
    assert now(town, attempt) is Status.PAID
    assert claims.claim_by_id(tenant=town, claim_id=attempt.claim_ids[0]).open.is_zero
    assert ledger.balance(tenant=town, account=f"clearing:{rig.name}") == 3700
    assert_sound(town)


def assert_not_paid(rig: Rig, town: Tenant, attempt: Attempt) -> None:
    assert now(town, attempt) not in (Status.PAID, Status.SURPLUS)
    assert claims.claim_by_id(tenant=town, claim_id=attempt.claim_ids[0]).open.cents == 3700
    assert ledger.balance(tenant=town, account=f"clearing:{rig.name}") == 0
    assert_sound(town)


def test_paid(rig: Rig, town: Tenant, access: MerchantAccess) -> None:
    attempt = begun(rig, town, access)
    assert attempt.status is Status.STARTED
    rig.pay(access, str(attempt.id))
    payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now())
    assert_paid_once(rig, town, attempt)


@pytest.mark.needs(Can.FOUND_BY_OUR_NAME)
@pytest.mark.parametrize("kind", [Trouble.LOST, Trouble.GARBAGE])
def test_a_lost_start_is_found_again(rig: Rig, town: Tenant, access: MerchantAccess, kind: Trouble) -> None:
    rig.trouble("start", kind)
    attempt = begun(rig, town, access)
    assert attempt.status is Status.UNKNOWN
    found = payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now() + timedelta(minutes=1))
    assert found.status is Status.STARTED
    rig.pay(access, str(attempt.id))
    payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now())
    assert rig.taken(access) == 1
    assert_paid_once(rig, town, attempt)


@pytest.mark.needs(Can.NOTIFIES)
def test_a_lost_start_is_healed_by_its_notification(rig: Rig, town: Tenant, access: MerchantAccess) -> None:
    rig.trouble("start", Trouble.LOST)
    attempt = begun(rig, town, access)
    assert attempt.status is Status.UNKNOWN
    rig.pay(access, str(attempt.id))
    hear(rig, town, rig.heard(access, str(attempt.id))[0])
    assert rig.taken(access) == 1
    assert_paid_once(rig, town, attempt)


@pytest.mark.needs(Can.NOTIFIES)
def test_notifications_doubled_and_in_any_order_pay_once(rig: Rig, town: Tenant, access: MerchantAccess) -> None:
    attempt = begun(rig, town, access)
    rig.pay(access, str(attempt.id))
    told = [*rig.heard(access, str(attempt.id)), rig.tell(access, str(attempt.id))] * 5
    random.Random(7).shuffle(told)
    for each in told:
        hear(rig, town, each)
    assert_paid_once(rig, town, attempt)


@pytest.mark.needs(Can.NOTIFIES)
def test_a_notification_that_says_paid_when_the_provider_does_not(
    rig: Rig, town: Tenant, access: MerchantAccess
) -> None:
    attempt = begun(rig, town, access)
    hear(rig, town, rig.tell(access, str(attempt.id)))
    assert_not_paid(rig, town, attempt)
    assert now(town, attempt) is Status.STARTED


@pytest.mark.needs(Can.NOTIFIES)
@pytest.mark.parametrize("wrong", list(Wrong))
def test_rightly_signed_but_wrong_never_pays(rig: Rig, town: Tenant, access: MerchantAccess, wrong: Wrong) -> None:
    attempt = begun(rig, town, access)
    told = rig.tell(access, str(attempt.id), wrong)
    try:
        hear(rig, town, told)
    except ForgedNotification:
        assert wrong is not Wrong.AMOUNT
    assert_not_paid(rig, town, attempt)


@pytest.mark.parametrize("wrong", list(Wrong))
def test_an_answer_that_is_about_something_else_never_pays(
    rig: Rig, town: Tenant, access: MerchantAccess, wrong: Wrong
) -> None:
    if wrong is Wrong.MERCHANT and Can.NAMES_MERCHANT in rig.lacks:
        pytest.skip(rig.lacks[Can.NAMES_MERCHANT])
    attempt = begun(rig, town, access)
    rig.pay(access, str(attempt.id))
    rig.lie(access, str(attempt.id), wrong)
    payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now())
    assert_not_paid(rig, town, attempt)
    payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now())
    assert_paid_once(rig, town, attempt)


@pytest.mark.needs(Can.NOTIFIES)
def test_no_forged_notification_moves_anything(rig: Rig, town: Tenant, access: MerchantAccess) -> None:
    attempt = begun(rig, town, access)
    rig.pay(access, str(attempt.id))
    for what, forged in rig.forgeries(rig.heard(access, str(attempt.id))[0]).items():
        with pytest.raises(ForgedNotification):
            hear(rig, town, forged)
            pytest.fail(f"believed: {what}")
    assert_not_paid(rig, town, attempt)


def test_an_unknown_word_is_looked_at_and_paid_still_counts(rig: Rig, town: Tenant, access: MerchantAccess) -> None:
    attempt = begun(rig, town, access)
    rig.foreign_word(access, str(attempt.id))
    payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now())
    assert_not_paid(rig, town, attempt)
    assert payments.payment_by_id(tenant=town, payment_id=attempt.payment_id).status in ("checking", "started")
    rig.pay(access, str(attempt.id))
    payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now())
    assert_paid_once(rig, town, attempt)


def test_paid_after_the_time_was_over(rig: Rig, town: Tenant, access: MerchantAccess) -> None:
    """The notification never came, the way back neither, and the provider did not answer when the time was over."""
    attempt = begun(rig, town, access)
    rig.pay(access, str(attempt.id))
    rig.trouble("status", Trouble.UNAVAILABLE)
    late = clock.now() + timedelta(minutes=91)
    payments.sweep(tenant=town, at=late)
    payments.sweep(tenant=town, at=late + timedelta(days=1))
    assert_paid_once(rig, town, attempt)


def test_declined_then_paid_with_another_attempt(rig: Rig, town: Tenant, access: MerchantAccess) -> None:
    first = begun(rig, town, access)
    rig.decline(access, str(first.id))
    assert payments.refresh(tenant=town, attempt_id=first.id, at=clock.now()).status is Status.DECLINED
    second = payments.begin(
        tenant=town,
        payment_id=first.payment_id,
        method=rig.method,
        return_url="http://127.0.0.1:9/pay/return",
        notify_url=rig.notify_url(access),
        at=clock.now(),
    )
    assert second.id != first.id
    rig.pay(access, str(second.id))
    payments.refresh(tenant=town, attempt_id=second.id, at=clock.now())
    assert_paid_once(rig, town, second)


@pytest.mark.needs(Can.CANCELS)
def test_what_the_citizen_gives_up_is_given_up_at_the_provider(rig: Rig, town: Tenant, access: MerchantAccess) -> None:
    attempt = begun(rig, town, access)
    assert payments.cancel(tenant=town, payment_id=attempt.payment_id, at=clock.now()) == "cancelled"
    assert_not_paid(rig, town, attempt)


@pytest.mark.needs(Can.ROTATES)
def test_a_town_with_the_old_secret_loses_nothing(
    rig: Rig, access: MerchantAccess, town: Tenant, town_with: Founding
) -> None:
    attempt = begun(rig, town, access)
    fresh = rig.rotate(access)
    rig.pay(fresh, str(attempt.id))
    payments.refresh(tenant=town, attempt_id=attempt.id, at=clock.now())
    assert_not_paid(rig, town, attempt)
    assert now(town, attempt) in (Status.STARTED, Status.UNKNOWN)
    known = town_with(fresh, like=town)
    assert known.id == town.id
    payments.refresh(tenant=known, attempt_id=attempt.id, at=clock.now())
    assert_paid_once(rig, town, attempt)
