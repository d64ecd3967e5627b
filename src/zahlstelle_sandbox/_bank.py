"""The test bank: a town's account, transfers to it, payouts of the provider, and the day's close."""

import sqlite3
from datetime import date, datetime
from typing import Any

from . import _deliveries
from ._checks import day, iban, strict, text, whole
from ._clock import berlin_day, read, written
from ._problems import Problem
from ._store import insert

PROVIDER_NAME = "Zahlstelle Sandbox PSP"
PROVIDER_IBAN = "DE93999999990000000001"

_TRANSFER = {"amount_cents": whole(1, 10**10), "debtor_name": text(70), "remittance": text(420)}
_TRANSFER_MORE = {"debtor_iban": iban, "end_to_end_id": text(35), "day": day}


def transfer(connection: sqlite3.Connection, merchant: sqlite3.Row, body: Any, at: datetime) -> dict[str, Any]:
    """Note a bank transfer to the town; it stands in the statement of its day.

    Raises Problem 422 for a wrong field, 409 `day_is_closed` if that day's statement is out.
    """
    order = strict(body, _TRANSFER, _TRANSFER_MORE)
    booked_on = order["day"] or berlin_day(at)
    _refuse_closed(connection, merchant["merchant_id"], booked_on)
    bank_ref = _book(
        connection,
        merchant["merchant_id"],
        booked_on,
        "transfer",
        "CRDT",
        order["amount_cents"],
        order["remittance"],
        party_name=order["debtor_name"],
        party_iban=order["debtor_iban"],
        end_to_end_id=order["end_to_end_id"] or "NOTPROVIDED",
    )
    return {"bank_ref": bank_ref, "day": booked_on.isoformat(), "amount_cents": order["amount_cents"]}


def close_day(connection: sqlite3.Connection, merchant: sqlite3.Row, closed_on: date, at: datetime) -> dict[str, Any]:
    """Pay out what the provider owes up to this day, and write the day's statement with its breakdown.

    Without any movement there is no file. A day may be closed again: what came since gets one more statement.
    Raises Problem 409 `day_is_closed` if a later day has its statement already.
    """
    merchant_id = merchant["merchant_id"]
    last = connection.execute("SELECT max(day) AS day FROM statement WHERE merchant_id = ?", [merchant_id]).fetchone()
    if last["day"] and last["day"] > closed_on.isoformat():
        raise Problem(409, "day_is_closed", f"The bank has closed {last['day']} already.")
    payout = _pay_out(connection, merchant, closed_on, at)
    files = _deliveries.write_files(connection, merchant, closed_on, at)
    return {"merchant_id": merchant_id, "day": closed_on.isoformat(), "payout": payout, "files": files}


def payouts(connection: sqlite3.Connection, merchant_id: str | None) -> list[dict[str, Any]]:
    """The payouts so far, with the payments in each."""
    rows = connection.execute(
        "SELECT * FROM payout WHERE merchant_id = coalesce(?, merchant_id) ORDER BY created_at, payout_id",
        [merchant_id],
    ).fetchall()
    return [dict(row) | {"payment_ids": _ids_in(connection, row["payout_id"])} for row in rows]


def owed(connection: sqlite3.Connection, merchant_id: str) -> tuple[int, int]:
    """How many payments, and how many cents, are captured but not paid out yet."""
    row = connection.execute(
        "SELECT count(*) AS payments, coalesce(sum(amount_cents), 0) AS cents FROM payment"
        " WHERE merchant_id = ? AND status = 'captured' AND payout_id IS NULL",
        [merchant_id],
    ).fetchone()
    return row["payments"], row["cents"]


def _pay_out(
    connection: sqlite3.Connection, merchant: sqlite3.Row, closed_on: date, at: datetime
) -> dict[str, Any] | None:
    """Pay out what is owed: gross, with debits for refunds, chargebacks and fees, or net, in one transfer."""
    merchant_id = merchant["merchant_id"]
    payments = [row for row in _captured(connection, merchant_id) if _on(row["captured_at"]) <= closed_on]
    refunds = [row for row in _refunded(connection, merchant_id) if _on(row["refunded_at"]) <= closed_on]
    chargebacks = [row for row in _charged_back(connection, merchant_id) if _on(row["charged_at"]) <= closed_on]
    if not payments and not refunds and not chargebacks:
        return None
    count = connection.execute("SELECT count(*) AS n FROM payout").fetchone()["n"] + 1
    payout_id = f"po_{closed_on:%Y%m%d}_{count:06d}"
    cents = sum(row["amount_cents"] for row in payments)
    fee = merchant["fee_cents"] * len(payments)
    insert(
        connection,
        "payout",
        payout_id=payout_id,
        merchant_id=merchant_id,
        day=closed_on.isoformat(),
        amount_cents=cents,
        payments=len(payments),
        fee_cents=fee,
        created_at=written(at),
    )
    for table, rows in (("payment", payments), ("refund", refunds), ("chargeback", chargebacks)):
        connection.executemany(
            f"UPDATE {table} SET payout_id = ? WHERE {table}_id = ?",  # noqa: S608
            [(payout_id, row[f"{table}_id"]) for row in rows],
        )
    told = {
        "payout_id": payout_id,
        "payments": len(payments),
        "amount_cents": cents,
        "fee_cents": fee,
        "refunds": len(refunds),
        "refund_cents": sum(row["amount_cents"] for row in refunds),
        "chargebacks": len(chargebacks),
        "chargeback_cents": sum(row["amount_cents"] for row in chargebacks),
        "chargeback_fee_cents": sum(row["fee_cents"] for row in chargebacks),
    }
    for kind, side, amount, remittance in _bookings(merchant, told):
        if amount:
            _book(
                connection,
                merchant_id,
                closed_on,
                kind,
                side,
                amount,
                remittance,
                party_name=PROVIDER_NAME,
                party_iban=PROVIDER_IBAN,
                end_to_end_id=payout_id,
                payout_id=payout_id,
            )
    return told


def _bookings(merchant: sqlite3.Row, told: dict[str, Any]) -> list[tuple[str, str, int, str]]:
    """What the payout moves on the account: kind, side, cents, text."""
    name, fee = told["payout_id"], told["fee_cents"] + told["chargeback_fee_cents"]
    paid = f"AUSZAHLUNG {name} {told['payments']} ZAHLUNGEN"
    if merchant["pays_out"] == "net":
        net = told["amount_cents"] - fee - told["refund_cents"] - told["chargeback_cents"]
        return [("plain" if net >= 0 else "plain_debit", "CRDT" if net >= 0 else "DBIT", abs(net), paid)]
    details = merchant["tells_details"]
    return [
        ("payout" if details else "plain", "CRDT", told["amount_cents"], paid),
        (
            "refunds" if details else "plain_debit",
            "DBIT",
            told["refund_cents"],
            f"ERSTATTUNGEN {name} {told['refunds']} POSTEN",
        ),
        (
            "chargebacks" if details else "plain_debit",
            "DBIT",
            told["chargeback_cents"],
            f"RUECKBELASTUNGEN {name} {told['chargebacks']} POSTEN",
        ),
        ("fee", "DBIT", fee, f"ENTGELT {name} {told['payments']} ZAHLUNGEN"),
    ]


def _book(
    connection: sqlite3.Connection,
    merchant_id: str,
    booked_on: date,
    kind: str,
    side: str,
    amount_cents: int,
    remittance: str,
    **columns: object,
) -> str:
    """Add a movement to the account and name it as a bank does; the name is the bank's for ever."""
    count = connection.execute("SELECT coalesce(max(number), 0) AS n FROM entry").fetchone()["n"] + 1
    bank_ref = f"{booked_on:%Y%m%d}{count:08d}SBXB"
    insert(
        connection,
        "entry",
        merchant_id=merchant_id,
        day=booked_on.isoformat(),
        kind=kind,
        side=side,
        amount_cents=amount_cents,
        remittance=remittance,
        bank_ref=bank_ref,
        **columns,
    )
    return bank_ref


def _refuse_closed(connection: sqlite3.Connection, merchant_id: str, booked_on: date) -> None:
    later = connection.execute(
        "SELECT 1 FROM statement WHERE merchant_id = ? AND day > ?", [merchant_id, booked_on.isoformat()]
    ).fetchone()
    if later:
        raise Problem(409, "day_is_closed", f"The bank has closed a day after {booked_on} already.")


def _captured(connection: sqlite3.Connection, merchant_id: str) -> list[sqlite3.Row]:
    return connection.execute(
        "SELECT * FROM payment WHERE merchant_id = ? AND status = 'captured' AND payout_id IS NULL",
        [merchant_id],
    ).fetchall()


def _refunded(connection: sqlite3.Connection, merchant_id: str) -> list[sqlite3.Row]:
    return connection.execute(
        "SELECT refund.* FROM refund JOIN payment USING (payment_id)"
        " WHERE merchant_id = ? AND refund.payout_id IS NULL",
        [merchant_id],
    ).fetchall()


def _charged_back(connection: sqlite3.Connection, merchant_id: str) -> list[sqlite3.Row]:
    return connection.execute(
        "SELECT chargeback.* FROM chargeback JOIN payment USING (payment_id)"
        " WHERE merchant_id = ? AND chargeback.payout_id IS NULL",
        [merchant_id],
    ).fetchall()


def _ids_in(connection: sqlite3.Connection, payout_id: str) -> list[str]:
    rows = connection.execute("SELECT payment_id FROM payment WHERE payout_id = ? ORDER BY payment_id", [payout_id])
    return [row["payment_id"] for row in rows]


def _on(moment: str) -> date:
    return berlin_day(read(moment))
