"""A real browser, the real web process and the real sandbox; a town of its own for each test.

`desk` is the web process, `sandbox` the provider, `town` a town that takes cards over it, `page` a browser page.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from tests.support.sandbox import SandboxServer

if TYPE_CHECKING:  # these need a database, which is not there yet when this file is read
    from tests.support.desk import Desk

    from zahlstelle.tenancy import Tenant


@pytest.fixture(scope="session")
def desk() -> "Iterator[Desk]":
    """The web process; fails where the parts made by others are not in place."""
    from tests.support.desk import ROOT, open_desk

    if not (ROOT / "src/zahlstelle/static/vendor/kern/kern.min.css").exists():
        pytest.fail("KERN UX is not in src/zahlstelle/static/vendor: run `make setup`")
    desk = open_desk()
    yield desk
    desk.stop()


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    sandbox = SandboxServer(tmp_path_factory.mktemp("sandbox")).start()
    sandbox.behave()
    yield sandbox
    sandbox.close()


@pytest.fixture
def town(sandbox: SandboxServer) -> "Tenant":
    """A town that takes cards over the sandbox."""
    from tests.support.desk import town_at

    return town_at(sandbox)


@pytest.fixture
def open_browser(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Open a browser window of a citizen: `open_browser(javascript=False, width=320, dark=True, language="en")`."""
    opened: list[BrowserContext] = []

    def open_one(
        *,
        javascript: bool = True,
        width: int = 1280,
        dark: bool = False,
        language: str = "de",
        forced: bool = False,
    ) -> Any:
        context = browser.new_context(
            java_script_enabled=javascript,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            forced_colors="active" if forced else "none",
            locale={"de": "de-DE", "de-x-leicht": "de-DE", "en": "en-GB"}[language],
        )
        context.set_default_timeout(10_000)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def page(open_browser: Callable[..., BrowserContext]) -> Page:
    return open_browser().new_page()
