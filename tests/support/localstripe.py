"""An emulator of Stripe that is not ours: `localstripe`, in an environment and a process of its own, never imported.

It is GPL, so it is no part of the product nor of its requirements. Where it cannot be installed, what needs it is
skipped, and says so.
"""

import subprocess
import time
from pathlib import Path

import httpx

from tests.support import throwaway

VERSION = "1.15.10"
# It would listen on every address and keep its memory in a file that all share; so it is started with a `bind` that
# knows loopback only, and keeps nothing.
_START = """
import runpy, socket, sys
import localstripe.resources
localstripe.resources.Store.dump_to_disk = lambda self: None
bind = socket.socket.bind
socket.socket.bind = lambda self, address: bind(self, ("::ffff:127.0.0.1", address[1]))
sys.argv = ["localstripe", "--from-scratch", "--port", sys.argv[1]]
runpy.run_module("localstripe", run_name="__main__")
"""


class LocalStripe:
    """The emulator as a process on a free loopback port."""

    def __init__(self, folder: Path) -> None:
        from zahlstelle.processes import free_port

        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        self._log = (folder / "localstripe.log").open("wb")
        python = throwaway.installed(f"localstripe-{VERSION}", f"localstripe=={VERSION}")
        self._process = subprocess.Popen(
            [str(python), "-c", _START, str(port)], cwd=folder, stdout=self._log, stderr=subprocess.STDOUT
        )
        self._client = httpx.Client(base_url=self.base, trust_env=False, timeout=10)
        self._wait()

    def _wait(self) -> None:
        for _ in range(100):
            assert self._process.poll() is None, "localstripe has ended; see its log"
            try:
                self._client.get("/v1/refunds")
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("localstripe does not answer")

    def call(self, verb: str, path: str, key: str, **form: str) -> tuple[int, bytes]:
        """Ask it something, as the holder of a key."""
        answer = self._client.request(verb, path, headers={"Authorization": f"Bearer {key}"}, data=form or None)
        return answer.status_code, answer.content

    def notify(self, url: str, secret: str) -> None:
        """Let it send its webhooks there, signed with this secret."""
        self._client.post("/_config/webhooks/one", json={"url": url, "secret": secret}).raise_for_status()

    def close(self) -> None:
        self._client.close()
        self._process.terminate()
        self._process.wait()
        self._log.close()
