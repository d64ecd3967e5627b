"""A provider that answers as the test tells it, and remembers what it was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from zahlstelle.payments import (
    ForgedNotification,
    MerchantAccess,
    NeverSeen,
    NoAnswer,
    Notification,
    NotStarted,
    ProviderStatus,
    Report,
    Started,
    StartRequest,
)


@dataclass
class FakeProvider:
    """Takes every payment and says `says` of it; `start_answer` and `answer` replace what it answers."""

    name: str = "fake"
    methods: frozenset[str] = frozenset({"card", "wero"})
    says: ProviderStatus = ProviderStatus.OPEN
    decline_code: str | None = None
    start_answer: NotStarted | NoAnswer | None = None
    answer: NeverSeen | NoAnswer | None = None
    asked: list[StartRequest] = field(default_factory=list)
    checked: int = 0

    def start(self, request: StartRequest) -> Started | NotStarted | NoAnswer:
        self.asked.append(request)
        return self.start_answer or Started(
            f"fake-{request.attempt_id}", f"https://psp.example/pay/{request.attempt_id}"
        )

    def status(
        self, *, merchant: MerchantAccess, reference: str, provider_reference: str | None
    ) -> Report | NeverSeen | NoAnswer:
        self.checked += 1
        if self.answer is not None:
            return self.answer
        return self._report(merchant, reference)

    def read_notification(
        self, *, merchant: MerchantAccess, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> Notification:
        given = {name.lower(): value for name, value in headers.items()}
        if given.get("signature") != merchant.secret.reveal():
            raise ForgedNotification("the signature is wrong")
        return Notification(None, body.decode(), "message-1")

    def cancel(self, *, merchant: MerchantAccess, provider_reference: str) -> Report | NoAnswer:
        self.says = ProviderStatus.CANCELLED
        return self._report(merchant, provider_reference.removeprefix("fake-"))

    def _report(self, merchant: MerchantAccess, reference: str) -> Report:
        request = next(each for each in self.asked if each.attempt_id == UUID(reference))
        return Report(
            status=self.says,
            provider_reference=f"fake-{reference}",
            merchant_id=merchant.merchant_id,
            reference=reference,
            amount=request.amount if self.says is ProviderStatus.PAID else None,
            decline_code=self.decline_code,
            vendor_word=self.says.value,
        )
