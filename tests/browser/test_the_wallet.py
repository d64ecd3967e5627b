"""A card kept for the next time, in a real browser with a virtual authenticator, against the real sandbox."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.support.authenticator import Authenticator, authenticator
from tests.support.axe import findings
from tests.support.citizen import choose, expect_paid, pay_at_sandbox
from tests.support.sandbox import SandboxServer

if TYPE_CHECKING:
    from tests.support.desk import Desk

    from zahlstelle.tenancy import Tenant

pytestmark = pytest.mark.prove("wallet")
CHALLENGE_CARD = "4000 0000 0004 0008"


@pytest.fixture(scope="module")
def named_desk() -> "Iterator[Desk]":
    """A web process under a name: passkeys belong to one."""
    from tests.support.desk import open_desk

    desk = open_desk(host="localhost")
    yield desk
    desk.stop()


def payment_page(page: Page, desk: "Desk", town: "Tenant") -> str:
    """Open the page of a new payment."""
    from tests.support.states import a_payment

    token = a_payment(town).token
    page.goto(f"{desk.base_url}/pay/{token}")
    return token


def keep(page: Page, desk: "Desk", town: "Tenant", card: str = "4111 1111 1111 1111") -> str:
    """Pay by card with the box ticked, and keep the card with a new passkey."""
    token = payment_page(page, desk, town)
    page.get_by_label("Karte für das nächste Mal merken").check()
    choose(page, "card")
    pay_at_sandbox(page, card)
    if card == CHALLENGE_CARD:
        page.locator("button[value=approve]").click()
    expect_paid(page)
    page.get_by_label("E-Mail-Adresse").fill("erika@example.org")
    page.get_by_role("button", name="Einwilligen und Passkey anlegen").click()
    expect(page.get_by_text("Ihre Karte ist gemerkt.")).to_be_visible()
    return token


def again(page: Page) -> Any:
    return page.get_by_role("button", name="Mit Visa ····\u00a01111 bezahlen")


def kept_at_provider(sandbox: SandboxServer, town: "Tenant") -> int:
    """Count the cards that the provider keeps for the town."""
    import sqlite3

    with sqlite3.connect(sandbox.data / "sandbox.sqlite3") as memory:
        (many,) = memory.execute("SELECT count(*) FROM stored_card WHERE merchant_id = ?", [town.slug]).fetchone()
    return int(many)


@pytest.fixture
def citizen(page: Page) -> Authenticator:
    return authenticator(page)


def test_kept_while_paying_and_paid_with_one_click_the_next_time(
    named_desk: "Desk", town: "Tenant", page: Page, citizen: Authenticator, sandbox: SandboxServer
) -> None:
    token = payment_page(page, named_desk, town)
    box = page.get_by_label("Karte für das nächste Mal merken")
    expect(box).not_to_be_checked()
    expect(again(page)).to_have_count(0)
    keep(page, named_desk, town)
    assert len(citizen.passkeys()) == 1
    token = payment_page(page, named_desk, town)
    again(page).click()  # the one action; the passkey, asked by the device, is the second
    expect_paid(page)
    from zahlstelle import payments

    tenant, payment = payments.payment_by_token(token)
    (attempt,) = payments.attempts_of(tenant=tenant, payment_id=payment.id)
    assert (attempt.status, attempt.amount.cents) == (payments.Status.PAID, 3700)
    assert attempt.instrument is not None
    assert kept_at_provider(sandbox, town) == 1


def test_nothing_is_left_on_the_device_before_consent(
    named_desk: "Desk", town: "Tenant", page: Page, citizen: Authenticator
) -> None:
    def cookies() -> set[str]:
        return {cookie["name"] for cookie in page.context.cookies(named_desk.base_url)}

    payment_page(page, named_desk, town)
    page.get_by_label("Karte für das nächste Mal merken").check()
    choose(page, "card")
    pay_at_sandbox(page)
    expect(page.get_by_role("heading", name="Noch ein Schritt: Karte merken")).to_be_visible()
    assert cookies() <= {"csrftoken"}
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.get_by_label("E-Mail-Adresse").fill("erika@example.org")
    page.get_by_role("button", name="Einwilligen und Passkey anlegen").click()
    expect(page.get_by_text("Ihre Karte ist gemerkt.")).to_be_visible()
    assert cookies() == {"csrftoken", f"karte-{town.slug}"}


def test_the_bank_may_still_ask(named_desk: "Desk", town: "Tenant", page: Page, citizen: Authenticator) -> None:
    keep(page, named_desk, town, CHALLENGE_CARD)
    payment_page(page, named_desk, town)
    page.get_by_role("button", name="Mit Visa ····\u00a00008 bezahlen").click()
    page.locator("button[value=approve]").click()
    expect_paid(page)


def test_not_me_and_another_card(named_desk: "Desk", town: "Tenant", page: Page, citizen: Authenticator) -> None:
    keep(page, named_desk, town)
    payment_page(page, named_desk, town)
    expect(page.locator("button[name=method][value=card]")).to_be_visible()
    page.get_by_role("button", name="Das bin nicht ich").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bezahlen")
    expect(again(page)).to_have_count(0)
    choose(page, "card")
    pay_at_sandbox(page)
    expect_paid(page)


def test_who_does_not_want_to_is_shown_no_error(
    named_desk: "Desk", town: "Tenant", page: Page, citizen: Authenticator
) -> None:
    keep(page, named_desk, town)
    payment_page(page, named_desk, town)
    citizen.verifies(False)
    again(page).click()
    expect(page.get_by_text("Sie können es noch einmal versuchen oder unten anders bezahlen.")).to_be_visible()
    expect(page.locator(".zs-error")).to_have_count(0)
    choose(page, "card")
    pay_at_sandbox(page)
    expect_paid(page)


@pytest.mark.parametrize("how", ["no-javascript", "no-webauthn"])
def test_where_no_passkey_can_be_asked_all_is_as_before(
    named_desk: "Desk", town: "Tenant", open_browser: Callable[..., BrowserContext], how: str
) -> None:
    context = open_browser(javascript=how != "no-javascript")
    context.add_init_script("delete window.PublicKeyCredential")
    page = context.new_page()
    payment_page(page, named_desk, town)
    expect(page.get_by_label("Karte für das nächste Mal merken")).to_be_hidden()
    choose(page, "card")
    pay_at_sandbox(page)
    expect_paid(page)


def test_the_wallet_shows_hands_out_and_deletes_everything(
    named_desk: "Desk", town: "Tenant", page: Page, citizen: Authenticator, sandbox: SandboxServer
) -> None:
    keep(page, named_desk, town)
    page.goto(f"{named_desk.base_url}/{town.slug}/karten/")
    page.get_by_role("button", name="Mit Passkey öffnen").click()
    expect(page.get_by_text("Visa ····\u00a01111")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Alles mitnehmen (JSON)").click()
    told = Path(download.value.path()).read_text()
    assert '"email": "erika@example.org"' in told
    assert '"last_four": "1111"' in told
    assert "4111111111111111" not in told
    assert "pcn_" not in told
    page.get_by_role("button", name="Alles löschen").click()
    expect(page.get_by_text("Auch der Zahlungsdienst hat die Karte gelöscht.")).to_be_visible()
    assert kept_at_provider(sandbox, town) == 0
    page.get_by_role("button", name="Mit Passkey öffnen").click()
    expect(page.get_by_text("Das hat mit dem Passkey nicht geklappt")).to_be_visible()
    payment_page(page, named_desk, town)
    expect(again(page)).to_have_count(0)


@pytest.mark.parametrize("look", [(320, True, "en"), (1280, False, "de")], ids=["320", "1280"])
def test_no_page_of_the_wallet_keeps_anyone_out(
    named_desk: "Desk", town: "Tenant", open_browser: Callable[..., BrowserContext], look: tuple[int, bool, str]
) -> None:
    width, dark, language = look
    page = open_browser(width=width, dark=dark).new_page()
    authenticator(page)
    wrong: dict[str, list[str]] = {}

    def looked_at(name: str) -> None:
        page.goto(f"{page.url.split('?')[0]}?lang={language}")
        wrong[name] = findings(page)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        wrong[name] += [f"{wide} pixels too wide"] if wide > 0 else []
        if os.environ.get("ZAHLSTELLE_SCREENSHOTS"):
            page.screenshot(path=Path("test-results/wallet") / f"{name}-{width}.png", full_page=True)

    payment_page(page, named_desk, town)
    looked_at("box")
    page.locator("#keep").check()
    choose(page, "card")
    pay_at_sandbox(page)
    page.locator("#email").wait_for()
    looked_at("step")
    page.locator("#email").fill("erika@")
    page.locator("[data-new] button").click()
    expect(page.locator("#email-error")).to_be_visible()
    wrong["wrong e-mail"] = findings(page)
    page.locator("#email").fill("erika@example.org")
    page.locator("[data-new] button").click()
    page.locator(".zs-note--success").wait_for()
    looked_at("kept")
    payment_page(page, named_desk, town)
    looked_at("again")
    page.goto(f"{named_desk.base_url}/{town.slug}/karten/")
    looked_at("door")
    page.locator("form[data-question] button").click()
    page.locator(".zs-cards").wait_for()
    looked_at("wallet")
    assert {name: found for name, found in wrong.items() if found} == {}
