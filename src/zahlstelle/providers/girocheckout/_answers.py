"""Reads what GiroCheckout answers and tells. Pure: no IO, no clock; what is missing or odd is a doubt."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from zahlstelle.kernel import Money, MoneyUnreadable
from zahlstelle.payments import (
    ForgedNotification,
    MerchantAccess,
    NoAnswer,
    Notification,
    NotStarted,
    ProviderStatus,
    RefundReport,
    Report,
    Started,
)

from . import _hashes
from ._calls import METHODS, Project, project
from ._words import NOT_CERTAIN, REFUND, VendorCode, meaning

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REFERENCE = re.compile(r"[0-9A-Za-z-]{8,64}")
_WHOLE = re.compile(r"\d{1,12}")
_CODE = re.compile(r"\d{1,4}")
# These names, each once, in this order; Direktüberweisung adds the two in the middle.
_NOTIFIED = ("gcReference", "gcMerchantTxId", "gcBackendTxId", "gcAmount", "gcCurrency", "gcResultPayment")
_MAY_FOLLOW = ("gcResultAVS", "gcObvName")

Said = Mapping[str, str]


def named(where: Project, reference: str) -> str:
    """Make our name for a transaction: whoever asks about it must know its project."""
    return f"{where.method}:{reference}"


def parted(merchant: MerchantAccess, name: str) -> tuple[Project, str] | None:
    """Take such a name apart; None where the contract has no such project."""
    method, _, reference = name.partition(":")
    where = project(merchant, method)
    return (where, reference) if where and _REFERENCE.fullmatch(reference) else None


def read(content: bytes, given: str, where: Project) -> Said | NoAnswer:
    """Read an answer that carries the project's hash; numbers and texts are the same to GiroCheckout.

    Where our own password is refused, the hash cannot fit: that one refusal is read without.
    """
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return NoAnswer("unreadable")
    if not isinstance(said, dict) or not _CODE.fullmatch(_text(said.get("rc"))):
        return NoAnswer("unreadable")
    if not _hashes.fits(where.secret, content, given):
        code = _text(said["rc"])
        return {"rc": code} if code in _OUR_FAULT else NoAnswer("answer not signed")
    return {str(name): _text(value) for name, value in said.items()}


_OUR_FAULT = frozenset({"5000", "5001", "5002", "5020", "5021"})


def started(said: Said, where: Project) -> Started | NotStarted | NoAnswer:
    """Read the answer to a start."""
    if said["rc"] != VendorCode.R0:
        return refused(said)
    reference, redirect = said.get("reference", ""), said.get("redirect", "")
    if not _REFERENCE.fullmatch(reference) or not redirect.startswith(("https://", "http://")):
        return NoAnswer("started without a way to go on")
    return Started(named(where, reference), redirect)


def refused(said: Said) -> NotStarted | NoAnswer:
    """Say whether a refusal is certain: a code that we know and that tells of no earlier try."""
    code = said["rc"]
    certain = code in set(VendorCode) and code not in NOT_CERTAIN and code != VendorCode.R0
    return NotStarted(code) if certain else NoAnswer(f"rc {code}")


def report(said: Said, where: Project, reference: str, merchant: MerchantAccess) -> Report | NoAnswer:
    """Read a transaction. Whose it is, the project's password in the hash says: no field does."""
    if said["rc"] != VendorCode.R0 or said.get("reference") != reference:
        return NoAnswer(f"rc {said['rc']}")
    word = said.get("resultPayment", "")
    status = meaning(word) if word else ProviderStatus.OPEN
    declined = word if status is ProviderStatus.DECLINED else None
    return Report(
        status=status,
        provider_reference=named(where, reference),
        merchant_id=merchant.merchant_id,
        reference=said.get("merchantTxId", ""),
        amount=_money(said),
        decline_code=declined,
        vendor_word=word or "no result yet",
    )


def refunded(said: Said, where: Project) -> RefundReport | NoAnswer:
    """Read a refund, from the answer to it or to the question about it."""
    reference = said.get("reference", "")
    if said["rc"] != VendorCode.R0 or not _REFERENCE.fullmatch(reference):
        return NoAnswer(f"rc {said['rc']}")
    word = said.get("resultPayment", "")
    status = REFUND[meaning(word) if word else ProviderStatus.OPEN]
    return RefundReport(status, named(where, reference), said.get("merchantTxId") or None, _money(said), word or "open")


def notification(merchant: MerchantAccess, query: bytes) -> Notification:
    """Read a notification as it came in, a query. Raises ForgedNotification.

    It names no project: the one whose password fits it is its own; where two have the same, none is named.
    """
    pairs = _pairs(query)
    names = tuple(name for name, _ in pairs)
    said = dict(pairs)
    more = tuple(name for name in _MAY_FOLLOW if name in said)
    if names != (*_NOTIFIED, *more, "gcHash"):
        raise ForgedNotification("the fields are not those of a notification, each once, in their order")
    if not _UUID.fullmatch(said["gcMerchantTxId"]) or not _REFERENCE.fullmatch(said["gcReference"]):
        raise ForgedNotification("the references have not their shape")
    if not (_WHOLE.fullmatch(said["gcAmount"]) and _CODE.fullmatch(said["gcResultPayment"])):
        raise ForgedNotification("amount and result are no numbers")
    signed = "".join(value for name, value in pairs if name != "gcHash").encode()
    known = (project(merchant, method) for method in sorted(METHODS))
    fitting = [where for where in known if where and _hashes.fits(where.secret, signed, said["gcHash"])]
    if not fitting:
        raise ForgedNotification("the notification's hash is wrong")
    name = named(fitting[0], said["gcReference"]) if len(fitting) == 1 else None
    return Notification(name, said["gcMerchantTxId"], said["gcHash"].lower())


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=12
        )
    except ValueError as error:
        raise ForgedNotification("the notification is no query") from error


def _money(said: Said) -> Money | None:
    cents = said.get("amount", "")
    try:
        return Money(int(cents), said.get("currency", "")) if _WHOLE.fullmatch(cents) else None
    except MoneyUnreadable:
        return None


def _text(value: Any) -> str:
    """A text or whole number as text; anything else says nothing."""
    return value if isinstance(value, str) else str(value) if type(value) is int else ""
