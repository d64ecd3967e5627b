"""The bank's files: written with the day's close, put into the merchant's folder whole or not at all."""

import io
import sqlite3
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from . import _camt, _reports
from ._clock import written
from ._problems import Problem
from ._store import Store, insert


def write_files(connection: sqlite3.Connection, merchant: sqlite3.Row, closed_on: date, at: datetime) -> list[str]:
    """Write the statement of all movements not in one yet, and its breakdowns; the names of the files."""
    merchant_id = merchant["merchant_id"]
    rows = connection.execute(
        "SELECT * FROM entry WHERE merchant_id = ? AND statement_id IS NULL AND day <= ? ORDER BY number",
        [merchant_id, closed_on.isoformat()],
    ).fetchall()
    if not rows:
        return []
    account = _camt.Account(merchant["iban"], merchant["bic"], merchant["name"])
    previous = connection.execute(
        "SELECT number, closing_cents FROM statement WHERE merchant_id = ? ORDER BY number DESC LIMIT 1",
        [merchant_id],
    ).fetchone()
    number = previous["number"] + 1 if previous else 1
    opening = previous["closing_cents"] if previous else merchant["opening_cents"]
    entries = tuple(_entry(connection, row, closed_on) for row in rows)
    closing = opening + sum(e.amount_cents if e.side == "CRDT" else -e.amount_cents for e in entries)
    statement_id = f"S{closed_on:%y%m%d}-{merchant['iban'][-18:]}-{number:06d}"
    statement = _camt.Statement(statement_id, number, closed_on, at, account, opening, closing, entries)
    insert(
        connection,
        "statement",
        statement_id=statement_id,
        merchant_id=merchant_id,
        number=number,
        day=closed_on.isoformat(),
        opening_cents=opening,
        closing_cents=closing,
        created_at=written(at),
    )
    connection.executemany(
        "UPDATE entry SET statement_id = ? WHERE number = ?", [(statement_id, row["number"]) for row in rows]
    )
    names = []
    for name, message in _messages(statement, at):
        archive = _zipped(name, message, at)
        insert(
            connection,
            "bank_file",
            merchant_id=merchant_id,
            name=name + ".zip",
            statement_id=statement_id,
            content=archive,
        )
        names.append(name + ".zip")
    return names


def files(connection: sqlite3.Connection, merchant_id: str) -> list[sqlite3.Row]:
    """The files delivered so far, newest first."""
    return connection.execute(
        "SELECT name, length(content) AS size, day FROM bank_file JOIN statement USING (statement_id)"
        " WHERE bank_file.merchant_id = ? ORDER BY number DESC, name",
        [merchant_id],
    ).fetchall()


def content(connection: sqlite3.Connection, merchant_id: str, name: str) -> bytes:
    """One delivered file. Raises Problem 404 `file_not_found`."""
    row = connection.execute(
        "SELECT content FROM bank_file WHERE merchant_id = ? AND name = ?", [merchant_id, name]
    ).fetchone()
    if row is None:
        raise Problem(404, "file_not_found", "The bank has no such file.")
    return bytes(row["content"])


def deliver(store: Store, folder: Path) -> int:
    """Put every file not delivered yet into its merchant's folder, whole or not at all; how many.

    The file is noted in the database first: a crash in between delivers it at the next start.
    """
    with store.delivering:
        with store.reading() as connection:
            rows = connection.execute("SELECT * FROM bank_file WHERE NOT delivered ORDER BY rowid").fetchall()
        for row in rows:
            target = folder / row["merchant_id"] / row["name"]
            target.parent.mkdir(parents=True, exist_ok=True)
            unfinished = target.with_name(f".{row['name']}.unfinished")
            unfinished.write_bytes(row["content"])
            unfinished.replace(target)
            with store.writing() as connection:
                connection.execute(
                    "UPDATE bank_file SET delivered = 1 WHERE merchant_id = ? AND name = ?",
                    [row["merchant_id"], row["name"]],
                )
        _reports.deliver(store, folder.parent / "reports")
    return len(rows)


def _messages(statement: _camt.Statement, at: datetime) -> Iterator[tuple[str, bytes]]:
    """Name (date, order type, account, currency, running number; no ending) and content of each message."""

    def name(order_type: str, number: int) -> str:
        return f"{statement.day}_{order_type}_{statement.account.iban}_{statement.account.currency}_{number:06d}"

    yield name("C53", statement.number), _camt.write_statement(statement)
    collective = [entry for entry in statement.entries if entry.details]
    for place, entry in enumerate(collective):
        yield name("C54", statement.number * 10 + place), _camt.write_breakdown(entry, statement.account, at)


def _entry(connection: sqlite3.Connection, row: sqlite3.Row, booked_on: date) -> _camt.Entry:
    details = tuple(_details(connection, row)) if row["kind"] in _camt.SINGLE else ()
    return _camt.Entry(
        kind=row["kind"],
        side=row["side"],
        amount_cents=row["amount_cents"],
        booked_on=booked_on,
        value_on=date.fromisoformat(row["day"]),
        bank_ref=row["bank_ref"],
        party_name=row["party_name"],
        party_iban=row["party_iban"],
        remittance=row["remittance"],
        end_to_end_id=row["end_to_end_id"],
        details=details,
        breakdown_id=f"D{row['bank_ref']}" if details else None,
    )


def _details(connection: sqlite3.Connection, row: sqlite3.Row) -> Iterator[_camt.Detail]:
    if row["kind"] == "payout":
        for each in connection.execute(
            "SELECT * FROM payment WHERE payout_id = ? ORDER BY captured_at, payment_id", [row["payout_id"]]
        ):
            remittance = f"{each['kassenzeichen']} {each['description']}"
            yield _camt.Detail(
                each["amount_cents"],
                each["kassenzeichen"],
                each["payment_id"],
                each["payment_id"],
                each["holder"],
                remittance,
            )
        return
    query, word = _BACK[row["kind"]]
    for each in connection.execute(query, [row["payout_id"]]):
        yield _camt.Detail(
            each["amount_cents"],
            each["kassenzeichen"],
            each["name"],
            each["name"],
            each["holder"],
            f"{word} {each['kassenzeichen']} ZU {each['payment_id']}",
        )


_BACK = {
    "refunds": (
        "SELECT refund_id AS name, refund.amount_cents, payment_id, kassenzeichen, holder"
        " FROM refund JOIN payment USING (payment_id)"
        " WHERE refund.payout_id = ? ORDER BY refunded_at, refund_id",
        "ERSTATTUNG",
    ),
    "chargebacks": (
        "SELECT chargeback_id AS name, chargeback.amount_cents, payment_id, kassenzeichen, holder"
        " FROM chargeback JOIN payment USING (payment_id)"
        " WHERE chargeback.payout_id = ? ORDER BY charged_at, chargeback_id",
        "RUECKBELASTUNG",
    ),
}


def _zipped(name: str, message: bytes, at: datetime) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name + ".xml", at.timetuple()[:6]), message, zipfile.ZIP_DEFLATED)
    return memory.getvalue()
