"""All that the adapter sends to PAYONE, and all that the sandbox answers, fits the official description."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.support.click_to_pay import result_of
from tests.support.orders import order_by, started_at
from tests.support.payone import (
    contract_of_cards,
    description,
    faults_of,
    faults_of_answer,
    faults_of_request,
    keys,
    token_of,
)
from tests.support.sandbox import Ear, Merchant, SandboxServer, until

from zahlstelle.kernel import Money, clock, new_id
from zahlstelle.payments import (
    Authentication,
    CardFields,
    MerchantAccess,
    NeverSeen,
    NotStarted,
    ProviderStatus,
    RefundReport,
    RefundRequest,
    RefundStatus,
    Report,
    Started,
    StartRequest,
)
from zahlstelle.providers.payone import PayoneProvider, _requests
from zahlstelle_sandbox._cards import BY_SLUG

Said = tuple[httpx.Request, httpx.Response]
PROVIDER = PayoneProvider(now=clock.now, timeout=httpx.Timeout(10))


@pytest.fixture
def said() -> Iterator[list[Said]]:
    """Everything that goes over the wire."""
    heard: list[Said] = []

    def keep(answer: httpx.Response) -> None:
        answer.read()
        heard.append((answer.request, answer))

    PROVIDER._client.event_hooks["response"].append(keep)
    yield heard
    PROVIDER._client.event_hooks["response"].remove(keep)


@pytest.fixture
def access(sandbox: SandboxServer, town: Merchant, ear: Ear) -> MerchantAccess:
    return keys(sandbox, town.merchant_id, ear.url)


def order(access: MerchantAccess, method: str = "paypal", **changes: Any) -> StartRequest:
    return order_by(method, access, **changes)


def started(request: StartRequest) -> Started:
    return started_at(PROVIDER, request)


def act(sandbox: SandboxServer, name: str, **what: Any) -> None:
    sandbox.admin("POST", f"/payments/{name.rpartition('/')[2]}/act", what)


def report(request: StartRequest, name: str | None = None) -> Report:
    answer = PROVIDER.status(merchant=request.merchant, reference=str(request.attempt_id), provider_reference=name)
    assert isinstance(answer, Report), answer
    return answer


def back_of(request: StartRequest, name: str, cents: int, **changes: Any) -> RefundRequest:
    values = (Money(cents), request.amount, "  Gebühr\n zu hoch ", request.notify_url)
    back = RefundRequest(new_id(), request.merchant, name, str(request.attempt_id), request.method, *values)
    return replace(back, **changes)


def judged(said: list[Said]) -> int:
    """Judge every request, and every answer that the platform itself gave."""
    for request, answer in said:
        body = json.loads(request.content) if request.content else None
        verb, path = request.method, request.url.path
        assert faults_of_request(verb, path, request.url.query.decode(), body) == [], f"{verb} {path}"
        assert faults_of_answer(verb, path, answer.status_code, answer.json()) == [], f"{verb} {path}"
    return len(said)


@pytest.mark.parametrize("method", ["paypal", "wero"])
def test_all_that_is_said_fits_the_description(
    sandbox: SandboxServer, access: MerchantAccess, said: list[Said], method: str
) -> None:
    request = order(access, method)
    name = started(request).provider_reference
    assert report(request).status is report(request, name).status is ProviderStatus.OPEN
    act(sandbox, name, card="paid")
    assert report(request, name).status is ProviderStatus.PAID
    back = back_of(request, name, 1200)
    answer = PROVIDER.refund(back)
    assert isinstance(answer, RefundReport)
    assert (answer.status, answer.amount, answer.reference) == (RefundStatus.DONE, Money(1200), str(back.refund_id))
    assert PROVIDER.refund(back) == PROVIDER.refund_status(back, refund_reference=None) == answer
    assert report(request, name).amount == Money(3700), "what went back was paid before"
    assert PROVIDER.refund(back_of(request, name, 2501)) == NotStarted("MORE_THAN_REFUNDABLE")
    assert PROVIDER.cancel(merchant=access, provider_reference=name) == report(request, name)
    given_up = order(access, method)
    answer_to = PROVIDER.cancel(merchant=access, provider_reference=started(given_up).provider_reference)
    assert isinstance(answer_to, Report) and answer_to.status is ProviderStatus.CANCELLED
    never = PROVIDER.status(merchant=access, reference=str(new_id()), provider_reference=None)
    assert isinstance(never, NeverSeen)
    assert judged(said) > 20


def card_order(sandbox: SandboxServer, access: MerchantAccess, card: str, **changes: Any) -> StartRequest:
    contract = replace(access, settings={**access.settings, **contract_of_cards(sandbox)})
    fields = PROVIDER.card_fields(contract)
    assert isinstance(fields, CardFields) and fields.origin == sandbox.base
    token = token_of(contract, fields.session.reveal(), BY_SLUG[card].number)
    return order(access, "card", card=token, **changes)


@pytest.mark.parametrize(
    ("card", "cents", "status", "kept"),
    [
        ("paid", 3700, ProviderStatus.PAID, Authentication(eci="05")),
        ("paid-mastercard", 3700, ProviderStatus.PAID, Authentication(eci="02")),
        ("paid", 2999, ProviderStatus.PAID, Authentication(exemption_applied="low-value", eci="07")),
        ("do-not-honor", 3700, ProviderStatus.DECLINED, Authentication(eci="05")),
    ],
)
def test_a_card_that_is_decided_at_once(
    sandbox: SandboxServer,
    access: MerchantAccess,
    said: list[Said],
    ear: Ear,
    card: str,
    cents: int,
    status: Any,
    kept: Any,
) -> None:
    request = card_order(sandbox, access, card, amount=Money(cents))
    begun = started(request)
    assert (begun.redirect_url, begun.authentication) == (request.return_url, kept)
    assert report(request, begun.provider_reference).status is status
    assert heard_of(request, ear, 1) == {kept}
    assert judged(without_pass(said)) == 3


@pytest.mark.parametrize(
    ("approve", "status", "eci"), [(True, ProviderStatus.PAID, "05"), (False, ProviderStatus.DECLINED, "07")]
)
def test_a_card_whose_bank_asks(
    sandbox: SandboxServer, access: MerchantAccess, said: list[Said], ear: Ear, approve: Any, status: Any, eci: str
) -> None:
    request = card_order(sandbox, access, "challenge")
    begun = started(request)
    assert begun.redirect_url.startswith(f"{sandbox.base}/acs/") and begun.authentication is None
    assert report(request, begun.provider_reference).status is ProviderStatus.OPEN
    act(sandbox, begun.provider_reference, approve=approve)
    assert report(request, begun.provider_reference).status is status
    assert heard_of(request, ear, 2) == {None, Authentication(eci=eci)}
    assert judged(without_pass(said)) == 4


@pytest.mark.parametrize(("card", "scheme", "eci"), [("paid", "visa", "05"), ("paid-mastercard", "mastercard", "02")])
def test_click_to_pay(
    sandbox: SandboxServer, access: MerchantAccess, said: list[Said], ear: Ear, card: str, scheme: str, eci: str
) -> None:
    result = result_of(access, sandbox, "37.00", card=card, scheme=scheme)
    request = order(access, "card", card=result)
    begun = started(request)
    assert (begun.redirect_url, begun.authentication) == (request.return_url, Authentication(eci=eci))
    told = report(request, begun.provider_reference)
    assert (told.status, told.amount) == (ProviderStatus.PAID, Money(3700))
    assert heard_of(request, ear, 1) == {Authentication(eci=eci)}
    back = PROVIDER.refund(back_of(request, begun.provider_reference, 3700))
    assert isinstance(back, RefundReport) and back.status is RefundStatus.DONE
    assert PROVIDER.start(order(access, "card", card=result)) == NotStarted("CLICK_TO_PAY_SPENT")
    assert judged(said) > 5


def test_click_to_pay_whose_bank_asks(sandbox: SandboxServer, access: MerchantAccess, said: list[Said]) -> None:
    request = order(access, "card", card=result_of(access, sandbox, "37.00", card="challenge"))
    begun = started(request)
    assert begun.redirect_url.startswith(f"{sandbox.base}/acs/")
    act(sandbox, begun.provider_reference, approve=True)
    assert report(request, begun.provider_reference).status is ProviderStatus.PAID
    assert judged(said) == 3


def test_the_towns_name_at_the_scheme_stands_in_the_contract_where_the_script_does_not_tell_it(
    sandbox: SandboxServer, access: MerchantAccess
) -> None:
    told = result_of(access, sandbox, "37.00")
    assert told.dpa
    silent = replace(told, dpa=None)
    assert PROVIDER.start(order(access, "card", card=silent)) == NotStarted("click_to_pay_without_dpa")
    assert PROVIDER.start(order(access, "card", card=replace(told, brand="A"))) == NotStarted("card_not_accepted")
    contract = replace(access, settings={**access.settings, "dpa_visa": told.dpa})
    assert isinstance(PROVIDER.start(order(contract, "card", card=silent)), Started)


def heard_of(request: StartRequest, ear: Ear, number: int) -> set[Authentication | None]:
    """What so many webhooks, all fit for the description, say of the payer."""
    until(lambda: len(ear.heard) == number)
    for each in ear.heard:
        assert faults_of(each.event["payment"], "PaymentResponse") == []
    told = [
        PROVIDER.read_notification(merchant=request.merchant, headers=each.headers, body=each.body, at=clock.now())
        for each in ear.heard
    ]
    assert {each.reference for each in told} == {str(request.attempt_id)}
    return {each.authentication for each in told}


def without_pass(said: list[Said]) -> list[Said]:
    """The description has no word about passes; PAYONE's own client does, and asks for one in its test."""
    return [each for each in said if not each[0].url.path.endswith("/authentication-tokens")]


def test_what_was_taken_back_is_told_and_was_paid(
    sandbox: SandboxServer, access: MerchantAccess, said: list[Said]
) -> None:
    request = order(access)
    name = started(request).provider_reference
    act(sandbox, name, card="paid")
    sandbox.behave(refund_seconds=3600)
    waiting = PROVIDER.refund(back_of(request, name, 1000))
    assert isinstance(waiting, RefundReport) and waiting.status is RefundStatus.PENDING
    sandbox.admin("POST", f"/payments/{name.rpartition('/')[2]}/chargebacks", {"amount_cents": 2000})
    told = report(request, name)
    assert (told.status, told.amount) == (ProviderStatus.PAID, Money(3700))
    assert judged(said) > 3


@pytest.mark.parametrize(
    ("card", "status"),
    [
        ("do-not-honor", ProviderStatus.DECLINED),
        ("unknown-paid", ProviderStatus.PENDING),
        ("challenge", ProviderStatus.PENDING),
    ],
)
def test_what_is_not_paid_is_told_as_it_is(
    sandbox: SandboxServer, access: MerchantAccess, said: list[Said], card: str, status: ProviderStatus
) -> None:
    request = order(access)
    name = started(request).provider_reference
    act(sandbox, name, card=card)
    assert report(request, name).status is status
    judged(said)


def test_a_payment_that_was_made_is_not_made_again(access: MerchantAccess, sandbox: SandboxServer) -> None:
    """Even where the search does not find it, PAYONE refuses its name; and a second open one is a doubt to us."""
    request = order(access)
    act(sandbox, started(request).provider_reference, card="paid")
    assert not isinstance(PROVIDER.start(request), Started)
    assert len(sandbox.admin("GET", f"/payments?merchant_id={access.merchant_id}")["payments"]) == 1


def test_webhooks_fit_what_the_description_says_of_payments(
    sandbox: SandboxServer, access: MerchantAccess, ear: Ear
) -> None:
    request = order(access)
    name = started(request).provider_reference
    act(sandbox, name, card="paid")
    PROVIDER.refund(back_of(request, name, 1200))
    until(lambda: len(ear.heard) == 2)
    seen = set()
    for each in ear.heard:
        envelope = each.event
        kind = next(kind for kind in ("payment", "refund") if kind in envelope)
        schema = {"payment": "PaymentResponse", "refund": "RefundPaymentResponse"}[kind]
        assert faults_of(envelope[kind], schema) == []
        seen.add(envelope["type"])
        told = PROVIDER.read_notification(merchant=access, headers=each.headers, body=each.body, at=clock.now())
        assert told.reference == str(request.attempt_id)
    assert seen == {"payment.captured", "refund.refunded"}


def test_the_judge_refuses(access: MerchantAccess) -> None:
    """Without this, a judge that finds nothing would prove nothing."""
    assert description()["info"]["version"] == "1.61.0"
    path = f"/v1/{access.merchant_id}/commerce-cases"
    good = _requests.start(order(access))
    assert faults_of_request("POST", path, "", good) == []
    for spoil in (
        lambda said: said.update(more=1),
        lambda said: said["checkout"].update(amountOfMoney={"amount": 37.5, "currencyCode": "EUR"}),
        lambda said: said["checkout"]["orderRequest"]["orderReferences"].update(merchantReference="x" * 21),
        lambda said: said["checkout"]["orderRequest"].update(orderType="ALL"),
        lambda said: said["checkout"]["orderRequest"]["orderReferences"].update(descriptor=None),
    ):
        bad = json.loads(json.dumps(good))
        spoil(bad)
        assert faults_of_request("POST", path, "", bad), bad
    assert faults_of_request("GET", f"/v1/{access.merchant_id}/checkouts", "size=101", None)
    assert faults_of_request("GET", f"/v1/{access.merchant_id}/checkouts", "more=1", None)
    assert faults_of_request("GET", "/v1/x/nothing", "", None)
