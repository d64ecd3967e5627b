"""How long does the import of a collective credit with 100,000 details take, and how long must it take at least?

    PYTHONPATH=src python bench/bank_import.py [--details 100000]

Both halves run here and now against one fresh database. First the product: `zahlstelle bank import` as a process of
its own, with the peak memory the operating system counted for it. Then the limit: the same rows, already parsed and
decided, written with COPY and the set-based statements alone, into tables of the same shape and indexes that are as
durable as the product's, in one transaction. The last line is one JSON object.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from zahlstelle.postgres import obtain

AT = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)


def main() -> None:
    """Measure both and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--details", type=int, default=100_000)
    details = asked.parse_args().details
    with tempfile.TemporaryDirectory(prefix="zs-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        database = obtain(folder / "postgres", "zahlstelle")
        try:
            os.environ["ZAHLSTELLE_SECRET_KEY"] = secrets.token_hex()
            os.environ["ZAHLSTELLE_OWNER_DATABASE_URL"] = database.urls.owner
            os.environ["ZAHLSTELLE_DATABASE_URL"] = database.urls.app
            _run("migrate")
            slug = _prepare(folder, details)
            product = _product(folder, slug)
            limit = _limit(database.urls.owner, slug)
            print(json.dumps(_figures(details, product, limit)))
        finally:
            database.stop()


def _prepare(folder: Path, details: int) -> str:
    """Write the file and its claims, and open them."""
    _run("simulate", "--collective", str(details), "-o", str(folder / "big"))
    _run("simulate", "--claims", "10", "--days", "2", "-o", str(folder / "town"))
    _run("tenant", "add", str(folder / "town" / "town.toml"))
    content = tomllib.loads((folder / "town" / "town.toml").read_text("utf-8"))
    _run("claims", "import", str(folder / "big" / "claims.jsonl"), "--tenant", content["slug"])
    return str(content["slug"])


def _product(folder: Path, slug: str) -> dict[str, Any]:
    """Import as a user does; memory is the peak of that process alone."""
    command = [sys.executable, "-m", "zahlstelle.cli", "bank", "import", str(folder / "big" / "collective.xml")]
    before = time.perf_counter()
    process = subprocess.Popen([*command, "--tenant", slug, "--json"], stdout=subprocess.PIPE, text=True)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, _peak_mb(process.pid))
        time.sleep(0.01)
    seconds = time.perf_counter() - before
    if process.returncode:
        raise SystemExit(f"the import ended with {process.returncode}")
    assert process.stdout is not None
    return {**json.loads(process.stdout.read()), "process_seconds": seconds, "peak_memory_mb": peak}


def _peak_mb(pid: int) -> float:
    """Read the peak of a process's own memory; `ru_maxrss` would count what its starter held before."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


_ROWS = """
CREATE SCHEMA bench;
CREATE TEMP TABLE parsed AS SELECT d.*, a.claim, l.id AS journal FROM bank_detail d
    JOIN allocation a ON a.detail = d.id JOIN journal_entry l ON l.id = a.journal_entry;
CREATE TABLE bench.t_detail (LIKE bank_detail INCLUDING INDEXES);
CREATE TABLE bench.t_entry (LIKE journal_entry INCLUDING INDEXES);
CREATE TABLE bench.t_line (LIKE journal_line INCLUDING INDEXES);
CREATE TABLE bench.t_allocation (LIKE allocation INCLUDING INDEXES);
CREATE TABLE bench.t_event (LIKE event INCLUDING INDEXES);
CREATE TABLE bench.t_balance (LIKE claim_balance INCLUDING INDEXES);
INSERT INTO bench.t_balance (tenant_id, claim_id, due_cents, settled_cents) SELECT tenant_id, claim_id, due_cents, 0
    FROM claim_balance;
CREATE TEMP TABLE staged (LIKE parsed);
"""
_STATEMENTS = (
    "INSERT INTO bench.t_detail SELECT id, entry, number, active, amount_cents, side, currency, end_to_end_id,"
    " mandate_id, instruction_id, tx_id, uetr, bank_ref, party_name, party_iban, reference, reference_type, remittance,"
    " return_reason, original_cents, charges_cents, proprietary_code, tenant_id FROM staged",
    "INSERT INTO bench.t_entry (tenant_id, id, occasion, booked_on, recorded_at, text, xid)"
    " SELECT tenant_id, journal, 'allocation:' || id, now(), now(), 'Zuordnung', 1 FROM staged",
    "INSERT INTO bench.t_line (id, tenant_id, entry, account_id, side, amount_cents, currency, subject)"
    " SELECT row_number() OVER (), tenant_id, journal, 1, s, amount_cents, currency, claim"
    " FROM staged, unnest(ARRAY['SOLL', 'HABEN']) s",
    "INSERT INTO bench.t_allocation (tenant_id, id, detail, entry, outcome, amount_cents, claim, reasons, rule_version,"
    " decided_at, decided_by) SELECT tenant_id, gen_random_uuid(), id, entry, 'allocated', amount_cents, claim, '[]',"
    " 'x', now(), 'x' FROM staged",
    "INSERT INTO bench.t_event (tenant_id, id, name, subject, payload, at)"
    " SELECT tenant_id, gen_random_uuid(), 'claim.settled', claim, '{}', now() FROM staged",
    "UPDATE bench.t_balance b SET settled_cents = s.amount_cents FROM staged s WHERE s.claim = b.claim_id",
)


def _limit(url: str, slug: str) -> float:
    """Write the very rows of that import once more: COPY and set-based statements, nothing else."""
    with psycopg.connect(url) as database:
        (tenant,) = database.execute("SELECT id FROM tenant WHERE slug = %s", [slug]).fetchone() or (None,)
        database.execute("SELECT set_config('zahlstelle.tenant', %s, false)", [str(tenant)])
        database.execute(_ROWS)
        with database.cursor().copy("COPY parsed TO STDOUT") as copy:
            rows = list(copy)
        database.commit()
        before = time.perf_counter()
        with database.cursor().copy("COPY staged FROM STDIN") as copy:
            for row in rows:
                copy.write(row)
        for statement in _STATEMENTS:
            database.execute(statement)
        database.commit()
        return time.perf_counter() - before


def _figures(details: int, product: dict[str, Any], limit: float) -> dict[str, Any]:
    return {
        "name": "bank_import",
        "details": details,
        "allocated": product["allocated"],
        "seconds": round(product["seconds"], 2),
        "details_per_second": round(details / product["seconds"]),
        "limit_seconds": round(limit, 2),
        "limit_details_per_second": round(details / limit),
        "ratio_to_limit": round(product["seconds"] / limit, 2),
        "peak_memory_mb": round(product["peak_memory_mb"]),
    }


def _run(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "zahlstelle.cli", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"zahlstelle {' '.join(words)} failed:\n{done.stderr}")


if __name__ == "__main__":
    main()
