"""The provider's card page and the approval at the payer's bank."""

import re
import sqlite3
import time
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, redirect, request, url_for

from . import _behaviour, _giro_rules, _merchants, _payments, _payone_answers, _stored_cards
from ._cards import BY_NUMBER, BY_SLUG, CARDS, Card
from ._checks import text
from ._clock import berlin_day, now
from ._context import sandbox
from ._pages import Page, language, own_forms_only, page, passes
from ._problems import Problem
from ._rules import FINAL, Status
from ._scheduler import settle
from ._texts import words

cards = Blueprint("cards", __name__)
cards.before_request(own_forms_only)


@cards.get("/card/<token>")
def card_page(token: str) -> Page:
    payment, merchant = _load(token)
    if payment["status"] == Status.PENDING:
        return redirect(_approval(token), 303)
    if payment["status"] != Status.CREATED:
        return _message(payment, "decided", back=True)
    if payment["stored_card"]:
        return _kept_form(payment, merchant, {}) if payment["asks_code"] else _after(_charge_kept(token))
    chosen = BY_SLUG.get(request.args.get("card", ""))
    return _card_form(payment, merchant, _filled(chosen) if chosen else {}, {})


@cards.post("/card/<token>")
def pay(token: str) -> Page:
    payment, merchant = _load(token)
    if payment["status"] != Status.CREATED:
        return _after(payment)
    if payment["stored_card"]:
        if payment["asks_code"] and (errors := _wrong_code()):
            return _kept_form(payment, merchant, errors), 422
        return _after(_charge_kept(token))
    number = entered()
    if errors := wrong(number):
        typed = {name: request.form.get(name, "") for name in ("expiry", "cvc", "holder")}
        # What was typed as a number is not shown again: it might be a real card's.
        shown = {"number": BY_NUMBER[number].grouped} if number in BY_NUMBER else {}
        return _card_form(payment, merchant, typed | shown, errors), 422
    holder = request.form.get("holder", "").strip() or None
    with sandbox().store.writing() as connection:
        payment = _payments.by_token(connection, token)
        if payment["status"] == Status.CREATED:  # a second press may have come first
            expiry = read_expiry(request.form.get("expiry", ""))
            payment = _payments.pay(connection, payment["payment_id"], BY_NUMBER[number], holder, now(), expiry)
    return _after(payment)


def _charge_kept(token: str) -> sqlite3.Row:
    """Charge the kept card that a payment was started with, once."""
    with sandbox().store.writing() as connection:
        payment = _payments.by_token(connection, token)
        if payment["status"] != Status.CREATED:  # a second press may have come first
            return payment
        card = _kept_card(connection, payment)
        kept = BY_SLUG[card["slug"]]
        return _payments.pay(connection, payment["payment_id"], kept, None, now(), card["expiry"])


def _kept_card(connection: sqlite3.Connection, payment: sqlite3.Row) -> sqlite3.Row:
    merchant = _merchants.get(connection, payment["merchant_id"])
    return _stored_cards.by_handle(connection, merchant, payment["stored_card"])


def _kept_form(payment: sqlite3.Row, merchant: sqlite3.Row, errors: dict[str, str]) -> str:
    """The page where the holder of a kept card types its security code and nothing else."""
    with sandbox().store.reading() as connection:
        card = _kept_card(connection, payment)
    told = {"payment": payment, "merchant": merchant, "kept": card, "values": {}, "errors": errors}
    return page("card_kept.html", language(payment), **told)


def _wrong_code() -> dict[str, str]:
    return {name: key for name, key in wrong("").items() if name == "cvc"}


@cards.post("/card/<token>/cancel")
def cancel(token: str) -> Page:
    _load(token)
    with sandbox().store.writing() as connection:
        payment = _payments.by_token(connection, token)
        if payment["status"] in (Status.CREATED, Status.PENDING):
            payment = _payments.cancel(connection, payment["payment_id"], now())
    return _after(payment)


@cards.get("/acs/<token>")
def approval(token: str) -> Page:
    payment, merchant = _load(token)
    if payment["status"] != Status.PENDING:
        return _message(payment, "decided", back=True)
    return page("acs.html", language(payment), payment=payment, merchant=merchant)


@cards.post("/acs/<token>")
def approve(token: str) -> Page:
    payment, _ = _load(token)
    answer = request.form.get("answer")
    if payment["status"] != Status.PENDING:
        return _after(payment)
    if answer == "walk_away":
        return page("walked.html", language(payment), payment=payment)
    if answer not in ("approve", "reject"):
        raise Problem(422, "invalid_request", "answer: approve, reject or walk_away")
    with sandbox().store.writing() as connection:
        payment = _payments.by_token(connection, token)
        if payment["status"] == Status.PENDING:
            payment = _payments.answer_challenge(connection, payment["payment_id"], answer == "approve", now())
    return _after(payment)


def _after(payment: sqlite3.Row) -> Page:
    """Where the card holder goes next; news go out before or beside it."""
    with sandbox().store.reading() as connection:
        behaviour = _behaviour.current(connection)
    sandbox().sender.wake()
    if behaviour.notify_before_redirect:
        sandbox().sender.send(payment["payment_id"])
    if payment["status"] == Status.PENDING:
        return redirect(_approval(payment["token"]), 303)
    if payment["silent_until"]:
        time.sleep(behaviour.hang_seconds)
        return _message(payment, "timeout", back=True), 504
    if not payment["redirects"]:
        return _message(payment, "lost", back=False)
    return redirect(_return_url(payment), 303)


def _approval(token: str) -> str:
    """The bank's page, in the language the payer has chosen here."""
    return url_for("cards.approval", token=token, lang=request.args.get("lang"))


def _return_url(payment: sqlite3.Row) -> str:
    """The merchant's return URL with hints; hints only, the merchant must ask."""
    if payment["project_id"]:
        with sandbox().store.reading() as connection:
            return _giro_rules.told(connection, payment, payment["return_url"])
    parts = urlsplit(payment["return_url"])
    with sandbox().store.reading() as connection:
        by_payone = _payone_answers.of_payment(connection, payment["payment_id"])
    hints = [(name, payment[name]) for name in ("reference", "payment_id", "status")]
    if by_payone:
        hints = [("paymentId", _payone_answers.gateway_id(payment["payment_id"]))]
    query = urlencode(parse_qsl(parts.query, keep_blank_values=True) + hints)
    return str(urlunsplit(parts._replace(query=query)))


def _load(token: str) -> tuple[sqlite3.Row, sqlite3.Row]:
    settle(sandbox().store, now())
    with sandbox().store.reading() as connection:
        payment = _payments.by_token(connection, token)
        return payment, _merchants.get(connection, payment["merchant_id"])


def _card_form(payment: sqlite3.Row, merchant: sqlite3.Row, values: dict[str, str], errors: dict[str, str]) -> str:
    return page(
        "card.html",
        language(payment),
        payment=payment,
        merchant=merchant,
        values=values,
        errors=errors,
        cards=CARDS,
    )


def _filled(card: Card) -> dict[str, str]:
    year = (now().year + 4) % 100
    return {"number": card.grouped, "expiry": f"12/{year:02d}", "cvc": "123", "holder": "Erika Mustermann"}


def entered() -> str:
    """The card number of the form, without what people put between its digits."""
    return re.sub(r"[\s-]", "", request.form.get("number", ""))


def wrong(number: str) -> dict[str, str]:
    """The key of an error text for each wrong field of the card form."""
    fits = {
        "number": number in BY_NUMBER,
        "expiry": _in_time(request.form.get("expiry", "")),
        "cvc": re.fullmatch(r"\d{3}", request.form.get("cvc", "").strip(), re.ASCII) is not None,
        "holder": not request.form.get("holder", "").strip() or passes(text(70), request.form["holder"].strip()),
    }
    return {name: f"{name}_error" for name, good in fits.items() if not good}


def _in_time(expiry: str) -> bool:
    read = read_expiry(expiry)
    return read is not None and read >= f"{berlin_day(now()):%Y-%m}"


def read_expiry(expiry: str) -> str | None:
    """The last month of a card, YYYY-MM; None for what is no month."""
    found = re.fullmatch(r"\s*(0?[1-9]|1[0-2])\s*/\s*(?:20)?(\d{2})\s*", expiry, re.ASCII)
    return f"20{found[2]}-{int(found[1]):02d}" if found else None


def _message(payment: sqlite3.Row, key: str, *, back: bool) -> str:
    text_key = f"{key}_text"
    return page(
        "message.html",
        language(payment),
        title=f"{key}_title",
        detail=words(language(payment))(text_key),
        back=_return_url(payment) if back and payment["status"] in FINAL | {Status.UNKNOWN} else None,
    )
