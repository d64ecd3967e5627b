"""The provider's API for kept cards: `/psp/v1/stored-cards`, described in docs/integrating/sandbox.md."""

from flask import Response, jsonify, request

from . import _merchants, _payments, _stored_cards, _stored_charges
from ._clock import now
from ._context import bearer, json_body, sandbox
from ._payments_api import _answer, _base_url, api, faulty

__all__ = ["api"]


@api.get("/payments/<payment_id>/stored-card")
@faulty("stored_card")
def stored_card(payment_id: str) -> Response:
    with sandbox().store.reading() as connection:
        merchant = _merchants.by_secret(connection, bearer())
        payment = _payments.by_id(connection, payment_id, merchant["merchant_id"])
        card = _stored_cards.of_payment(connection, payment)
        if card is None:
            raise _stored_cards.not_found()
        return jsonify(_stored_cards.shown(card))


@api.post("/stored-cards/<handle>/payments")
@faulty("charge")
def charge(handle: str) -> Response:
    key, body = request.headers.get("Idempotency-Key"), json_body()
    with sandbox().store.writing() as connection:
        merchant = _merchants.by_secret(connection, bearer())
        status, answer = _stored_charges.charge(connection, merchant, handle, key, body, _base_url(), now())
    sandbox().sender.wake()
    return _answer(answer, status)


@api.delete("/stored-cards/<handle>")
@faulty("forget")
def forget(handle: str) -> Response:
    with sandbox().store.writing() as connection:
        merchant = _merchants.by_secret(connection, bearer())
        _stored_cards.forget(connection, merchant, handle)
    return jsonify({"stored_card": handle, "forgotten": True})
