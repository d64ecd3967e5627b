"""axe-core asks every page whether it keeps anyone out (WCAG 2.2 A and AA, and best practice)."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

ASK = """async rules => {
    const told = await axe.run(document, {runOnly: rules, resultTypes: ['violations']});
    return told.violations.map(each => `${each.id}: ${each.nodes[0].html.slice(0, 160)}`);
}"""


def findings(page: Page) -> list[str]:
    """Ask axe: each finding with its first place."""
    if not AXE.exists():
        pytest.fail("axe-core is not in node_modules: run `make setup`")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
        page.add_init_script(path=AXE)  # the next pages in this window bring it with them
    found: list[str] = page.evaluate(ASK, RULES)
    return found


def assert_accessible(page: Page) -> None:
    """Fail with every finding."""
    found = findings(page)
    assert found == [], f"{page.url}: {found}"
