"""GiroCheckout's contract as the sandbox keeps it: fields in their order, codes, hashes. Facts, no decisions."""

import hashlib
import hmac
import sqlite3
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from ._rules import Status

_HEAD = "merchantId! projectId! merchantTxId! amount! currency! purpose!"
_URLS = "urlRedirect! urlNotify!"
_TDS = "tds2Address tds2Postcode tds2City tds2Country tds2Optional"
_MANDATE = "mandateReference mandateSignedOn mandateReceiverName mandateSequence"
_END = "kassenzeichen pptoken"
_BACK = "merchantId! projectId! merchantTxId! amount! currency! purpose reference!"

# A field with "!" must be there. The order is that of the hash.
START: Mapping[str, str] = {
    "card": f"{_HEAD} type locale mobile pkn recurring indicator {_URLS} {_TDS} {_END}",
    "direct_debit": f"{_HEAD} type locale mobile {_MANDATE} pkn {_URLS} {_END}",
    "online_transfer": f"{_HEAD} {_URLS} {_END}",
    "paypal": f"{_HEAD} {_URLS} {_END}",
    "wero": f"{_HEAD} {_URLS} {_END}",
}
REFUND: Mapping[str, str] = {
    "card": f"{_BACK} kassenzeichen",
    "direct_debit": f"{_BACK} kassenzeichen",
    "paypal": _BACK,
    "wero": f"{_BACK} kassenzeichen",
}
STATUS = "merchantId! projectId! reference! txreference"
PKNINFO = "merchantId! projectId! reference!"
UNSIGNED = ("sourceId", "userAgent", "orderId", "customerId")

# The code that refuses a field; any other field is an invalid call.
REFUSED: Mapping[str, int] = {
    "merchantId": 5020,
    "projectId": 5021,
    "merchantTxId": 5022,
    "purpose": 5023,
    "amount": 5030,
    "currency": 5033,
    "reference": 5034,
    "locale": 5010,
    "pkn": 5029,
    "recurring": 5050,
    "urlRedirect": 5055,
    "urlNotify": 5056,
    "kassenzeichen": 5116,
}
HASH, MISSING, CALL, DOUBLE, NO_SUCH_CARD = 5002, 5003, 5004, 4503, 5102
# What a card's issuer says has a code of its own where the contract knows one.
_DECLINED = {"expired_card": 4103}
_RESULT = {Status.CAPTURED: 4000, Status.CANCELLED: 4502, Status.EXPIRED: 4501, Status.UNKNOWN: 4500}


class Refused(Exception):
    """The call is refused with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


def sign(secret: str, values: Iterable[str]) -> str:
    """HMAC-MD5 over the values in their order, without a mark between them."""
    return hmac.new(secret.encode(), "".join(values).encode(), hashlib.md5).hexdigest()


def names(fields: str) -> tuple[list[str], list[str]]:
    """All fields in their order, and those that must be there."""
    split = fields.split()
    return [name.rstrip("!") for name in split], [name[:-1] for name in split if name.endswith("!")]


def result(payment: sqlite3.Row) -> int | None:
    """The result of a payment; None while there is none."""
    status = Status(payment["status"])
    if status is Status.DECLINED:
        return _DECLINED.get(payment["decline_code"], 4900)
    return _RESULT.get(status)


def told(connection: sqlite3.Connection, payment: sqlite3.Row, address: str, *, corrupt: bool = False) -> str:
    """The merchant's address with what is told at it, by notification and redirect alike."""
    project = connection.execute(
        "SELECT secret FROM giro_project WHERE project_id = ?", [payment["project_id"]]
    ).fetchone()
    said = [
        ("gcReference", payment["payment_id"]),
        ("gcMerchantTxId", payment["reference"]),
        ("gcBackendTxId", payment["payment_id"].replace("-", "")[:16]),
        ("gcAmount", str(payment["amount_cents"])),
        ("gcCurrency", payment["currency"]),
        ("gcResultPayment", str(result(payment) or "")),
    ]
    secret = "another password" if corrupt else project["secret"]
    said.append(("gcHash", sign(secret, (value for _, value in said))))
    parts = urlsplit(address)
    query = urlencode(parse_qsl(parts.query, keep_blank_values=True) + said, quote_via=quote)
    return str(urlunsplit(parts._replace(query=query)))
