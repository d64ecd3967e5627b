"""The pages people see: start, card page, the bank's approval, the test bank. No JavaScript anywhere."""

import re
import sqlite3
import time
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from . import _bank, _behaviour, _merchants, _payments
from ._cards import BY_NUMBER, BY_SLUG, CARDS, PAID, Card
from ._checks import Check, iban, text
from ._clock import berlin_day, now
from ._context import sandbox
from ._problems import Problem
from ._rules import FINAL, Status
from ._scheduler import settle
from ._texts import money, words

pages = Blueprint("pages", __name__)
Page = str | AnyResponse | tuple[str, int]


@pages.before_request
def _own_forms_only() -> None:
    """A page of another origin must not press our buttons."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Problem(403, "foreign_form", "This form was not sent from the sandbox's own page.")


@pages.get("/")
def index() -> Page:
    with sandbox().store.reading() as connection:
        merchants = connection.execute("SELECT * FROM merchant ORDER BY name").fetchall()
    return _page("index.html", _language(), merchants=merchants, cards=CARDS)


@pages.get("/card/<token>")
def card_page(token: str) -> Page:
    payment, merchant = _load(token)
    if payment["status"] == Status.PENDING:
        return redirect(url_for("pages.approval", token=token), 303)
    if payment["status"] != Status.CREATED:
        return _message(payment, "decided", back=True)
    chosen = BY_SLUG.get(request.args.get("card", ""))
    return _card_form(payment, merchant, _filled(chosen) if chosen else {}, {})


@pages.post("/card/<token>")
def pay(token: str) -> Page:
    payment, merchant = _load(token)
    if payment["status"] != Status.CREATED:
        return _after(payment)
    number = re.sub(r"[\s-]", "", request.form.get("number", ""))
    errors = _wrong(number)
    if errors:
        typed = {name: request.form.get(name, "") for name in ("expiry", "cvc", "holder")}
        # What was typed as a number is not shown again: it might be a real card's.
        shown = {"number": BY_NUMBER[number].grouped} if number in BY_NUMBER else {}
        return _card_form(payment, merchant, typed | shown, errors), 422
    holder = request.form.get("holder", "").strip() or None
    with sandbox().store.writing() as connection:
        payment = _payments.pay(connection, payment["payment_id"], BY_NUMBER[number], holder, now())
    return _after(payment)


@pages.post("/card/<token>/cancel")
def cancel(token: str) -> Page:
    payment, _ = _load(token)
    with sandbox().store.writing() as connection:
        if payment["status"] in (Status.CREATED, Status.PENDING):
            payment = _payments.cancel(connection, payment["payment_id"], now())
    return _after(payment)


@pages.get("/acs/<token>")
def approval(token: str) -> Page:
    payment, merchant = _load(token)
    if payment["status"] != Status.PENDING:
        return _message(payment, "decided", back=True)
    return _page("acs.html", _language(payment), payment=payment, merchant=merchant)


@pages.post("/acs/<token>")
def approve(token: str) -> Page:
    payment, _ = _load(token)
    answer = request.form.get("answer")
    if payment["status"] != Status.PENDING:
        return _after(payment)
    if answer == "walk_away":
        return _page("walked.html", _language(payment), payment=payment)
    if answer not in ("approve", "reject"):
        raise Problem(422, "invalid_request", "answer: approve, reject or walk_away")
    with sandbox().store.writing() as connection:
        payment = _payments.answer_challenge(connection, payment["payment_id"], answer == "approve", now())
    return _after(payment)


@pages.get("/bank/<merchant_id>")
def bank(merchant_id: str) -> Page:
    return _bank_page(merchant_id, {}, {}, request.args.get("done"))


@pages.post("/bank/<merchant_id>/transfers")
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


@pages.post("/bank/<merchant_id>/close")
def close(merchant_id: str) -> Page:
    with sandbox().store.writing() as connection:
        merchant = _merchants.get(connection, merchant_id)
        closed = _bank.close_day(connection, merchant, _open_day(connection, merchant_id), now())
    _bank.deliver(sandbox().store, sandbox().bank_folder)
    return _to_bank(merchant_id, "closed" if closed["files"] else "nothing")


@pages.get("/bank/<merchant_id>/files/<name>")
def bank_file(merchant_id: str, name: str) -> Page:
    with sandbox().store.reading() as connection:
        content = _bank.content(connection, merchant_id, name)
    response = Response(content, mimetype="application/zip")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def sorry(problem: Problem) -> str:
    """The page for what does not work."""
    return _page("message.html", _language(), title="sorry_title", detail=problem.detail, back=None)


def _after(payment: sqlite3.Row) -> Page:
    """Where the card holder goes next; news go out before or beside it."""
    with sandbox().store.reading() as connection:
        behaviour = _behaviour.current(connection)
    sandbox().sender.wake()
    if behaviour.notify_before_redirect:
        sandbox().sender.send(payment["payment_id"])
    if payment["status"] == Status.PENDING:
        return redirect(url_for("pages.approval", token=payment["token"]), 303)
    if payment["silent_until"]:
        time.sleep(behaviour.hang_seconds)
        return _message(payment, "timeout", back=True), 504
    if not payment["redirects"]:
        return _message(payment, "lost", back=False)
    return redirect(_return_url(payment), 303)


def _return_url(payment: sqlite3.Row) -> str:
    """The merchant's return URL with hints; hints only, the merchant must ask."""
    parts = urlsplit(payment["return_url"])
    hints = [(name, payment[name]) for name in ("reference", "payment_id", "status")]
    query = urlencode(parse_qsl(parts.query, keep_blank_values=True) + hints)
    return str(urlunsplit(parts._replace(query=query)))


def _load(token: str) -> tuple[sqlite3.Row, sqlite3.Row]:
    settle(sandbox().store, now())
    with sandbox().store.reading() as connection:
        payment = _payments.by_token(connection, token)
        return payment, _merchants.get(connection, payment["merchant_id"])


def _card_form(payment: sqlite3.Row, merchant: sqlite3.Row, values: dict[str, str], errors: dict[str, str]) -> str:
    return _page(
        "card.html",
        _language(payment),
        payment=payment,
        merchant=merchant,
        values=values,
        errors=errors,
        cards=CARDS,
        paid=PAID,
    )


def _filled(card: Card) -> dict[str, str]:
    year = (now().year + 4) % 100
    return {"number": card.grouped, "expiry": f"12/{year:02d}", "cvc": "123", "holder": "Erika Mustermann"}


def _wrong(number: str) -> dict[str, str]:
    """The key of an error text for each wrong field of the card form."""
    fits = {
        "number": number in BY_NUMBER,
        "expiry": _in_time(request.form.get("expiry", "")),
        "cvc": re.fullmatch(r"\d{3}", request.form.get("cvc", "").strip(), re.ASCII) is not None,
        "holder": not request.form.get("holder", "").strip() or _passes(text(70), request.form["holder"].strip()),
    }
    return {name: f"{name}_error" for name, good in fits.items() if not good}


def _in_time(expiry: str) -> bool:
    found = re.fullmatch(r"\s*(0?[1-9]|1[0-2])\s*/\s*(?:20)?(\d{2})\s*", expiry, re.ASCII)
    today = berlin_day(now())
    return found is not None and (2000 + int(found[2]), int(found[1])) >= (today.year, today.month)


def _passes(check: Check, value: str) -> bool:
    try:
        check(value)
    except ValueError:
        return False
    return True


def _read_transfer(typed: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    written = typed["debtor_iban"].replace(" ", "").upper()
    cents = _cents(typed["amount"])
    fits = {
        "amount": cents is not None and 0 < cents <= 10**10,
        "remittance": _passes(text(420), typed["remittance"]),
        "debtor_name": _passes(text(70), typed["debtor_name"]),
        "debtor_iban": not written or _passes(iban, written),
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
        return _page(
            "bank.html",
            _language(),
            merchant=merchant,
            balance=last["closing_cents"] if last else merchant["opening_cents"],
            owed=_bank.owed(connection, merchant_id),
            files=_bank.files(connection, merchant_id),
            values=values or {"debtor_name": "Erika Mustermann"},
            errors=errors,
            done=done if done in ("transferred", "closed", "nothing") else None,
        )


def _to_bank(merchant_id: str, done: str) -> AnyResponse:
    return redirect(url_for("pages.bank", merchant_id=merchant_id, done=done, lang=_language()), 303)


def _message(payment: sqlite3.Row, key: str, *, back: bool) -> str:
    text_key = f"{key}_text"
    return _page(
        "message.html",
        _language(payment),
        title=f"{key}_title",
        detail=words(_language(payment))(text_key),
        back=_return_url(payment) if back and payment["status"] in FINAL | {Status.UNKNOWN} else None,
    )


def _language(payment: sqlite3.Row | None = None) -> str:
    asked = request.args.get("lang")
    if asked in ("de", "en"):
        return asked
    return str(payment["language"]) if payment else "de"


def _page(template: str, language: str, **values: Any) -> str:
    other = "de" if language == "en" else "en"
    here = {**request.args.to_dict(), "lang": other}
    switch = "?" + urlencode(here) if request.method == "GET" else None
    return render_template(
        template,
        language=language,
        other=other,
        switch=switch,
        t=words(language),
        money=lambda cents: money(cents, language),
        **values,
    )
