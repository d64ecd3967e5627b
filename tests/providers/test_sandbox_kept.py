"""The sandbox's adapter about kept cards, against the real sandbox: what it cannot be sure of, it says aloud."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.support.sandbox import Merchant, SandboxServer

from zahlstelle.kernel import Money, Secret, new_id
from zahlstelle.payments import (
    INSTRUMENT_GONE,
    Forgotten,
    KeepsInstruments,
    KeptInstrument,
    MerchantAccess,
    NoAnswer,
    NothingKept,
    NotStarted,
    ProviderStatus,
    Report,
    Started,
    StartRequest,
)
from zahlstelle.providers.sandbox import SandboxProvider
from zahlstelle.providers.sandbox._kept import read

PROVIDER = SandboxProvider()
KEEPS: KeepsInstruments = PROVIDER


def access_of(sandbox: SandboxServer, merchant: Merchant) -> MerchantAccess:
    return MerchantAccess(merchant.merchant_id, Secret(merchant.secret), sandbox.base)


@pytest.fixture
def access(sandbox: SandboxServer, town: Merchant) -> MerchantAccess:
    return access_of(sandbox, town)


def asked(access: MerchantAccess, **changes: Any) -> StartRequest:
    values: dict[str, Any] = {
        "attempt_id": new_id(),
        "merchant": access,
        "kassenzeichen": "4711.0001",
        "amount": Money(3700),
        "description": "Personalausweis",
        "method": "card",
        "return_url": "http://127.0.0.1:9/pay/return",
        "notify_url": "http://127.0.0.1:9/notify",
        "language": "de",
        "expires_at": datetime(2100, 1, 1, tzinfo=UTC),
    }
    return StartRequest(**values | changes)


def paid(sandbox: SandboxServer, access: MerchantAccess, card: str = "paid", *, keep: bool = True) -> str:
    """Pay; the provider's name for the payment."""
    started = PROVIDER.start(asked(access, keep=keep))
    assert isinstance(started, Started)
    sandbox.admin("POST", f"/payments/{started.provider_reference}/act", {"card": card})
    if card == "challenge":
        sandbox.admin("POST", f"/payments/{started.provider_reference}/act", {"approve": True})
    return started.provider_reference


def kept(sandbox: SandboxServer, access: MerchantAccess, card: str = "paid") -> KeptInstrument:
    told = KEEPS.kept(merchant=access, provider_reference=paid(sandbox, access, card))
    assert isinstance(told, KeptInstrument)
    return told


def test_kept_charged_forgotten(sandbox: SandboxServer, access: MerchantAccess) -> None:
    card = kept(sandbox, access)
    assert (card.brand, card.last_four, card.expires_on.month) == ("Visa", "1111", 12)
    assert card.handle not in repr(card), "a handle does not reach a log"
    request = asked(access)
    started = KEEPS.charge_kept(request, handle=card.handle)
    assert isinstance(started, Started)
    assert started.redirect_url == ""
    assert KEEPS.charge_kept(request, handle=card.handle) == started, "the same attempt is charged once"
    told = PROVIDER.status(merchant=access, reference=str(request.attempt_id), provider_reference=None)
    assert isinstance(told, Report)
    assert (told.status, told.amount) == (ProviderStatus.PAID, Money(3700))
    assert KEEPS.forget(merchant=access, handle=card.handle) == Forgotten()
    assert KEEPS.forget(merchant=access, handle=card.handle) == NothingKept()
    assert KEEPS.charge_kept(asked(access), handle=card.handle) == NotStarted(INSTRUMENT_GONE)


def test_the_bank_wants_to_see_the_payer(sandbox: SandboxServer, access: MerchantAccess) -> None:
    started = KEEPS.charge_kept(asked(access), handle=kept(sandbox, access, "challenge").handle)
    assert isinstance(started, Started)
    assert started.redirect_url.startswith(f"{sandbox.base}/acs/")


@pytest.mark.parametrize(("card", "keep"), [("paid", False), ("insufficient-funds", True)])
def test_nothing_kept(sandbox: SandboxServer, access: MerchantAccess, card: str, keep: bool) -> None:
    payment = paid(sandbox, access, card, keep=keep)
    assert KEEPS.kept(merchant=access, provider_reference=payment) == NothingKept()


def test_another_town_has_no_such_card(sandbox: SandboxServer, access: MerchantAccess) -> None:
    card, other = kept(sandbox, access), access_of(sandbox, sandbox.merchant())
    assert KEEPS.charge_kept(asked(other), handle=card.handle) == NotStarted(INSTRUMENT_GONE)
    assert KEEPS.forget(merchant=other, handle=card.handle) == NothingKept()
    assert isinstance(KEEPS.charge_kept(asked(access), handle=card.handle), Started)


@pytest.mark.parametrize("kind", ["unavailable", "answer_lost", "garbage"])
@pytest.mark.parametrize("operation", ["stored_card", "charge", "forget"])
def test_every_doubt_is_no_answer(sandbox: SandboxServer, access: MerchantAccess, operation: str, kind: str) -> None:
    payment = paid(sandbox, access)
    card = KEEPS.kept(merchant=access, provider_reference=payment)
    assert isinstance(card, KeptInstrument)
    sandbox.behave(faults=[{"operation": operation, "kind": kind}])
    answer: object = {
        "stored_card": lambda: KEEPS.kept(merchant=access, provider_reference=payment),
        "charge": lambda: KEEPS.charge_kept(asked(access), handle=card.handle),
        "forget": lambda: KEEPS.forget(merchant=access, handle=card.handle),
    }[operation]()
    assert isinstance(answer, NoAnswer)


SAID = {"stored_card": "pcn_12345678", "brand": "Visa", "last4": "1111", "expiry": "2028-02"}


def test_the_last_day_is_the_last_of_its_month() -> None:
    assert read(SAID) == KeptInstrument("pcn_12345678", "Visa", "1111", date(2028, 2, 29))
    assert read(SAID | {"expiry": "2030-12"}) == KeptInstrument("pcn_12345678", "Visa", "1111", date(2030, 12, 31))


LIES: list[dict[str, Any]] = [
    {"last4": "11111"},
    {"last4": "１１１１"},
    {"expiry": "2028-13"},
    {"expiry": "02/28"},
    {"stored_card": ""},
    {"brand": None},
]


@pytest.mark.parametrize("lie", LIES)
def test_what_is_no_card(lie: dict[str, Any]) -> None:
    assert read(SAID | lie) is None
