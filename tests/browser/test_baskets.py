"""Several fees, one payment: chosen one by one, paid once, paid out in one sum, and each seen at the treasury."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.browser.test_whole_way import _with_inbox
from tests.support.axe import assert_accessible
from tests.support.book import assert_sound
from tests.support.citizen import choose, expect_paid, open_by_kassenzeichen, pay_at_sandbox
from tests.support.desk import Desk, town_at
from tests.support.pdf_text import text_of
from tests.support.sandbox import SandboxServer
from tests.support.towns import PASSWORD, a_claim

from zahlstelle import allocation, bank, claims, jobs, ledger, payments, treasury
from zahlstelle.claims import Claim
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Tenant

pytestmark = pytest.mark.prove("whole_way")
BEHAVIOUR = {
    "lost": {"lose_all": True},
    "doubled": {"duplicates": 4, "reorder": True},
    "before the redirect": {"notify_before_redirect": True},
}


def fill_basket(page: Page, desk: Desk, town: Tenant, *, look: Callable[[Page], None]) -> list[Claim]:
    """A Kassenzeichen typed, then a letter's link, then a service of the catalogue."""
    one, two = a_claim(town, "25.00", at=clock.now()), a_claim(town, "12.50", at=clock.now(), purpose="Hundesteuer")
    open_by_kassenzeichen(page, desk.base_url, town.slug, one.kassenzeichen)
    page.get_by_role("button", name="Weitere Gebühr hinzufügen").click()
    expect(page.get_by_role("heading", name="Sie bezahlen mehrere Gebühren zusammen")).to_be_visible()
    look(page)
    code = claims.letter_code(tenant=town, kassenzeichen=two.kassenzeichen)
    page.goto(f"{desk.base_url}/{town.slug}/zahlen/{two.kassenzeichen}/{code}")
    look(page)
    page.get_by_role("button", name="Zu dieser Zahlung hinzufügen").click()
    expect(page.get_by_text("37,50")).to_be_visible()
    page.get_by_role("button", name="Weitere Gebühr hinzufügen").click()
    page.get_by_role("link", name="Personalausweis").click()
    look(page)
    page.get_by_role("button", name="Weiter zur Bezahlung").click()
    expect(page.get_by_text("74,50")).to_be_visible()
    look(page)
    return [one, two]


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no-javascript"])
def test_from_three_fees_to_the_treasury(
    desk: Desk, sandbox: SandboxServer, open_browser: Callable[..., BrowserContext], javascript: bool
) -> None:
    town = town_at(sandbox, password=PASSWORD)
    page = open_browser(javascript=javascript, width=320).new_page()
    fees = fill_basket(page, desk, town, look=assert_accessible if javascript else lambda page: None)
    page.get_by_role("button", name="Entfernen").last.click()
    expect(page.get_by_text("37,50")).to_be_visible()
    choose(page, "card")
    pay_at_sandbox(page)
    expect_paid(page)
    receipt = page.get_by_role("link", name="Quittung als PDF öffnen").get_attribute("href")
    text = text_of(page.request.get(f"{desk.base_url}{receipt}").body())
    assert all(text.count(claim.kassenzeichen) >= 2 for claim in fees), "at the head, and with its amount"
    if not javascript:
        return
    files = sandbox.admin("POST", "/payouts", {"merchant_id": town.slug})["paths"]
    town = _with_inbox(town, Path(files[0]).parent)
    jobs.run_once(tenant=town, at=clock.now())
    assert allocation.suspense(tenant=town) == []
    assert ledger.balance(tenant=town, account="clearing:sandbox") == 0
    assert treasury.check_book(tenant=town) == []
    assert_sound(town)
    _the_treasurer_sees_both(open_browser().new_page(), desk, town, fees)


def _the_treasurer_sees_both(page: Page, desk: Desk, town: Tenant, fees: list[Claim]) -> None:
    page.goto(f"{desk.base_url}/kasse/")
    page.get_by_label("E-Mail").fill(f"treasurer@{town.slug}.example")
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    for claim in fees:
        page.goto(f"{desk.base_url}/kasse/{town.slug}/forderung/{claim.kassenzeichen}")
        expect(page.get_by_text(re.compile("als Teil einer Zahlung über 37,50")).first).to_be_visible()
        assert_accessible(page)
    (day,) = bank.days(tenant=town)
    page.goto(f"{desk.base_url}/kasse/{town.slug}/?tag={day.day.isoformat()}")
    page.get_by_role("link", name=re.compile("37,50")).first.click()
    for claim in fees:
        expect(page.get_by_text(re.compile(r"\s?".join(claim.kassenzeichen))).first).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("told", list(BEHAVIOUR))
def test_whatever_becomes_of_the_notification(desk: Desk, sandbox: SandboxServer, page: Page, told: str) -> None:
    sandbox.behave(**BEHAVIOUR[told])
    town = town_at(sandbox)
    pair = [a_claim(town, at=clock.now()) for _ in range(2)]
    started = payments.start_basket(tenant=town, claim_ids=[claim.id for claim in pair], at=clock.now())
    page.goto(f"{desk.base_url}/pay/{started.token}")
    choose(page, "card")
    pay_at_sandbox(page)
    expect_paid(page)
    assert [claims.claim_by_id(tenant=town, claim_id=claim.id).open.cents for claim in pair] == [0, 0]
    assert ledger.balance(tenant=town, account="clearing:sandbox") == 7400
