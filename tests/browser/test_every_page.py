"""Every page in every state is for everyone: no finding of axe, no sideways scrolling, in both languages."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page
from tests.support.axe import findings
from tests.support.desk import ROOT, Desk
from tests.support.sandbox import SandboxServer
from tests.support.sizes import size
from tests.support.states import every_page

LOOKS = [
    {"width": 320, "dark": False, "language": "de-x-leicht"},
    {"width": 1280, "dark": True, "language": "en"},
    {"width": 1280, "dark": False, "language": "de"},
    {"width": 320, "dark": True, "language": "en"},
    {"width": 320, "dark": False, "language": "de", "forced": True},
]


@pytest.fixture(scope="module")
def pages(desk: Desk, sandbox: SandboxServer) -> Mapping[str, str]:
    return every_page(sandbox, desk.base_url)


def sideways(page: Page) -> int:
    """Say how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def keep(page: Page, name: str, look: Mapping[str, Any]) -> None:
    """Keep a picture in test-results/ where someone wants to look: ZAHLSTELLE_SCREENSHOTS=1."""
    if os.environ.get("ZAHLSTELLE_SCREENSHOTS"):
        colours = "forced" if look.get("forced") else "dark" if look["dark"] else "light"
        folder = ROOT / "test-results" / f"{look['width']}-{colours}-{look['language']}"
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.prove("every_page")
@pytest.mark.parametrize("look", LOOKS[: size(2, 5)], ids=lambda look: "-".join(map(str, look.values())))
def test_no_page_keeps_anyone_out(
    desk: Desk, pages: Mapping[str, str], open_browser: Callable[..., BrowserContext], look: dict[str, Any]
) -> None:
    page = open_browser(**look).new_page()
    wrong: dict[str, list[str]] = {}
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    for name, path in pages.items():
        page.goto(f"{desk.base_url}{path}{'&' if '?' in path else '?'}lang={look['language']}")
        wrong[name] = looked_at(page, name, look)
        if name in REFUSALS:
            REFUSALS[name](page)
            page.wait_for_load_state()
            wrong[f"{name}-refused"] = looked_at(page, f"{name}-refused", look)
    assert {name: found for name, found in wrong.items() if found} == {}
    assert [error for error in errors if not re.search("404|409|422", error)] == []


def looked_at(page: Page, name: str, look: Mapping[str, Any]) -> list[str]:
    """Keep a picture and list what is wrong."""
    keep(page, name, look)
    found = findings(page)
    if sideways(page) > 0:
        found.append(f"{sideways(page)} pixels too wide")
    if page.locator("html").get_attribute("lang") != look["language"]:
        found.append("wrong language")
    return found


def mistype(field: str, typed: str) -> Callable[[Page], None]:
    """Type something wrong and send it."""

    def send(page: Page) -> None:
        page.locator(f"#{field}").fill(typed)
        page.locator("main form button").click()

    return send


# What a page looks like after it said no.
REFUSALS: Mapping[str, Callable[[Page], None]] = {
    "town": mistype("kassenzeichen", "4711 0000 0010"),
    "service-without-fee": mistype("amount", "12,345"),
    "service-with-fee": mistype("name", "Erika " * 20),
    "debit": mistype("iban", "DE02 1203"),
    "accessibility": mistype("email", "erika@"),
    "paid": mistype("email", "erika@"),
    "being-paid": lambda page: page.locator("button[value=card]").click(),
}


def test_a_page_that_keeps_people_out_is_found(page: Page) -> None:
    for _ in range(2):  # axe is brought in once, and comes along with the pages that follow
        page.goto("about:blank")
        page.set_content('<html lang="de"><main><h1>Amt</h1><img src="x"><p style="color: #bbb">grau</p></main></html>')
        rules = [found.partition(":")[0] for found in findings(page)]
        assert rules == ["color-contrast", "document-title", "image-alt"]


def test_the_page_for_our_own_faults_too(desk: Desk, page: Page) -> None:
    written = (ROOT / "src/zahlstelle/web/templates/500.html").read_text()
    page.goto(f"{desk.base_url}/healthz")
    page.set_content(written.replace("<head>", f'<head><base href="{desk.base_url}/">'))
    assert findings(page) == []
