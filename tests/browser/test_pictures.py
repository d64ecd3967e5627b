"""The pictures in docs/pages.md: drawn by the pages themselves (`make pictures`), small, and none missing."""

import base64
import re
from collections.abc import Callable, Mapping

import pytest
from playwright.sync_api import BrowserContext, Page
from tests.support.desk import ROOT, Desk
from tests.support.sandbox import SandboxServer
from tests.support.states import every_page

PAGE = ROOT / "docs" / "pages.md"
FOLDER = ROOT / "docs" / "pictures" / "pages"
MOST_BYTES = 120_000
# Name of the picture: the page, and how it is looked at.
PICTURES: Mapping[str, tuple[str, dict[str, object]]] = {
    "town": ("town", {}),
    "letter": ("letter", {}),
    "choose": ("choose", {}),
    "declined": ("declined", {}),
    "transfer": ("transfer", {}),
    "paid": ("paid", {}),
    "paid-dark-english": ("paid", {"dark": True, "language": "en"}),
    "town-leichte-sprache": ("town", {"language": "de-x-leicht"}),
    "letter-forced-colours": ("letter", {"forced": True}),
    "accessibility": ("accessibility", {}),
}


def webp_of(page: Page) -> bytes:
    """Draw the whole page, small."""
    page.evaluate("document.fonts.ready")
    asked = {"format": "webp", "quality": 70, "captureBeyondViewport": True}
    size = page.context.new_cdp_session(page).send("Page.getLayoutMetrics")["cssContentSize"]
    clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
    drawn = page.context.new_cdp_session(page).send("Page.captureScreenshot", {**asked, "clip": clip})
    return base64.b64decode(drawn["data"])


def test_redraw_pictures(
    desk: Desk,
    sandbox: SandboxServer,
    open_browser: Callable[..., BrowserContext],
    request: pytest.FixtureRequest,
) -> None:
    """Draw one, or with `--accept` all of them anew."""
    anew = request.config.getoption("--accept", default=False)
    paths = every_page(sandbox, desk.base_url)
    for name in PICTURES if anew else ["letter"]:
        shown, look = PICTURES[name]
        page = open_browser(width=390, **look).new_page()
        page.goto(f"{desk.base_url}{paths[shown]}?lang={look.get('language', 'de')}")
        picture = webp_of(page)
        assert len(picture) > 5_000, "an empty page is no picture"
        if anew:
            FOLDER.mkdir(parents=True, exist_ok=True)
            (FOLDER / f"{name}.webp").write_bytes(picture)


def test_pictures_are_there_and_small() -> None:
    shown = set(re.findall(r"\(pictures/pages/([\w-]+)\.webp\)", PAGE.read_text("utf-8")))
    assert shown == set(PICTURES) == {path.stem for path in FOLDER.glob("*")}
    assert [path.name for path in FOLDER.glob("*") if path.stat().st_size > MOST_BYTES] == []
    assert all(path.read_bytes().startswith(b"RIFF") for path in FOLDER.glob("*"))
