"""Speaks to Stripe over HTTP: Checkout Sessions for the citizen, Refunds, webhooks. Every doubt is NoAnswer.

A payment is a Checkout Session; the citizen's card data stays at Stripe. The attempt's id is idempotency key,
`client_reference_id` and metadata of the PaymentIntent; where an answer was lost, the session is found again in the
list of the minutes in which it can have been made.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from zahlstelle.payments import (
    ForgedNotification,
    MerchantAccess,
    NeverSeen,
    NoAnswer,
    Notification,
    NotStarted,
    RefundReport,
    RefundRequest,
    Report,
    Started,
    StartRequest,
)

from . import _signatures
from ._objects import form, is_live, made_at, order, refund_order, refund_report, report
from ._words import METHODS

TIMEOUT = httpx.Timeout(10.0, connect=3.0)
VERSION = "2024-06-20"  # the version of the API whose words _words and _objects know
_EXPAND = "expand[0]=payment_intent.latest_charge"
# Said of a start or refund, these do not mean that nothing happened: an earlier try of the same may have.
_NOT_CERTAIN = frozenset({"idempotency_error", "idempotency_key_in_use", "api_error", "lock_timeout"})
_CERTAIN_NO = frozenset({400, 401, 402, 403, 404})
# A session is made within this time of its attempt, whatever the two clocks say.
_BEFORE, _AFTER = 600, 3600
_PAGES = 50


class StripeProvider:
    """Stripe as a provider. Without state of its own, so one serves all towns and threads."""

    name = "stripe"
    methods = frozenset(METHODS)

    def __init__(self, *, timeout: httpx.Timeout = TIMEOUT) -> None:
        # No proxy and no redirect: we speak to the address we were given, or not at all.
        self._client = httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False)

    def start(self, request: StartRequest) -> Started | NotStarted | NoAnswer:
        """Make a Checkout Session. The attempt's id is the idempotency key: asking again asks for the same one."""
        if request.method not in METHODS:
            return NotStarted("method_unknown")
        answer = self._call(
            request.merchant, "POST", "/v1/checkout/sessions", body=order(request), key=str(request.attempt_id)
        )
        match answer:
            case 200, {"object": "checkout.session", "id": str(name), "url": str(url), **said} if said.get(
                "client_reference_id"
            ) == str(request.attempt_id) and url.startswith(("http://", "https://")):
                return Started(name, url)
        return _not_started(answer)

    def status(
        self, *, merchant: MerchantAccess, reference: str, provider_reference: str | None
    ) -> Report | NeverSeen | NoAnswer:
        """Ask what became of a session, by its id or, where we never got it, by our own name for it."""
        if provider_reference is None:
            return self._found(merchant, reference)
        answer = self._call(merchant, "GET", f"/v1/checkout/sessions/{quote(provider_reference, safe='')}?{_EXPAND}")
        return _report(answer, merchant)

    def read_notification(
        self, *, merchant: MerchantAccess, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> Notification:
        """Check the signature and say whom it is about. Raises ForgedNotification, also for another town's.

        The endpoint's secret is `webhook` among the contract's secrets; `webhook_before` the one it replaces, while
        both are in use.
        """
        secrets = [merchant.secrets[name] for name in ("webhook", "webhook_before") if name in merchant.secrets]
        _signatures.check(secrets=secrets, headers=headers, body=body, at=at)
        match _json(body):
            case {"object": "event", "id": str(event), "livemode": bool(live), "data": {"object": {**about}}} if (
                live is is_live(merchant)
            ):
                return _named({str(key): value for key, value in about.items()}, event, merchant)
        raise ForgedNotification("this is no event of this contract's world")

    def cancel(self, *, merchant: MerchantAccess, provider_reference: str) -> Report | NoAnswer:
        """Let the session expire; where it is too late for that, the answer says what became of it."""
        path = f"/v1/checkout/sessions/{quote(provider_reference, safe='')}"
        self._call(merchant, "POST", f"{path}/expire", body={})
        answer = _report(self._call(merchant, "GET", f"{path}?{_EXPAND}"), merchant)
        return answer if isinstance(answer, Report) else NoAnswer(getattr(answer, "reason", "never_seen"))

    def refund(self, request: RefundRequest) -> RefundReport | NotStarted | NoAnswer:
        """Ask for a refund. The refund's id is the idempotency key: asking again asks for the same one."""
        intent = self._intent(request)
        if isinstance(intent, NoAnswer):
            return intent
        key = str(request.refund_id)
        answer = self._call(request.merchant, "POST", "/v1/refunds", body=refund_order(request, intent), key=key)
        match answer:
            case 200, refund:
                return refund_report(refund)
        said = _not_started(answer)
        if isinstance(said, NoAnswer):
            return said
        # "No" to a repeat may only mean that the first time has done it.
        known = self._refund_found(request, intent)
        return said if isinstance(known, NeverSeen) else known

    def refund_status(
        self, request: RefundRequest, *, refund_reference: str | None
    ) -> RefundReport | NeverSeen | NoAnswer:
        """Ask what became of a refund, by Stripe's name for it or, where we never got it, by ours."""
        if refund_reference is not None:
            answer = self._call(request.merchant, "GET", f"/v1/refunds/{quote(refund_reference, safe='')}")
            match answer:
                case 200, refund:
                    return refund_report(refund)
            return _no_answer(answer)
        intent = self._intent(request)
        return intent if isinstance(intent, NoAnswer) else self._refund_found(request, intent)

    def _intent(self, request: RefundRequest) -> str | NoAnswer:
        """The PaymentIntent of a session, by which refunds are asked for."""
        path = f"/v1/checkout/sessions/{quote(request.provider_reference, safe='')}"
        answer = self._call(request.merchant, "GET", path)
        match answer:
            case 200, {"client_reference_id": str(reference), "payment_intent": str(intent)} if (
                reference == request.reference
            ):
                return intent
        return _no_answer(answer)

    def _refund_found(self, request: RefundRequest, intent: str) -> RefundReport | NeverSeen | NoAnswer:
        listed = self._listed(request.merchant, f"/v1/refunds?payment_intent={quote(intent, safe='')}")
        if isinstance(listed, NoAnswer):
            return listed
        read = [refund_report(refund) for refund in listed]
        doubts = [one for one in read if isinstance(one, NoAnswer)]
        known = [one for one in read if isinstance(one, RefundReport) and one.reference == str(request.refund_id)]
        return known[0] if known else doubts[0] if doubts else NeverSeen()

    def _found(self, merchant: MerchantAccess, reference: str) -> Report | NeverSeen | NoAnswer:
        """Look for a session by our name for it, among all that were made while it can have been."""
        made = made_at(reference)
        if made is None:
            return NoAnswer("not found without a time")
        window = f"created[gte]={made - _BEFORE}&created[lte]={made + _AFTER}"
        listed = self._listed(merchant, f"/v1/checkout/sessions?{window}")
        if isinstance(listed, NoAnswer):
            return listed
        ours = [one["id"] for one in listed if one.get("client_reference_id") == reference]
        if len(ours) > 1:
            return NoAnswer("two sessions of one attempt")
        return self.status(merchant=merchant, reference=reference, provider_reference=ours[0]) if ours else NeverSeen()

    def _listed(self, merchant: MerchantAccess, path: str) -> Sequence[Mapping[str, Any]] | NoAnswer:
        """Everything a list has, page by page; not the whole of it is no answer."""
        found: list[Mapping[str, Any]] = []
        for _ in range(_PAGES):
            after = f"&starting_after={quote(str(found[-1]['id']), safe='')}" if found else ""
            answer = self._call(merchant, "GET", f"{path}&limit=100{after}")
            match answer:
                case 200, {"object": "list", "data": list(page), "has_more": bool(more)} if all(
                    isinstance(one, dict) and isinstance(one.get("id"), str) for one in page
                ):
                    found += page
                    if not more:
                        return found
                    if not page:
                        break
                case _:
                    return _no_answer(answer)
        return NoAnswer("list without an end")

    def _call(
        self,
        merchant: MerchantAccess,
        verb: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> tuple[int, Any] | NoAnswer:
        """Status and JSON of the answer, or why there is none."""
        sent = {"Authorization": f"Bearer {merchant.secret.reveal()}", "Stripe-Version": VERSION}
        if key is not None:
            sent["Idempotency-Key"] = key
        address = merchant.base_url.rstrip("/") + path
        data = form(body) if body is not None else None
        try:
            try:
                answer = self._client.request(verb, address, headers=sent, data=data)
            except httpx.RemoteProtocolError:
                # A kept connection that Stripe has just closed. Every call may be made twice: what makes something
                # has its key, the others change nothing more the second time.
                answer = self._client.request(verb, address, headers=sent, data=data)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return NoAnswer(type(error).__name__)
        return answer.status_code, _json(answer.content)


def _named(about: Mapping[str, Any], event: str, merchant: MerchantAccess) -> Notification:
    metadata = about.get("metadata")
    names = metadata if isinstance(metadata, Mapping) else {}
    if names.get("merchant") not in (None, merchant.merchant_id):
        raise ForgedNotification("the notification is about a payment of another merchant")
    session = about.get("id") if about.get("object") == "checkout.session" else None
    attempt = names.get("attempt")
    return Notification(
        session if isinstance(session, str) else None, attempt if isinstance(attempt, str) else None, event
    )


def _report(answer: tuple[int, Any] | NoAnswer, merchant: MerchantAccess) -> Report | NeverSeen | NoAnswer:
    match answer:
        case 200, session:
            return report(session, merchant)
    return _no_answer(answer)


def _not_started(answer: tuple[int, Any] | NoAnswer) -> NotStarted | NoAnswer:
    """Say whether a refusal is certain: an error of ours, and none that tells of an earlier try."""
    match answer:
        case int(status), {"error": {"type": str(kind), **said}} if status in _CERTAIN_NO:
            code = said.get("code")
            if not {kind, code} & _NOT_CERTAIN:
                return NotStarted(code if isinstance(code, str) else kind)
    return _no_answer(answer)


def _no_answer(answer: tuple[int, Any] | NoAnswer) -> NoAnswer:
    if isinstance(answer, NoAnswer):
        return answer
    match answer:
        case int(status), {"error": {"type": str(kind)}}:
            return NoAnswer(f"{status} {kind}")
    return NoAnswer(f"{answer[0]} unreadable")


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
