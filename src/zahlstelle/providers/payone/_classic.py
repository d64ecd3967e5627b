"""PAYONE's classic Server API: a form in, lines out. Pure: no IO, no clock.

Nothing can be asked there. What became of a payment PAYONE tells by TransactionStatus, and that word alone counts;
what it never tells stays a doubt for a person. The word carries our own mark, which only who has seen it can make.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from zahlstelle.kernel import Money, MoneyUnreadable, Secret
from zahlstelle.payments import (
    CardFields,
    CardToken,
    ClickToPayResult,
    ForgedNotification,
    MerchantAccess,
    NoAnswer,
    Notification,
    NotStarted,
    ProviderStatus,
    Report,
    Started,
    StartRequest,
)

from . import _answers
from ._requests import CARD, CARDS, payment_reference
from ._words import transaction_meaning

CANNOT_ASK = NoAnswer("the classic interface cannot be asked")
_UNSIGNED = frozenset({"key", "hash"})
_TAKEN = "911"  # the reference exists: a payment of ours may have been made under it
_NO_CARD = "card_not_accepted"


def is_classic(merchant: MerchantAccess) -> bool:
    """Say whether this contract is one of the classic Server API."""
    return merchant.settings.get("interface") == "classic"


def pass_request(merchant: MerchantAccess) -> dict[str, str]:
    """Ask for a pass for the card fields."""
    return _signed(merchant, {"request": "getJWT"})


def unsayable(request: StartRequest) -> str | None:
    """Say why PAYONE cannot be asked for this, or None."""
    if request.method != CARD:
        return "method_not_offered"
    card = request.card
    if card is None or card.brand not in CARDS:
        return _NO_CARD
    return "click_to_pay_without_expiry" if isinstance(card, ClickToPayResult) and not card.expiry else None


def start_request(request: StartRequest) -> dict[str, str]:
    """Ask for a payment that is captured at once. A name is demanded: the Kassenzeichen is one, and nobody's own."""
    asked = {
        "request": "authorization",
        "reference": payment_reference(request.attempt_id),
        "amount": str(request.amount.cents),
        "currency": request.amount.currency,
        "narrative_text": request.kassenzeichen,
        "lastname": request.kassenzeichen,
        "country": "DE",
        "param": _mark(request.merchant, request.attempt_id, request.amount),
        **dict.fromkeys(("successurl", "errorurl", "backurl"), request.return_url),
    }
    return _signed(request.merchant, asked | _how(request.card))


def _how(card: CardToken | ClickToPayResult | None) -> dict[str, str]:
    match card:
        case CardToken(token, _):
            return {"clearingtype": "cc", "pseudocardpan": token.reveal()}
        case ClickToPayResult(result, brand, _, expiry) if expiry:
            return {
                "clearingtype": "wlt",
                "wallettype": "CTP",
                "cardtype": brand,
                "cardexpiredate": expiry[2:] + expiry[:2],  # the script says month and year, this the year first
                "add_paydata[paymentcheckout_data]": result.reveal(),
            }
    raise ValueError(_NO_CARD)


def lines(content: bytes) -> Mapping[str, str]:
    """Read an answer: a name and a value in each line."""
    text = content.decode("utf-8", errors="replace")
    return {
        name.strip(): value.strip()
        for name, found, value in (line.partition("=") for line in text.split("\n"))
        if found
    }


def started(said: Mapping[str, str], return_url: str) -> Started | NotStarted | NoAnswer:
    """Read the answer to a start. Approved or still worked on, the payer comes back and PAYONE's word is waited for."""
    status, txid, url = said.get("status"), said.get("txid", ""), said.get("redirecturl", "")
    match status:
        case "REDIRECT" if txid.isdigit() and url.startswith(("https://", "http://")):
            return Started(txid, url)
        case "APPROVED" | "PENDING" if txid.isdigit():
            return Started(txid, return_url)
        case "ERROR" if (code := said.get("errorcode", "")).isdigit() and code != _TAKEN:
            return NotStarted(f"payone_{code}")
    return NoAnswer(f"{status} {said.get('errorcode', '')}"[:60])


def card_fields(said: Mapping[str, str], merchant: MerchantAccess) -> CardFields | NoAnswer:
    """Read the pass for the fields."""
    return _answers.card_fields(dict(said), merchant) if said.get("status") == "OK" else NoAnswer("no pass")


def notification(merchant: MerchantAccess, body: bytes) -> Notification:
    """Read a TransactionStatus, which is in Latin-1. Raises ForgedNotification for a wrong key or mark."""
    said: dict[str, Any] = dict(parse_qsl(body.decode("latin-1"), encoding="latin-1", keep_blank_values=True))
    key, attempt_name = str(said.get("key", "")), str(said.get("param", "")).partition(".")[0]
    if not merchant.secret.reveal() or not _same(_digest(merchant.secret, "md5"), key):
        raise ForgedNotification("the key of the TransactionStatus is wrong")
    amount, attempt = _money(said.get("price"), said.get("currency")), _uuid(attempt_name)
    if attempt is None or amount is None or not _same(_mark(merchant, attempt, amount), str(said.get("param"))):
        raise ForgedNotification("the TransactionStatus is about no payment of ours, or about other money")
    action, txid = str(said.get("txaction")), str(said.get("txid"))
    name = f"{txid}-{said.get('sequencenumber')}-{action}-{said.get('transaction_status', '')}"
    status = transaction_meaning(action, str(said.get("balance")))
    word = None if status is None else _word(status, merchant, txid, attempt, amount, action, said)
    return Notification(txid, str(attempt), name, word=word)


def _word(
    status: ProviderStatus,
    merchant: MerchantAccess,
    txid: str,
    attempt: UUID,
    amount: Money,
    action: str,
    said: Mapping[str, Any],
) -> Report:
    whose = str(attempt) if said.get("reference") == payment_reference(attempt) else f"{attempt}?"
    code = str(said["failedcause"]) if said.get("failedcause") else None
    return Report(status, txid, merchant.merchant_id, whose, amount, code, action)


def _mark(merchant: MerchantAccess, attempt: UUID, amount: Money) -> str:
    """What PAYONE gives back with every word: our name for the payment, and its money, marked with the portal's key."""
    about = f"{attempt}.{amount.cents}.{amount.currency}".encode()
    tag = hmac.new(merchant.secret.reveal().encode(), about, hashlib.sha256).digest()[:20]
    return f"{attempt}.{base64.b32encode(tag).decode()}"


def _signed(merchant: MerchantAccess, asked: Mapping[str, str]) -> dict[str, str]:
    settings = merchant.settings
    said = {
        "mid": merchant.merchant_id,
        "aid": settings.get("aid", ""),
        "portalid": settings.get("portal_id", ""),
        "api_version": "3.11",
        "mode": settings.get("card_mode", "live"),
        "encoding": "UTF-8",
        **asked,
    }
    joined = "".join(value for name, value in sorted(said.items()) if name not in _UNSIGNED)
    signature = hmac.new(merchant.secret.reveal().encode(), joined.encode(), hashlib.sha384).hexdigest()
    return said | {"key": _digest(merchant.secret, "sha384"), "hash": signature}


def _digest(secret: Secret, method: str) -> str:
    return hashlib.new(method, secret.reveal().encode()).hexdigest()


def _same(known: str, given: str) -> bool:
    return hmac.compare_digest(known.encode(), given.encode())


def _money(price: Any, currency: Any) -> Money | None:
    """The price, as in `37.00`; what is none is not guessed."""
    try:
        return Money.parse(str(price), str(currency))
    except MoneyUnreadable:
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
