"""An independent client of the schemes, Adyen's published ClickToPayService, drives the sandbox's in Chromium."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from tests.support.sandbox import SandboxServer, until
from tests.support.sizes import size
from tests.support.src import Initiator, citizen, code, initiator, switched
from tests.support.town_page import town_page, with_scripts_of

Open = Callable[..., Page]
START = """([initiator, dpa, email]) => {
  const config = {visaSrcInitiatorId: initiator, visaSrciDpaId: dpa, mcSrcClientId: initiator, mcDpaId: dpa};
  const context = {shopperEmail: email, merchantDisplayName: "Stadt Musterstadt", locale: "de_DE"};
  window.service = create(config, context, "test", {sendAnalytics() {}});
  return service.initialize().then(() => service.state);
}"""
CODE = "code => service.finishIdentityValidation(code).then(() => service.state, error => error.reason)"
CARDS = (
    "() => service.shopperCards.map(card => ({scheme: card.scheme, last4: card.panLastFour, expired: card.isExpired}))"
)
PAY = """scheme => service.checkout(service.shopperCards.find(card => card.scheme === scheme))
  .then(told => told, error => ({error: String(error)}))"""


@pytest.fixture
def provider(sandbox: SandboxServer, tmp_path: Path) -> Initiator:
    return initiator(sandbox, tmp_path)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with town_page() as port:
        yield port


@pytest.fixture
def device(browser: Browser, sandbox: SandboxServer) -> Iterator[BrowserContext]:
    context = browser.new_context()
    with_scripts_of(sandbox, context)
    yield context
    context.close()


def start(device: BrowserContext, provider: Initiator, email: str, where: str) -> tuple[Page, str]:
    """Open a town's page on the device; the state in which the client comes to rest."""
    page = device.new_page()
    page.goto(where)
    page.wait_for_function("'create' in window")
    return page, str(page.evaluate(START, [provider.initiator, provider.src_dpa_id, email]))


@pytest.mark.prove("src_client")
def test_adyens_client_goes_the_whole_way(
    sandbox: SandboxServer, provider: Initiator, device: BrowserContext, port: int, tmp_path: Path
) -> None:
    for _ in range(size(1, 25)):
        go_the_whole_way(sandbox, provider, device, port, tmp_path)
        for page in device.pages:
            page.close()


def go_the_whole_way(
    sandbox: SandboxServer, provider: Initiator, device: BrowserContext, port: int, tmp_path: Path
) -> None:
    """One citizen, from unknown to forgotten, on one device."""
    here = f"http://127.0.0.1:{port}/"
    _, unknown = start(device, provider, "nobody@example.org", here)
    assert unknown == "NotAvailable"

    email = citizen(sandbox, "paid", "paid-mastercard")
    page, found = start(device, provider, email, here)
    assert found == "ShopperIdentified"
    page.evaluate("() => service.startIdentityValidation()")
    assert page.evaluate("() => [service.state, service.identityValidationData.maskedShopperContact]") == [
        "OneTimePassword", "e•••@example.org",
    ]  # fmt: skip
    right = code(sandbox, email)
    assert page.evaluate(CODE, f"{(int(right) + 1) % 10**6:06d}") == "CODE_INVALID"
    assert page.evaluate(CODE, right) == "Ready"
    assert sorted(page.evaluate(CARDS), key=str) == [
        {"scheme": "mc", "last4": "4444", "expired": False}, {"scheme": "visa", "last4": "1111", "expired": False},
    ]  # fmt: skip

    page.evaluate("() => service.updateStoreCookiesConsent(true)")
    paid: dict[str, Any] = page.evaluate(PAY, "mc")
    assert (paid["srcScheme"], set(paid)) == ("mc", {"srcScheme", "srcDigitalCardId", "srcCorrelationId"})
    paid = page.evaluate(PAY, "visa")
    assert (paid["srcScheme"], paid["srcCheckoutPayload"].count(".")) == ("visa", 2)
    kept = sandbox.admin("GET", f"/src/profiles?email={email}")["profiles"]
    assert [each["devices"] for each in kept] == [1, 1], "one device at each scheme"

    other = initiator(sandbox, tmp_path)
    with town_page() as another:
        page, recognised = start(device, other, "", f"http://127.0.0.1:{another}/")
    assert recognised == "Ready", "another provider's page in another town, nothing typed"
    assert {card["last4"] for card in page.evaluate(CARDS)} == {"1111", "4444"}

    page.evaluate("() => service.logout()")
    assert page.evaluate("() => service.state") == "Login"
    _, forgotten = start(device, provider, "", here)
    assert forgotten == "NotAvailable"
    assert [each["devices"] for each in sandbox.admin("GET", f"/src/profiles?email={email}")["profiles"]] == [0, 0]


def test_adyens_client_goes_on_with_the_scheme_that_is_there(
    sandbox: SandboxServer, provider: Initiator, device: BrowserContext, port: int
) -> None:
    email = citizen(sandbox, "paid-mastercard")
    device.route("**/visa-sdk.js*", lambda route: route.abort())
    page, found = start(device, provider, email, f"http://127.0.0.1:{port}/")
    assert found == "ShopperIdentified"
    page.evaluate("() => service.startIdentityValidation()")
    with switched(sandbox, src_down=["visa"]):
        assert page.evaluate(CODE, until(lambda: code(sandbox, email))) == "Ready"
    assert [card["scheme"] for card in page.evaluate(CARDS)] == ["mc"]
