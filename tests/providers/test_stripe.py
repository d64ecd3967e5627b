"""What is special about Stripe: its words together, its forms, changed secrets, test and live, refunds."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.conformance.rigs.stripe import RIG

from zahlstelle.kernel import Money, Secret, clock, new_id
from zahlstelle.payments import (
    ForgedNotification,
    MerchantAccess,
    NeverSeen,
    NoAnswer,
    NotStarted,
    ProviderStatus,
    RefundReport,
    RefundRequest,
    RefundStatus,
    Started,
    StartRequest,
)
from zahlstelle.providers.stripe import REFUND_MEANING, VendorRefund, _objects, _signatures
from zahlstelle.providers.stripe._words import meaning, refund_meaning


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RIG]:
    rig = RIG(Path(tmp_path_factory.mktemp("stripe")))
    yield rig
    rig.close()


@pytest.fixture
def access(rig: RIG) -> MerchantAccess:
    return rig.contract()


def paid(rig: RIG, access: MerchantAccess) -> tuple[StartRequest, Started]:
    order = rig.order(access)
    answer = rig.adapter.start(order)
    assert isinstance(answer, Started)
    rig.pay(access, str(order.attempt_id))
    return order, answer


def a_refund(order: StartRequest, started: Started, cents: int = 3700, **more: Any) -> RefundRequest:
    values: dict[str, Any] = {
        "refund_id": new_id(),
        "merchant": order.merchant,
        "provider_reference": started.provider_reference,
        "reference": str(order.attempt_id),
        "method": "card",
        "amount": Money(cents),
        "captured": Money(3700),
        "text": "471100000019",
        "notify_url": "http://127.0.0.1:9/",
    }
    return RefundRequest(**values | more)


# --- words ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("session", "intent", "meant"),
    [
        ("open", None, ProviderStatus.OPEN),
        ("open", "requires_payment_method", ProviderStatus.OPEN),
        ("open", "requires_action", ProviderStatus.OPEN),
        ("open", "succeeded", ProviderStatus.PAID),
        ("complete", "succeeded", ProviderStatus.PAID),
        ("expired", "succeeded", ProviderStatus.PAID),
        ("complete", "processing", ProviderStatus.PENDING),
        ("complete", "requires_payment_method", ProviderStatus.DECLINED),
        ("complete", None, ProviderStatus.UNKNOWN),
        ("complete", "requires_capture", ProviderStatus.UNKNOWN),
        ("expired", None, ProviderStatus.CANCELLED),
        ("expired", "requires_payment_method", ProviderStatus.CANCELLED),
        ("open", "canceled", ProviderStatus.CANCELLED),
        ("quantum", "succeeded", ProviderStatus.UNKNOWN),
        ("complete", "quantum", ProviderStatus.UNKNOWN),
        ("succeeded", None, ProviderStatus.UNKNOWN),
    ],
)
def test_session_and_intent_mean_something_together(session: str, intent: str | None, meant: ProviderStatus) -> None:
    assert meaning(session, intent)[0] is meant


def test_every_word_of_a_refund_has_a_meaning() -> None:
    assert set(REFUND_MEANING) == set(VendorRefund)
    assert refund_meaning("quantum") is RefundStatus.UNKNOWN


# --- what is sent and read -----------------------------------------------------------------------------------------


def test_forms_are_written_as_stripe_reads_them() -> None:
    assert _objects.form({"a": 1, "b": {"c": "d", "e": [{"f": 2}, "g"]}}) == {
        "a": "1",
        "b[c]": "d",
        "b[e][0][f]": "2",
        "b[e][1]": "g",
    }


def test_a_session_lives_as_long_as_the_payment_and_never_shorter_than_stripe_allows(
    rig: RIG, access: MerchantAccess
) -> None:
    order = rig.order(access)
    assert _objects.order(order)["expires_at"] == int(order.expires_at.timestamp())
    late = replace(order, expires_at=clock.now() + timedelta(minutes=5))
    assert isinstance(rig.adapter.start(replace(late, attempt_id=new_id())), Started)


def test_a_challenge_is_asked_for(rig: RIG, access: MerchantAccess) -> None:
    order = rig.order(access, challenge=True)
    said = _objects.form(_objects.order(order))
    assert said["payment_method_options[card][request_three_d_secure]"] == "challenge"
    assert isinstance(rig.adapter.start(order), Started)


def test_how_the_payer_was_authenticated_is_told() -> None:
    names = {"attempt": "a", "merchant": "m"}
    secure = {"authentication_flow": "challenge", "electronic_commerce_indicator": "05", "result": "authenticated"}
    charge = {"payment_method_details": {"card": {"three_d_secure": secure}}}
    intent = {"object": "payment_intent", "status": "succeeded", "metadata": names, "latest_charge": charge}
    intent |= {"amount_received": 3700, "currency": "eur"}
    session = {"object": "checkout.session", "id": "cs_1", "status": "complete", "client_reference_id": "a"}
    session |= {"metadata": names, "livemode": False, "payment_intent": intent}
    merchant = MerchantAccess("m", Secret("sk_test_1"), "http://127.0.0.1:9")
    told = _objects.report(session, merchant)
    assert not isinstance(told, NoAnswer) and told.authentication is not None
    assert (told.authentication.eci, told.authentication.challenged, told.amount) == ("05", True, Money(3700))
    assert isinstance(_objects.report(session | {"livemode": True}, merchant), NoAnswer)
    assert isinstance(_objects.report(session | {"payment_intent": intent | {"metadata": {}}}, merchant), NoAnswer)


@pytest.mark.parametrize(("cents", "currency"), [(3700.0, "eur"), ("3700", "eur"), (True, "eur"), (3700, "jpy")])
def test_no_amount_is_guessed(cents: Any, currency: Any) -> None:
    assert _objects.amount(cents, currency) is None


def test_a_method_we_have_no_word_for_is_not_started(rig: RIG, access: MerchantAccess) -> None:
    assert rig.adapter.start(rig.order(access, method="cheque")) == NotStarted("method_unknown")
    assert rig.taken(access) == 0


def test_a_session_is_found_on_a_later_page(rig: RIG, access: MerchantAccess) -> None:
    orders = [rig.order(access) for _ in range(5)]
    rig.adapter.start(orders[0])
    for order in orders[1:]:
        rig.adapter.start(order)
    answer = rig.adapter.status(merchant=access, reference=str(orders[0].attempt_id), provider_reference=None)
    assert not isinstance(answer, NeverSeen | NoAnswer) and answer.reference == str(orders[0].attempt_id)


def test_an_id_that_tells_no_time_is_a_doubt(rig: RIG, access: MerchantAccess) -> None:
    for reference in ("00000000-0000-4000-8000-000000000000", "nonsense"):
        answer = rig.adapter.status(merchant=access, reference=reference, provider_reference=None)
        assert isinstance(answer, NoAnswer)


# --- webhooks ------------------------------------------------------------------------------------------------------


def test_both_secrets_are_believed_while_one_replaces_the_other(rig: RIG, access: MerchantAccess) -> None:
    order, _ = paid(rig, access)
    told, at = rig.tell(access, str(order.attempt_id)), clock.now()
    both = {"webhook": Secret("whsec_new"), "webhook_before": access.secrets["webhook"]}
    changing = replace(access, secrets=both)
    assert rig.adapter.read_notification(merchant=changing, headers=told.headers, body=told.body, at=at)
    for secrets in ({"webhook": Secret("whsec_new")}, {}):
        with pytest.raises(ForgedNotification):
            rig.adapter.read_notification(
                merchant=replace(access, secrets=secrets), headers=told.headers, body=told.body, at=at
            )


def test_one_of_several_signatures_is_enough_and_a_second_time_is_not_heard() -> None:
    import hashlib
    import hmac

    at, body, secret = clock.now(), b"{}", Secret("whsec")
    moment = int(at.timestamp())
    good = hmac.new(b"whsec", f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    for header in (f"t={moment},v1={'0' * 64},v1={good}", f"t={moment}, v0=x, v1={good}"):
        _signatures.check(secrets=[secret], headers={"Stripe-Signature": header}, body=body, at=at)
    for header in (f"t={moment},t={moment},v1={good}", f"v1={good}", f"t={moment},v0={good}", f"t=-{moment},v1={good}"):
        with pytest.raises(ForgedNotification):
            _signatures.check(secrets=[secret], headers={"Stripe-Signature": header}, body=body, at=at)


def test_an_event_of_the_live_world_is_not_read_in_test(rig: RIG, access: MerchantAccess) -> None:
    order, _ = paid(rig, access)
    told = rig.tell(access, str(order.attempt_id))
    live = replace(access, secret=Secret("sk_live_1"))
    with pytest.raises(ForgedNotification):
        rig.adapter.read_notification(merchant=live, headers=told.headers, body=told.body, at=clock.now())


# --- refunds -------------------------------------------------------------------------------------------------------


def refunded(rig: RIG, request: RefundRequest) -> RefundReport:
    answer = rig.adapter.refund(request)  # type: ignore[attr-defined]
    assert isinstance(answer, RefundReport), answer
    return answer


def test_a_part_and_the_rest(rig: RIG, access: MerchantAccess) -> None:
    order, started = paid(rig, access)
    for cents in (1000, 2700):
        request = a_refund(order, started, cents)
        told = refunded(rig, request)
        assert (told.status, told.amount, told.reference) == (RefundStatus.DONE, Money(cents), str(request.refund_id))
        assert refunded(rig, request).refund_reference == told.refund_reference
    assert rig.given_back(access, str(order.attempt_id)) == 3700


def test_a_refund_that_stripe_refuses_has_moved_nothing(rig: RIG, access: MerchantAccess) -> None:
    order, started = paid(rig, access)
    rig.refuse_refund(access, str(order.attempt_id))
    assert rig.adapter.refund(a_refund(order, started)) == NotStarted("charge_disputed")  # type: ignore[attr-defined]
    assert rig.given_back(access, str(order.attempt_id)) == 0


def test_nothing_is_given_back_of_another_payment(rig: RIG, access: MerchantAccess) -> None:
    order, started = paid(rig, access)
    other = a_refund(order, started, reference=str(new_id()))
    assert isinstance(rig.adapter.refund(other), NoAnswer)  # type: ignore[attr-defined]
    assert rig.given_back(access, str(order.attempt_id)) == 0


def test_a_dead_address_is_a_doubt(access: MerchantAccess) -> None:
    from zahlstelle.providers.stripe import StripeProvider

    adapter = StripeProvider(timeout=httpx.Timeout(2))
    nowhere = replace(access, base_url="http://127.0.0.1:9")
    assert isinstance(adapter.status(merchant=nowhere, reference="x", provider_reference="cs_1"), NoAnswer)
