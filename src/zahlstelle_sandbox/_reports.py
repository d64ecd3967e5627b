"""Settlement reports: what each payout is made of, gross; the same as JSON, as CSV and as a file."""

import csv
import io
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from ._problems import Problem
from ._store import Store

_COLUMNS = ("payout", "report", "day", "currency", "total_cents")
_ITEM_COLUMNS = ("kind", "cents", "payment", "reference", "item", "text")


def names(connection: sqlite3.Connection, merchant_id: str, since: date | None) -> list[str]:
    """The reports of a merchant's payouts from a day on, the oldest first."""
    rows = connection.execute(
        "SELECT payout_id FROM payout WHERE merchant_id = ? AND day >= ? ORDER BY day, created_at, payout_id",
        [merchant_id, since.isoformat() if since else ""],
    )
    return [_name(row["payout_id"]) for row in rows]


def report(connection: sqlite3.Connection, merchant_id: str, name: str) -> dict[str, Any]:
    """One report. Raises Problem 404 `report_not_found`; another merchant's is none."""
    payout: sqlite3.Row | None = connection.execute(
        "SELECT * FROM payout WHERE merchant_id = ? AND payout_id = ?", [merchant_id, name.removeprefix("rep_")]
    ).fetchone()
    if payout is None or name != _name(payout["payout_id"]):
        raise Problem(404, "report_not_found", "There is no such report.")
    items = list(_items(connection, payout))
    return {
        "report_id": name,
        "payout_id": payout["payout_id"],
        "merchant_id": merchant_id,
        "day": payout["day"],
        "currency": "EUR",
        "total_cents": sum(item["cents"] for item in items),
        "items": items,
    }


def as_csv(told: dict[str, Any]) -> str:
    """The same report as CSV: one line for each item."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(_COLUMNS + _ITEM_COLUMNS)
    head = [told["payout_id"], told["report_id"], told["day"], told["currency"], told["total_cents"]]
    for item in told["items"]:
        row = [item["kind"], item["cents"], item["payment_id"], item["reference"], item["item_id"], item["text"]]
        writer.writerow([*head, *("" if value is None else value for value in row)])
    return written.getvalue()


def deliver(store: Store, folder: Path) -> int:
    """Put the report of every payout into its merchant's folder, whole or not at all; how many were new."""
    with store.reading() as connection:
        rows = connection.execute("SELECT * FROM payout WHERE NOT reported ORDER BY rowid").fetchall()
        told = [(row, as_csv(report(connection, row["merchant_id"], _name(row["payout_id"])))) for row in rows]
    for row, content in told:
        target = folder / row["merchant_id"] / f"{_name(row['payout_id'])}.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.unfinished")
        unfinished.write_text(content, "utf-8")
        unfinished.replace(target)
        with store.writing() as connection:
            connection.execute("UPDATE payout SET reported = 1 WHERE payout_id = ?", [row["payout_id"]])
    return len(rows)


def _name(payout_id: str) -> str:
    return f"rep_{payout_id}"


# PAYONE names payments and refunds by the merchant's own references.
_PAID = """
SELECT payment.*, checkout_id FROM payment LEFT JOIN payone_checkout USING (payment_id)
WHERE payout_id = ? ORDER BY captured_at, payment_id
"""
_BACK = """
SELECT iif(checkout_id IS NULL, refund_id, refund.reference) AS item_id, 'refund' AS kind, refund.amount_cents,
    0 AS fee_cents, payment_id, payment.reference, checkout_id, kassenzeichen,
    refunded_at AS happened_at, NULL AS answer_by
FROM refund JOIN payment USING (payment_id) LEFT JOIN payone_checkout USING (payment_id)
WHERE refund.payout_id = :id
UNION ALL
SELECT chargeback_id, 'chargeback', chargeback.amount_cents, chargeback.fee_cents, payment_id, payment.reference,
    checkout_id, kassenzeichen, charged_at, answer_by
FROM chargeback JOIN payment USING (payment_id) LEFT JOIN payone_checkout USING (payment_id)
WHERE chargeback.payout_id = :id
ORDER BY happened_at, item_id
"""


def _items(connection: sqlite3.Connection, payout: sqlite3.Row) -> Iterator[dict[str, Any]]:
    fee = payout["fee_cents"] // payout["payments"] if payout["payments"] else 0
    for row in connection.execute(_PAID, [payout["payout_id"]]):
        yield _item("payment", row["amount_cents"], row, None, f"{row['kassenzeichen']} {row['description']}")
        if fee:
            yield _item("fee", -fee, row, None, f"ENTGELT {row['kassenzeichen']}")
    for row in connection.execute(_BACK, {"id": payout["payout_id"]}):
        word = "ERSTATTUNG" if row["kind"] == "refund" else "RUECKBELASTUNG"
        item = _item(row["kind"], -row["amount_cents"], row, row["item_id"], f"{word} {row['kassenzeichen']}")
        yield item | ({"answer_by": row["answer_by"]} if row["answer_by"] else {})
        if row["fee_cents"]:
            text = f"ENTGELT RUECKBELASTUNG {row['kassenzeichen']}"
            yield _item("chargeback_fee", -row["fee_cents"], row, row["item_id"], text)


def _item(kind: str, cents: int, row: sqlite3.Row, item_id: str | None, text: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "cents": cents,
        "payment_id": None if row["checkout_id"] else row["payment_id"],
        "reference": row["reference"],
        "item_id": item_id,
        "text": text,
    }
