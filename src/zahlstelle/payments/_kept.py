"""Means of payment that a provider keeps for the town: which, charging one again, and having it forgotten."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from zahlstelle.tenancy import Tenant, provider_accesses

from ._flow import (
    _for_method,
    _named,
    _outside_any_transaction,
    _start_request,
    keeps_instruments,
    merchant_access,
    provider_named,
)
from ._operations import intend, record_start
from ._queries import Attempt, attempts_by_id
from ._refusals import MethodUnknown
from ._socket import (
    CannotForget,
    ForgetsInstruments,
    Forgotten,
    KeepsByContract,
    KeepsInstruments,
    KeptInstrument,
    NoAnswer,
    NothingKept,
)

CARD = "card"


@dataclass(frozen=True, slots=True)
class CardKeeping:
    """How a town's cards are kept: does the provider forget one when asked, and ask for its code at each charge?"""

    forgets: bool
    asks_code: bool


def card_keeping(*, tenant: Tenant) -> CardKeeping | None:
    """Say how the town's provider of card payments keeps a card for the next time; None where it does not."""
    for access in provider_accesses(tenant=tenant):
        if CARD in access.methods:
            provider, merchant = provider_named(access.provider), merchant_access(access)
            if not keeps_instruments(provider, merchant):
                return None
            asks_code = isinstance(provider, KeepsByContract) and provider.asks_code(merchant)
            return CardKeeping(isinstance(provider, ForgetsInstruments), asks_code)
    return None


def kept_instrument(*, tenant: Tenant, attempt_id: UUID) -> KeptInstrument | NothingKept | NoAnswer:
    """Ask the provider what it kept while this attempt was paid."""
    _outside_any_transaction()
    attempt = attempts_by_id(tenant=tenant, attempts=[attempt_id])[attempt_id]
    provider, merchant = _named(tenant, attempt.provider)
    if not isinstance(provider, KeepsInstruments) or attempt.provider_reference is None:
        return NothingKept()
    return provider.kept(merchant=merchant, provider_reference=attempt.provider_reference)


def begin_kept(
    *,
    tenant: Tenant,
    payment_id: UUID,
    instrument: UUID,
    provider_name: str,
    merchant_id: str,
    handle: str,
    return_url: str,
    notify_url: str,
    at: datetime,
    challenge: bool = False,
) -> Attempt:
    """Begin an attempt that charges a stored card: intent, call, answer. Whoever calls has asked the citizen.

    `instrument` is the card's id here, `handle` the provider's name for it, `merchant_id` the contract it is
    kept under. `challenge`: have the provider make sure that the card's holder is there. An attempt is `started`
    without an address where nobody wants to see the citizen: ask what became of it.
    Raises MethodUnknown (also where the contract is another by now), PaymentOver, AlreadyPaid, AlreadyBeingPaid.
    """
    _outside_any_transaction()
    provider, merchant = _for_method(tenant, CARD)
    same = (provider.name, merchant.merchant_id) == (provider_name, merchant_id)
    if not same or not isinstance(provider, KeepsInstruments):
        raise MethodUnknown("the card was kept under a contract that the town no longer has")
    attempt = intend(
        tenant=tenant,
        payment_id=payment_id,
        provider=provider.name,
        method=CARD,
        return_url=return_url,
        notify_url=notify_url.format(provider=provider.name),
        instrument=instrument,
        challenge=challenge,
        at=at,
    )
    answer = provider.charge_kept(_start_request(tenant, attempt, merchant), handle=handle)
    return record_start(tenant=tenant, attempt_id=attempt.id, answer=answer, at=at)


def forget_instrument(
    *, tenant: Tenant, provider_name: str, merchant_id: str, handle: str
) -> Forgotten | NothingKept | CannotForget | NoAnswer:
    """Have the provider forget a means of payment. Under a contract that has ended nobody can be asked: NoAnswer."""
    _outside_any_transaction()
    try:
        provider, merchant = _named(tenant, provider_name)
    except MethodUnknown:
        return NoAnswer("no_contract")
    if merchant.merchant_id != merchant_id:
        return NoAnswer("no_contract")
    if not isinstance(provider, ForgetsInstruments):
        return CannotForget()
    return provider.forget(merchant=merchant, handle=handle)
