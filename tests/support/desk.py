"""The real web process for tests, and towns that take payments over the real sandbox."""

import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.sandbox import SandboxServer
from tests.support.towns import found_town, iban
from zahlstelle import processes
from zahlstelle.kernel import new_id
from zahlstelle.tenancy import Tenant

ROOT = Path(__file__).parents[2]


@dataclass
class Desk:
    """A running web process at `base_url`; its output is in `log`."""

    base_url: str
    log: Path
    child: processes.Child

    def stop(self) -> None:
        processes.stop(self.child)
        shutil.rmtree(self.log.parent, ignore_errors=True)


def open_desk(*, host: str = "127.0.0.1", **environment: str) -> Desk:
    """Start granian with the application on a free loopback port, against the test database.

    `host="localhost"`: passkeys belong to a name, never to an address.
    """
    port = processes.free_port()
    base_url = f"http://{host}:{port}"
    folder = Path(tempfile.mkdtemp(prefix="zs-desk-"))
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--blocking-threads", "4", "zahlstelle.wsgi:application"]
    told = {
        "PYTHONPATH": str(ROOT / "src"),
        "ZAHLSTELLE_BASE_URL": base_url,
        "ZAHLSTELLE_HOSTS": host,
        "ZAHLSTELLE_MAIL": f"file:{folder / 'mail'}",
        "ZAHLSTELLE_MAIL_FROM": "kasse@musterhausen.example",
    }
    child = processes.start("web", command, log=folder / "log", env={**os.environ, **told, **environment})
    _await(base_url, child)
    return Desk(base_url, folder / "log", child)


def _await(base_url: str, child: processes.Child) -> None:
    end = time.monotonic() + 30
    while True:
        child.raise_if_dead()
        try:
            if httpx.get(f"{base_url}/readyz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > end:
            raise AssertionError(f"the web process does not answer:\n{processes.last_lines(child.log)}")
        time.sleep(0.05)


def town_at(sandbox: SandboxServer, *, known: bool = True, **changes: Any) -> Tenant:
    """Found a town that takes cards over the sandbox; with `known=False` the sandbox has no contract with it."""
    number = new_id().int % 10**9
    slug, secret, account = f"stadt-{number}", f"secret-of-the-merchant-{number}", iban(number)
    name = changes.pop("name", "Stadt Musterhausen")
    contract = {
        "name": "sandbox",
        "merchant_id": slug,
        "secret": secret,
        "base_url": sandbox.base,
        "methods": ["card"],
    }
    told = {
        "slug": slug,
        "name": name,
        "bank_accounts": [{"iban": account, "bic": "COLSDE33XXX", "holder": name}],
        "providers": [contract],
        "settings": {"colour": "#8a1538", "claim": "Gut leben am Fluss", "links": _LINKS},
    }
    if known:
        merchant = {"secret": secret, "name": name, "iban": account, "bic": "COLSDE33XXX"}
        sandbox.admin("PUT", f"/merchants/{slug}", merchant)
    return found_town(**{**told, **changes})


_LINKS = {
    "imprint": "https://musterhausen.example/impressum",
    "privacy": "https://musterhausen.example/datenschutz",
    "accessibility": "https://musterhausen.example/barrierefreiheit",
}
