"""Click to Pay at PAYONE: what its fields tell the card schemes, and how it opens what the schemes made of it."""

import sqlite3
import uuid
from datetime import datetime
from typing import Any

from . import _src_initiators, _src_spending
from ._cards import Card
from ._payone_rules import NETWORKS, Refused
from ._src_rules import PAYONE
from ._src_spending import NotSpendable


def order(connection: sqlite3.Connection, merchant_id: str, amount: str, currency: str, locale: str) -> dict[str, Any]:
    """What a scheme's script is told at the start: for which merchant, and how much is to be paid."""
    return {
        "srcInitiatorId": PAYONE,
        "srciDpaId": _src_initiators.payone_dpa(connection, merchant_id),
        "srciTransactionId": str(uuid.uuid4()),
        "dpaTransactionOptions": {
            "transactionAmount": {"transactionAmount": amount, "transactionCurrencyCode": currency},
            "payloadTypeIndicatorCheckout": "FULL",
            "dpaLocale": locale,
        },
    }


def card_of(
    connection: sqlite3.Connection, merchant_id: str, given: dict[str, Any], cents: int, currency: str, at: datetime
) -> tuple[Card, str | None]:
    """Open a result and spend it: the card it stands for, and its holder. Raises Refused; then nothing is spent."""
    if given["srcDpaId"] != _src_initiators.payone_dpa(connection, merchant_id):
        raise Refused(400, "CLICK_TO_PAY_DPA", "not this merchant's name at the schemes", "srcDpaId")
    result = given["paymentCheckoutData"]
    try:
        spent = _src_spending.spend(
            connection, result, merchant_id=merchant_id, amount_cents=cents, currency=currency, at=at
        )
    except NotSpendable as no:
        code = f"CLICK_TO_PAY_{no.reason.upper()}"
        raise Refused(400, code, "the result of Click to Pay pays nothing", "paymentCheckoutData") from no
    if spent.card.brand != NETWORKS[given["network"]]:
        raise Refused(400, "INVALID_VALUE", "the result is of another network", "network")
    return spent.card, spent.holder
