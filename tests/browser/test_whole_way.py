"""The main job, end to end: a fee is paid, the collective credit arrives, every cent finds its claim."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.support.axe import assert_accessible
from tests.support.book import assert_sound
from tests.support.citizen import choose, expect_paid, open_service, pay_at_sandbox
from tests.support.desk import Desk, town_at
from tests.support.pdf_text import text_of
from tests.support.sandbox import SandboxServer
from tests.support.towns import PASSWORD

from zahlstelle import allocation, bank, claims, jobs, ledger
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Tenant, bank_accounts, tenant_by_slug


@pytest.mark.prove("whole_way")
def test_personalausweis_from_the_town_page_to_the_book(
    desk: Desk, sandbox: SandboxServer, open_browser: Callable[..., BrowserContext]
) -> None:
    town = town_at(sandbox, password=PASSWORD)
    citizen = open_browser(width=390).new_page()
    numbers = [_pay(citizen, desk, town) for _ in range(3)]
    assert ledger.balance(tenant=town, account="clearing:sandbox") == 3 * 3700

    files = sandbox.admin("POST", "/payouts", {"merchant_id": town.slug})["paths"]
    assert [Path(path).suffix for path in files] == [".zip", ".zip"], "a camt.053 and the camt.054 with its details"
    town = _with_inbox(town, Path(files[0]).parent)
    assert jobs.run_once(tenant=town, at=clock.now()) >= 2

    for number in numbers:
        claim = claims.claim_by_kassenzeichen(tenant=town, kassenzeichen=number)
        assert claim.open.is_zero
    assert ledger.balance(tenant=town, account="clearing:sandbox") == 0
    assert ledger.balance(tenant=town, account="suspense") == 0
    assert ledger.balance(tenant=town, account=f"bank:{bank_accounts(tenant=town)[0].iban}") == 3 * 3700
    assert allocation.suspense(tenant=town) == []
    assert_sound(town)
    assert not [path for path in Path(files[0]).parent.iterdir() if path.is_file()], "put away"

    (day,) = bank.days(tenant=town)
    assert (day.count, day.credit_cents) == (1, 3 * 3700), "one collective credit"
    _the_treasurer_sees_it(open_browser().new_page(), desk, town, numbers)


def _pay(page: Page, desk: Desk, town: Tenant) -> str:
    open_service(page, desk.base_url, town.slug, "Personalausweis")
    assert_accessible(page)
    choose(page, "card")
    pay_at_sandbox(page)
    expect_paid(page)
    assert_accessible(page)
    receipt = page.get_by_role("link", name="Quittung als PDF öffnen").get_attribute("href")
    text = text_of(page.request.get(f"{desk.base_url}{receipt}").body())
    found = re.search(r"4711\d{8}", text.replace(" ", ""))
    assert found, "the receipt names the Kassenzeichen"
    return found.group()


def _with_inbox(town: Tenant, folder: Path) -> Tenant:
    from zahlstelle.tables.tenancy import TenantRow

    TenantRow.objects.filter(id=town.id).update(settings={"bank_inbox": str(folder), "bank_inbox_settle_seconds": 0})
    return tenant_by_slug(town.slug)


def _the_treasurer_sees_it(page: Page, desk: Desk, town: Tenant, numbers: list[str]) -> None:
    page.goto(f"{desk.base_url}/kasse/")
    page.get_by_label("E-Mail").fill(f"treasurer@{town.slug}.example")
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    (day,) = bank.days(tenant=town)
    page.goto(f"{desk.base_url}/kasse/{town.slug}/?tag={day.day.isoformat()}")
    expect(page.get_by_text("zugeordnet 3 von 3")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name=re.compile("111,00")).first.click()
    for number in numbers:
        expect(page.get_by_text(re.compile(r"\s?".join(number))).first).to_be_visible()
    assert_accessible(page)
    page.goto(f"{desk.base_url}/kasse/{town.slug}/forderung/{numbers[0]}")
    expect(page.get_by_text(re.compile("Zahlung|bezahlt")).first).to_be_visible()
    assert_accessible(page)
