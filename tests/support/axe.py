"""axe-core asks every page whether it keeps anyone out (WCAG 2.2 A and AA, and best practice)."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def findings(page: Page) -> list[str]:
    """Ask axe: each finding with its first place."""
    if not AXE.exists():
        pytest.fail("axe-core is not in node_modules: run `make setup`")
    page.evaluate(AXE.read_text())
    answer = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in answer["violations"]]


def assert_accessible(page: Page) -> None:
    """Fail with every finding."""
    found = findings(page)
    assert found == [], f"{page.url}: {found}"
