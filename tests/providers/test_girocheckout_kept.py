"""Cards kept at GiroCheckout (pkn): what is sent, what the holder is asked for, what is no card."""

import json
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from tests.support.orders import order_by, started_at
from tests.support.sandbox import Merchant, SandboxServer
from tests.support.shared import need_shared

from zahlstelle.kernel import Secret, new_id
from zahlstelle.payments import (
    INSTRUMENT_GONE,
    KeptInstrument,
    MerchantAccess,
    NoAnswer,
    NothingKept,
    NotStarted,
    ProviderStatus,
    Report,
    Started,
)
from zahlstelle.providers.girocheckout import GiroCheckoutProvider, sign
from zahlstelle.providers.girocheckout._kept import charged, kept

PROVIDER = GiroCheckoutProvider(timeout=httpx.Timeout(10))
_numbers = count(700_001)


@pytest.fixture(params=["with_cvc", "without_cvc"])
def access(request: Any, sandbox: SandboxServer, town: Merchant) -> MerchantAccess:
    """A town whose card project keeps cards, charged with or without their security code."""
    number, secret = str(next(_numbers)), f"password-{new_id().hex}"
    body = {"merchant_id": town.merchant_id, "kind": "card", "secret": secret}
    activated = {"without_cvc": request.param == "without_cvc"}
    sandbox.admin("PUT", f"/girocheckout/projects/{number}", body | activated)
    settings = {"project_card": number, "kept_cards": request.param}
    base = f"{sandbox.base}/girocheckout/v2"
    return MerchantAccess(town.merchant_id, Secret(town.secret), base, settings, {"project_card": Secret(secret)})


def a_kept_card(sandbox: SandboxServer, access: MerchantAccess, card: str = "paid") -> KeptInstrument:
    name = started_at(PROVIDER, order_by("card", access, keep=True)).provider_reference
    reference = name.partition(":")[2]
    sandbox.admin("POST", f"/payments/{reference}/act", {"card": card})
    if card == "challenge":
        sandbox.admin("POST", f"/payments/{reference}/act", {"approve": True})
    told = PROVIDER.kept(merchant=access, provider_reference=name)
    assert isinstance(told, KeptInstrument), told
    return told


def test_the_holder_types_the_code_or_nothing(sandbox: SandboxServer, access: MerchantAccess) -> None:
    card, request = a_kept_card(sandbox, access), order_by("card", access)
    begun = PROVIDER.charge_kept(request, handle=card.handle)
    assert isinstance(begun, Started)
    page = httpx.get(begun.redirect_url, trust_env=False)
    if PROVIDER.asks_code(access):
        assert page.status_code == 200
        assert page.text.count("<input") == 1 and 'name="cvc"' in page.text and "1111" in page.text
        assert httpx.post(begun.redirect_url, data={"cvc": "12"}, trust_env=False).status_code == 422
        page = httpx.post(begun.redirect_url, data={"cvc": "123"}, trust_env=False)
    assert page.status_code == 303 and page.headers["location"].startswith("http://127.0.0.1:9/back?a=1&gcReference=")
    told = PROVIDER.status(merchant=access, reference="", provider_reference=begun.provider_reference)
    assert isinstance(told, Report) and told.status is ProviderStatus.PAID
    again = httpx.get(begun.redirect_url, trust_env=False)
    assert again.status_code == 200 and len(sandbox.admin("GET", f"/payments?reference={request.attempt_id}")) == 1


def test_who_must_show_that_the_card_is_theirs_types_its_code(sandbox: SandboxServer, access: MerchantAccess) -> None:
    card = a_kept_card(sandbox, access)
    begun = PROVIDER.charge_kept(order_by("card", access, challenge=True), handle=card.handle)
    assert isinstance(begun, Started)
    assert 'name="cvc"' in httpx.get(begun.redirect_url, trust_env=False).text


def test_the_bank_still_asks(sandbox: SandboxServer, access: MerchantAccess) -> None:
    card = a_kept_card(sandbox, access, "challenge")
    begun = PROVIDER.charge_kept(order_by("card", access), handle=card.handle)
    assert isinstance(begun, Started)
    page = httpx.post(begun.redirect_url, data={"cvc": "123"}, trust_env=False)
    assert (page.status_code, "/acs/" in page.headers["location"]) == (303, True)


def test_without_activation_the_sandbox_refuses_to_go_without_the_code(
    sandbox: SandboxServer, access: MerchantAccess
) -> None:
    card = a_kept_card(sandbox, access)
    wanting = replace(access, settings={**access.settings, "kept_cards": "without_cvc"})
    answer = PROVIDER.charge_kept(order_by("card", wanting), handle=card.handle)
    assert isinstance(answer, NotStarted if PROVIDER.asks_code(access) else Started)
    assert PROVIDER.asks_code(access) == (answer == NotStarted("5050"))


def test_a_town_that_does_not_say_so_keeps_nothing(access: MerchantAccess) -> None:
    silent = replace(access, settings={"project_card": access.settings["project_card"]})
    assert PROVIDER.keeps(access) and not PROVIDER.keeps(silent)
    assert not PROVIDER.keeps(replace(silent, settings={"kept_cards": "yes"}))


def test_what_pkninfo_says_stands_in_the_contract(sandbox: SandboxServer, access: MerchantAccess) -> None:
    contract = json.loads(need_shared("specs", "girocheckout", "girocheckout_api_contract.json").read_text())
    known = [field["name"] for field in contract["calls"]["CreditCardGetPKN"]["response"]]
    name = started_at(PROVIDER, order_by("card", access, keep=True)).provider_reference.partition(":")[2]
    assert asked(access, name) == {"rc": 5102, "msg": "refused: 5102"}, "not paid yet: nothing is kept"
    sandbox.admin("POST", f"/payments/{name}/act", {"card": "paid-mastercard"})
    said = asked(access, name)
    assert list(said) == known
    assert said["cardnumber"] == "555555******4444"


def asked(access: MerchantAccess, reference: str) -> dict[str, Any]:
    values = {
        "merchantId": access.merchant_id,
        "projectId": access.settings["project_card"],
        "reference": reference,
    }
    body = urlencode([*values.items(), ("hash", sign(access.secrets["project_card"], values.values()))])
    headers = {"content-type": "application/x-www-form-urlencoded"}
    where = f"{access.base_url}/creditcard/pkninfo"
    return dict(httpx.post(where, content=body, headers=headers, trust_env=False).json())


SAID = {"rc": "0", "pkn": "a1b2c3d4e5f6", "cardnumber": "411111******1111", "expiremonth": "2", "expireyear": "2028"}


@pytest.mark.parametrize(
    ("said", "brand", "last_day"),
    [
        ({}, "Visa", date(2028, 2, 29)),
        ({"cardnumber": "555555xxxxxx1111", "expiremonth": "12", "expireyear": "30"}, "Mastercard", date(2030, 12, 31)),
        ({"cardnumber": "3412******1111", "expiremonth": "02"}, "American Express", date(2028, 2, 29)),
        ({"cardnumber": "************1111"}, "", date(2028, 2, 29)),
    ],
)
def test_what_is_read_of_a_card(said: dict[str, str], brand: str, last_day: date) -> None:
    assert kept(SAID | said) == KeptInstrument("a1b2c3d4e5f6", brand, "1111", last_day)


@pytest.mark.parametrize(
    "lie",
    [
        {"cardnumber": "4111111111111111"},  # a whole number is never taken in
        {"cardnumber": "41111111****1111"},
        {"cardnumber": ""},
        {"pkn": "create"},
        {"pkn": ""},
        {"expiremonth": "13"},
        {"expireyear": "1930"},
        {"rc": "5000"},
        {"rc": "5034"},
    ],
)
def test_what_is_no_card(lie: dict[str, str]) -> None:
    assert isinstance(kept(SAID | lie), NoAnswer)


def test_what_is_certain() -> None:
    assert kept({"rc": "5102"}) == NothingKept()
    assert charged(NotStarted("5102")) == charged(NotStarted("4106")) == NotStarted(INSTRUMENT_GONE)
    assert charged(NotStarted("5029")) == NotStarted("5029"), "refused, but nobody says that the card is gone"
    assert charged(NoAnswer("rc 4503")) == NoAnswer("rc 4503")
