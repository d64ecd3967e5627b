"""A card typed into the provider's own fields: our page shows them and hands on a token, never a number."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from tests.support.fake_provider import FakeProvider
from tests.support.towns import a_claim

from zahlstelle import payments
from zahlstelle.kernel import Secret, clock
from zahlstelle.payments import CardFields, CardToken, MerchantAccess, NewPayment, NoAnswer, ProviderStatus
from zahlstelle.tenancy import Tenant

FIELDS = CardFields(
    "https://sdk.example/1/sdk.js", "sha384-x", "https://fields.example", Secret("a pass for the fields"), "test"
)
TOKEN = "0ca037cc-9079-4df7-8f6f-f2a3443ee521"


@dataclass
class WithFields(FakeProvider):
    """The fake provider, with fields of its own for cards."""

    card_methods: frozenset[str] = frozenset({"card"})
    fields: CardFields | NoAnswer = field(default_factory=lambda: FIELDS)

    def card_fields(self, merchant: MerchantAccess) -> CardFields | NoAnswer:
        return self.fields


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> WithFields:
    provider = WithFields()
    monkeypatch.setitem(payments._flow._PLUGGED, "fake", provider)
    return provider


@pytest.fixture
def town(found: Any, provider: WithFields) -> Tenant:
    contract = {"name": "fake", "merchant_id": "M1", "secret": "merchant secret", "methods": ["card", "wero"]}
    tenant: Tenant = found(providers=[contract | {"base_url": "https://psp.example"}])
    return tenant


@pytest.fixture
def started(town: Tenant) -> NewPayment:
    claim = a_claim(town, at=clock.now())
    return payments.start_payment(tenant=town, claim_id=claim.id, at=clock.now())


def send(citizen: Client, started: NewPayment, **typed: str) -> Any:
    return citizen.post(f"/pay/{started.token}/karte", {"card_token": TOKEN, "card_brand": "V"} | typed)


def attempts(town: Tenant, started: NewPayment) -> list[payments.Attempt]:
    return list(payments.attempts_of(tenant=town, payment_id=started.payment.id))


def test_who_chooses_the_card_gets_the_fields(
    citizen: Client, town: Tenant, started: NewPayment, provider: WithFields
) -> None:
    chosen = citizen.post(f"/pay/{started.token}", {"method": "card"})
    assert chosen.headers["Location"] == f"/pay/{started.token}/karte"
    assert attempts(town, started) == [], "nothing is begun before the card is typed"
    page = citizen.get(f"/pay/{started.token}/karte")
    policy, text = page.headers["Content-Security-Policy"], page.content.decode()
    assert "frame-src https://fields.example;" in policy and "connect-src 'self' https://fields.example;" in policy
    assert 'src="https://sdk.example/1/sdk.js" integrity="sha384-x" crossorigin="anonymous"' in text
    assert 'data-session="a pass for the fields" data-mode="test"' in text
    other = citizen.get(f"/pay/{started.token}").headers["Content-Security-Policy"]
    assert "frame-src 'none';" in other and "connect-src 'self' ;" in other


def test_other_methods_go_to_the_provider_as_before(citizen: Client, started: NewPayment, provider: WithFields) -> None:
    chosen = citizen.post(f"/pay/{started.token}", {"method": "wero"})
    assert chosen.headers["Location"].startswith("https://psp.example/pay/")
    assert provider.asked[0].card is None


def test_the_token_is_handed_on_and_the_way_goes_on(
    citizen: Client, town: Tenant, started: NewPayment, provider: WithFields
) -> None:
    answer = send(citizen, started)
    (attempt,) = attempts(town, started)
    assert (answer.status_code, answer.headers["Location"]) == (303, attempt.redirect_url)
    assert provider.asked[0].card == CardToken(Secret(TOKEN), "V")
    assert TOKEN not in str(attempt), "it is not kept"
    assert send(citizen, started).headers["Location"] == attempt.redirect_url, "a second press is the same attempt"
    again = citizen.post(f"/pay/{started.token}", {"method": "card"})
    assert again.headers["Location"] == attempt.redirect_url, "who has begun goes on there"
    assert len(provider.asked) == 1
    provider.says = ProviderStatus.PAID
    assert citizen.get(f"/pay/{started.token}/karte").status_code == 303
    assert "Ihre Zahlung ist da" in citizen.get(f"/pay/{started.token}/ergebnis").content.decode()
    assert send(citizen, started).headers["Location"] == f"/pay/{started.token}/ergebnis"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"card_token": "4111111111111111"}, "card_number_typed"),
        ({"card_token": "4111-1111-1111-1111"}, "card_number_typed"),
        ({"card_token": ""}, "card_token_wrong"),
        ({"card_token": "x" * 41}, "card_token_wrong"),
        ({"card_token": f"{TOKEN} "}, "card_token_wrong"),
        ({"card_brand": ""}, "card_token_wrong"),
        ({"card_brand": "V/../"}, "card_token_wrong"),
    ],
)
def test_what_is_no_token_is_not_handed_on(
    citizen: Client, town: Tenant, started: NewPayment, provider: WithFields, typed: dict[str, str], code: str
) -> None:
    answer = send(citizen, started, **typed)
    assert answer.status_code == 422 and code in answer.content.decode()
    assert "1111" not in answer.content.decode().split("<main", 1)[1].split("</main>")[0]
    assert provider.asked == [] and attempts(town, started) == []


def test_without_the_fields_nothing_is_begun(
    citizen: Client, town: Tenant, started: NewPayment, provider: WithFields
) -> None:
    provider.fields = NoAnswer("ConnectTimeout")
    answer = citizen.get(f"/pay/{started.token}/karte")
    assert answer.status_code == 503
    assert "Die Kartenzahlung ist gerade nicht erreichbar" in answer.content.decode()
    assert attempts(town, started) == []


def test_a_provider_without_fields_has_no_such_page(
    citizen: Client, started: NewPayment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(payments._flow._PLUGGED, "fake", FakeProvider())
    assert citizen.get(f"/pay/{started.token}/karte").headers["Location"] == f"/pay/{started.token}"
