"""Reads the sandbox's settlement reports. Pure: no IO, no clock; whatever is missing or odd makes no report of it."""

from datetime import date
from enum import StrEnum
from typing import Any

from zahlstelle.payments import ItemKind, NoAnswer, PayoutReport, ReportedItem


class VendorItem(StrEnum):
    """Every kind of item the sandbox documents (docs/integrating/sandbox.md)."""

    PAYMENT = "payment"
    FEE = "fee"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    CHARGEBACK_FEE = "chargeback_fee"


ITEM: dict[VendorItem, ItemKind] = {
    VendorItem.PAYMENT: ItemKind.PAYMENT,
    VendorItem.FEE: ItemKind.FEE,
    VendorItem.REFUND: ItemKind.REFUND,
    VendorItem.CHARGEBACK: ItemKind.CHARGEBACK,
    VendorItem.CHARGEBACK_FEE: ItemKind.CHARGEBACK_FEE,
}


def read(said: Any, name: str, merchant_id: str) -> PayoutReport | NoAnswer:
    """Read a report about this merchant. A word never heard stays an adjustment: a person says what it is."""
    try:
        if said["report_id"] != name or said["merchant_id"] != merchant_id:
            return NoAnswer(f"report {name} is about something else")
        return PayoutReport(
            payout=_text(said["payout_id"]),
            reference=name,
            day=date.fromisoformat(said["day"]),
            currency=_text(said["currency"]),
            cents=_whole(said["total_cents"]),
            items=[_item(item) for item in said["items"]],
        )
    except (KeyError, TypeError, ValueError):
        return NoAnswer(f"report {name} unreadable")


def _item(said: Any) -> ReportedItem:
    word = _text(said["kind"])
    known = word in set(VendorItem)
    return ReportedItem(
        kind=ITEM[VendorItem(word)] if known else ItemKind.ADJUSTMENT,
        cents=_whole(said["cents"]),
        provider_reference=_text(said["payment_id"]) if said["payment_id"] is not None else None,
        reference=_text(said["reference"]) if said["reference"] is not None else None,
        item_reference=_text(said["item_id"]) if said["item_id"] is not None else None,
        text=_text(said["text"]) if known else f"{word}: {_text(said['text'])}",
        answer_by=date.fromisoformat(said["answer_by"]) if "answer_by" in said else None,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a text")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("must be a whole number of cents")
    return value
