"""Speaks the sandbox's protocol v1 over HTTP. Every call has its timeouts; every doubt is NoAnswer."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import httpx

from zahlstelle.kernel import Money, MoneyUnreadable
from zahlstelle.payments import (
    INSTRUMENT_GONE,
    ForgedNotification,
    Forgotten,
    KeptInstrument,
    MerchantAccess,
    NeverSeen,
    NoAnswer,
    NothingKept,
    Notification,
    NotStarted,
    PayoutReport,
    RefundReport,
    RefundRequest,
    Report,
    Started,
    StartRequest,
)

from . import _kept, _refunds, _reports, _signatures
from ._words import meaning, payouts_in

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
# Said of a start, these do not mean that nothing happened: an earlier try of the same attempt may have.
_NOT_CERTAIN = frozenset({"reference_taken", "idempotency_key_reused"})
_CERTAIN_NO = frozenset({400, 401, 403, 404, 409, 413, 415, 422})


class SandboxProvider:
    """The sandbox as a provider. Without state of its own, so one serves all towns and threads."""

    name = "sandbox"
    methods = frozenset({"card"})

    def __init__(self, *, timeout: httpx.Timeout = TIMEOUT) -> None:
        # No proxy and no redirect: we speak to the address we were given, or not at all.
        self._client = httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False)

    def start(self, request: StartRequest) -> Started | NotStarted | NoAnswer:
        """Ask for a payment. The attempt's id is the idempotency key: asking again asks for the same one."""
        answer = self._call(
            request.merchant,
            "POST",
            "/psp/v1/payments",
            headers={"Idempotency-Key": str(request.attempt_id)},
            body=_order(request),
        )
        return _started(answer, request)

    def status(
        self, *, merchant: MerchantAccess, reference: str, provider_reference: str | None
    ) -> Report | NeverSeen | NoAnswer:
        """Ask what became of a payment, by the provider's id or, where we never got it, by our own."""
        by_id = f"/psp/v1/payments/{quote(provider_reference, safe='')}" if provider_reference else None
        path = by_id or f"/psp/v1/payments?reference={quote(reference, safe='')}"
        answer = self._call(merchant, "GET", path)
        if _is(answer, 404, "payment_not_found"):
            return NeverSeen()
        return _report(answer)

    def read_notification(
        self, *, merchant: MerchantAccess, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> Notification:
        """Check the signature and say whom it is about. Raises ForgedNotification, also for another town's."""
        message_id = _signatures.check(secret=merchant.secret, headers=headers, body=body, at=at)
        match _json(body):
            case {"data": {"merchant_id": str(whose), "payment_id": str(payment), "reference": str(reference)}} if (
                whose == merchant.merchant_id
            ):
                return Notification(payment, reference, message_id)
        raise ForgedNotification("the notification is not about a payment of this merchant")

    def cancel(self, *, merchant: MerchantAccess, provider_reference: str) -> Report | NoAnswer:
        """Ask to give the payment up; where it is too late for that, the answer says what became of it."""
        path = f"/psp/v1/payments/{quote(provider_reference, safe='')}"
        answer = self._call(merchant, "POST", f"{path}/cancel")
        if _is(answer, 409, "not_possible"):
            answer = self._call(merchant, "GET", path)
        return _report(answer)

    def refund(self, request: RefundRequest) -> RefundReport | NotStarted | NoAnswer:
        """Ask for a refund. Its id is the idempotency key and the reference by which it is found again."""
        answer = self._call(
            request.merchant,
            "POST",
            f"/psp/v1/payments/{quote(request.provider_reference, safe='')}/refunds",
            headers={"Idempotency-Key": str(request.refund_id)},
            body={
                "amount_cents": request.amount.cents,
                "currency": request.amount.currency,
                "reason": " ".join(request.text.split())[:140] or "Erstattung",
                "reference": str(request.refund_id),
            },
        )
        match answer:
            case 201, said if report := _refunds.read(said):
                return report
            case int(status), {"code": str(code)} if status in _CERTAIN_NO and code not in _NOT_CERTAIN:
                return NotStarted(code)
        return _no_answer(answer)

    def refund_status(
        self, request: RefundRequest, *, refund_reference: str | None
    ) -> RefundReport | NeverSeen | NoAnswer:
        """Ask what became of a refund, by the provider's id or, where we never got it, by our own."""
        path = f"/psp/v1/payments/{quote(request.provider_reference, safe='')}/refunds"
        own = quote(str(request.refund_id), safe="")
        by_id = f"{path}/{quote(refund_reference, safe='')}" if refund_reference else f"{path}?reference={own}"
        answer = self._call(request.merchant, "GET", by_id)
        if _is(answer, 404, "refund_not_found"):
            return NeverSeen()
        match answer:
            case 200, said if report := _refunds.read(said):
                return report
        return _no_answer(answer)

    def kept(self, *, merchant: MerchantAccess, provider_reference: str) -> KeptInstrument | NothingKept | NoAnswer:
        """Ask which card was kept while a payment was made."""
        answer = self._call(merchant, "GET", f"/psp/v1/payments/{quote(provider_reference, safe='')}/stored-card")
        if _is(answer, 404, "stored_card_not_found"):
            return NothingKept()
        match answer:
            case 200, said if card := _kept.read(said):
                return card
        return _no_answer(answer)

    def charge_kept(self, request: StartRequest, *, handle: str) -> Started | NotStarted | NoAnswer:
        """Charge a kept card. The attempt's id is the idempotency key, as at the start."""
        answer = self._call(
            request.merchant,
            "POST",
            f"/psp/v1/stored-cards/{quote(handle, safe='')}/payments",
            headers={"Idempotency-Key": str(request.attempt_id)},
            body=_order(request),
        )
        if _is(answer, 404, "stored_card_not_found"):
            return NotStarted(INSTRUMENT_GONE)
        match answer:
            case 201, {"payment_id": str(reference), "redirect_url": None, **said} if said.get("reference") == str(
                request.attempt_id
            ):
                return Started(reference, "")
        return _started(answer, request)

    def forget(self, *, merchant: MerchantAccess, handle: str) -> Forgotten | NothingKept | NoAnswer:
        """Have a kept card forgotten."""
        answer = self._call(merchant, "DELETE", f"/psp/v1/stored-cards/{quote(handle, safe='')}")
        if _is(answer, 404, "stored_card_not_found"):
            return NothingKept()
        match answer:
            case 200, {"stored_card": str(which), "forgotten": True} if which == handle:
                return Forgotten()
        return _no_answer(answer)

    def payout_reports(
        self, *, merchant: MerchantAccess, since: date | None, known: frozenset[str], at: datetime
    ) -> Sequence[PayoutReport] | NoAnswer:
        """Ask for the list of reports, then for each that is not known. One that cannot be had makes all NoAnswer."""
        path = f"/psp/v1/reports?since={since}" if since else "/psp/v1/reports"
        listed = self._signed(merchant, path, at)
        if isinstance(listed, NoAnswer):
            return listed
        match listed:
            case {"reports": list(names)} if all(isinstance(name, str) for name in names):
                wanted = [name for name in names if name not in known]
            case _:
                return NoAnswer("list of reports unreadable")
        found = []
        for name in wanted:
            answer = self._signed(merchant, f"/psp/v1/reports/{quote(name, safe='')}", at)
            report = answer if isinstance(answer, NoAnswer) else _reports.read(answer, name, merchant.merchant_id)
            if isinstance(report, NoAnswer):
                return report
            found.append(report)
        return found

    def payouts_named(self, text: str) -> Sequence[str]:
        """Find the payouts that a bank's text names."""
        return payouts_in(text)

    def _signed(self, merchant: MerchantAccess, path: str, at: datetime) -> Any:
        """The JSON of an answer that the provider has signed just now, or why there is none."""
        answer = self._exchange(merchant, "GET", path)
        if isinstance(answer, NoAnswer):
            return answer
        if answer.status_code != 200:
            return _no_answer((answer.status_code, _json(answer.content)))
        try:
            _signatures.check(secret=merchant.secret, headers=answer.headers, body=answer.content, at=at)
        except ForgedNotification:
            return NoAnswer("signature wrong")
        return _json(answer.content)

    def _call(
        self,
        merchant: MerchantAccess,
        verb: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> tuple[int, Any] | NoAnswer:
        """Status and JSON of the answer, or why there is none."""
        answer = self._exchange(merchant, verb, path, headers=headers, body=body)
        return answer if isinstance(answer, NoAnswer) else (answer.status_code, _json(answer.content))

    def _exchange(
        self,
        merchant: MerchantAccess,
        verb: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> httpx.Response | NoAnswer:
        address = merchant.base_url.rstrip("/") + path
        sent = {"Authorization": f"Bearer {merchant.secret.reveal()}", **(headers or {})}
        try:
            try:
                return self._client.request(verb, address, headers=sent, json=body)
            except httpx.RemoteProtocolError:
                # A kept connection that the provider has just closed. Every call may be made twice: a start has
                # its key, the others change nothing more the second time.
                return self._client.request(verb, address, headers=sent, json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return NoAnswer(type(error).__name__)


def _started(answer: tuple[int, Any] | NoAnswer, request: StartRequest) -> Started | NotStarted | NoAnswer:
    match answer:
        case 201, {"payment_id": str(reference), "redirect_url": str(url), **said} if said.get("reference") == str(
            request.attempt_id
        ) and url.startswith(("http://", "https://")):
            return Started(reference, url)
        case int(status), {"code": str(code)} if status in _CERTAIN_NO and code not in _NOT_CERTAIN:
            return NotStarted(code)
    return _no_answer(answer)


def _order(request: StartRequest) -> dict[str, Any]:
    more = {"keep_card": True} if request.keep else {}
    more |= {"challenge": True} if request.challenge else {}
    return {
        "reference": str(request.attempt_id),
        "kassenzeichen": request.kassenzeichen,
        "amount_cents": request.amount.cents,
        "currency": request.amount.currency,
        "method": request.method,
        "description": " ".join(request.description.split())[:140].strip() or request.kassenzeichen,
        "return_url": request.return_url,
        "notify_url": request.notify_url,
        "language": request.language,
        "expires_at": request.expires_at.isoformat(),
        **more,
    }


def _report(answer: tuple[int, Any] | NoAnswer) -> Report | NoAnswer:
    """The provider's account of a payment; one that lacks a part is no account."""
    match answer:
        case 200, {
            "status": str(word),
            "payment_id": str(payment),
            "merchant_id": str(merchant),
            "reference": str(reference),
            "decline_code": str() | None as decline_code,
            **rest,
        }:
            return Report(meaning(word), payment, merchant, reference, _amount(rest), decline_code, word)
    return _no_answer(answer)


def _amount(said: Mapping[Any, Any]) -> Money | None:
    """The amount, if it is one; what is none is not guessed."""
    cents, currency = said.get("amount_cents"), said.get("currency")
    if type(cents) is not int or not isinstance(currency, str):
        return None
    try:
        return Money(cents, currency)
    except MoneyUnreadable:
        return None


def _no_answer(answer: tuple[int, Any] | NoAnswer) -> NoAnswer:
    if isinstance(answer, NoAnswer):
        return answer
    status, body = answer
    code = body.get("code") if isinstance(body, dict) else None
    return NoAnswer(f"{status} {code}" if isinstance(code, str) else f"{status} unreadable")


def _is(answer: tuple[int, Any] | NoAnswer, status: int, code: str) -> bool:
    return isinstance(answer, tuple) and answer[0] == status and _no_answer(answer).reason == f"{status} {code}"


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
