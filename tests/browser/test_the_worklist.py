"""Working through the worklist with the keyboard alone: no mouse, few keys, always visible where one is."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from tests.browser.test_the_treasury import log_in, seen_by_everyone
from tests.support.desk import Desk

FOCUSED = """() => {
    const style = getComputedStyle(document.activeElement), box = document.activeElement.getBoundingClientRect();
    const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    const inside = box.bottom > 0 && box.top < innerHeight && box.width > 0;
    return document.activeElement === document.body || (seen && inside);
}"""


class Keys:
    """Hands on the keyboard: they count what they press, and fail where the focus is not to be seen."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.pressed += 1

    def to(self, goal: Locator, most: int = 12) -> "Keys":
        """Press Tab until the focus is there."""
        for _ in range(most):
            self.press("Tab")
            assert self.seen(), f"not to be seen: {self.page.evaluate(WHERE)}"
            if goal.evaluate("element => element === document.activeElement"):
                return self
        raise AssertionError(f"{most} times Tab do not lead to {goal}, but to {self.page.evaluate(WHERE)}")

    def seen(self) -> bool:
        """Say whether the focus is to be seen; a page scrolls there smoothly, which takes a moment."""
        for _ in range(20):
            if self.page.evaluate(FOCUSED):
                return True
            self.page.wait_for_timeout(50)
        return False

    def do(self, goal: Locator, most: int = 12) -> None:
        """Go there and press Enter; a page follows."""
        self.to(goal, most)
        with self.page.expect_navigation():
            self.press("Enter")

    def type(self, text: str) -> None:
        """Type into the field that has the focus, over what stands there."""
        self.press("Control+A")
        self.page.keyboard.type(text)


WHERE = "document.activeElement.outerHTML.slice(0, 200)"


@pytest.mark.parametrize("javascript", [True, False], ids=["with-script", "without-script"])
def test_a_worklist_is_worked_off_with_the_keyboard_alone(
    desk: Desk, open_browser: Callable[..., BrowserContext], tmp_path: Path, javascript: bool
) -> None:
    from tests.support.book import assert_sound
    from tests.support.doubts import doubts
    from tests.support.towns import PASSWORD

    told = doubts(tmp_path, password=PASSWORD)
    page = open_browser(javascript=javascript).new_page()
    log_in(page, desk, told.town)
    page.goto(f"{desk.base_url}/kasse/{told.town.slug}/verwahrung/")
    keys, main = Keys(page), page.get_by_role("main")
    says_all(page.locator(".k-card").nth(0))

    # One press: the proposal stands in the list, and the keyboard goes on at the next amount.
    keys.do(page.get_by_role("button", name=re.compile(r"^Zuordnen\W+37,00")), 25)
    expect(page.get_by_role("status")).to_contain_text("Geklärt: 37,00 € von MUSTERMANN ERIKA.")
    assert open_cents(told.town, told.easy) == 0
    expect(page.locator(".k-card").nth(0)).to_be_focused()

    # Several claims: search, take over, search, take over, book.
    keys.do(page.get_by_role("link", name=re.compile("60,00")), 1)
    expect(page.get_by_role("heading", level=1)).to_have_text("Eingang 60,00 €")
    search = page.get_by_label("Forderung suchen: Kassenzeichen, Name oder Zweck")
    keys.to(page.get_by_role("link", name="Zum Inhalt springen"), 1)
    keys.press("Enter")
    keys.to(search)
    for claim in (told.first, told.second):
        keys.type(claim.kassenzeichen)
        with page.expect_navigation():
            keys.press("Enter")
        expect(page.get_by_role("button", name=re.compile("^Übernehmen"))).to_be_focused()
        with page.expect_navigation():
            keys.press("Enter")
        amount = page.get_by_role("main").locator("[data-cents]").last
        expect(amount).to_be_focused()
        if claim is told.first:
            keys.type("19,00")
            with page.expect_navigation():  # Enter in an amount counts again and books nothing
                keys.press("Enter")
            expect(main).to_contain_text("Noch zu verteilen: 41,00 €")
            expect(page.get_by_role("radio", name="Es bleibt kein Rest")).to_be_focused()
            back(keys, search)
    keys.to(page.get_by_role("radio", name="Es bleibt kein Rest"))
    keys.do(page.get_by_role("button", name="So buchen"))
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Die Anteile ergeben nicht den Betrag.")
    assert (open_cents(told.town, told.first), open_cents(told.town, told.second)) == (2000, 4000), "nothing moved"
    keys.to(page.get_by_label(re.compile(f"^{spaced(told.first.kassenzeichen)}")), 20)
    keys.type("20")
    with page.expect_navigation():
        keys.press("Enter")
    expect(page.get_by_role("button", name="So buchen")).to_be_focused()
    with page.expect_navigation():
        keys.press("Enter")
    assert (open_cents(told.town, told.first), open_cents(told.town, told.second)) == (0, 0)

    # The next amount is there already. It belongs to no claim: it is set aside as owed back, with a note.
    expect(page.get_by_role("heading", level=1)).to_have_text("Eingang 5,00 €")
    expect(main).to_be_focused()
    keys.to(page.get_by_role("radio", name=re.compile("^Überzahlung")), 20)
    keys.press("Space")
    keys.to(page.get_by_label("Vermerk", exact=True).last)
    keys.type("Spende gehört dem Förderverein")
    keys.do(page.get_by_role("button", name="Umbuchen"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Abgang −3,10 €")

    # Money that went out: the bank's charge, by its proposal. Nothing waits any more.
    keys.do(page.get_by_role("button", name=re.compile(r"^So buchen\W+3,10")))
    expect(main).to_contain_text("Nichts zu klären.")

    # That was a mistake: it is taken back, with a reason, and waits again.
    keys.do(page.get_by_role("link", name="Ansehen oder zurücknehmen"), 1)
    keys.to(page.get_by_label("Grund"), 20)
    keys.type("War eine Erstattung")
    keys.do(page.get_by_role("button", name="Zuordnung zurücknehmen"))
    expect(page.get_by_role("status")).to_contain_text("Zurückgenommen. Der Betrag wartet wieder in Verwahrung.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Abgang −3,10 €")
    assert not javascript or seen_by_everyone(page) == []
    assert_sound(told.town)
    assert keys.pressed < 180, f"{keys.pressed} keys"


def open_cents(town: Any, claim: Any) -> int:
    from zahlstelle import claims

    return claims.claim_by_id(tenant=town, claim_id=claim.id).open.cents


def back(keys: Keys, goal: Locator) -> None:
    for _ in range(12):
        keys.press("Shift+Tab")
        if goal.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("the search cannot be reached backwards")


def spaced(number: str) -> str:
    return "\\s".join(number[start : start + 4] for start in range(0, len(number), 4))


def says_all(card: Locator) -> None:
    """Amount, payer, account, text, the reason, what to do, the proposal with its reasons."""
    for words in (
        "37,00 €", "MUSTERMANN ERIKA", "DE02 1203", "Personalausweis", "Der Zahler hat kein Kassenzeichen angegeben.",
        "Prüfen Sie Namen und Verwendungszweck", "Erika Mustermann",
        "Betrag gleich offenem Betrag, Name des Zahlers stimmt",
    ):  # fmt: skip
        expect(card).to_contain_text(words)


def test_keys_for_the_quick(desk: Desk, page: Page, tmp_path: Path) -> None:
    """J and K in the list; access keys for proposals, the search and the next amount, which a browser brings itself."""
    from tests.support.doubts import doubts
    from tests.support.towns import PASSWORD

    told = doubts(tmp_path, password=PASSWORD)
    log_in(page, desk, told.town)
    page.goto(f"{desk.base_url}/kasse/{told.town.slug}/verwahrung/")
    amounts = page.locator("[data-step]")
    amounts.nth(0).focus()
    page.keyboard.press("j")
    expect(amounts.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(amounts.nth(0)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Eingang 37,00 €")
    keys = page.evaluate("[...document.querySelectorAll('main [accesskey]')].map(element => element.accessKey)")
    assert sorted(keys) == ["1", "f", "n"], "as the page itself explains"
