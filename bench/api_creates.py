"""How many claims a second does `POST /api/v1/claims` open, and how many could PostgreSQL alone?

    PYTHONPATH=src python bench/api_creates.py [--count 4000] [--connections 8] [--keys]

Both halves run here and now against one fresh database: first granian with two workers, asked over keep-alive
connections; then pgbench with the very statements that one such request executes, recorded from a real request, at the
same concurrency. The last line is one JSON object. With --keys every request carries an Idempotency-Key.
"""

import argparse
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from zahlstelle.kernel import new_id
from zahlstelle.postgres import find_binaries, obtain
from zahlstelle.processes import free_port, start, stop

WORKERS = 2
AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
TOWN = {
    "slug": "bench",
    "name": "Stadt Messwert",
    "ags": "05999001",
    "mode": "test",
    "bank_accounts": [{"iban": "DE02120300000000202051", "bic": "BYLADEM1001", "holder": "Stadt Messwert"}],
    "pools": [{"name": "standard", "prefix": "4711", "digits": 9, "check": "mod11"}],
    "services": [
        {
            "key": "personalausweis",
            "pool": "standard",
            "name": {"de": "Personalausweis"},
            "fee_cents": 3700,
            "posting": {"product": "122010", "account": "431100"},
        }
    ],
}
ASKED = {
    "service": "personalausweis",
    "amount": "37.00",
    "purpose": "Personalausweis",
    "debtor_name": "Erika Mustermann",
}


def main() -> None:
    """Measure both and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--count", type=int, default=4000)
    asked.add_argument("--connections", type=int, default=8)
    asked.add_argument("--keys", action="store_true", help="send an Idempotency-Key with every request")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="zs-bench-", ignore_cleanup_errors=True) as folder:
        database = obtain(Path(folder) / "postgres", "zahlstelle")
        try:
            print(json.dumps(measure(Path(folder), database.urls.owner, database.urls.app, given)))
        finally:
            stop_pool()
            database.stop()


def measure(folder: Path, owner: str, app: str, given: argparse.Namespace) -> dict[str, Any]:
    """Migrate, found a town, ask the interface, then the database."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "zahlstelle.settings",
        "ZAHLSTELLE_SECRET_KEY": "a key for measuring only",
        "ZAHLSTELLE_HOSTS": "127.0.0.1",
        "ZAHLSTELLE_DATABASE_URL": app,
    }
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "-v0"],
        env={**os.environ, "ZAHLSTELLE_DATABASE_URL": owner},
        check=True,
    )
    key = found_town()
    statements = recorded(key, keys=given.keys)
    interface = ask_interface(folder, key, given)
    print(f"interface  {interface:8.0f} claims/s  ({WORKERS} workers, {given.connections} connections)")
    bare = ask_database(folder, app, statements, given)
    print(f"pgbench    {bare:8.0f} claims/s  ({len(statements)} statements each, BEGIN and COMMIT included)")
    print(f"ratio      {interface / bare:8.2f}")
    check_book()
    return {
        "bench": "api_creates",
        "claims_per_second": round(interface),
        "pgbench_per_second": round(bare),
        "ratio": round(interface / bare, 3),
        "statements": len(statements),
        "count": given.count,
        "connections": given.connections,
        "keys": given.keys,
    }


def found_town() -> str:
    """Found the town and make an API key."""
    import django

    django.setup()
    from zahlstelle import tenancy, treasury

    tenant = treasury.found_town(town=tenancy.read_town_file(TOWN), at=AT)
    return tenancy.add_api_key(tenant=tenant, name="bench", at=AT)


def headers_of(key: str, *, keys: bool) -> dict[str, str]:
    """Say who asks; `keys` adds a fresh Idempotency-Key."""
    said = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    return {**said, "Idempotency-Key": str(new_id())} if keys else said


def recorded(key: str, *, keys: bool) -> Sequence[str]:
    """Record what one request says to the database, as pgbench statements whose ids and numbers are new each time."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(HTTP_HOST="127.0.0.1")
    sql = ["UPDATE pool"]
    while any("UPDATE pool" in statement for statement in sql):  # a busy process has numbers in hand
        headers = headers_of(key, keys=keys)
        with CaptureQueriesContext(connection) as said:
            answer = client.post("/api/v1/claims", json.dumps(ASKED), content_type="application/json", headers=headers)
        if answer.status_code != 201:
            raise SystemExit(answer.content.decode())
        sql = [query["sql"].strip() for query in said.captured_queries]
    fresh = {answer.json()["kassenzeichen"]: "4711:n"}
    fresh |= {found: _numbered(found) for found in _new_ids(sql, answer.json()["id"], headers)}
    for old, new in fresh.items():
        sql = [statement.replace(old, new) for statement in sql]
    return sql


def _new_ids(sql: Sequence[str], claim: str, headers: dict[str, str]) -> set[str]:
    """Find every id that belongs to this one creation, with and without hyphens."""
    written = "\n".join(
        statement for statement in sql if re.search(r"INSERT INTO \"?(event|journal_entry|idem)", statement)
    )
    firsts = re.findall(r"\(SELECT|VALUES \('[0-9a-f]{32}'::uuid, '([0-9a-f]{32})", written)
    entries = re.findall(r"unnest\('\{([0-9a-f]{32})\}", written)
    rows = re.findall(r"SELECT '([0-9a-f]{32})'::uuid, '[0-9a-f]{32}'::uuid, '[0-9a-f]{32}'", written)
    key = headers.get("Idempotency-Key", claim)
    return {claim, claim.replace("-", ""), key, *filter(None, firsts), *entries, *rows}


def _numbered(found: str) -> str:
    """Keep the head of an id, let the last twelve digits count."""
    return f"{found[:-12]}:n"


def ask_interface(folder: Path, key: str, given: argparse.Namespace) -> float:
    """Open the claims over HTTP. Returns claims per second."""
    port = free_port()
    command = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(WORKERS), "--blocking-threads", str(max(1, given.connections // WORKERS))]
    command += ["--log-level", "error", "zahlstelle.wsgi:application"]
    server = start("granian", [sys.executable, "-m", *command], log=folder / "granian.log")
    try:
        wait_until_ready(port)
        run_clients(port, key, given, given.connections * 20)  # warm up
        began = time.perf_counter()
        run_clients(port, key, given, given.count)
        return float(given.count / (time.perf_counter() - began))
    finally:
        stop(server)


def wait_until_ready(port: int) -> None:
    """Wait up to a minute until somebody answers."""
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            pass  # not yet
        time.sleep(0.1)
    raise SystemExit("the interface did not start")


def run_clients(port: int, key: str, given: argparse.Namespace, count: int) -> None:
    """Post `count` claims from as many threads as connections."""
    wrong: list[str] = []

    def client(share: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        body = json.dumps(ASKED)
        for _ in range(share):
            connection.request("POST", "/api/v1/claims", body, headers_of(key, keys=given.keys))
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 201:
                wrong.append(content.decode())
                return

    shares = [count // given.connections + (n < count % given.connections) for n in range(given.connections)]
    threads = [threading.Thread(target=client, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise SystemExit(f"{len(wrong)} clients were refused: {wrong[0]}")


def ask_database(folder: Path, app: str, statements: Sequence[str], given: argparse.Namespace) -> float:
    """Run the recorded statements with pgbench. Returns claims per second."""
    script = folder / "creation.sql"
    head = ["\\set i :i + 1", "\\set n 200000000000 + :client_id * 1000000000 + :i"]
    together = (statement.replace(";\n", "\\;\n") for statement in statements)  # what goes in one round trip stays so
    script.write_text("\n".join([*head, *(f"{statement};" for statement in together)]) + "\n")
    to = conninfo_to_dict(app)
    clients = given.connections
    command = [find_binaries().program("pgbench"), "-n", "-f", str(script), "-D", "i=0", "-c", str(clients)]
    command += ["-j", str(min(clients, 2)), "-t", str(max(1, given.count // clients)), "-M", "simple"]
    command += ["-h", str(to["host"]), "-p", str(to.get("port", 5432)), "-U", str(to["user"]), str(to["dbname"])]
    environment = {**os.environ, "PGPASSWORD": str(to.get("password", ""))}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode or found is None or "failed transactions: 0 " not in done.stdout:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
    return float(found[1])


def check_book() -> None:
    """A fast wrong book is worth nothing: every claim is booked, every entry balances."""
    from zahlstelle import claims, ledger, tenancy

    tenant = tenancy.tenant_by_slug("bench")
    wrong = [*claims.wrong_balances(tenant=tenant), *ledger.unbalanced_entries(tenant=tenant)]
    if wrong:
        raise SystemExit(f"the book is wrong: {wrong[:3]}")


def stop_pool() -> None:
    """Give this process's connections back before the server ends."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        connection.close_pool()


if __name__ == "__main__":
    main()
