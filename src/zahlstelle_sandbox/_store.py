"""The sandbox's memory: one SQLite file, so that a restart forgets nothing."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from . import _src_store

SCHEMA = """
CREATE TABLE IF NOT EXISTS merchant (
    merchant_id TEXT PRIMARY KEY, secret TEXT NOT NULL UNIQUE, name TEXT NOT NULL, iban TEXT NOT NULL UNIQUE,
    bic TEXT NOT NULL, notify_url TEXT, amount_outcomes INTEGER NOT NULL, fee_cents INTEGER NOT NULL,
    opening_cents INTEGER NOT NULL, paid_out_on TEXT
);
CREATE TABLE IF NOT EXISTS payment (
    payment_id TEXT PRIMARY KEY, merchant_id TEXT NOT NULL REFERENCES merchant, reference TEXT NOT NULL,
    kassenzeichen TEXT NOT NULL, amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    currency TEXT NOT NULL, method TEXT NOT NULL, description TEXT NOT NULL, return_url TEXT NOT NULL, notify_url TEXT,
    language TEXT NOT NULL, token TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL, expires_at TEXT NOT NULL,
    status TEXT NOT NULL, card_brand TEXT, card_last4 TEXT, holder TEXT, decline_code TEXT, three_ds TEXT,
    captured_at TEXT, resolves_at TEXT, resolves_to TEXT, silent_until TEXT,
    redirects INTEGER NOT NULL DEFAULT 1, notifies INTEGER NOT NULL DEFAULT 1,
    refunded_cents INTEGER NOT NULL DEFAULT 0 CHECK (refunded_cents BETWEEN 0 AND amount_cents),
    payout_id TEXT, UNIQUE (merchant_id, reference)
);
CREATE INDEX IF NOT EXISTS payment_waiting ON payment (status)
    WHERE status IN ('created', 'pending', 'unknown');
CREATE INDEX IF NOT EXISTS payment_owed ON payment (merchant_id)
    WHERE status = 'captured' AND payout_id IS NULL;
CREATE TABLE IF NOT EXISTS refund (
    refund_id TEXT PRIMARY KEY, payment_id TEXT NOT NULL REFERENCES payment,
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0), reason TEXT, refunded_at TEXT NOT NULL,
    payout_id TEXT
);
CREATE TABLE IF NOT EXISTS chargeback (
    chargeback_id TEXT PRIMARY KEY, payment_id TEXT NOT NULL REFERENCES payment,
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0), fee_cents INTEGER NOT NULL CHECK (fee_cents >= 0),
    charged_at TEXT NOT NULL, payout_id TEXT
);
CREATE TABLE IF NOT EXISTS answer (
    merchant_id TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (merchant_id, key)
);
CREATE TABLE IF NOT EXISTS notification (
    number INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, payment_id TEXT NOT NULL,
    merchant_id TEXT NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL, due_at TEXT NOT NULL,
    copy INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, last_answer TEXT
);
CREATE INDEX IF NOT EXISTS notification_waiting ON notification (due_at) WHERE state = 'waiting';
CREATE TABLE IF NOT EXISTS payout (
    payout_id TEXT PRIMARY KEY, merchant_id TEXT NOT NULL REFERENCES merchant, day TEXT NOT NULL,
    amount_cents INTEGER NOT NULL, payments INTEGER NOT NULL, fee_cents INTEGER NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS entry (
    number INTEGER PRIMARY KEY AUTOINCREMENT, merchant_id TEXT NOT NULL REFERENCES merchant,
    day TEXT NOT NULL, kind TEXT NOT NULL, side TEXT NOT NULL CHECK (side IN ('CRDT', 'DBIT')),
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0), bank_ref TEXT NOT NULL UNIQUE, party_name TEXT,
    party_iban TEXT, remittance TEXT NOT NULL, end_to_end_id TEXT NOT NULL, payout_id TEXT,
    statement_id TEXT
);
CREATE TABLE IF NOT EXISTS statement (
    statement_id TEXT PRIMARY KEY, merchant_id TEXT NOT NULL REFERENCES merchant, number INTEGER NOT NULL,
    day TEXT NOT NULL, opening_cents INTEGER NOT NULL, closing_cents INTEGER NOT NULL,
    created_at TEXT NOT NULL, UNIQUE (merchant_id, number)
);
CREATE TABLE IF NOT EXISTS bank_file (
    merchant_id TEXT NOT NULL REFERENCES merchant, name TEXT NOT NULL, statement_id TEXT NOT NULL,
    content BLOB NOT NULL, delivered INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (merchant_id, name)
);
CREATE TABLE IF NOT EXISTS giro_project (
    project_id TEXT PRIMARY KEY, merchant_id TEXT NOT NULL REFERENCES merchant, kind TEXT NOT NULL, secret TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS stored_card (
    handle TEXT PRIMARY KEY, merchant_id TEXT NOT NULL REFERENCES merchant,
    payment_id TEXT NOT NULL UNIQUE REFERENCES payment, slug TEXT NOT NULL, brand TEXT NOT NULL, last4 TEXT NOT NULL,
    expiry TEXT NOT NULL, kept_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS payone_account (
    merchant_id TEXT PRIMARY KEY REFERENCES merchant, api_key_id TEXT NOT NULL, api_secret TEXT NOT NULL,
    webhook_key_id TEXT NOT NULL, webhook_secret TEXT NOT NULL, webhook_url TEXT
);
CREATE TABLE IF NOT EXISTS payone_checkout (
    checkout_id TEXT PRIMARY KEY, case_id TEXT NOT NULL, merchant_id TEXT NOT NULL REFERENCES merchant,
    payment_id TEXT UNIQUE REFERENCES payment, reference TEXT, case_reference TEXT, payment_reference TEXT NOT NULL,
    parameters TEXT, amount_cents INTEGER NOT NULL, product INTEGER NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS payone_pass (
    name TEXT PRIMARY KEY, merchant_id TEXT NOT NULL REFERENCES merchant, expires_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS payone_token (
    token TEXT PRIMARY KEY, merchant_id TEXT NOT NULL REFERENCES merchant, card TEXT NOT NULL, holder TEXT
);
CREATE INDEX IF NOT EXISTS payone_checkout_named ON payone_checkout (merchant_id, reference);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

# Columns that came later; a memory of an earlier version gets them when it is opened.
LATER = {
    "payment": {
        "project_id": "TEXT",
        "keep_card": "INTEGER NOT NULL DEFAULT 0",
        "card_slug": "TEXT",
        "card_expiry": "TEXT",
        "stored_card": "TEXT",
        "asks_code": "INTEGER NOT NULL DEFAULT 0",
    },
    "giro_project": {"without_cvc": "INTEGER NOT NULL DEFAULT 0"},
    "merchant": {"pays_out": "TEXT NOT NULL DEFAULT 'gross'", "tells_details": "INTEGER NOT NULL DEFAULT 1"},
    "payout": {"reported": "INTEGER NOT NULL DEFAULT 0"},
    "refund": {"reference": "TEXT", "done_at": "TEXT"},
    "chargeback": {"answer_by": "TEXT"},
}


class Store:
    """Opens the file for each piece of work; writers stand in line, readers never wait."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.delivering = threading.Lock()  # of bank files: the scheduler and a request may both want to
        # Stays open: closing the last connection would fold the write-ahead log each time.
        self._keeper = self._open()
        self._keeper.executescript("PRAGMA journal_mode = WAL;" + SCHEMA + _src_store.SCHEMA)
        for table, columns in (LATER | _src_store.LATER).items():
            there = {row["name"] for row in self._keeper.execute(f"PRAGMA table_info({table})")}
            for name in columns.keys() - there:
                self._keeper.execute(f"ALTER TABLE {table} ADD COLUMN {name} {columns[name]}")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that sees the newest state and is alone in writing; an error undoes all of it."""
        with closing(self._open()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent look."""
        with closing(self._open()) as connection:
            connection.execute("BEGIN")
            yield connection

    def close(self) -> None:
        self._keeper.close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=15, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.executescript("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;")
        return connection


def insert(connection: sqlite3.Connection, table: str, **values: object) -> None:
    """Add one row; table and column names are ours, values are bound."""
    columns = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)  # noqa: S608
