"""A card kept for the next time, in a real browser with a virtual authenticator, against the real sandbox."""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.support.authenticator import Authenticator, authenticator
from tests.support.axe import findings
from tests.support.citizen import choose, expect_paid, pay_at_sandbox
from tests.support.sandbox import SandboxServer
from tests.support.sizes import size

if TYPE_CHECKING:
    from tests.support.desk import Desk

    from zahlstelle.tenancy import Tenant

pytestmark = pytest.mark.prove("wallet")
ROOT = Path(__file__).parents[2]
# axe takes its time: the pages with forms small, all of them at full size.
ASKED = ("step", "again", "wallet", "box", "kept", "door")[: size(3, 6)]
LOOKS = [(320, True, "en"), (1280, False, "de")]
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
    expect(page.get_by_role("heading", name="Noch ein Schritt: Karte merken")).to_be_visible()
    assert on_the_device(page, desk) <= {"csrftoken"}, "nothing of it before consent"
    page.locator("#keep-email").fill("erika@example.org")
    page.get_by_role("button", name="Einwilligen und Passkey anlegen").click()
    expect(page.get_by_text("Ihre Karte ist gemerkt.")).to_be_visible()
    assert on_the_device(page, desk) == {"csrftoken", f"karte-{town.slug}"}
    return token


def on_the_device(page: Page, desk: "Desk") -> set[str]:
    """Name what our pages have left in this browser."""
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    return {cookie["name"] for cookie in page.context.cookies(desk.base_url)}


@dataclass
class Doings:
    """What a citizen did: clicks and keys that press something, and fields that were typed into."""

    clicks: int = 0
    fields: list[str] = field(default_factory=list)
    seconds: float = 0

    @property
    def typed(self) -> int:
        return len(set(self.fields))

    def taken(self, seconds: float) -> "Doings":
        """Hand out what was counted, and begin anew."""
        told = Doings(self.clicks, self.fields, seconds)
        self.clicks, self.fields = 0, []
        return told

    def __str__(self) -> str:
        return f"{self.clicks} clicks, {self.typed} fields typed, {self.seconds:.1f} s"


def counted(page: Page) -> Doings:
    """Count what is done in this browser, on every page of every site."""
    doings = Doings()

    def hear(_source: Any, what: str, where: str) -> None:
        if what == "click":
            doings.clicks += 1
        else:
            doings.fields.append(where)

    page.context.expose_binding("doing", hear)
    page.context.add_init_script("""
        addEventListener("click", (e) => e.isTrusted && doing("click", ""), true);
        addEventListener("input", (e) => e.target.type !== "checkbox" && doing("typed", e.target.name), true);
    """)
    return doings


def charged(token: str, town: "Tenant") -> Any:
    """Name the stored card that paid, the payment being paid in full."""
    from zahlstelle import payments

    _, payment = payments.payment_by_token(token)
    (attempt,) = payments.attempts_of(tenant=town, payment_id=payment.id)
    assert (attempt.status, attempt.amount.cents) == (payments.Status.PAID, 3700)
    return attempt.instrument


def found_in_the_database(town: "Tenant", *secrets: str) -> list[str]:
    """Look through every row of the town for what must be nowhere. It finds the e-mail address, so it looks."""
    from django.apps import apps
    from django.db import connection

    from zahlstelle.tables.base import OfTenant
    from zahlstelle.tenancy import inside

    everything = ""
    with inside(town), connection.cursor() as cursor:
        for model in apps.get_app_config("tables").get_models():
            if issubclass(model, OfTenant):
                cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {model._meta.db_table} t")
                everything += cursor.fetchone()[0]
    assert "erika@example.org" in everything
    return [secret for secret in secrets if secret in everything]


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
    doings = counted(page)
    payment_page(page, named_desk, town)
    expect(page.get_by_label("Karte für das nächste Mal merken")).not_to_be_checked()
    expect(again(page)).to_have_count(0)
    began = time.monotonic()
    choose(page, "card")
    pay_at_sandbox(page)
    expect_paid(page)
    guest = doings.taken(time.monotonic() - began)
    keep(page, named_desk, town)
    keeping = doings.taken(0)
    assert keeping.typed == guest.typed + 1, "one more field than a guest: the e-mail address"
    assert len(citizen.passkeys()) == 1
    token = payment_page(page, named_desk, town)
    doings.taken(0)
    began, asked = time.monotonic(), citizen.passkeys()[0]["signCount"]
    again(page).click()
    expect_paid(page)
    one_click = doings.taken(time.monotonic() - began)
    touched = citizen.passkeys()[0]["signCount"] - asked
    assert (one_click.clicks, touched, one_click.typed) == (1, 1, 0)
    assert charged(token, town) is not None
    assert kept_at_provider(sandbox, town) == 1
    assert found_in_the_database(town, "4111111111111111", "4111 1111 1111 1111") == []
    print(f"guest {guest}; keeping {keeping}; one click {one_click} and the passkey")


def test_who_does_not_want_to_then_the_bank_that_asks_then_somebody_else(
    named_desk: "Desk", town: "Tenant", page: Page, citizen: Authenticator
) -> None:
    button = "Mit Visa ····\u00a00008 bezahlen"
    keep(page, named_desk, town, CHALLENGE_CARD)
    payment_page(page, named_desk, town)
    citizen.verifies(False)
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text("Sie können es noch einmal versuchen oder unten anders bezahlen.")).to_be_visible()
    expect(page.locator(".zs-error")).to_have_count(0)
    expect(page.locator("button[name=method][value=card]")).to_be_enabled()
    citizen.verifies(True)
    page.get_by_role("button", name=button).click()
    page.locator("button[value=approve]").click()
    expect_paid(page)
    payment_page(page, named_desk, town)
    page.get_by_role("button", name="Das bin nicht ich").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bezahlen")
    expect(page.get_by_role("button", name=button)).to_have_count(0)
    choose(page, "card")
    pay_at_sandbox(page)
    expect_paid(page)


def at_girocheckout(sandbox: SandboxServer, kept_cards: str) -> "Tenant":
    """A town that takes cards over GiroCheckout, which keeps them."""
    from tests.support.desk import town_at
    from tests.support.towns import iban

    from zahlstelle.kernel import new_id

    slug, secret = f"giro-{new_id().int % 10**9}", f"password-{new_id().hex}"
    number = str(new_id().int % 10**8)
    contract = {
        "name": "girocheckout",
        "merchant_id": slug,
        "secret": "not-used",
        "base_url": f"{sandbox.base}/girocheckout/v2",
        "methods": ["card"],
        "settings": {"project_card": number, "kept_cards": kept_cards},
        "secrets": {"project_card": secret},
    }
    merchant = {"secret": f"sk_test_{new_id().hex}", "name": slug, "iban": iban(int(number)), "bic": "COLSDE33XXX"}
    sandbox.admin("PUT", f"/merchants/{slug}", merchant)
    project = {"merchant_id": slug, "kind": "card", "secret": secret, "without_cvc": kept_cards == "without_cvc"}
    sandbox.admin("PUT", f"/girocheckout/projects/{number}", project)
    return town_at(sandbox, known=False, slug=slug, providers=[contract])


@pytest.mark.parametrize("kept_cards", ["without_cvc", "with_cvc"])
def test_a_card_kept_at_girocheckout(
    named_desk: "Desk", page: Page, citizen: Authenticator, sandbox: SandboxServer, kept_cards: str
) -> None:
    town, asks_code = at_girocheckout(sandbox, kept_cards), kept_cards == "with_cvc"
    doings = counted(page)
    payment_page(page, named_desk, town)
    expect(page.get_by_text("beim Zahlungsdienst nur auf schriftliche Bitte")).to_be_visible()
    keep(page, named_desk, town)
    token = payment_page(page, named_desk, town)
    expect(page.get_by_text("Danach geben Sie noch die Prüfziffer Ihrer Karte ein.")).to_have_count(int(asks_code))
    doings.taken(0)
    began, asked = time.monotonic(), citizen.passkeys()[0]["signCount"]
    again(page).click()
    if asks_code:
        page.locator("[name=cvc]").fill("123")
        page.locator("form#form button[type=submit]").click()
    expect_paid(page)
    done = doings.taken(time.monotonic() - began)
    touched = citizen.passkeys()[0]["signCount"] - asked
    assert (done.clicks, touched, done.fields) == ((2, 1, ["cvc"]) if asks_code else (1, 1, []))
    assert charged(token, town) is not None
    assert found_in_the_database(town, "4111111111111111", "4111 1111 1111 1111") == []
    page.goto(f"{named_desk.base_url}/{town.slug}/karten/")
    page.locator("form[data-question] button").click()
    expect(page.locator("[aria-labelledby=yours]")).to_contain_text("löscht sie nicht auf Knopfdruck")
    page.locator("button[name=everything]").click()
    expect(page.get_by_text("Mit der Karte kann hier niemand mehr bezahlen.")).to_be_visible()
    payment_page(page, named_desk, town)
    expect(page.locator(".zs-again")).to_have_count(0)
    print(f"one click at GiroCheckout {kept_cards}: {done} and the passkey")


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


@pytest.mark.parametrize("look", LOOKS[: size(1, 2)], ids=["320", "1280"][: size(1, 2)])
def test_every_page_of_the_wallet_is_for_everyone_and_the_last_one_deletes_all(
    named_desk: "Desk",
    town: "Tenant",
    open_browser: Callable[..., BrowserContext],
    sandbox: SandboxServer,
    look: tuple[int, bool, str],
) -> None:
    width, dark, language = look
    page = open_browser(width=width, dark=dark).new_page()
    authenticator(page)
    wrong: dict[str, list[str]] = {}

    def looked_at(name: str) -> None:
        wrong[name] = findings(page) if name in ASKED else []
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        wrong[name] += [f"{wide} pixels too wide"] if wide > 0 else []
        if os.environ.get("ZAHLSTELLE_SCREENSHOTS"):
            page.screenshot(path=ROOT / "test-results" / "wallet" / f"{name}-{width}.png", full_page=True)

    page.goto(f"{named_desk.base_url}/?lang={language}")  # chosen once, remembered
    payment_page(page, named_desk, town)
    looked_at("box")
    page.locator("#keep").check()
    choose(page, "card")
    pay_at_sandbox(page)
    page.locator("#keep-email").fill("erika@")
    page.locator("[data-new] button").click()
    expect(page.locator("#keep-email-error")).to_be_visible()
    looked_at("step")
    page.locator("#keep-email").fill("erika@example.org")
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
    with page.expect_download() as download:
        page.locator("a[download]").click()
    told = json.loads(Path(download.value.path()).read_text())
    assert (told["email"], [card["last_four"] for card in told["cards"]]) == ("erika@example.org", ["1111"])
    assert not [secret for secret in ("4111111111111111", "pcn_") if secret in json.dumps(told)]
    page.locator("button[name=everything]").click()
    page.locator(".zs-note--success").wait_for()
    assert kept_at_provider(sandbox, town) == 0
    page.locator("form[data-question] button").click()
    expect(page.get_by_text("passkey_refused")).to_be_visible()
    payment_page(page, named_desk, town)
    expect(page.locator(".zs-again")).to_have_count(0)
