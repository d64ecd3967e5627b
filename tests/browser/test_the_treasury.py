"""The treasurer's way in a real browser: log in, look, import, and no page keeps anyone out."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from tests.support.axe import findings
from tests.support.desk import Desk
from tests.support.sizes import size

LOOKS = [{"width": 1280}, {"width": 320, "dark": True}, {"width": 320}, {"width": 1280, "dark": True}]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A town with passwords and a day of money."""
    from tests.support.towns import AT, PASSWORD, found_town
    from tests.support.treasury_day import a_day

    from zahlstelle import bank, payments
    from zahlstelle.payments import NoAnswer, _operations

    town = found_town(password=PASSWORD)
    folder = tmp_path_factory.mktemp("bank")
    day = a_day(town, folder)
    lost = payments.start_payment(tenant=town, claim_id=day.unpaid.id, at=AT).payment
    attempt = _operations.intend(tenant=town, payment_id=lost.id, provider="sandbox", method="card", at=AT)
    _operations.record_start(tenant=town, attempt_id=attempt.id, answer=NoAnswer("timeout"), at=AT)
    refused, waits = folder / "refused.xml", folder / "waits.xml"
    refused.write_text("<Document>")
    waits.write_text("<Document>later")
    reason = "refused.xml:1: truncated in Document: it ends"
    bank.refuse(tenant=town, name=refused.name, path=refused, code="truncated", reason=reason, at=AT)
    bank.receive(tenant=town, name=waits.name, path=waits, at=AT, by="worker")
    return town, day


def log_in(page: Page, desk: Desk, town: Any, role: str = "treasurer") -> None:
    from tests.support.towns import PASSWORD

    page.goto(f"{desk.base_url}/kasse/")
    page.get_by_label("E-Mail-Adresse").fill(f"{role}@{town.slug}.example")
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    page.wait_for_url(f"**/kasse/{town.slug}/")


def every_page(town: Any, day: Any) -> Mapping[str, str]:
    from zahlstelle import allocation, ledger

    booked = ledger.entry_of_occasion(tenant=town, occasion=f"bank:{day.single}")
    here = f"/kasse/{town.slug}"
    return {
        "day": f"{here}/?tag=2026-10-05",
        "empty day": f"{here}/?tag=2026-10-01",
        "entry": f"{here}/umsatz/{day.payout}/",
        "suspense": f"{here}/verwahrung/",
        "one doubt": f"{here}/verwahrung/?grund=no_reference",
        "claim": f"{here}/forderung/{day.online.kassenzeichen}/",
        "no claim": f"{here}/suche/",
        "booking": f"{here}/buchung/{booked}/",
        "book": f"{here}/buch/",
        "files": f"{here}/dateien/",
        "learned payers": f"{here}/bekannte-zahler/",
        "unclear payments": f"{here}/unklare-zahlungen/",
        "chargebacks": f"{here}/rueckbelastungen/",
        "deliveries": f"{here}/lieferungen/",
        "feedback": f"{here}/rueckmeldungen/",
        **archived(town, here),
        **{f"doubt {n}": f"{here}/verwahrung/{one.detail}/" for n, one in enumerate(allocation.suspense(tenant=town))},
        "missing": f"{here}/umsatz/{town.id}/",
        "foreign": "/kasse/anderswo/",
    }


def archived(town: Any, here: str) -> Mapping[str, str]:
    """A file of each outcome."""
    from zahlstelle import bank

    found = {file.outcome: file.id for file in bank.archived_files(tenant=town)}
    assert set(found) == {"imported", "refused", "received"}
    return {f"file {outcome}": f"{here}/dateien/{file}/" for outcome, file in found.items()}


def seen_by_everyone(page: Page) -> list[str]:
    """Ask axe, and whether the page is wider than its window."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*findings(page), *([f"{wide} pixels too wide"] if wide > 0 else [])]


@pytest.mark.prove("every_page_of_the_treasury")
@pytest.mark.parametrize("look", LOOKS[: size(2, 4)], ids=lambda look: "-".join(map(str, look.values())))
def test_no_page_of_the_treasury_keeps_anyone_out(
    desk: Desk, lived: Any, open_browser: Callable[..., BrowserContext], look: dict[str, Any]
) -> None:
    town, day = lived
    page = open_browser(**look).new_page()
    page.goto(f"{desk.base_url}/kasse/anmelden/")
    on_the_way_in = seen_by_everyone(page)
    wrong = {"log-in": on_the_way_in} if on_the_way_in else {}
    log_in(page, desk, town)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    for name, path in every_page(town, day).items():
        page.goto(desk.base_url + path)
        if found := seen_by_everyone(page):
            wrong[name] = found
    assert wrong == {}
    assert [error for error in errors if "404" not in error] == [], "nothing is blocked by the content security policy"


def test_a_treasurers_morning_without_javascript(
    desk: Desk, open_browser: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    from tests.support.bank_files import Camt, Ntry, Tx
    from tests.support.towns import PASSWORD, a_claim, found_town

    from zahlstelle import tenancy

    town = found_town(password=PASSWORD)
    claim = a_claim(town, "37.00")
    entries = [
        Ntry("37.00", [Tx("37.00", claim.kassenzeichen)], ref="B1"),
        Ntry("12.00", [Tx("12.00", "Danke")], ref="B2"),
    ]
    file = Camt(tenancy.bank_accounts(tenant=town)[0].iban, entries).write(tmp_path, "2026-10-05.xml")
    page = open_browser(javascript=False).new_page()
    log_in(page, desk, town)
    expect(page.get_by_text("Heute ist noch kein Geld gekommen.")).to_be_visible()
    page.get_by_role("link", name="Bankdateien").click()
    page.get_by_label("Datei der Bank").set_input_files(file)
    page.get_by_role("button", name="Einlesen").click()
    expect(page.get_by_role("main")).to_contain_text("2 davon neu")
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"In Verwahrung\s*1\s*Einzelumsätze"))
    page.get_by_role("navigation", name="Bereiche").get_by_role("link", name="Tag").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Montag, 05.10.2026")
    page.get_by_role("link", name=re.compile("1 Eingang zu klären")).click()
    expect(page.get_by_text("Danke")).to_be_visible()
    page.get_by_label("Kassenzeichen suchen").fill(f"{claim.kassenzeichen[:4]} {claim.kassenzeichen[4:]}")
    page.get_by_role("banner").get_by_role("button", name="Suchen").click()
    expect(page.get_by_text("Der Forderung zugeordnet")).to_be_visible()
    page.get_by_role("link", name="Buch", exact=True).click()
    page.get_by_role("button", name="Jetzt prüfen").click()
    expect(page.get_by_text("in Ordnung")).to_be_visible()
    page.get_by_role("button", name="Abmelden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")


def test_the_keyboard_alone_is_enough(desk: Desk, lived: Any, page: Page) -> None:
    town, _ = lived
    log_in(page, desk, town)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Zum Inhalt springen")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_heads_of_tables_stay_in_sight(desk: Desk, lived: Any, page: Page) -> None:
    town, _ = lived
    log_in(page, desk, town)
    page.set_viewport_size({"width": 1280, "height": 300})
    page.goto(f"{desk.base_url}/kasse/{town.slug}/?tag=2026-10-05")
    page.get_by_role("row").nth(3).scroll_into_view_if_needed()
    page.mouse.wheel(0, 250)
    head = page.get_by_role("columnheader", name="Stand").first
    page.wait_for_function("window.scrollY > 100")
    assert (head.bounding_box() or {"y": -1})["y"] >= 0


@pytest.mark.parametrize("look", LOOKS[:2], ids=lambda look: "-".join(map(str, look.values())))
def test_the_operators_pages_keep_nobody_out(
    desk: Desk, lived: Any, open_browser: Callable[..., BrowserContext], look: dict[str, Any]
) -> None:
    from tests.support.towns import PASSWORD

    town, _ = lived
    page = open_browser(**look).new_page()
    page.goto(f"{desk.base_url}/betrieb/")
    assert seen_by_everyone(page) == []
    page.get_by_label("E-Mail-Adresse").fill(f"operator@{town.slug}.example")
    page.get_by_label("Passwort").fill("wrong")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert seen_by_everyone(page) == []
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("main")).to_contain_text("Eine Bankdatei wurde abgewiesen und wartet.")
    expect(page.get_by_role("main")).to_contain_text("Der Worker war noch nie hier.")
    assert seen_by_everyone(page) == []


def test_an_upload_shows_how_far_it_is_and_where_it_went(desk: Desk, lived: Any, page: Page, tmp_path: Path) -> None:
    town, _ = lived
    log_in(page, desk, town)
    page.goto(f"{desk.base_url}/kasse/{town.slug}/dateien/")
    bar = page.locator("progress")
    expect(bar).to_be_hidden()
    page.route("**/dateien/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    file = tmp_path / "large.xml"
    file.write_text("<Document>" + " " * 3_000_000)
    page.get_by_label("Datei der Bank").set_input_files(file)
    page.get_by_role("button", name="Einlesen").click()
    expect(page.get_by_role("alert")).to_contain_text("Die Verbindung ist abgebrochen.")
    expect(page.get_by_role("button", name="Einlesen")).to_be_enabled()
    page.unroute("**/dateien/")
    page.get_by_role("button", name="Einlesen").click()
    page.wait_for_url(re.compile(r"/dateien/[0-9a-f-]{36}/$"))
    expect(page.get_by_role("status")).to_contain_text("Die Datei wird eingelesen.")
