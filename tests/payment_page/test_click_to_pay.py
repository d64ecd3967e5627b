"""Click to Pay on the page of the card: one opaque result is handed on, and only where the contract has it."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.test import Client
from tests.payment_page.test_card_fields import FIELDS, WithFields
from tests.support.towns import a_claim

from zahlstelle import payments
from zahlstelle.kernel import Secret, clock
from zahlstelle.payments import CardToken, ClickToPayResult, MerchantAccess, NewPayment, NoAnswer
from zahlstelle.tables.web import TryRow
from zahlstelle.tenancy import Tenant, inside

RESULT = f"{'h' * 200}.{'p' * 3000}.{'s' * 342}"
GIVEN = {"card_token": RESULT, "card_brand": "M", "card_mode": "clickToPay", "card_dpa": "dpa_1"}


@dataclass
class WithSchemes(WithFields):
    """The fake provider, with fields that ask the card schemes."""

    has_it: bool = True

    def offers_click_to_pay(self, merchant: MerchantAccess) -> bool:
        return self.has_it


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> WithSchemes:
    provider = WithSchemes(fields=replace(FIELDS, click_to_pay=True))
    monkeypatch.setitem(payments._flow._PLUGGED, "fake", provider)
    return provider


@pytest.fixture
def town(found: Any, provider: WithSchemes) -> Tenant:
    contract = {"name": "fake", "merchant_id": "M1", "secret": "merchant secret", "methods": ["card"]}
    tenant: Tenant = found(providers=[contract | {"base_url": "https://psp.example"}])
    return tenant


@pytest.fixture
def started(town: Tenant) -> NewPayment:
    claim = a_claim(town, at=clock.now())
    return payments.start_payment(tenant=town, claim_id=claim.id, at=clock.now())


def test_the_page_asks_for_it_where_the_contract_has_it(
    citizen: Client, started: NewPayment, provider: WithSchemes
) -> None:
    shown = citizen.get(f"/pay/{started.token}/karte").content.decode()
    assert 'data-amount="37.00" data-currency="EUR" data-shop=' in shown
    assert "Was ist Click to Pay?" in shown
    provider.fields = FIELDS
    shown = citizen.get(f"/pay/{started.token}/karte").content.decode()
    assert "data-amount" not in shown and "Click to Pay" not in shown


@pytest.mark.parametrize("mode", ["clickToPay", "register"])
def test_the_result_is_handed_on_and_not_kept(
    citizen: Client, town: Tenant, started: NewPayment, provider: WithSchemes, mode: str
) -> None:
    answer = citizen.post(f"/pay/{started.token}/karte", GIVEN | {"card_mode": mode})
    (attempt,) = payments.attempts_of(tenant=town, payment_id=started.payment.id)
    assert (answer.status_code, answer.headers["Location"]) == (303, attempt.redirect_url)
    assert provider.asked[0].card == ClickToPayResult(Secret(RESULT), "M", "dpa_1")
    assert RESULT not in str(attempt) and RESULT not in repr(provider.asked[0])
    with inside(town):
        assert TryRow.objects.count() == 1, "counted like every start"


def test_a_card_typed_by_hand_is_a_token_as_ever(citizen: Client, started: NewPayment, provider: WithSchemes) -> None:
    typed = {"card_token": "0ca037cc-9079-4df7-8f6f-f2a3443ee521", "card_brand": "V", "card_mode": "manual"}
    citizen.post(f"/pay/{started.token}/karte", typed | {"card_dpa": ""})
    assert isinstance(provider.asked[0].card, CardToken)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"card_token": "a.b"},
        {"card_token": RESULT + ".more"},
        {"card_token": f"{'h' * 200}.{'p' * 15001}.{'s' * 342}"},
        {"card_token": RESULT + "\n"},
        {"card_token": "4111111111111111"},
        {"card_brand": "V V"},
        {"card_dpa": "x" * 65},
        {"card_dpa": "../dpa"},
    ],
)
def test_what_is_no_result_is_not_handed_on(
    citizen: Client, town: Tenant, started: NewPayment, provider: WithSchemes, spoilt: dict[str, str]
) -> None:
    answer = citizen.post(f"/pay/{started.token}/karte", GIVEN | spoilt)
    assert answer.status_code == 422 and "card_token_wrong" in answer.content.decode()
    assert provider.asked == [] and payments.attempts_of(tenant=town, payment_id=started.payment.id) == []


def test_a_contract_without_it_takes_no_result(
    citizen: Client, town: Tenant, started: NewPayment, provider: WithSchemes
) -> None:
    provider.has_it = False
    answer = citizen.post(f"/pay/{started.token}/karte", GIVEN)
    assert answer.status_code == 422 and "method_unknown" in answer.content.decode()
    assert provider.asked == [] and payments.attempts_of(tenant=town, payment_id=started.payment.id) == []


def test_a_pass_is_renewed(citizen: Client, started: NewPayment, provider: WithSchemes) -> None:
    provider.fields = replace(FIELDS, session=Secret("a new pass"))
    address = f"/pay/{started.token}/karte/ausweis"
    assert citizen.get(address).status_code == 405
    assert citizen.post(address).json() == {"session": "a new pass"}
    provider.fields = NoAnswer("ConnectTimeout")
    answer = citizen.post(address)
    assert (answer.status_code, answer.json()) == (503, {"code": "card_fields_away"})
    assert citizen.post("/pay/nobody/karte/ausweis").status_code == 404
