"""Speaks to PAYONE's Commerce Platform over HTTP. Every call has its timeouts; every doubt is NoAnswer.

The platform knows no idempotency key. So nothing that makes something is sent without asking first whether it is there
already under our name, and nothing of the kind is ever sent twice by itself.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx

from zahlstelle.payments import (
    CardFields,
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

from . import _answers, _requests
from ._answers import Place
from ._signatures import authorization, check_webhook

# GOV.UK Pay measured that starts take 1.5 s in the middle and up to 80 s. But half a minute after a start "never seen"
# is the last word on it: by then both its calls, the search and the start, have ended. What is cut off is asked about.
SEARCH_TIMEOUT = httpx.Timeout(4.0, connect=2.0)
START_TIMEOUT = httpx.Timeout(20.0, connect=2.0)
TIMEOUT = httpx.Timeout(10.0, connect=3.0)
_TYPE = "application/json; charset=utf-8"
_MOST_BYTES = 1_048_576
_CERTAIN_NO = frozenset({400, 401, 402, 403, 404})
Answer = tuple[int, Any]


class PayoneProvider:
    """PAYONE as a provider. Without state of its own, so one serves all towns and threads."""

    name = "payone"
    methods = frozenset({*_requests.METHODS, _requests.CARD})
    card_methods = frozenset({_requests.CARD})

    def __init__(self, *, now: Callable[[], datetime], timeout: httpx.Timeout | None = None) -> None:
        self._now = now  # every request is signed with its time
        self._start_timeout, self._timeout = timeout or START_TIMEOUT, timeout or TIMEOUT
        self._search_timeout = timeout or SEARCH_TIMEOUT
        # No proxy and no redirect: we speak to the address we were given, or not at all.
        self._client = httpx.Client(timeout=self._timeout, trust_env=False, follow_redirects=False)

    def start(self, request: StartRequest) -> Started | NotStarted | NoAnswer:
        """Ask for a payment, once: one that is there already is a doubt, for its page is told only the first time."""
        if reason := _requests.unsayable(request):
            return NotStarted(reason)
        known = self._found(request.merchant, str(request.attempt_id))
        if known is not None:
            return known if isinstance(known, NoAnswer) else NoAnswer("started already")
        answer = self._call(
            request.merchant, "POST", "/commerce-cases", body=_requests.start(request), timeout=self._start_timeout
        )
        match answer:
            case (201, said) if begun := _answers.started(said, request.return_url if request.card else None):
                return begun
            case (202, said) if code := _answers.not_paid(said):
                return NotStarted(code)
            case (int(status), said) if status in _CERTAIN_NO and (code := _answers.error_code(said)):
                return NotStarted(code)
        return _no_answer(answer)

    def card_fields(self, merchant: MerchantAccess) -> CardFields | NoAnswer:
        """Ask for a pass, with which the page may show PAYONE's own fields for a card."""
        match self._call(merchant, "POST", "/authentication-tokens", body={}, timeout=self._search_timeout):
            case (200 | 201, said):
                return _answers.card_fields(said, merchant)
            case answer:
                return _no_answer(answer)

    def offers_click_to_pay(self, merchant: MerchantAccess) -> bool:
        """Say whether the card schemes know this contract."""
        return _answers.has_click_to_pay(merchant)

    def status(
        self, *, merchant: MerchantAccess, reference: str, provider_reference: str | None
    ) -> Report | NeverSeen | NoAnswer:
        """Ask what became of a payment, by its place or, where we never got that, by our own name for it."""
        if provider_reference is None:
            found = self._found(merchant, reference)
            if found is None:
                return NeverSeen()
            return found if isinstance(found, NoAnswer) else _answers.report(found, merchant)
        place = _answers.placed(provider_reference)
        return self._report(merchant, place) if place else NoAnswer("no place of a payment")

    def read_notification(
        self, *, merchant: MerchantAccess, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> Notification:
        """Check the signature and say whom it is about. Raises ForgedNotification, also for another town's."""
        del at  # retried for two days with the same words, a webhook has no age at which it is wrong
        check_webhook(merchant=merchant, headers=headers, body=body)
        return _answers.notification(merchant, body)

    def cancel(self, *, merchant: MerchantAccess, provider_reference: str) -> Report | NoAnswer:
        """Ask to give the payment up; what became of it is asked for afterwards, whatever was answered."""
        place = _answers.placed(provider_reference)
        if place is None:
            return NoAnswer("no place of a payment")
        answer = self._call(merchant, "POST", f"{_path(place)}/cancel", body=_requests.cancel())
        if isinstance(answer, NoAnswer) or answer[0] >= 500:
            return _no_answer(answer)
        said = self._report(merchant, place)
        return said if isinstance(said, Report | NoAnswer) else NoAnswer("never seen")

    def refund(self, request: RefundRequest) -> RefundReport | NotStarted | NoAnswer:
        """Ask for a refund, unless it is there already. Its name at PAYONE is drawn from its id."""
        place = _answers.placed(request.provider_reference)
        if place is None:
            return NotStarted("no_place_of_a_payment")
        known = self._refund(request.merchant, place, request.refund_id)
        if not isinstance(known, NeverSeen):
            return known
        answer = self._call(request.merchant, "POST", f"{_path(place)}/refund", body=_requests.refund(request))
        match answer:
            case (201, _):
                said = self._refund(request.merchant, place, request.refund_id)
                return said if isinstance(said, RefundReport) else NoAnswer("taken, but not to be found")
            case (int(status), said) if status in _CERTAIN_NO and (code := _answers.error_code(said)):
                return NotStarted(code)
        return _no_answer(answer)

    def refund_status(
        self, request: RefundRequest, *, refund_reference: str | None
    ) -> RefundReport | NeverSeen | NoAnswer:
        """Ask what became of a refund: its name at PAYONE is ours, so the other is not needed."""
        del refund_reference
        place = _answers.placed(request.provider_reference)
        if place is None:
            return NoAnswer("no place of a payment")
        return self._refund(request.merchant, place, request.refund_id)

    def _refund(self, merchant: MerchantAccess, place: Place, refund_id: UUID) -> RefundReport | NeverSeen | NoAnswer:
        match self._call(merchant, "GET", f"/commerce-cases/{place.case}/checkouts/{place.checkout}"):
            case (200, {"checkoutId": place.checkout, "paymentExecutions": list()} as said):
                return _answers.refund(said, refund_id) or NeverSeen()
            case answer:
                return _no_answer(answer)

    def _report(self, merchant: MerchantAccess, place: Place) -> Report | NeverSeen | NoAnswer:
        match self._call(merchant, "GET", f"/commerce-cases/{place.case}/checkouts/{place.checkout}"):
            case (200, said):
                return _answers.report(said, merchant)
            case (404, said) if _answers.error_code(said):
                return NeverSeen()
            case answer:
                return _no_answer(answer)

    def _found(self, merchant: MerchantAccess, reference: str) -> Mapping[str, Any] | NoAnswer | None:
        """The checkout of our name; None if PAYONE is certain that there is none."""
        query = urlencode({"merchantReference": reference, "size": 100})
        match self._call(merchant, "GET", f"/checkouts?{query}", timeout=self._search_timeout):
            case (200, said):
                return _answers.about(said, reference)
            case answer:
                return _no_answer(answer)

    def _call(
        self,
        merchant: MerchantAccess,
        verb: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        timeout: httpx.Timeout | None = None,
    ) -> Answer | NoAnswer:
        """Status and JSON of the answer, or why there is none."""
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        try:
            address = httpx.URL(f"{merchant.base_url.rstrip('/')}/v1/{merchant.merchant_id}{path}")
            headers = _signed(merchant, verb, address.raw_path.decode(), content is not None, self._now())
            answer = self._client.request(
                verb, address, headers=headers, content=content, timeout=timeout or self._timeout
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return NoAnswer(type(error).__name__)
        if len(answer.content) > _MOST_BYTES:
            return NoAnswer("answer too large")
        return answer.status_code, _json(answer.content)


def _signed(merchant: MerchantAccess, verb: str, path: str, has_body: bool, at: datetime) -> dict[str, str]:
    date, content_type = format_datetime(at, usegmt=True), _TYPE if has_body else ""
    key_id = merchant.settings.get("api_key_id", "")
    header = authorization(
        key_id=key_id, secret=merchant.secret, verb=verb, path=path, date=date, content_type=content_type
    )
    return {"Authorization": header, "Date": date} | ({"Content-Type": content_type} if has_body else {})


def _path(place: Place) -> str:
    return f"/commerce-cases/{place.case}/checkouts/{place.checkout}/payment-executions/{place.execution}"


def _no_answer(answer: Answer | NoAnswer) -> NoAnswer:
    if isinstance(answer, NoAnswer):
        return answer
    status, said = answer
    return NoAnswer(f"{status} {_answers.error_code(said) or 'unreadable'}")


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None
