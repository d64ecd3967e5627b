"""The pages in a real browser: for everyone, in both colour schemes, on a small phone, without JavaScript."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.support.axe import findings
from tests.support.sandbox import Merchant, SandboxServer

LOOKS = [
    {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    for width, scheme in ((320, "dark"), (1280, "light"))
]
Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    contexts: list[BrowserContext] = []

    def opened(**settings: Any) -> Page:
        contexts.append(browser.new_context(**settings))
        return contexts[-1].new_page()

    yield opened
    for context in contexts:
        context.close()


def wrong(page: Page) -> list[str]:
    """What axe finds on the page as it is, and whether it must be pushed sideways."""
    found = [f"{page.url} {each}" for each in findings(page)]
    too_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [*found, f"{page.url} is too wide"] if too_wide else found


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look['viewport']['width']}-{look['color_scheme']}")
def test_every_page_is_for_everyone(
    sandbox: SandboxServer, town: Merchant, open_page: Open, look: dict[str, Any]
) -> None:
    page = open_page(**look)
    payment = sandbox.started(town, description="Ausstellung eines Führungszeugnisses " + "x" * 90)
    page.goto(sandbox.base)
    found = wrong(page)
    page.goto(payment["redirect_url"])
    page.get_by_role("button", name="bezahlen").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found += wrong(page)
    page.goto(payment["redirect_url"] + "?card=challenge&lang=en")
    found += wrong(page)
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    found += wrong(page)
    page.get_by_role("button", name="Just walk away").click()
    found += wrong(page)
    page.goto(f"{sandbox.base}/bank/{town.merchant_id}")
    page.get_by_role("button", name="Überweisen").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found += wrong(page)
    page.get_by_label("Betrag in Euro").fill("37,00")
    page.get_by_label("Verwendungszweck").fill("4711.0001")
    page.get_by_label("Wer überweist").fill("Jörg Groß")
    page.get_by_role("button", name="Überweisen").click()
    page.get_by_role("button", name="Auszahlen und Tag abschließen").click()
    expect(page.get_by_role("status")).to_contain_text("Die Dateien liegen bereit.")
    found += wrong(page)
    page.goto(sandbox.base + "/card/none")
    found += wrong(page)
    assert found == []


def test_paying_without_javascript(sandbox: SandboxServer, town: Merchant, open_page: Open) -> None:
    page = open_page(java_script_enabled=False)
    payment = sandbox.started(town, return_url=f"{sandbox.base}/?back=1")
    page.goto(payment["redirect_url"])
    page.get_by_role("listitem").filter(has_text="3-D Secure").get_by_role("link", name="Ausfüllen").click()
    page.get_by_role("button", name="bezahlen").click()
    page.get_by_role("button", name="Freigeben").click()
    assert page.url.startswith(f"{sandbox.base}/?back=1&")
    assert sandbox.get(town, f"/payments/{payment['payment_id']}").json()["status"] == "captured"


def test_the_pages_own_policy_lets_the_payer_leave(sandbox: SandboxServer, town: Merchant, open_page: Open) -> None:
    """To another origin than the sandbox's, with the policy in force and nothing refused."""
    page, said = open_page(), []
    page.on("console", lambda message: said.append(message.text))
    payment = sandbox.started(town, return_url=f"http://localhost:{sandbox.port}/?back=1")
    page.goto(payment["redirect_url"] + "?card=paid")
    page.get_by_role("button", name="bezahlen").click()
    assert page.url.startswith(f"http://localhost:{sandbox.port}/?back=1&")
    assert said == []


def test_the_keyboard_reaches_everything(sandbox: SandboxServer, town: Merchant, open_page: Open) -> None:
    page = open_page()
    page.goto(sandbox.started(town, language="en")["redirect_url"])
    reached = []
    for _ in range(9):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("(document.activeElement.id || document.activeElement.innerText).trim()"))
    assert reached == [
        "Skip to content", "Sandbox", "Deutsch", "number", "expiry", "cvc", "holder", "Pay €37.00", "Cancel",
    ]  # fmt: skip
