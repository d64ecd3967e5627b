"""PAYONE's own Python client and the sandbox understand each other: neither is the adapter's author's word alone."""

import json
import subprocess
from pathlib import Path

from tests.support import throwaway
from tests.support.payone import keys
from tests.support.sandbox import Merchant, SandboxServer

# Its package says that it needs its authors' tools of testing and publishing; these two are what it imports.
CLIENT = ("pcp-serversdk-python==1.15.0", "dacite==1.9.2", "httpx==0.28.1")
NEEDS = ("anyio", "certifi", "h11", "httpcore", "idna", "typing-extensions")
SCRIPT = Path(__file__).parents[1] / "support" / "pcp_client.py"


def test_payones_own_client_pays_gives_back_and_gives_up(sandbox: SandboxServer, town: Merchant) -> None:
    python = throwaway.installed("pcp-serversdk-python-1.15.0", *CLIENT, *NEEDS, alone=True)
    access = keys(sandbox, town.merchant_id, "http://127.0.0.1:9/notify")
    words = [access.base_url, access.merchant_id, access.settings["api_key_id"], access.secret.reveal()]
    command = [str(python), str(SCRIPT), *words, "4111111111111111"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.pop("redirect").startswith(f"{sandbox.base}/card/")
    assert told.pop("pass") > 20
    assert told == {
        "open": ["OPEN", "PAYMENT_NOT_COMPLETED", 0, 0],
        "paid": ["BILLED", "PAYMENT_COMPLETED", 3700, 0],
        "refund": "REFUNDED",
        "refunded": ["BILLED", "PAYMENT_COMPLETED", 2500, 1200],
        "more": [400, "MORE_THAN_REFUNDABLE"],
        "cancelled": "CANCELLED",
        "stranger": 403,
    }
