"""A merchant's page on an origin of its own, that talks to the sandbox's schemes in a real browser."""

import mimetypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Route

from tests.support.sandbox import SandboxServer

ADYEN = Path(__file__).parents[2] / "node_modules" / "@adyen" / "adyen-web" / "dist" / "es"
# Where the published client looks for the schemes' scripts; the sandbox's are put there.
SCRIPTS = {
    "mastercard": "https://sandbox.src.mastercard.com/sdk/srcsdk.mastercard.js",
    "visa": "https://sandbox-assets.secure.checkout.visa.com/checkout-widget/resources/js/src-i-adapter/visa-sdk.js?v2",
}
PAGE = """<!doctype html><html lang="de"><title>Stadt</title><body><main><h1>Stadt</h1>
<iframe name="ctpIframe" title="Click to Pay" width="500" height="700"></iframe></main>
<script type="module">
import create from "/adyen/components/internal/ClickToPay/services/create-clicktopay-service.js";
window.create = create;
</script></body></html>"""


@contextmanager
def town_page() -> Iterator[int]:
    """Serve the page; its port on the loopback."""
    if not ADYEN.exists():
        pytest.fail("adyen-web is not in node_modules: run `make setup`")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = (ADYEN / self.path.removeprefix("/adyen/")).resolve()
            module = self.path.startswith("/adyen/") and path.is_relative_to(ADYEN) and path.is_file()
            kind = mimetypes.guess_type(path.name)[0] if module else "text/html"
            content = path.read_bytes() if module else PAGE.encode()
            self.send_response(200)
            self.send_header("content-type", f"{kind}; charset=utf-8")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def with_scripts_of(sandbox: SandboxServer, context: BrowserContext) -> None:
    """Put the sandbox's scripts where the schemes' are looked for; nothing else of the schemes can be reached."""

    def scheme_script(route: Route) -> None:
        name = next(name for name, address in SCRIPTS.items() if address == route.request.url)
        answer = sandbox.http.get(f"/src/{name}/sdk.js")
        route.fulfill(status=answer.status_code, body=answer.content, content_type="text/javascript")

    context.route(
        lambda url: not url.startswith(("http://127.0.0.1:", "http://localhost:")), lambda route: route.abort()
    )
    for address in SCRIPTS.values():
        context.route(lambda url, address=address: url == address, scheme_script)
