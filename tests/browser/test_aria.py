"""What a screen reader is told of each page: the tree of roles and names, kept as golden files a person has read."""

import re
from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.support.desk import Desk
from tests.support.sandbox import SandboxServer
from tests.support.states import every_page

GOLDEN = Path(__file__).parent / "golden"
# What differs from run to run: numbers of claims, addresses, days and moments, the town's account.
CHANGING = (
    (re.compile(r"/pay/[\w-]{20,}"), "/pay/TOKEN"),
    (re.compile(r"/stadt-\d+"), "/TOWN"),
    (re.compile(r"/zahlen/\d+/[A-Z0-9-]+"), "/zahlen/NUMBER/CODE"),
    (re.compile(r"\b4711\d{8}\b"), "NUMBER"),
    (re.compile(r"\bDE\d\d(?: ?\d{4}){4} ?\d\d\b"), "IBAN"),
    (re.compile(r"\b\d{1,2}\. \w+ 20\d\d, \d\d:\d\d\W?Uhr"), "MOMENT"),
    (re.compile(r"\b\d\d\.\d\d\.20\d\d\b"), "DAY"),
    (re.compile(r"payment_id=[0-9a-f-]{36}"), "payment_id=ID"),
    (re.compile(r"\bM\d{8}-[0-9A-F]{12}\b"), "MANDATE"),
)


@pytest.fixture(scope="module")
def pages(desk: Desk, sandbox: SandboxServer) -> Mapping[str, str]:
    return every_page(sandbox, desk.base_url)


def tree(page: Page, place: str) -> str:
    """Say what a screen reader is told there."""
    told = page.locator(place).aria_snapshot()
    for pattern, name in CHANGING:
        told = pattern.sub(name, told)
    return told + "\n"


def test_golden_trees(desk: Desk, pages: Mapping[str, str], page: Page, request: pytest.FixtureRequest) -> None:
    wrong = []
    for name, path in pages.items():
        if name == "towns" or name == "accessibility-of-all":  # they list the towns of every other test too
            continue
        page.goto(f"{desk.base_url}{path}{'&' if '?' in path else '?'}lang=de")
        told, agreed = tree(page, "body" if name == "town" else "main"), GOLDEN / f"{name}.aria.yml"
        assert re.search(r"^- main", told, re.M), f"{name}: an empty reading is never agreed"
        if request.config.getoption("--accept", default=False):
            agreed.parent.mkdir(exist_ok=True)
            agreed.write_text(told)
        if not agreed.exists() or told != agreed.read_text():
            old = agreed.read_text() if agreed.exists() else ""
            wrong.append("".join(unified_diff(old.splitlines(True), told.splitlines(True), name, "now", n=0)))
    assert not wrong, "run `make accept` and read the difference:\n" + "\n".join(wrong)
    assert {path.name.removesuffix(".aria.yml") for path in GOLDEN.glob("*")} <= set(pages)
