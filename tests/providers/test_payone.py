"""PAYONE's Commerce Platform: its words, its signatures, what is asked of it and how its answers are read."""

import base64
import hashlib
import hmac
import json
import random
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.shared import need_shared
from tests.support.sizes import size

from zahlstelle.kernel import Money, Secret, clock, new_id
from zahlstelle.payments import (
    Authentication,
    CardFields,
    CardToken,
    ForgedNotification,
    MerchantAccess,
    NoAnswer,
    NotStarted,
    ProviderStatus,
    Report,
    Started,
    StartRequest,
)
from zahlstelle.providers import payone
from zahlstelle.providers.payone import (
    PayoneProvider,
    _answers,
    _requests,
    _words,
    payment_reference,
    webhook_signature,
)

PROVIDER = PayoneProvider(now=clock.now)
CASE, CHECKOUT, EXECUTION = (f"707ef15b-7a0a-48f2-b7d8-c95103418a9{n}" for n in "abc")
ACCESS = MerchantAccess(
    "TOWN1",
    Secret("an api secret"),
    "http://127.0.0.1:9",
    {"api_key_id": "K1", "webhook_key_id": "W2", "webhook_key_id_old": "W1"},
    {"webhook": Secret("the new webhook secret"), "webhook_old": Secret("the old webhook secret")},
)


def words_of(schema: str) -> set[str]:
    """The enum of a schema, as it stands in the official description."""
    text = need_shared("specs", "payone_pcp", "api-definition.yaml").read_text()
    found = re.search(
        rf"^    {schema}:\n(?:      .*\n|\n)*?(?P<deep> +)enum:\n(?P<words>(?:(?P=deep)  - .*\n)+)", text, re.M
    )
    assert found
    return {line.strip().removeprefix("- ") for line in found["words"].splitlines()}


def order(**changes: Any) -> StartRequest:
    request = StartRequest(
        attempt_id=new_id(),
        merchant=ACCESS,
        kassenzeichen="471100000019",
        amount=Money(3700),
        description="Personalausweis",
        method="paypal",
        return_url="https://town.example/pay/return",
        notify_url="https://town.example/notify",
        language="de",
        expires_at=clock.now() + timedelta(minutes=90),
    )
    return replace(request, **changes)


def checkout(attempt: Any, *words: tuple[str, str], state: str = "OPEN", **sums: int) -> dict[str, Any]:
    """What PAYONE says of a checkout over 37.00."""
    return {
        "commerceCaseId": CASE,
        "checkoutId": CHECKOUT,
        "amountOfMoney": {"amount": 3700, "currencyCode": "EUR"},
        "references": {"merchantReference": str(attempt)},
        "checkoutStatus": state,
        "statusOutput": sums,
        "paymentExecutions": [
            {
                "paymentExecutionId": EXECUTION,
                "references": {"merchantReference": payment_reference(attempt)},
                "events": [{"type": kind, "paymentStatus": word} for kind, word in words],
            }
        ],
    }


def notified(attempt: Any, **changes: Any) -> bytes:
    output = {
        "references": {"merchantReference": payment_reference(attempt)},
        "merchantParameters": _requests.parameters(attempt),
    }
    payment = {"id": "1_1", "paymentOutput": output, "status": "CAPTURED"}
    return json.dumps({"id": str(new_id()), "merchantId": "TOWN1", "payment": payment} | changes).encode()


def hear(body: bytes, key: str = "W2", secret: str = "the new webhook secret") -> Any:
    headers = {"X-GCS-KeyId": key, "X-GCS-Signature": webhook_signature(secret=Secret(secret), body=body)}
    return PROVIDER.read_notification(merchant=ACCESS, headers=headers, body=body, at=clock.now())


@pytest.mark.parametrize(
    ("schema", "words", "table"),
    [
        ("StatusValue", payone.VendorStatus, payone.MEANING),
        ("StatusValue", payone.VendorStatus, payone.REFUND),
        ("StatusCheckout", payone.VendorCheckout, payone.CHECKOUT),
    ],
)
def test_every_word_of_the_description_has_a_meaning(schema: str, words: Any, table: Any) -> None:
    assert words_of(schema) == set(words) == set(table)


def test_every_word_of_a_transaction_status_is_known_and_paid_is_only_what_is_settled() -> None:
    """The words as PAYONE's public pages list them; a word never heard is a doubt."""
    listed = "appointed capture paid underpaid cancelation refund debit reminder vauthorization vsettlement transfer"
    meant = {word: _words.transaction_meaning(word, "0.00") for word in [*listed.split(), "invoice", "failed"]}
    assert {word for word, meaning in meant.items() if meaning is ProviderStatus.PAID} == {"paid"}
    assert {word for word, meaning in meant.items() if meaning is ProviderStatus.DECLINED} == {"failed"}
    assert {word for word, meaning in meant.items() if meaning is ProviderStatus.UNKNOWN} == {"underpaid"}
    assert _words.transaction_meaning("payed", "0.00") is ProviderStatus.UNKNOWN
    assert {_words.transaction_meaning("paid", rest) for rest in ("37.00", "-0.01", "", "None")} == {
        ProviderStatus.UNKNOWN
    }


def test_a_request_is_signed_as_described() -> None:
    said = {"verb": "GET", "path": "/v1/TOWN1/checkouts?size=1", "date": "Wed, 25 Nov 2026 09:00:00 GMT"}
    canonical = "GET\n\nWed, 25 Nov 2026 09:00:00 GMT\n/v1/TOWN1/checkouts?size=1\n"
    expected = base64.b64encode(hmac.digest(b"s", canonical.encode(), hashlib.sha256)).decode()
    signed = payone.authorization(key_id="K1", secret=Secret("s"), content_type="", **said)
    assert signed == f"GCS v1HMAC:K1:{expected}"


@pytest.mark.parametrize(("method", "product"), [("paypal", 840), ("wero", 900)])
def test_a_start_asks_for_one_captured_payment(method: str, product: int) -> None:
    request = order(method=method)
    said = _requests.start(request)
    asked = said["checkout"]["orderRequest"]
    assert said["checkout"]["amountOfMoney"] == {"amount": 3700, "currencyCode": "EUR"}
    assert said["checkout"]["references"] == {"merchantReference": str(request.attempt_id)}
    assert said["checkout"]["autoExecuteOrder"] is True
    assert len(asked["orderReferences"]["merchantReference"]) == 20
    redirect = asked["paymentMethodSpecificInput"]["redirectPaymentMethodSpecificInput"]
    assert (redirect["paymentProductId"], redirect["requiresApproval"]) == (product, False)


def test_what_cannot_be_asked_for_is_not_begun() -> None:
    assert PROVIDER.start(order(method="giropay")) == NotStarted("method_not_offered")
    for card in (None, CardToken(Secret("a token"), "A")):
        assert PROVIDER.start(order(method="card", card=card)) == NotStarted("card_not_accepted")
    assert PROVIDER.start(order(return_url="https://x/" + "y" * 200)) == NotStarted("return_url_too_long")
    assert isinstance(PROVIDER.start(order()), NoAnswer), "nobody listens there"


def test_a_checkout_made_without_its_payment_is_a_no_and_a_name_that_is_taken_a_doubt() -> None:
    """A payment of our name that has been made already is ours, whatever we know of it."""
    for status, code in ((402, "DECLINED"), (409, None)):
        error = {"errorCode": "DECLINED", "httpStatusCode": status}
        said = {"commerceCaseId": CASE, "checkout": {"checkoutId": CHECKOUT, "errorResponse": {"errors": [error]}}}
        assert _answers.not_paid(said) == code


def test_the_answer_to_a_start() -> None:
    paying = {
        "paymentExecutionId": EXECUTION,
        "merchantAction": {"actionType": "REDIRECT", "redirectData": {"redirectURL": "https://page.example/1"}},
    }
    said = {"commerceCaseId": CASE, "checkout": {"checkoutId": CHECKOUT, "paymentResponse": paying}}
    name, back = f"{CASE}/{CHECKOUT}/{EXECUTION}", "https://town.example/pay/return"
    assert _answers.started(said, None) == _answers.started(said, back) == Started(name, "https://page.example/1")
    paying["merchantAction"]["redirectData"]["redirectURL"] = "javascript:1"  # type: ignore[index]
    assert _answers.started(said, back) is None
    paying["merchantAction"] = {"actionType": "SHOW_FORM"}
    assert _answers.started(said, back) is None, "what we cannot do is not left out in silence"
    del paying["merchantAction"]
    assert _answers.started(said, None) is None, "who pays by redirect has to be sent somewhere"
    assert _answers.started(said, back) == Started(name, back), "a card is decided at once"


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ({"schemeEci": "05", "version": "2.2.0"}, Authentication(eci="05")),
        ({"schemeEci": "07", "appliedExemption": "low-value"}, Authentication(exemption_applied="low-value", eci="07")),
        ({"schemeEci": 5, "appliedExemption": None}, Authentication()),
        (None, None),
    ],
)
def test_what_is_said_of_the_payer_is_kept_word_for_word(told: Any, kept: Authentication | None) -> None:
    output = {"cardPaymentMethodSpecificOutput": {"paymentProductId": 1, "threeDSecureResults": told}}
    assert _answers.authentication({"paymentOutput": output}) == kept
    attempt = new_id()
    names = {"references": {"merchantReference": payment_reference(attempt)}}
    about = names | {"merchantParameters": _requests.parameters(attempt)}
    assert hear(notified(attempt, payment={"paymentOutput": output | about})).authentication == kept
    another = {"references": {"merchantReference": payment_reference(new_id())}}
    nobody = hear(notified(attempt, payment={"paymentOutput": output | about | another}))
    assert (nobody.reference, nobody.authentication) == (None, None)


def test_the_card_fields_are_those_of_the_contract() -> None:
    script = {"card_script": "https://sdk.example/1/sdk.js", "card_script_integrity": "sha384-x"}
    contract = replace(ACCESS, settings=script)
    fields = CardFields(script["card_script"], "sha384-x", "https://sdk.example", Secret("a pass"), "live")
    assert _answers.card_fields({"token": "a pass"}, contract) == fields
    more = replace(ACCESS, settings=script | {"card_fields": "https://fields.example", "card_mode": "test"})
    other = _answers.card_fields({"token": "a pass"}, more)
    assert other == replace(fields, origin="https://fields.example", mode="test")
    without = replace(ACCESS, settings=script | {"card_script_integrity": ""})
    for said, whose in (({"token": ""}, contract), ({}, contract), (None, contract), ({"token": "a"}, without)):
        assert isinstance(_answers.card_fields(said, whose), NoAnswer)
    assert isinstance(PROVIDER.card_fields(contract), NoAnswer), "nobody listens there"


@pytest.mark.parametrize(
    ("words", "state", "sums", "status"),
    [
        ([("SALE", "REDIRECTED")], "OPEN", {}, ProviderStatus.OPEN),
        ([("SALE", "CAPTURED")], "BILLED", {"collectedAmount": 3700}, ProviderStatus.PAID),
        ([("SALE", "CAPTURED"), ("REFUND", "REFUNDED")], "BILLED", {"refundedAmount": 3700}, ProviderStatus.PAID),
        ([("SALE", "CAPTURED")], "CHARGEBACKED", {"chargebackAmount": 3700}, ProviderStatus.PAID),
        ([("SALE", "CAPTURED")], "OPEN", {"collectedAmount": 3700}, ProviderStatus.UNKNOWN),
        ([("SALE", "CAPTURED")], "BILLED", {}, ProviderStatus.UNKNOWN),
        ([("SALE", "REDIRECTED")], "BILLED", {"collectedAmount": 3700}, ProviderStatus.UNKNOWN),
        ([("SALE", "QUANTUM")], "OPEN", {}, ProviderStatus.UNKNOWN),
        ([("SALE", "REJECTED")], "OPEN", {}, ProviderStatus.DECLINED),
        ([("SALE", "CANCELLED")], "OPEN", {}, ProviderStatus.CANCELLED),
        ([("SALE", "REJECTED")], "QUANTUM", {}, ProviderStatus.UNKNOWN),
    ],
)
def test_paid_is_only_what_event_and_sums_say_alike(words: Any, state: str, sums: Any, status: ProviderStatus) -> None:
    attempt = new_id()
    told = _answers.report(checkout(attempt, *words, state=state, **sums), ACCESS)
    assert isinstance(told, Report)
    assert (told.status, told.amount, told.reference) == (status, Money(3700), str(attempt))


def test_what_is_about_another_payment_has_another_reference() -> None:
    attempt = new_id()
    said = checkout(attempt, ("SALE", "CAPTURED"), state="BILLED", collectedAmount=3700)
    said["paymentExecutions"][0]["references"]["merchantReference"] = payment_reference(new_id())
    told = _answers.report(said, ACCESS)
    assert isinstance(told, Report) and told.reference != str(attempt)
    said["statusOutput"]["collectedAmount"] = 1
    told = _answers.report(said, ACCESS)
    assert isinstance(told, Report) and told.amount == Money(1)


def test_webhooks_of_both_keys_while_they_are_changed() -> None:
    attempt = new_id()
    body = notified(attempt)
    assert hear(body).reference == hear(body, "W1", "the old webhook secret").reference == str(attempt)
    for key, secret in (("W1", "the new webhook secret"), ("W3", "the new webhook secret"), ("", ""), ("W2", "")):
        with pytest.raises(ForgedNotification):
            hear(body, key, secret)


@pytest.mark.parametrize("changes", [{"merchantId": "TOWN2"}, {"merchantId": None}, {"id": ""}])
def test_rightly_signed_but_not_this_merchants(changes: Any) -> None:
    with pytest.raises(ForgedNotification):
        hear(notified(new_id(), **changes))


def test_rightly_signed_but_about_no_payment_of_ours() -> None:
    """PAYONE sends all of a merchant's webhooks to one address; what is about nobody is taken and moves nothing."""
    output = json.loads(notified(new_id()))["payment"]["paymentOutput"]
    another = {"paymentOutput": output | {"references": {"merchantReference": payment_reference(new_id())}}}
    for changes in ({"payment": {}}, {"payment": None}, {"payment": another}, {"payment": None, "token": {}}):
        told = hear(notified(new_id(), **changes))
        assert (told.provider_reference, told.reference) == (None, None)


def test_a_webhook_about_a_refund_names_the_payment() -> None:
    attempt = new_id()
    output = {"references": {"merchantReference": "X"}, "merchantParameters": _requests.parameters(attempt)}
    assert hear(notified(attempt, payment=None, refund={"refundOutput": output})).reference == str(attempt)


@pytest.mark.prove("forged_payone")
def test_no_forged_webhook_is_believed() -> None:
    chance, believed = random.Random(4711), 0
    for _ in range(size(2_000, 100_000)):
        body = bytearray(notified(new_id()))
        signature = webhook_signature(secret=Secret("the new webhook secret"), body=bytes(body))
        if chance.random() < 0.5:
            body[chance.randrange(len(body))] ^= 1 << chance.randrange(7)
        else:
            place = chance.randrange(len(signature) - 3)
            signature = signature[:place] + ("A" if signature[place] != "A" else "B") + signature[place + 1 :]
        headers = {"x-gcs-keyid": chance.choice(["W1", "W2"]), "x-gcs-signature": signature}
        try:
            PROVIDER.read_notification(merchant=ACCESS, headers=headers, body=bytes(body), at=clock.now())
            believed += 1
        except ForgedNotification:
            pass
    assert believed == 0


def test_a_start_has_ended_before_never_seen_is_the_last_word() -> None:
    from zahlstelle.payments import _rules
    from zahlstelle.providers.payone import _adapter

    patience = [_adapter.SEARCH_TIMEOUT, _adapter.START_TIMEOUT]
    longest = sum((each.connect or 0) + (each.read or 0) for each in patience)
    assert timedelta(seconds=longest) < _rules._STARTING
