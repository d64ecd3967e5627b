"""The sandbox refuses what PAYONE's Commerce Platform would: who asks, when, and what stands in a request."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from tests.support.payone import keys, token_of
from tests.support.sandbox import Ear, Merchant, SandboxServer, until

from zahlstelle.kernel import clock, new_id
from zahlstelle.payments import MerchantAccess
from zahlstelle_sandbox._store import Store

GOOD: dict[str, Any] = {
    "merchantReference": "case",
    "checkout": {
        "amountOfMoney": {"amount": 3700, "currencyCode": "EUR"},
        "references": {"merchantReference": "checkout"},
        "autoExecuteOrder": True,
        "orderRequest": {
            "orderType": "FULL",
            "orderReferences": {"merchantReference": "payment", "merchantParameters": '{"a": 1}'},
            "paymentMethodSpecificInput": {
                "paymentChannel": "ECOMMERCE",
                "redirectPaymentMethodSpecificInput": {
                    "paymentProductId": 900,
                    "requiresApproval": False,
                    "redirectionData": {"returnUrl": "http://127.0.0.1:9/back?a=1"},
                },
            },
        },
    },
}


@pytest.fixture
def access(sandbox: SandboxServer, town: Merchant, ear: Ear) -> MerchantAccess:
    return keys(sandbox, town.merchant_id, ear.url)


def ask(
    access: MerchantAccess,
    verb: str,
    path: str,
    body: Any = None,
    *,
    at: datetime | None = None,
    sent: Callable[[dict[str, str]], Any] = lambda headers: None,
) -> httpx.Response:
    """Ask as the merchant does; `sent` spoils the headers after they were signed."""
    where, date = f"/v1/{access.merchant_id}{path}", format_datetime(at or clock.now(), usegmt=True)
    kind = "application/json" if body is not None else ""
    signed = f"{verb}\n{kind}\n{date}\n{where}\n".encode()
    signature = base64.b64encode(hmac.digest(access.secret.reveal().encode(), signed, hashlib.sha256)).decode()
    headers = {"Date": date, "Authorization": f"GCS v1HMAC:{access.settings['api_key_id']}:{signature}"}
    headers |= {"Content-Type": kind} if kind else {}
    sent(headers)
    content = None if body is None else json.dumps(body).encode()
    return httpx.request(verb, access.base_url + where, headers=headers, content=content, trust_env=False)


def start(access: MerchantAccess, **names: str) -> tuple[str, dict[str, Any]]:
    body = deepcopy(GOOD)
    body["checkout"]["orderRequest"]["orderReferences"] |= {
        "merchantReference": names.get("payment", new_id().hex[-20:])
    }
    body["checkout"]["references"] = {"merchantReference": names.get("checkout", str(new_id()))}
    said = ask(access, "POST", "/commerce-cases", body).json()
    return f"/commerce-cases/{said['commerceCaseId']}/checkouts/{said['checkout']['checkoutId']}", said


def pay(sandbox: SandboxServer, said: dict[str, Any]) -> str:
    name = said["checkout"]["paymentResponse"]["paymentExecutionId"]
    sandbox.admin("POST", f"/payments/{name}/act", {"card": "paid"})
    return str(name)


def code(answer: httpx.Response) -> tuple[int, str]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["errorCode"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda headers: headers.pop("Authorization"),
        lambda headers: headers.pop("Date"),
        lambda headers: headers.update({"Authorization": headers["Authorization"].replace("v1HMAC", "v2HMAC")}),
        lambda headers: headers.update({"Authorization": headers["Authorization"][:-2] + "x="}),
        lambda headers: headers.update({"Authorization": "GCS v1HMAC:another:" + headers["Authorization"][-44:]}),
        lambda headers: headers.update({"Content-Type": "application/json; charset=utf-8"}),
        lambda headers: headers.update({"X-GCS-ClientMetaInfo": "not signed"}),
    ],
    ids=["no key", "no date", "another manner", "altered", "another key", "another type", "an unsigned header"],
)
def test_who_does_not_sign_rightly_is_not_served(access: MerchantAccess, spoil: Any) -> None:
    answer = ask(access, "POST", "/commerce-cases", GOOD, sent=spoil)
    assert code(answer) == (403, "ACCESS_TO_MERCHANT_NOT_ALLOWED")


@pytest.mark.parametrize(("minutes", "status"), [(-6, 403), (-4, 404), (4, 404), (6, 403)])
def test_a_request_of_another_time_is_not_served(access: MerchantAccess, minutes: int, status: int) -> None:
    path = f"/commerce-cases/{new_id()}/checkouts/{new_id()}"
    assert ask(access, "GET", path, at=clock.now() + timedelta(minutes=minutes)).status_code == status


def test_a_merchants_checkouts_are_its_own(sandbox: SandboxServer, access: MerchantAccess, ear: Ear) -> None:
    path, _ = start(access, checkout="mine")
    stranger = keys(sandbox, sandbox.merchant().merchant_id, ear.url)
    assert ask(access, "GET", path).status_code == 200
    assert code(ask(stranger, "GET", path)) == (404, "CHECKOUT_NOT_FOUND")
    assert ask(stranger, "GET", "/checkouts?merchantReference=mine").json() == {"numberOfCheckouts": 0, "checkouts": []}


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("more", 1),
        ("merchantReference", None),
        ("merchantReference", "x" * 41),
        ("checkout", None),
        ("checkout.autoExecuteOrder", False),
        ("checkout.amountOfMoney.amount", 0),
        ("checkout.amountOfMoney.amount", "3700"),
        ("checkout.amountOfMoney.amount", 37.0),
        ("checkout.amountOfMoney.currencyCode", "USD"),
        ("checkout.orderRequest.orderType", "PARTIAL"),
        ("checkout.orderRequest.orderReferences.merchantReference", "x" * 21),
        ("checkout.orderRequest.orderReferences.merchantParameters", "no json"),
        ("checkout.orderRequest.orderReferences.descriptor", "x" * 128),
        ("checkout.orderRequest.paymentMethodSpecificInput.paymentChannel", "POS"),
        ("checkout.orderRequest.paymentMethodSpecificInput.redirectPaymentMethodSpecificInput.paymentProductId", 1),
        ("checkout.orderRequest.paymentMethodSpecificInput.redirectPaymentMethodSpecificInput.requiresApproval", True),
        (
            "checkout.orderRequest.paymentMethodSpecificInput.redirectPaymentMethodSpecificInput.redirectionData",
            {"returnUrl": "http://127.0.0.1/" + "x" * 200},
        ),
    ],
)
def test_a_start_that_does_not_fit_is_refused_and_starts_nothing(
    sandbox: SandboxServer, access: MerchantAccess, where: str, value: Any
) -> None:
    body = deepcopy(GOOD)
    *path, last = where.split(".")
    place = body
    for name in path:
        place = place[name]
    place[last] = value
    assert code(ask(access, "POST", "/commerce-cases", body)) == (400, "INVALID_VALUE")
    assert sandbox.admin("GET", f"/payments?merchant_id={access.merchant_id}")["payments"] == []


def a_pass(access: MerchantAccess) -> str:
    return str(ask(access, "POST", "/authentication-tokens", {}).json()["token"])


def by_card(access: MerchantAccess, token: str, product: int = 1) -> httpx.Response:
    body = deepcopy(GOOD)
    card = {"paymentProductId": product, "paymentProcessingToken": token, "authorizationMode": "SALE"}
    how = {"cardPaymentMethodSpecificInput": card | {"returnUrl": "http://127.0.0.1:9/back"}}
    body["checkout"]["orderRequest"]["paymentMethodSpecificInput"] = how
    return ask(access, "POST", "/commerce-cases", body)


def test_a_card_is_paid_by_its_token_and_by_nothing_else(
    sandbox: SandboxServer, access: MerchantAccess, ear: Ear
) -> None:
    card = token_of(access, a_pass(access), "4111111111111111")
    token = card.token.reveal()
    stranger = keys(sandbox, sandbox.merchant().merchant_id, ear.url)
    for answer in (by_card(access, str(new_id())), by_card(access, token, 3), by_card(stranger, token)):
        assert code(answer) == (400, "INVALID_VALUE")
    assert code(by_card(access, "4111111111111111")) == (400, "INVALID_VALUE"), "a number is no token"
    assert sandbox.admin("GET", f"/payments?merchant_id={access.merchant_id}")["payments"] == []
    said = by_card(access, token).json()["checkout"]["paymentResponse"]
    assert (said["payment"]["status"], "merchantAction" in said) == ("CAPTURED", False)
    (paid,) = sandbox.admin("GET", f"/payments?merchant_id={access.merchant_id}")["payments"]
    assert (paid["status"], paid["card"]) == ("captured", {"brand": "Visa", "last4": "1111"})


def test_fields_are_shown_to_who_has_a_pass_and_take_test_cards_only(access: MerchantAccess) -> None:
    assert code(ask(access, "POST", "/authentication-tokens", {"more": 1})) == (400, "INVALID_VALUE")
    with httpx.Client(base_url=access.base_url, trust_env=False) as browser:
        shown = browser.get("/payone/fields", params={"pass": a_pass(access)})
        assert "frame-ancestors http: https:" in shown.headers["content-security-policy"]
        assert browser.get("/payone/fields", params={"pass": "none"}).status_code == 403
        typed = {"pass": a_pass(access), "number": "4111111111111112", "expiry": "12/99", "cvc": "1"}
        assert browser.post("/payone/fields", data=typed).json() == {
            "errors": {"number": "number_error", "cvc": "cvc_error"}
        }
        assert browser.post("/payone/fields", data=typed | {"pass": "none"}).status_code == 403


def test_a_pass_that_comes_expired_shows_no_fields(sandbox: SandboxServer, access: MerchantAccess) -> None:
    with httpx.Client(base_url=access.base_url, trust_env=False) as browser:
        sandbox.behave(pass_seconds=0)
        old = a_pass(access)
        sandbox.behave()
        assert browser.get("/payone/fields", params={"pass": old}).status_code == 403
        assert browser.get("/payone/fields", params={"pass": a_pass(access)}).status_code == 200


def test_a_payment_has_one_method(access: MerchantAccess) -> None:
    for how in ({}, {"paymentChannel": "ECOMMERCE"}):
        body = deepcopy(GOOD)
        body["checkout"]["orderRequest"]["paymentMethodSpecificInput"] = how
        assert code(ask(access, "POST", "/commerce-cases", body)) == (400, "INVALID_VALUE")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda said: said.pop("threeDSecure"),
        lambda said: said.pop("authorizationMode"),
        lambda said: said.update(encryptedPaymentData=None),
        lambda said: said.update(paymentProductId=302),
        lambda said: said["paymentProduct5002SpecificInput"].update(network="Visa"),
        lambda said: said["paymentProduct5002SpecificInput"].update(srcDpaId="x" * 65),
        lambda said: said["paymentProduct5002SpecificInput"].update(more=1),
        lambda said: said["paymentProduct5002SpecificInput"].pop("paymentCheckoutData"),
    ],
)
def test_click_to_pay_is_asked_for_as_described(access: MerchantAccess, spoil: Callable[[dict[str, Any]], Any]) -> None:
    body = deepcopy(GOOD)
    said: dict[str, Any] = {
        "paymentProductId": 5002,
        "authorizationMode": "SALE",
        "threeDSecure": {"redirectionData": {"returnUrl": "http://127.0.0.1:9/back"}},
        "paymentProduct5002SpecificInput": {"network": "VISA", "paymentCheckoutData": "a.b.c", "srcDpaId": "another"},
    }
    how = {"mobilePaymentMethodSpecificInput": said}
    body["checkout"]["orderRequest"]["paymentMethodSpecificInput"] = how
    assert code(ask(access, "POST", "/commerce-cases", body)) == (400, "CLICK_TO_PAY_DPA")
    spoil(said)
    assert code(ask(access, "POST", "/commerce-cases", body)) == (400, "INVALID_VALUE")


def test_the_name_of_a_payment_that_was_made_is_taken(sandbox: SandboxServer, access: MerchantAccess) -> None:
    _, first = start(access, payment="one")
    _, second = start(access, payment="one")
    assert second["checkout"]["paymentResponse"], "nothing was paid yet"
    pay(sandbox, first)
    path, third = start(access, payment="one", checkout="third")
    (error,) = third["checkout"]["errorResponse"]["errors"]
    assert (error["errorCode"], third["checkout"].get("paymentResponse")) == ("DUPLICATE_MERCHANT_REFERENCE", None)
    assert ask(access, "GET", path).json()["statusOutput"]["paymentStatus"] == "WAITING_FOR_PAYMENT"
    assert ask(access, "GET", "/checkouts?paymentReference=one").json()["numberOfCheckouts"] == 3


def test_checkouts_are_listed_page_by_page_the_newest_first(access: MerchantAccess) -> None:
    for _ in range(3):
        start(access, checkout="same")
    whole = ask(access, "GET", "/checkouts?merchantReference=same").json()
    names = [each["checkoutId"] for each in whole["checkouts"]]
    assert whole["numberOfCheckouts"] == len(set(names)) == 3
    part = ask(access, "GET", "/checkouts?merchantReference=same&offset=1&size=1").json()
    assert [each["checkoutId"] for each in part["checkouts"]] == names[1:2]
    for query in ("size=0", "size=101", "size=x", "more=1", "offset=-1", "size=1&size=2"):
        assert code(ask(access, "GET", f"/checkouts?{query}")) == (400, "INVALID_VALUE")


def test_a_refund_has_a_name_a_reason_and_its_limits(sandbox: SandboxServer, access: MerchantAccess) -> None:
    path, said = start(access)
    name = said["checkout"]["paymentResponse"]["paymentExecutionId"]
    where = f"{path}/payment-executions/{name}/refund"
    money = {"amount": 1000, "currencyCode": "EUR"}
    good = {"amountOfMoney": money, "references": {"merchantReference": "r1"}, "return": {"returnReason": "too much"}}
    assert code(ask(access, "POST", where, good)) == (404, "NOT_CAPTURED")
    pay(sandbox, said)
    for wrong in ({}, {**good, "return": {}}, {**good, "references": {}}, {**good, "more": 1}):
        assert code(ask(access, "POST", where, wrong)) == (400, "INVALID_VALUE")
    assert ask(access, "POST", where, good).status_code == 201
    assert code(ask(access, "POST", where, good)) == (400, "DUPLICATE_MERCHANT_REFERENCE")
    more = {**good, "references": {"merchantReference": "r2"}, "amountOfMoney": {**money, "amount": 2701}}
    assert code(ask(access, "POST", where, more)) == (400, "MORE_THAN_REFUNDABLE")
    sums = ask(access, "GET", path).json()["statusOutput"]
    assert (sums["collectedAmount"], sums["refundedAmount"]) == (2700, 1000)


def test_what_is_paid_cannot_be_cancelled(sandbox: SandboxServer, access: MerchantAccess) -> None:
    path, said = start(access)
    where = f"{path}/payment-executions/{pay(sandbox, said)}/cancel"
    assert code(ask(access, "POST", where, {})) == (409, "CANCEL_NOT_ALLOWED")
    assert code(ask(access, "POST", where, {"cancellationReason": "BOREDOM"})) == (400, "INVALID_VALUE")
    assert code(ask(access, "POST", where.replace(path[-36:], str(new_id())), {})) == (404, "CHECKOUT_NOT_FOUND")


def test_webhooks_are_signed_over_their_body_and_repeated_with_the_same_words(
    sandbox: SandboxServer, access: MerchantAccess, ear: Ear
) -> None:
    sandbox.behave(duplicates=1)
    ear.refusals = 1
    _, said = start(access)
    pay(sandbox, said)
    until(lambda: len(ear.heard) == 3)
    assert len({each.body for each in ear.heard}) == 1
    secret = access.secrets["webhook"].reveal().encode()
    for each in ear.heard:
        assert each.headers["x-gcs-keyid"] == access.settings["webhook_key_id"]
        assert base64.b64decode(each.headers["x-gcs-signature"]) == hmac.digest(secret, each.body, "sha256")
        assert not [name for name in each.headers if name.startswith("webhook-")]


def test_a_memory_of_an_earlier_version_gets_what_is_new(tmp_path: Any) -> None:
    for _ in range(2):
        store = Store(tmp_path / "sandbox.sqlite3")
        with store.reading() as connection:
            assert connection.execute("SELECT count(*) AS n FROM payone_checkout").fetchone()["n"] == 0
        store.close()
