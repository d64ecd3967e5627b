"""GiroCheckout: every field by the contract, every refusal by its code, no forged word believed."""

import json
import random
from dataclasses import replace
from functools import cache
from itertools import count, pairwise
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from django.test import Client
from tests.support.orders import order_by, started_at
from tests.support.sandbox import Ear, Merchant, SandboxServer, until
from tests.support.shared import need_shared
from tests.support.sizes import size
from tests.support.towns import found_town

from zahlstelle.kernel import Money, Secret, clock, new_id
from zahlstelle.payments import (
    ForgedNotification,
    MerchantAccess,
    NoAnswer,
    NotStarted,
    ProviderStatus,
    RefundReport,
    RefundRequest,
    RefundStatus,
    Report,
    Started,
    StartRequest,
)
from zahlstelle.providers.girocheckout import (
    MEANING,
    METHODS,
    PKNINFO_FIELDS,
    REFUND_FIELDS,
    START_FIELDS,
    STATUS_FIELDS,
    GiroCheckoutProvider,
    VendorCode,
    sign,
)
from zahlstelle_sandbox import _giro_rules

PROVIDER = GiroCheckoutProvider(timeout=httpx.Timeout(10))
STARTS = {
    "card": "CreditCardTransaction",
    "direct_debit": "DirectDebitTransactionWithPaymentPage",
    "online_transfer": "DirektubwTransaction",
    "paypal": "PaypalTransaction",
    "wero": "WeroTransaction",
}
REFUNDS = {
    "card": "CreditCardRefund",
    "direct_debit": "DirectDebitRefund",
    "paypal": "PaypalRefund",
    "wero": "WeroRefund",
}
_numbers = count(500_001)


@cache
def contract() -> Any:
    """The contract that lies beside the repository; without it, tests that ask for it say that they did not run."""
    return json.loads(need_shared("specs", "girocheckout", "girocheckout_api_contract.json").read_text())


def fields(call: str) -> list[tuple[str, bool]]:
    return [(field["name"], field["mandatory"]) for field in contract()["calls"][call]["request"]]


@pytest.fixture(params=["form", "multipart"])
def access(request: Any, sandbox: SandboxServer, town: Merchant) -> MerchantAccess:
    """A town with a project for every method."""
    settings, secrets = {"encoding": request.param}, {}
    for method in METHODS:
        number, secret = str(next(_numbers)), f"password-{new_id().hex}"
        body = {"merchant_id": town.merchant_id, "kind": method, "secret": secret}
        sandbox.admin("PUT", f"/girocheckout/projects/{number}", body)
        settings[f"project_{method}"], secrets[f"project_{method}"] = number, Secret(secret)
    base = f"{sandbox.base}/girocheckout/v2"
    return MerchantAccess(town.merchant_id, Secret(town.secret), base, settings, secrets)


def order(access: MerchantAccess, method: str = "card", **changes: Any) -> StartRequest:
    return order_by(method, access, **changes)


def started(request: StartRequest) -> Started:
    return started_at(PROVIDER, request)


def report(request: StartRequest, name: str) -> Report:
    answer = PROVIDER.status(merchant=request.merchant, reference=str(request.attempt_id), provider_reference=name)
    assert isinstance(answer, Report), answer
    return answer


def test_every_code_of_the_contract_has_a_meaning() -> None:
    assert set(VendorCode) == set(contract()["result_codes"]["de"]) == set(MEANING)
    assert [code for code, status in MEANING.items() if status is ProviderStatus.PAID] == ["4000"]


def test_the_hash_of_the_contract() -> None:
    vector = contract()["test_vector"]
    assert sign(Secret(vector["password"]), [vector["string"]]) == vector["hmac_md5"]


@pytest.mark.parametrize("method", sorted(METHODS))
def test_fields_are_the_contracts_in_its_order(method: str) -> None:
    sent = {STARTS[method]: START_FIELDS[method], "Tools_GetTransaction": STATUS_FIELDS}
    sent["CreditCardGetPKN"] = PKNINFO_FIELDS
    if method in REFUND_FIELDS:
        sent[REFUNDS[method]] = REFUND_FIELDS[method]
    for call, names in sent.items():
        known = fields(call)
        assert [name for name, _ in known if name in names] == list(names)
        assert {name for name, must in known if must} <= set(names)


def test_the_sandbox_keeps_the_contracts_fields() -> None:
    for table, calls in ((_giro_rules.START, STARTS), (_giro_rules.REFUND, REFUNDS)):
        for kind, said in table.items():
            assert said.split() == [name + "!" * must for name, must in fields(calls[kind])]
    assert _giro_rules.PKNINFO.split() == [name + "!" * must for name, must in fields("CreditCardGetPKN")]
    assert _giro_rules.STATUS.split() == [name + "!" * must for name, must in fields("Tools_GetTransaction")]


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_is_paid_and_given_back(sandbox: SandboxServer, access: MerchantAccess, method: str) -> None:
    request = order(access, method)
    name = started(request).provider_reference
    assert report(request, name).status is ProviderStatus.OPEN
    reference = name.partition(":")[2]
    sandbox.admin("POST", f"/payments/{reference}/act", {"card": "paid"})
    told = report(request, name)
    assert (told.status, told.amount, told.vendor_word) == (ProviderStatus.PAID, Money(3700), "4000")
    assert (told.reference, told.merchant_id) == (str(request.attempt_id), access.merchant_id)
    back = RefundRequest(
        new_id(), access, name, str(request.attempt_id), method, Money(1200), Money(3700), "Erstattung", ""
    )
    answer = PROVIDER.refund(back)
    if method == "online_transfer":
        assert answer == NotStarted("refund_not_offered")
        return
    assert isinstance(answer, RefundReport) and answer.refund_reference
    assert (answer.status, answer.reference, answer.amount) == (RefundStatus.DONE, str(back.refund_id), Money(1200))
    assert PROVIDER.refund_status(back, refund_reference=answer.refund_reference) == answer
    assert isinstance(PROVIDER.refund(back), NoAnswer), "the same refund again is a doubt, never a second one"
    refused = PROVIDER.refund(replace(back, refund_id=new_id(), amount=Money(2501)))
    assert refused == NotStarted("5030"), "more than is left"


def test_the_same_start_again_is_a_doubt_and_no_second_payment(sandbox: SandboxServer, access: MerchantAccess) -> None:
    request = order(access)
    started(request)
    assert PROVIDER.start(request) == NoAnswer("rc 4503")
    found = sandbox.admin("GET", f"/payments?merchant_id={access.merchant_id}")["payments"]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda pairs: [*pairs[:-1], ("hash", "0" * 32)], 5002),
        (lambda pairs: [pairs[1], pairs[0], *pairs[2:]], 5004),
        (lambda pairs: [*pairs, ("more", "1")], 5004),
        (lambda pairs: [*pairs[:2], pairs[2], *pairs[2:]], 5004),
        (lambda pairs: [("merchantId", "another"), *pairs[1:]], 5020),
        (lambda pairs: [pairs[0], ("projectId", "1"), *pairs[2:]], 5021),
    ],
    ids=["hash", "order", "unknown field", "twice", "merchant", "project"],
)
def test_the_sandbox_refuses_what_the_contract_does(access: MerchantAccess, spoil: Any, code: int) -> None:
    assert refused(access, spoil(body(access))) == code


def test_the_sandbox_refuses_wrong_and_missing_fields(access: MerchantAccess) -> None:
    for name, value, code in [
        ("amount", "0", 5030),
        ("amount", "37.00", 5030),
        ("currency", "USD", 5033),
        ("purpose", "x" * 28, 5023),
        ("urlNotify", "ftp://x", 5056),
        ("purpose", "", 5003),
    ]:
        assert refused(access, body(access, **{name: value})) == code, name
    answer = httpx.post(f"{access.base_url}/transaction/start", json=dict(body(access)), trust_env=False)
    assert answer.json()["rc"] == 5021, "JSON is none of its encodings: it reads no project in it"


def body(access: MerchantAccess, **changes: str) -> list[tuple[str, str]]:
    said = {
        "merchantId": access.merchant_id,
        "projectId": access.settings["project_paypal"],
        "merchantTxId": str(new_id()),
        "amount": "3700",
        "currency": "EUR",
        "purpose": "4711",
        "urlRedirect": "http://127.0.0.1:9/",
        "urlNotify": "http://127.0.0.1:9/",
    } | changes
    return [*said.items(), ("hash", sign(access.secrets["project_paypal"], said.values()))]


def refused(access: MerchantAccess, pairs: list[tuple[str, str]]) -> int:
    where = f"{access.base_url}/transaction/start"
    content, headers = urlencode(pairs), {"content-type": "application/x-www-form-urlencoded"}
    return int(httpx.post(where, content=content, headers=headers, trust_env=False).json()["rc"])


def test_the_way_back_and_the_notification_say_the_same(
    sandbox: SandboxServer, access: MerchantAccess, ear: Ear
) -> None:
    sandbox.behave(notify_before_redirect=True, duplicates=1)
    request = order(access, "wero", notify_url=ear.url)
    begun = started(request)
    card = {"number": "4111111111111111", "expiry": "12/99", "cvc": "123", "holder": ""}
    back = httpx.post(begun.redirect_url, data=card, trust_env=False)
    assert back.status_code == 303
    assert len(until(lambda: ear.heard)) == 2, "before the citizen is back, and doubled"
    way = back.headers["location"].partition("?")[2]
    assert way.startswith("a=1&")
    assert {each.body.decode() for each in ear.heard} == {way.removeprefix("a=1&")}
    told = PROVIDER.read_notification(merchant=access, headers={}, body=ear.heard[0].body, at=clock.now())
    assert (told.provider_reference, told.reference) == (begun.provider_reference, str(request.attempt_id))


def test_an_answer_without_its_hash_is_a_doubt(access: MerchantAccess) -> None:
    request = order(access)
    name = started(request).provider_reference
    other = {**access.secrets, "project_card": Secret("a password that is wrong")}
    assert PROVIDER.start(order(replace(access, secrets=other))) == NotStarted("5002")
    answer = PROVIDER.status(merchant=replace(access, secrets=other), reference="", provider_reference=name)
    assert isinstance(answer, NoAnswer)
    assert PROVIDER.start(order(replace(access, settings={}))) == NotStarted("project_missing")


@pytest.mark.prove("girocheckout_forgeries")
def test_no_forged_notification_is_believed() -> None:
    """A field altered or cut short, or all signed with another password: none is read."""
    chance = random.Random(4711)
    key = "project_card"
    access = MerchantAccess("1", Secret("x"), "http://127.0.0.1:9", {key: "1"}, {key: Secret("password-1")})
    believed = 0
    for _ in range(size(2_000, 100_000)):
        true = notified(access)
        forged = dict(parse_qsl(true))
        name = chance.choice(list(forged))
        value = forged[name]
        place = chance.randrange(len(value))
        forged[name] = chance.choice(
            [value[:place] + chance.choice("0123456789abcdef") + value[place + 1 :], value[:place]]
        )
        if forged == dict(parse_qsl(true)):
            forged["gcHash"] = sign(Secret("another password"), list(forged.values())[:-1])
        try:
            PROVIDER.read_notification(merchant=access, headers={}, body=urlencode(forged).encode(), at=clock.now())
            believed += 1
        except ForgedNotification:
            pass
    assert believed == 0
    assert PROVIDER.read_notification(merchant=access, headers={}, body=notified(access).encode(), at=clock.now())


def test_signs_moved_between_fields_cannot_change_whom_it_is_about() -> None:
    """The hash does not notice; the fixed shape of the references does. The amount is never read from here."""
    key = "project_card"
    access = MerchantAccess("1", Secret("x"), "http://127.0.0.1:9", {key: "1"}, {key: Secret("password-1")})
    true = dict(parse_qsl(notified(access)))
    fields = list(true)[:6]
    for left, right in pairwise(fields):
        for steps in range(1, len(true[left])):
            moved = {left: true[left][:-steps], right: true[left][-steps:] + true[right]}
            body = urlencode(true | moved).encode()
            try:
                told = PROVIDER.read_notification(merchant=access, headers={}, body=body, at=clock.now())
            except ForgedNotification:
                continue
            assert told.reference == true["gcMerchantTxId"]
            assert told.provider_reference == f"card:{true['gcReference']}"


def notified(access: MerchantAccess) -> str:
    said = {
        "gcReference": str(new_id()),
        "gcMerchantTxId": str(new_id()),
        "gcBackendTxId": "4711",
        "gcAmount": "3700",
        "gcCurrency": "EUR",
        "gcResultPayment": "4000",
    }
    said["gcHash"] = sign(access.secrets["project_card"], said.values())
    return urlencode(said)


def test_a_notification_by_get_is_heard_and_answered_with_200(access: MerchantAccess) -> None:
    secrets = {name: secret.reveal() for name, secret in access.secrets.items()}
    provider = {"name": "girocheckout", "merchant_id": access.merchant_id, "secret": "none", "methods": ["card"]}
    more = {"base_url": access.base_url, "settings": dict(access.settings), "secrets": secrets}
    town = found_town(providers=[provider | more])
    where = f"/provider/{town.slug}/girocheckout/notify"
    assert Client(HTTP_HOST="127.0.0.1").get(f"{where}?{notified(access)}").status_code == 200
    forged = replace(access, secrets={"project_card": Secret("another password")})
    assert Client(HTTP_HOST="127.0.0.1").get(f"{where}?{notified(forged)}").status_code == 401
    assert Client(HTTP_HOST="127.0.0.1").get(where).status_code == 401
