"""A provider that keeps cards, as the test tells it; each card is one merchant's."""

from dataclasses import dataclass, field
from datetime import date

from tests.support.fake_provider import FakeProvider
from zahlstelle.payments import (
    INSTRUMENT_GONE,
    Forgotten,
    KeptInstrument,
    MerchantAccess,
    NoAnswer,
    NothingKept,
    NotStarted,
    ProviderStatus,
    Started,
    StartRequest,
)


@dataclass
class KeepingProvider(FakeProvider):
    """Keeps the card of every payment that asks for it. `silent`: it does not answer about cards."""

    name: str = "keeping"
    says: ProviderStatus = ProviderStatus.PAID
    cards: dict[str, str] = field(default_factory=dict)  # handle: merchant
    charged: list[str] = field(default_factory=list)
    silent: bool = False
    asks_at: str = ""
    expires_on: date = date(2030, 12, 31)

    def start(self, request: StartRequest) -> Started | NotStarted | NoAnswer:
        if request.keep:
            self.cards[f"card-of-{request.attempt_id}"] = request.merchant.merchant_id
        return super().start(request)

    def kept(self, *, merchant: MerchantAccess, provider_reference: str) -> KeptInstrument | NothingKept | NoAnswer:
        handle = f"card-of-{provider_reference.removeprefix('fake-')}"
        if self.silent:
            return NoAnswer("silent")
        if self.cards.get(handle) != merchant.merchant_id:
            return NothingKept()
        return KeptInstrument(handle, "Visa", "1111", self.expires_on)

    def charge_kept(self, request: StartRequest, *, handle: str) -> Started | NotStarted | NoAnswer:
        if self.cards.get(handle) != request.merchant.merchant_id:
            return NotStarted(INSTRUMENT_GONE)
        self.asked.append(request)
        self.charged.append(handle)
        return Started(f"fake-{request.attempt_id}", self.asks_at)

    def forget(self, *, merchant: MerchantAccess, handle: str) -> Forgotten | NothingKept | NoAnswer:
        if self.silent:
            return NoAnswer("silent")
        if self.cards.get(handle) != merchant.merchant_id:
            return NothingKept()
        del self.cards[handle]
        return Forgotten()
