"""Speaks to GiroCheckout over HTTP. Every call has its timeouts; every doubt is NoAnswer.

GiroCheckout knows no idempotency key and can be asked about a transaction only by its own name for it. So nothing that
makes something is ever sent twice from here, and a start whose answer was lost stays a doubt until a notification names
the transaction: until then nobody can pay it, for nobody has its address.
"""

from collections.abc import Mapping
from datetime import datetime

import httpx

from zahlstelle.payments import (
    INSTRUMENT_GONE,
    KeptInstrument,
    MerchantAccess,
    NeverSeen,
    NoAnswer,
    NothingKept,
    Notification,
    NotStarted,
    RefundReport,
    RefundRequest,
    Report,
    Started,
    StartRequest,
)

from . import _answers, _calls, _kept
from ._calls import METHODS, Project

# GOV.UK Pay measured that starts take 1.5 s in the middle and up to 80 s, and that 10 and 20 s made more errors than
# they spared; cancels and refunds take 0.5 s. A citizen waits at a start, so it gets what a page can bear.
START_TIMEOUT = httpx.Timeout(50.0, connect=3.0)
TIMEOUT = httpx.Timeout(10.0, connect=3.0)
_MOST_BYTES = 65_536


class GiroCheckoutProvider:
    """GiroCheckout as a provider. Without state of its own, so one serves all towns and threads."""

    name = "girocheckout"
    methods = METHODS
    notifies_by_query = True

    def __init__(self, *, timeout: httpx.Timeout | None = None) -> None:
        self._start_timeout, self._timeout = timeout or START_TIMEOUT, timeout or TIMEOUT
        # No proxy and no redirect: we speak to the address we were given, or not at all.
        self._client = httpx.Client(timeout=self._timeout, trust_env=False, follow_redirects=False)

    def start(self, request: StartRequest) -> Started | NotStarted | NoAnswer:
        """Begin a transaction on the hosted page. The attempt's id is its merchantTxId, at every retry the same."""
        return self._start(request, pkn="")

    def status(
        self, *, merchant: MerchantAccess, reference: str, provider_reference: str | None
    ) -> Report | NeverSeen | NoAnswer:
        """Ask what became of a transaction. Without GiroCheckout's name for it nobody can be asked."""
        del reference  # no call takes it
        if provider_reference is None:
            return NoAnswer("cannot be asked without its reference")
        asked = self._asked(merchant, provider_reference)
        if isinstance(asked, NoAnswer):
            return asked
        where, name, said = asked
        return _answers.report(said, where, name, merchant)

    def read_notification(
        self, *, merchant: MerchantAccess, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> Notification:
        """Check the hash of a notification, whose query is handed over as its body. Raises ForgedNotification."""
        del headers, at  # it signs neither
        return _answers.notification(merchant, body)

    def cancel(self, *, merchant: MerchantAccess, provider_reference: str) -> Report | NoAnswer:
        """Say what became of it: GiroCheckout takes no cancelling, an unfinished transaction ends there by its time."""
        answer = self.status(merchant=merchant, reference="", provider_reference=provider_reference)
        return answer if isinstance(answer, Report) else NoAnswer("cannot be cancelled")

    def refund(self, request: RefundRequest) -> RefundReport | NotStarted | NoAnswer:
        """Ask for a refund. The refund's id is its merchantTxId."""
        known = _answers.parted(request.merchant, request.provider_reference)
        if known is None or request.method not in _calls.REFUND_FIELDS or known[0].method != request.method:
            return NotStarted("refund_not_offered")
        where, reference = known
        said = self._call(
            request.merchant, where, "transaction/refund", _calls.refund(request, where, reference), self._timeout
        )
        if isinstance(said, NoAnswer):
            return said
        return _answers.refunded(said, where) if said["rc"] == "0" else _answers.refused(said)

    def refund_status(
        self, request: RefundRequest, *, refund_reference: str | None
    ) -> RefundReport | NeverSeen | NoAnswer:
        """Ask what became of a refund; it too can be asked about only by GiroCheckout's name for it."""
        if refund_reference is None:
            return NoAnswer("cannot be asked without its reference")
        asked = self._asked(request.merchant, refund_reference)
        if isinstance(asked, NoAnswer):
            return asked
        where, name, said = asked
        if said.get("reference") != name:
            return NoAnswer(f"rc {said['rc']}")
        return _answers.refunded(said, where)

    def keeps(self, merchant: MerchantAccess) -> bool:
        """Say whether the town has cards kept here: GiroCheckout never forgets one when asked, so each town decides."""
        return _calls.keeps(merchant)

    def asks_code(self, merchant: MerchantAccess) -> bool:
        """Say whether a kept card's holder types the security code on GiroCheckout's page."""
        return not _calls.without_cvc(merchant)

    def kept(self, *, merchant: MerchantAccess, provider_reference: str) -> KeptInstrument | NothingKept | NoAnswer:
        """Ask which card was kept while a transaction was paid."""
        known = _answers.parted(merchant, provider_reference)
        if known is None or known[0].method != "card":
            return NoAnswer("no project for it")
        where, reference = known
        body = _calls.pkninfo(merchant, where, reference)
        said = self._call(merchant, where, "creditcard/pkninfo", body, self._timeout)
        return said if isinstance(said, NoAnswer) else _kept.kept(said)

    def charge_kept(self, request: StartRequest, *, handle: str) -> Started | NotStarted | NoAnswer:
        """Charge a kept card, its holder being there: they go by GiroCheckout's page, and the bank may ask them."""
        if not _kept.usable(handle):
            return NotStarted(INSTRUMENT_GONE)
        return _kept.charged(self._start(request, pkn=handle))

    def _start(self, request: StartRequest, *, pkn: str) -> Started | NotStarted | NoAnswer:
        where = _calls.project(request.merchant, request.method)
        if where is None:
            return NotStarted("project_missing")
        fields = _calls.start(request, where, pkn=pkn)
        said = self._call(request.merchant, where, "transaction/start", fields, self._start_timeout)
        return said if isinstance(said, NoAnswer) else _answers.started(said, where)

    def _asked(self, merchant: MerchantAccess, name: str) -> tuple[Project, str, Mapping[str, str]] | NoAnswer:
        known = _answers.parted(merchant, name)
        if known is None:
            return NoAnswer("no project for it")
        where, reference = known
        body = _calls.status(merchant, where, reference)
        said = self._call(merchant, where, "transaction/status", body, self._timeout)
        return said if isinstance(said, NoAnswer) else (where, reference, said)

    def _call(
        self,
        merchant: MerchantAccess,
        where: Project,
        path: str,
        fields: list[tuple[str, str]],
        timeout: httpx.Timeout,
    ) -> Mapping[str, str] | NoAnswer:
        """What a signed answer says, or why there is none."""
        address = f"{merchant.base_url.rstrip('/')}/{path}"
        multipart = merchant.settings.get("encoding") == "multipart"
        try:
            answer = (
                self._client.post(address, files=[(name, (None, value)) for name, value in fields], timeout=timeout)
                if multipart
                else self._client.post(address, data=dict(fields), timeout=timeout)
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return NoAnswer(type(error).__name__)
        if answer.status_code != 200 or len(answer.content) > _MOST_BYTES:
            return NoAnswer(f"{answer.status_code}")
        return _answers.read(answer.content, answer.headers.get("hash", ""), where)
