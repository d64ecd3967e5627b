"""An installation with rows of before is brought up to date: nothing is lost, nothing stands in the way."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from zahlstelle.kernel import new_id
from zahlstelle.postgres import Database, obtain

ANYTHING: dict[str, Any] = {
    "uuid": new_id,
    "text": lambda: "x",
    "character varying": lambda: "x",
    "bigint": lambda: 3700,
    "integer": lambda: 1,
    "smallint": lambda: 1,
    "boolean": lambda: False,
    "timestamp with time zone": lambda: datetime(2026, 10, 5, tzinfo=UTC),
    "date": lambda: datetime(2026, 10, 5, tzinfo=UTC).date(),
    "bytea": lambda: new_id().bytes,
    "jsonb": lambda: "{}",
}
_NEEDED = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_name = %s AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'
"""

_SHARES = """
SELECT claim_id, amount_cents, holding, refunded_cents, disputed_cents FROM attempt_claim ORDER BY refunded_cents DESC
"""


def migrate(database: Database, *to: str) -> None:
    environment = {
        **os.environ,
        "ZAHLSTELLE_DATABASE_URL": database.urls.owner,
        "ZAHLSTELLE_OWNER_DATABASE_URL": database.urls.owner,
        "ZAHLSTELLE_SECRET_KEY": "a key for tests only",
        "DJANGO_SETTINGS_MODULE": "zahlstelle.settings",
    }
    command = [sys.executable, "-m", "django", "migrate", "-v0", *to]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-1500:]


def row(connection: psycopg.Connection, table: str, **told: object) -> UUID:
    """Write a row with anything in the columns that need something."""
    needed = {name: ANYTHING[kind]() for name, kind in connection.execute(_NEEDED, [table]).fetchall()}
    values = {**needed, **told}
    names = sql.SQL(", ").join(map(sql.Identifier, values))
    holes = sql.SQL(", ").join(sql.Placeholder() * len(values))
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table), names, holes), list(values.values())
    )
    return values["id"]  # type: ignore[no-any-return]


def test_payments_of_before_baskets_keep_their_claims(tmp_path_factory: pytest.TempPathFactory) -> None:
    database = obtain(tmp_path_factory.mktemp("before") / "postgres", "zahlstelle", environ={})
    try:
        migrate(database, "tables", "0018")
        with psycopg.connect(database.urls.owner) as connection:
            tenant = row(connection, "tenant", mode="test")
            connection.execute("SELECT set_config('zahlstelle.tenant', %s, false)", [str(tenant)])
            of = {"tenant_id": tenant, "currency": "EUR"}
            none = {"refunded_cents": 0, "disputed_cents": 0}
            claim = row(connection, "claim", **of)
            payment = row(connection, "payment", **of, claim_id=claim)
            paid = row(connection, "attempt", **of, payment_id=payment, claim_id=claim, status="paid", **none)
            row(connection, "attempt", **of, payment_id=payment, claim_id=claim, status="declined", number=2, **none)
            row(connection, "refund", **of, attempt_id=paid, amount_cents=700, status="requested")
            row(connection, "dispute", **of, attempt_id=paid, amount_cents=1000)
        migrate(database)
        with psycopg.connect(database.urls.owner) as connection:
            connection.execute("SELECT set_config('zahlstelle.tenant', %s, false)", [str(tenant)])
            shares = connection.execute(_SHARES).fetchall()
            assert shares == [(claim, 3700, True, 700, 1000), (claim, 3700, False, 0, 0)]
            assert connection.execute("SELECT claim_id, amount_cents FROM payment_claim").fetchall() == [(claim, 3700)]
            for table in ("refund", "dispute"):
                found = connection.execute(sql.SQL("SELECT claim_id FROM {}").format(sql.Identifier(table))).fetchall()
                assert found == [(claim,)]
            forced = "SELECT bool_and(relforcerowsecurity) FROM pg_class WHERE relname = ANY(%s)"
            tables = ["claim", "payment", "attempt", "refund", "dispute", "payment_claim", "attempt_claim"]
            assert connection.execute(forced, [tables]).fetchone() == (True,)
    finally:
        database.stop()
