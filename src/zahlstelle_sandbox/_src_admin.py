"""The schemes' part of the admin API: initiators, merchants, citizens, codes, confirmations."""

import json
from typing import Any

from flask import Blueprint, Response, jsonify, request

from . import _src_initiators, _src_pages, _src_profiles, _src_rules
from ._admin import _authorised
from ._cards import BY_SLUG
from ._checks import one_of, strict, text
from ._clock import now
from ._context import json_body, sandbox
from ._problems import Problem
from ._src_rules import SCHEMES, Refused

admin = Blueprint("src_admin", __name__, url_prefix="/admin/src")
admin.before_request(_authorised)


@admin.errorhandler(Refused)
def _refused(refused: Refused) -> tuple[Response, int]:
    response = jsonify(Problem(422, "invalid_request", refused.message).body())
    response.mimetype = "application/problem+json"
    return response, 422


@admin.put("/initiators/<initiator>")
def put_initiator(initiator: str) -> Response:
    with sandbox().store.writing() as connection:
        _src_initiators.put_initiator(connection, initiator, json_body())
    return jsonify({"initiator": initiator})


@admin.put("/dpas/<src_dpa_id>")
def put_dpa(src_dpa_id: str) -> Response:
    with sandbox().store.writing() as connection:
        _src_initiators.put_dpa(connection, src_dpa_id, json_body())
    return jsonify({"src_dpa_id": src_dpa_id})


@admin.post("/profiles")
def add_profile() -> Response:
    """A citizen who registered a test card earlier; the same again adds a card."""
    order = strict(json_body(), {"email": text(255), "card": one_of(*BY_SLUG)})
    card, at = BY_SLUG[order["card"]], now()
    scheme = _src_rules.scheme_of(card)
    _src_rules.test_card(scheme, card.number)
    with sandbox().store.writing() as connection:
        consumer = _src_profiles.by_email(connection, scheme, order["email"]) or _src_profiles.register(
            connection, scheme, order["email"], ("Erika", "Mustermann"), at
        )
        _src_profiles.add_card(connection, consumer, card, f"{at.year + 4}-12", "Erika Mustermann", at)
    response = jsonify({"scheme": scheme.name})
    response.status_code = 201
    return response


@admin.get("/profiles")
def profiles() -> Response:
    """What the schemes keep of a citizen."""
    email = _email()
    with sandbox().store.reading() as connection:
        found = [(each, _src_profiles.by_email(connection, each, email)) for each in SCHEMES.values()]
        shown = [_shown(connection, scheme.name, row) for scheme, row in found if row]
    return jsonify({"profiles": shown})


@admin.delete("/profiles")
def forget() -> Response:
    """Forget a citizen at both schemes."""
    with sandbox().store.writing() as connection:
        return jsonify({"forgotten": _src_profiles.forget(connection, _email())})


@admin.get("/codes")
def codes() -> Response:
    with sandbox().store.reading() as connection:
        return jsonify({"codes": _src_pages.codes(connection, request.args.get("email"))})


@admin.get("/confirmations")
def confirmations() -> Response:
    with sandbox().store.reading() as connection:
        rows = connection.execute(
            "SELECT body, told_at FROM src_confirmation WHERE correlation_id = ? ORDER BY number",
            [request.args.get("srcCorrelationId")],
        ).fetchall()
    return jsonify({"confirmations": [json.loads(row["body"]) | {"told_at": row["told_at"]} for row in rows]})


def _email() -> str:
    return _src_rules.address(request.args.get("email", ""))


def _shown(connection: Any, scheme: str, row: Any) -> dict[str, Any]:
    devices = connection.execute(
        "SELECT count(*) AS n FROM src_device WHERE consumer = ?", [row["consumer"]]
    ).fetchone()
    cards = [_src_profiles.masked_card(card) for card in _src_profiles.cards(connection, row)]
    return {"scheme": scheme, "email": row["email"], "cards": cards, "devices": devices["n"]}
