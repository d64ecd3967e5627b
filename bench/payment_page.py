"""How long does the server take for a payment page and for starting a payment, and how heavy is the page?

    PYTHONPATH=src python bench/payment_page.py [--count 1000] [--connections 8]

granian with two workers, asked over keep-alive connections by as many clients at once. Weight is what a first visit
fetches (page, styles, fonts, scripts, pictures), texts compressed with gzip as a reverse proxy does. The last line is
one JSON object; it says by `light_enough` whether the weight is within its limit. The command fails where the page asks
another site for anything.
"""

import argparse
import gzip
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from api_creates import AT, WORKERS, found_town, headers_of, stop_pool, wait_until_ready

from zahlstelle.postgres import obtain
from zahlstelle.processes import free_port, start, stop

MOST_BYTES = 150_000
Ask = Callable[[http.client.HTTPConnection, int], None]


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--count", type=int, default=1000)
    asked.add_argument("--connections", type=int, default=8)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="zs-bench-", ignore_cleanup_errors=True) as folder:
        database = obtain(Path(folder) / "postgres", "zahlstelle")
        try:
            measured = measure(Path(folder), database.urls.owner, database.urls.app, given)
        finally:
            stop_pool()
            database.stop()
    print(json.dumps(measured))
    if measured["requests_elsewhere"]:
        raise SystemExit("the payment page asks another site")


def measure(folder: Path, owner: str, app: str, given: argparse.Namespace) -> dict[str, Any]:
    """Migrate, found a town, open claims, then ask a served installation."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "zahlstelle.settings",
        "ZAHLSTELLE_SECRET_KEY": "a key for measuring only",
        "ZAHLSTELLE_HOSTS": "127.0.0.1",
        "ZAHLSTELLE_DATABASE_URL": app,
    }
    migrate = [sys.executable, "-m", "django", "migrate", "-v0"]
    subprocess.run(migrate, env={**os.environ, "ZAHLSTELLE_DATABASE_URL": owner}, check=True)
    key = found_town()
    claims, tokens = prepared(given.count)
    port = free_port()
    command = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(WORKERS), "--blocking-threads", str(max(1, given.connections // WORKERS))]
    command += ["--log-level", "error", "zahlstelle.wsgi:application"]
    server = start("granian", [sys.executable, "-m", *command], log=folder / "granian.log")
    try:
        wait_until_ready(port)
        weight = weigh(port, f"/pay/{tokens[0]}")
        timed(port, given.connections * 10, given.connections, page_of(tokens))  # warm up
        page = timed(port, given.count, given.connections, page_of(tokens))
        begun = timed(port, given.count, given.connections, start_of(claims, key))
    finally:
        stop(server)
    return {
        "bench": "payment_page",
        "page_p50_ms": part(page, 0.5),
        "page_p99_ms": part(page, 0.99),
        "start_p50_ms": part(begun, 0.5),
        "start_p99_ms": part(begun, 0.99),
        **weight,
        "most_bytes": MOST_BYTES,
        "light_enough": weight["compressed_bytes"] <= MOST_BYTES,
        "count": given.count,
        "connections": given.connections,
    }


def prepared(count: int) -> tuple[list[str], list[str]]:
    """Open claims, and start a payment of some of them. Returns claim ids, and tokens of payment pages."""
    from zahlstelle import claims, payments, tenancy
    from zahlstelle.claims import NewClaim
    from zahlstelle.kernel import clock, eur

    tenant = tenancy.tenant_by_slug("bench")
    new = NewClaim(amount=eur("37.00"), purpose="Personalausweis", service="personalausweis")
    opened = [claims.open_claim(tenant=tenant, claim=new, at=AT).id for _ in range(count)]
    some = [payments.start_payment(tenant=tenant, claim_id=each, at=clock.now()) for each in opened[:50]]
    return [str(each) for each in opened], [each.token for each in some]


def page_of(tokens: Sequence[str]) -> Ask:
    """Open a payment page."""
    return lambda connection, n: expect(connection, 200, "GET", f"/pay/{tokens[n % len(tokens)]}")


def start_of(claims: Sequence[str], key: str) -> Ask:
    """Start a payment as an online service does."""
    headers = headers_of(key, keys=False)
    return lambda connection, n: expect(
        connection, 201, "POST", "/api/v1/payments", json.dumps({"claim_id": claims[n % len(claims)]}), headers
    )


def expect(connection: http.client.HTTPConnection, status: int, *asked: Any) -> None:
    """Ask, and read the whole answer."""
    connection.request(*asked)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != status:
        raise SystemExit(content.decode())


def timed(port: int, count: int, connections: int, ask: Ask) -> list[float]:
    """Ask `count` times from as many threads as connections. Returns milliseconds, sorted."""
    taken: list[float] = []

    def client(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for n in range(first, count, connections):
            began = time.perf_counter()
            ask(connection, n)
            taken.append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=client, args=(first,)) for first in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(taken) != count:
        raise SystemExit(f"only {len(taken)} of {count} were answered as expected")
    return sorted(taken)


def part(taken: Sequence[float], share: float) -> float:
    """Give the time that this share of the answers stayed below."""
    return round(taken[min(len(taken) - 1, int(len(taken) * share))], 1)


def weigh(port: int, path: str) -> dict[str, int]:
    """Fetch a page with all it needs. Returns bytes, compressed bytes, and how many requests go where."""
    base = f"http://127.0.0.1:{port}"
    waiting, seen, raw, small, elsewhere = [base + path], set[str](), 0, 0, 0
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        if not address.startswith(base):
            elsewhere += 1
            continue
        content, kind = fetched(port, address.removeprefix(base))
        raw, small = raw + len(content), small + min(len(content), len(gzip.compress(content, 6)))
        waiting += [urljoin(address, each) for each in needs(content, kind) if urlsplit(each).scheme != "data"]
    return {"bytes": raw, "compressed_bytes": small, "requests": len(seen), "requests_elsewhere": elsewhere}


def fetched(port: int, path: str) -> tuple[bytes, str]:
    """Fetch one file. Returns it with its content type."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status}")
    return content, answer.headers.get("Content-Type", "")


def needs(content: bytes, kind: str) -> list[str]:
    """List what a page or a style sheet fetches by itself; every picture it names, each font of German letters."""
    if "html" in kind:
        text = content.decode()
        return re.findall(r'<link[^>]*href="([^"]+)"', text) + re.findall(r'\ssrc="([^"]+)"', text)
    if "css" in kind:
        text = re.sub(r"@font-face[^}]*unicode-range:(?!\s*U\+0000-00FF)[^}]*}", "", content.decode())
        return re.findall(r"""url\(\s*["']?([^"')]+?)["']?\s*\)""", text)
    return []


if __name__ == "__main__":
    main()
