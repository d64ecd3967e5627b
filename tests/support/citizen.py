"""What a citizen does in a browser, for stories: pay by Kassenzeichen or for a service, at the provider, and after."""

from playwright.sync_api import Page, expect

GOOD_CARD = "4111 1111 1111 1111"
UNKNOWN_THEN_PAID = "4000 0000 0006 0006"
UNKNOWN_THEN_DECLINED = "4000 0000 0007 0005"
NOT_COVERED = "4000 0000 0001 0001"
REDIRECT_LOST = "4000 0000 0008 0004"


def open_by_kassenzeichen(page: Page, base_url: str, town: str, kassenzeichen: str) -> None:
    """Go from the town's page to the payment page."""
    page.goto(f"{base_url}/{town}/")
    page.get_by_label("Kassenzeichen", exact=True).fill(kassenzeichen)
    page.get_by_role("button", name="Weiter").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bezahlen")


def open_service(page: Page, base_url: str, town: str, service: str, amount: str | None = None) -> None:
    """Go from the town's catalogue to the payment page."""
    page.goto(f"{base_url}/{town}/")
    page.get_by_role("link", name=service).click()
    if amount is not None:
        page.get_by_label("Betrag in Euro").fill(amount)
    page.get_by_role("button", name="Weiter zur Bezahlung").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bezahlen")


def choose(page: Page, method: str) -> None:
    """Press a method's button."""
    page.locator(f"button[name=method][value={method}]").click()


def pay_at_sandbox(page: Page, card: str = GOOD_CARD) -> None:
    """Fill in the sandbox's card page and pay."""
    page.locator("[name=number]").fill(card)
    page.locator("[name=expiry]").fill("12/30")
    page.locator("[name=cvc]").fill("123")
    page.locator("form#form button[type=submit]").click()


def expect_paid(page: Page) -> None:
    """See the page that says so."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Vielen Dank, Ihre Zahlung ist da")
