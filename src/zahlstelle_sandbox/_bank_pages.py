"""The test bank's pages: transfer money to a town, close the day, fetch the files."""

import re
import sqlite3
from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from . import _bank, _deliveries, _merchants
from ._checks import iban, text
from ._clock import berlin_day, now
from ._context import sandbox
from ._pages import Page, language, own_forms_only, page, passes

bank = Blueprint("bank", __name__, url_prefix="/bank/<merchant_id>")
bank.before_request(own_forms_only)


@bank.get("")
def home(merchant_id: str) -> Page:
    return _bank_page(merchant_id, {}, {}, request.args.get("done"))


@bank.post("/transfers")
def transfer(merchant_id: str) -> Page:
    typed = {
        name: request.form.get(name, "").strip() for name in ("amount", "remittance", "debtor_name", "debtor_iban")
    }
    order, errors = _read_transfer(typed)
    if errors:
        return _bank_page(merchant_id, typed, errors, None), 422
    with sandbox().store.writing() as connection:
        merchant = _merchants.get(connection, merchant_id)
        order["day"] = _open_day(connection, merchant_id).isoformat()
        _bank.transfer(connection, merchant, order, now())
    return _to_bank(merchant_id, "transferred")


@bank.post("/close")
def close(merchant_id: str) -> Page:
    with sandbox().store.writing() as connection:
        merchant = _merchants.get(connection, merchant_id)
        closed = _bank.close_day(connection, merchant, _open_day(connection, merchant_id), now())
    _deliveries.deliver(sandbox().store, sandbox().bank_folder)
    return _to_bank(merchant_id, "closed" if closed["files"] else "nothing")


@bank.get("/files/<name>")
def file(merchant_id: str, name: str) -> Page:
    with sandbox().store.reading() as connection:
        content = _deliveries.content(connection, merchant_id, name)
    response = Response(content, mimetype="application/zip")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _read_transfer(typed: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    written = typed["debtor_iban"].replace(" ", "").upper()
    cents = _cents(typed["amount"])
    fits = {
        "amount": cents is not None and 0 < cents <= 10**10,
        "remittance": passes(text(420), typed["remittance"]),
        "debtor_name": passes(text(70), typed["debtor_name"]),
        "debtor_iban": not written or passes(iban, written),
    }
    order = {"amount_cents": cents, "remittance": typed["remittance"], "debtor_name": typed["debtor_name"]}
    errors = {name: f"{name}_error" for name, good in fits.items() if not good}
    return order | {"debtor_iban": written or None}, errors


def _cents(amount: str) -> int | None:
    """Cents of 37, 37,00, 37.00 or 1.234,56; None for anything that could be read in two ways."""
    grouped = re.fullmatch(r"(\d{1,3}(?:\.\d{3})+|\d+),(\d{2})|(\d+)\.(\d{2})|(\d+)", amount, re.ASCII)
    if grouped is None or len(amount) > 15:
        return None
    euros = grouped[1] or grouped[3] or grouped[5]
    return int(euros.replace(".", "")) * 100 + int(grouped[2] or grouped[4] or 0)


def _open_day(connection: sqlite3.Connection, merchant_id: str) -> date:
    """Today, or the last closed day where a tester has closed days ahead."""
    row = connection.execute("SELECT max(day) AS day FROM statement WHERE merchant_id = ?", [merchant_id]).fetchone()
    today = berlin_day(now())
    return max(today, date.fromisoformat(row["day"])) if row["day"] else today


def _bank_page(merchant_id: str, values: dict[str, str], errors: dict[str, str], done: str | None) -> str:
    with sandbox().store.reading() as connection:
        merchant = _merchants.get(connection, merchant_id)
        last = connection.execute(
            "SELECT closing_cents FROM statement WHERE merchant_id = ? ORDER BY number DESC LIMIT 1",
            [merchant_id],
        ).fetchone()
        return page(
            "bank.html",
            language(),
            merchant=merchant,
            balance=last["closing_cents"] if last else merchant["opening_cents"],
            owed=_bank.owed(connection, merchant_id),
            files=_deliveries.files(connection, merchant_id),
            values=values or {"debtor_name": "Erika Mustermann"},
            errors=errors,
            done=done if done in ("transferred", "closed", "nothing") else None,
        )


def _to_bank(merchant_id: str, done: str) -> AnyResponse:
    return redirect(url_for("bank.home", merchant_id=merchant_id, done=done, lang=language()), 303)
