"""What all pages have in common: their frame, their language, the start page. No JavaScript anywhere."""

import sqlite3
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from ._cards import CARDS
from ._checks import Check
from ._context import sandbox
from ._problems import Problem
from ._texts import money, words

pages = Blueprint("pages", __name__)
Page = str | AnyResponse | tuple[str, int]


@pages.get("/")
def index() -> Page:
    with sandbox().store.reading() as connection:
        merchants = connection.execute("SELECT * FROM merchant ORDER BY name").fetchall()
    return page("index.html", language(), merchants=merchants, cards=CARDS)


def sorry(problem: Problem) -> str:
    """The page for what does not work."""
    return page("message.html", language(), title="sorry_title", detail=problem.detail, back=None)


def own_forms_only() -> None:
    """A page of another origin must not press our buttons."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Problem(403, "foreign_form", "This form was not sent from the sandbox's own page.")


def language(payment: sqlite3.Row | None = None) -> str:
    """The language asked for, or the payment's, or German."""
    asked = request.args.get("lang")
    if asked in ("de", "en"):
        return asked
    return str(payment["language"]) if payment else "de"


def page(template: str, language: str, **values: Any) -> str:
    """Render a page in its frame, with a link to itself in the other language."""
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


def passes(check: Check, value: str) -> bool:
    """Whether a value passes a check."""
    try:
        check(value)
    except ValueError:
        return False
    return True
