"""What is sent to GiroCheckout, field by field, in the contract's order. Pure: the hash depends on the order."""

from collections.abc import Mapping
from dataclasses import dataclass

from zahlstelle.kernel import Secret
from zahlstelle.payments import MerchantAccess, RefundRequest, StartRequest

from ._hashes import sign

_HEAD = ("merchantId", "projectId", "merchantTxId", "amount", "currency", "purpose")
_URLS = ("urlRedirect", "urlNotify", "kassenzeichen")
_BACK = (*_HEAD, "reference")
STATUS_FIELDS = ("merchantId", "projectId", "reference")
PKNINFO_FIELDS = STATUS_FIELDS

# Our methods, and the fields that their start and refund take here; GiroCheckout has a project for each.
START_FIELDS: Mapping[str, tuple[str, ...]] = {
    "card": (*_HEAD, "type", "locale", "pkn", "recurring", *_URLS),
    "direct_debit": (*_HEAD, "type", "locale", *_URLS),
    "online_transfer": (*_HEAD, *_URLS),
    "paypal": (*_HEAD, *_URLS),
    "wero": (*_HEAD, *_URLS),
}
# Direktüberweisung (online_transfer) takes no refunds.
REFUND_FIELDS: Mapping[str, tuple[str, ...]] = {
    "card": _BACK,
    "direct_debit": _BACK,
    "paypal": _BACK,
    "wero": _BACK,
}
METHODS = frozenset(START_FIELDS)
_PURPOSE = 27  # the longest purpose GiroCheckout takes
_LOCALES = frozenset({"de", "en"})


@dataclass(frozen=True, slots=True)
class Project:
    """The contract's part for one method: its number and its password."""

    method: str
    number: str
    secret: Secret


def project(merchant: MerchantAccess, method: str) -> Project | None:
    """Find the project of a method: `project_<method>` among settings and secrets."""
    key = f"project_{method}"
    if method not in METHODS or key not in merchant.settings or key not in merchant.secrets:
        return None
    return Project(method, merchant.settings[key], merchant.secrets[key])


def keeps(merchant: MerchantAccess) -> bool:
    """Say whether the town has cards kept: `kept_cards` among the settings, charged `with_cvc` or `without_cvc`."""
    return merchant.settings.get("kept_cards") == "with_cvc" or without_cvc(merchant)


def without_cvc(merchant: MerchantAccess) -> bool:
    """Say whether S-Public Services has activated the card project to charge a kept card without its security code."""
    return merchant.settings.get("kept_cards") == "without_cvc"


def start(request: StartRequest, where: Project, *, pkn: str = "") -> list[tuple[str, str]]:
    """Write the start of a payment. The attempt's id is merchantTxId: always 36 signs, so no field can be shifted.

    `pkn` names a kept card to charge. Its holder types the security code (CVC) but where the project goes without,
    and then too where they must prove anew that it is theirs.
    """
    recurring = pkn and without_cvc(request.merchant) and not request.challenge
    values = {
        "merchantTxId": str(request.attempt_id),
        "amount": str(request.amount.cents),
        "currency": request.amount.currency,
        "purpose": _purpose(request.kassenzeichen, request.description),
        "type": "SALE",
        "locale": request.language if request.language in _LOCALES else "de",
        "pkn": pkn or ("create" if request.keep else ""),
        "recurring": "1" if recurring else "",
        "urlRedirect": request.return_url,
        "urlNotify": request.notify_url,
        "kassenzeichen": request.kassenzeichen,
    }
    return _signed(START_FIELDS[where.method], values, request.merchant, where)


def refund(request: RefundRequest, where: Project, reference: str) -> list[tuple[str, str]]:
    """Write a refund; the refund's id is merchantTxId."""
    values = {
        "merchantTxId": str(request.refund_id),
        "amount": str(request.amount.cents),
        "currency": request.amount.currency,
        "purpose": " ".join(request.text.split())[:_PURPOSE].strip() or "Erstattung",
        "reference": reference,
    }
    return _signed(REFUND_FIELDS[where.method], values, request.merchant, where)


def status(merchant: MerchantAccess, where: Project, reference: str) -> list[tuple[str, str]]:
    """Write the question what became of a transaction."""
    return _signed(STATUS_FIELDS, {"reference": reference}, merchant, where)


def pkninfo(merchant: MerchantAccess, where: Project, reference: str) -> list[tuple[str, str]]:
    """Write the question which card was kept while a transaction was paid."""
    return _signed(PKNINFO_FIELDS, {"reference": reference}, merchant, where)


def _signed(
    fields: tuple[str, ...], values: Mapping[str, str], merchant: MerchantAccess, where: Project
) -> list[tuple[str, str]]:
    known = {"merchantId": merchant.merchant_id, "projectId": where.number, **values}
    sent = [(name, known[name]) for name in fields if known[name]]
    return [*sent, ("hash", sign(where.secret, (value for _, value in sent)))]


def _purpose(kassenzeichen: str, description: str) -> str:
    return " ".join(f"{kassenzeichen} {description}".split())[:_PURPOSE].strip()
