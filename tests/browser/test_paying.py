"""People pay: with and without JavaScript, with the keyboard alone, impatiently, and with the back button."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.support.citizen import (
    NOT_COVERED,
    REDIRECT_LOST,
    UNKNOWN_THEN_PAID,
    choose,
    expect_paid,
    open_by_kassenzeichen,
    open_service,
    pay_at_sandbox,
)
from tests.support.desk import Desk
from tests.support.pdf_text import text_of
from tests.support.sandbox import SandboxServer
from tests.support.states import a_payment
from tests.support.towns import a_claim

from zahlstelle import claims, payments
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Tenant
from zahlstelle.web import feedback

pytestmark = pytest.mark.prove("whole_way")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_from_the_letter_to_the_receipt(
    desk: Desk, town: Tenant, open_browser: Callable[..., BrowserContext], javascript: bool
) -> None:
    page = open_browser(javascript=javascript, width=390).new_page()
    claim = a_claim(town, at=clock.now())
    open_by_kassenzeichen(page, desk.base_url, town.slug, claim.kassenzeichen)
    choose(page, "card")
    pay_at_sandbox(page)
    expect_paid(page)
    receipt = page.get_by_role("link", name="Quittung als PDF öffnen").get_attribute("href")
    content = page.request.get(f"{desk.base_url}{receipt}").body()
    assert claim.kassenzeichen in text_of(content)
    assert claims.claim_by_id(tenant=town, claim_id=claim.id).open.is_zero


def test_with_the_keyboard_alone(desk: Desk, town: Tenant, page: Page) -> None:
    claim = a_claim(town, at=clock.now())
    page.goto(f"{desk.base_url}/{town.slug}/")
    page.keyboard.press("Tab")
    expect(page.locator(".zs-skip")).to_be_focused()
    expect(page.locator(".zs-skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    tab_to(page, "#kassenzeichen")
    page.keyboard.type(claim.kassenzeichen)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bezahlen")
    tab_to(page, "button[value=card]")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    for field, typed in (("number", "4111111111111111"), ("expiry", "12/30"), ("cvc", "123")):
        tab_to(page, f"[name={field}]")
        page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect_paid(page)


def test_the_whole_way_from_the_letters_link_with_the_keyboard_alone(desk: Desk, town: Tenant, page: Page) -> None:
    number = a_claim(town, at=clock.now()).kassenzeichen
    code = claims.letter_code(tenant=town, kassenzeichen=number)
    page.goto(f"{desk.base_url}/{town.slug}/zahlen/{number}/{code}")
    tab_to(page, "main form button")
    page.keyboard.press("Enter")
    tab_to(page, "button[value=card]")
    page.keyboard.press("Enter")
    for field, typed in (("number", "4111111111111111"), ("expiry", "12/30"), ("cvc", "123")):
        tab_to(page, f"[name={field}]")
        page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect_paid(page)
    tab_to(page, "#email")
    page.keyboard.type("erika@")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Diese E-Mail-Adresse stimmt nicht")).to_be_visible()
    expect(page.locator("#email")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type("example.org")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Die Quittung ist unterwegs")
    assert claims.claim_by_kassenzeichen(tenant=town, kassenzeichen=number).open.is_zero


def test_a_barrier_is_reported_with_the_keyboard_alone(
    desk: Desk, town: Tenant, open_browser: Callable[..., BrowserContext]
) -> None:
    page = open_browser(javascript=False, width=320).new_page()
    page.goto(f"{desk.base_url}/{town.slug}/")
    page.get_by_role("link", name="Barrierefreiheit").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Erklärung zur Barrierefreiheit")
    page.locator("#text").focus()
    page.keyboard.type("Der Knopf ist zu klein.")
    page.locator("main form button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Vielen Dank")
    assert [each.text for each in feedback.listed(tenant=town)] == ["Der Knopf ist zu klein."]


def test_number_and_code_typed_by_hand(desk: Desk, town: Tenant, page: Page) -> None:
    claim = a_claim(town, at=clock.now(), purpose="Hundesteuer")
    page.goto(f"{desk.base_url}/{town.slug}/")
    page.get_by_label("Kassenzeichen", exact=True).fill(claim.kassenzeichen)
    page.get_by_label("Code").fill(claims.letter_code(tenant=town, kassenzeichen=claim.kassenzeichen).lower())
    page.get_by_role("button", name="Weiter").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bezahlen")
    expect(page.get_by_text("Hundesteuer")).to_be_visible()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus."""
    page.locator(selector).wait_for()
    for _ in range(40):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_a_double_click_opens_one_claim(
    desk: Desk, town: Tenant, open_browser: Callable[..., BrowserContext], javascript: bool
) -> None:
    page = open_browser(javascript=javascript).new_page()
    page.goto(f"{desk.base_url}/{town.slug}/leistungen/personalausweis/")
    page.get_by_role("button", name="Weiter zur Bezahlung").dblclick(no_wait_after=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("Bezahlen")
    assert len(claims.recent_claims(tenant=town)) == 1


def test_a_double_click_on_the_card_begins_one_attempt(
    desk: Desk, town: Tenant, open_browser: Callable[..., BrowserContext]
) -> None:
    page = open_browser(javascript=False).new_page()
    started = a_payment(town)
    page.goto(f"{desk.base_url}/pay/{started.token}")
    page.locator("button[value=card]").dblclick(no_wait_after=True)
    page.wait_for_url(lambda url: not url.endswith(started.token))
    page.goto(f"{desk.base_url}/pay/{started.token}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Zahlung ist noch nicht abgeschlossen")
    page.get_by_role("button", name="Zahlung fortsetzen").click()
    pay_at_sandbox(page)
    expect_paid(page)
    assert len(payments.attempts_of(tenant=town, payment_id=started.payment.id)) == 1


def test_back_from_the_provider_and_forth_again(desk: Desk, town: Tenant, page: Page) -> None:
    open_service(page, desk.base_url, town.slug, "Personalausweis")
    choose(page, "card")
    page.locator("[name=number]").wait_for()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Zahlung ist noch nicht abgeschlossen")
    page.get_by_role("button", name="Zahlung fortsetzen").click()
    pay_at_sandbox(page)
    expect_paid(page)
    page.reload()
    expect_paid(page)
    assert len(claims.recent_claims(tenant=town)) == 1


def test_back_from_the_provider_to_another_method(desk: Desk, town: Tenant, page: Page) -> None:
    open_service(page, desk.base_url, town.slug, "Spende", amount="12,50")
    choose(page, "card")
    page.locator("[name=number]").wait_for()
    page.go_back()
    page.get_by_role("button", name="Andere Zahlungsart wählen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sie haben abgebrochen")
    choose(page, "transfer")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bitte überweisen Sie jetzt")
    expect(page.get_by_role("img", name="GiroCode")).to_be_visible()
    expect(page.get_by_text("12,50\N{NO-BREAK SPACE}€")).to_be_visible()


def test_cancelled_at_the_provider(desk: Desk, town: Tenant, page: Page) -> None:
    open_service(page, desk.base_url, town.slug, "Personalausweis")
    choose(page, "card")
    page.locator("form[action*=cancel] button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sie haben abgebrochen")


def test_declined_and_tried_again(desk: Desk, town: Tenant, page: Page) -> None:
    open_service(page, desk.base_url, town.slug, "Personalausweis")
    choose(page, "card")
    pay_at_sandbox(page, NOT_COVERED)
    expect(page.get_by_role("heading", level=1)).to_have_text("Das hat nicht geklappt")
    expect(page.get_by_text("nicht gedeckt")).to_be_visible()
    choose(page, "card")
    pay_at_sandbox(page)
    expect_paid(page)


def test_the_way_back_is_lost_but_the_payment_is_not(desk: Desk, town: Tenant, page: Page) -> None:
    started = a_payment(town)
    page.goto(f"{desk.base_url}/pay/{started.token}")
    choose(page, "card")
    pay_at_sandbox(page, REDIRECT_LOST)
    page.goto(f"{desk.base_url}/pay/{started.token}")
    expect_paid(page)


def test_the_page_that_waits_sees_the_outcome_by_itself(
    desk: Desk, sandbox: SandboxServer, town: Tenant, page: Page
) -> None:
    sandbox.behave(unknown_seconds=4, lose_all=True)
    open_service(page, desk.base_url, town.slug, "Personalausweis")
    choose(page, "card")
    pay_at_sandbox(page, UNKNOWN_THEN_PAID)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ihre Zahlung wird geprüft")
    expect(page.get_by_text("fehlgeschlagen")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Vielen Dank, Ihre Zahlung ist da", timeout=15_000)
    sandbox.behave()


def test_a_typing_mistake_is_shown_where_it_was_made(desk: Desk, town: Tenant, page: Page) -> None:
    number = a_claim(town, at=clock.now()).kassenzeichen
    page.goto(f"{desk.base_url}/{town.slug}/")
    page.get_by_label("Kassenzeichen", exact=True).fill(number[:-1] + str((int(number[-1]) + 1) % 10))
    page.get_by_role("button", name="Weiter").click()
    field = page.get_by_label("Kassenzeichen", exact=True)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#kassenzeichen-error")).to_contain_text("Die Prüfziffer passt nicht.")
    expect(page).to_have_title(
        "Fehler: In diesem Kassenzeichen ist ein Zeichen vertippt – Online bezahlen – " + town.name
    )
    field.fill(number)
    page.get_by_role("button", name="Weiter").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bezahlen")


def test_the_language_is_one_click_away(desk: Desk, town: Tenant, page: Page) -> None:
    page.goto(f"{desk.base_url}/{town.slug}/")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="Identity card").click()
    page.get_by_role("button", name="Continue to payment").click()
    expect(page.get_by_role("heading", level=2, name="How would you like to pay?")).to_be_visible()
    page.get_by_role("link", name="Deutsch").click()
    expect(page.get_by_role("heading", level=2, name="Wie möchten Sie bezahlen?")).to_be_visible()


def test_our_pages_ask_nobody_else_for_anything(desk: Desk, town: Tenant, page: Page) -> None:
    hosts, complaints = set(), []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    started = a_payment(town)
    payments.choose_transfer(tenant=town, payment_id=started.payment.id, at=clock.now())
    for path in ("/", f"/{town.slug}/", f"/{town.slug}/leistungen/spende/", f"/pay/{started.token}"):
        page.goto(desk.base_url + path)
    assert {host for host in hosts if host} == {urlsplit(desk.base_url).netloc}
    assert complaints == []


def test_copying_what_a_bank_wants(desk: Desk, town: Tenant, page: Page) -> None:
    started = a_payment(town)
    payments.choose_transfer(tenant=town, payment_id=started.payment.id, at=clock.now())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{desk.base_url}/pay/{started.token}")
    page.get_by_role("button", name="Kopieren").nth(1).click()
    expect(page.get_by_role("button", name="Kopiert")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("DE") and " " not in copied
