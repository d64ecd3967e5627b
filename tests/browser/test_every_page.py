"""Every page in every state is for everyone: no finding of axe, no sideways scrolling, in both languages."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from support.desk import ROOT, Desk
from support.sandbox import SandboxServer
from support.states import every_page

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = [
    {"width": 1280, "dark": False, "language": "de"},
    {"width": 320, "dark": False, "language": "de"},
    {"width": 320, "dark": True, "language": "en"},
    {"width": 1280, "dark": True, "language": "en"},
]


@pytest.fixture(scope="module")
def pages(desk: Desk, sandbox: SandboxServer) -> Mapping[str, str]:
    return every_page(sandbox, desk.base_url)


def findings(page: Page) -> list[str]:
    """Ask axe: each finding with its first place."""
    if not AXE.exists():
        pytest.fail("axe-core is not in node_modules: run `make setup`")
    page.evaluate(AXE.read_text())
    answer = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in answer["violations"]]


def sideways(page: Page) -> int:
    """Say how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def keep(page: Page, name: str, look: Mapping[str, Any]) -> None:
    """Keep a picture in test-results/ where someone wants to look: ZAHLSTELLE_SCREENSHOTS=1."""
    if os.environ.get("ZAHLSTELLE_SCREENSHOTS"):
        folder = ROOT / "test-results" / f"{look['width']}-{'dark' if look['dark'] else 'light'}-{look['language']}"
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look.values())))
def test_no_page_keeps_anyone_out(
    desk: Desk, pages: Mapping[str, str], open_browser: Callable[..., BrowserContext], look: dict[str, Any]
) -> None:
    page = open_browser(**look).new_page()
    wrong = {}
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    for name, path in pages.items():
        page.goto(f"{desk.base_url}{path}?lang={look['language']}")
        keep(page, name, look)
        found = findings(page)
        if sideways(page) > 0:
            found.append(f"{sideways(page)} pixels too wide")
        if page.locator("html").get_attribute("lang") != look["language"]:
            found.append("wrong language")
        if found:
            wrong[name] = found
    assert wrong == {}
    assert [error for error in errors if "404" not in error] == []
