"""What a payment is for, fee by fee, and how a bank transfer names it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils import translation
from django.utils.translation import gettext as _

from zahlstelle import claims, tenancy
from zahlstelle.claims import Claim
from zahlstelle.kernel import CheckMethod, Money
from zahlstelle.payments import Attempt, Payment, PaymentStatus
from zahlstelle.tenancy import Tenant
from zahlstelle.web import girocode

_REMITTANCE = 140  # what a SEPA credit transfer carries


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee as the citizen reads it: what it is for, as far as this payment tells, and its share of the amount."""

    claim: Claim
    amount: Money
    purpose: str
    unit: str | None
    surplus: bool = False  # it was paid already: its money is given back

    @property
    def changed(self) -> bool:
        """Say whether less is open by now than this payment would charge."""
        return self.claim.open < self.amount


def fees_of(tenant: Tenant, payment: Payment, attempt: Attempt | None = None) -> Sequence[Fee]:
    """List what a payment pays, in the citizen's order."""
    surplus = {share.claim_id for share in attempt.shares if share.surplus} if attempt else set()
    hidden = hides(payment, attempt)
    fees = []
    for share in payment.shares:
        claim = claims.claim_by_id(tenant=tenant, claim_id=share.claim_id)
        purpose = _("Das steht in Ihrem Schreiben") if hidden else purpose_of(tenant, claim)
        unit = None if hidden else unit_of(tenant, claim)
        fees.append(Fee(claim, share.amount, purpose, unit, share.claim_id in surplus))
    return fees


def hides(payment: Payment, attempt: Attempt | None) -> bool:
    """Say whether the payment keeps to itself what it is for: nobody has shown to know the letter, or has paid here.

    A bank transfer that came shows nothing of who waits for it here: it may be that of whoever has the letter.
    """
    paid_here = payment.status is PaymentStatus.PAID and attempt is not None and attempt.captured
    return payment.discreet and not paid_here


def purpose_of(tenant: Tenant, claim: Claim) -> str:
    """Say what is paid for; the name of a service in the page's language."""
    if claim.service:
        service = claims.service_by_key(tenant=tenant, key=claim.service)
        if claim.purpose == service.named("de"):
            return service.named(translation.get_language())
    return claim.purpose


def unit_of(tenant: Tenant, claim: Claim) -> str | None:
    """Give the unit whose service is paid for."""
    return claims.service_by_key(tenant=tenant, key=claim.service).unit if claim.service else None


def units_of(fees: Sequence[Fee]) -> str | None:
    """Name the units whose services are paid for, each once."""
    return ", ".join(dict.fromkeys(fee.unit for fee in fees if fee.unit)) or None


@dataclass(frozen=True, slots=True)
class Transfer:
    """A bank transfer that the citizen is asked for: amount, what to write, and the same as a GiroCode."""

    amount: Money
    remittance: str
    due_on: date | None
    girocode: str | None


def transfers_of(tenant: Tenant, fees: Sequence[Fee], *, inline: bool = True) -> Sequence[Transfer]:
    """Ask for one transfer of everything where the bank side can allocate it by itself, else for one for each fee.

    Several numbers in one transfer are believed only where each of them is sure: its check digit says so.
    """
    if len(fees) > 1 and not _together(tenant, fees):
        left = [replace(fee, amount=min(fee.amount, fee.claim.open)) for fee in fees if not fee.claim.open.is_zero]
        return [_transfer(tenant, [fee], inline) for fee in left]
    return [_transfer(tenant, fees, inline)]


def _together(tenant: Tenant, fees: Sequence[Fee]) -> bool:
    pools = [pool for pool in claims.pools(tenant=tenant) if pool.method is not CheckMethod.NONE]
    sure = all(any(pool.valid(fee.claim.kassenzeichen) for pool in pools) for fee in fees)
    return sure and len(_remittance(fees)) <= _REMITTANCE and not any(fee.changed for fee in fees)


def _transfer(tenant: Tenant, fees: Sequence[Fee], inline: bool) -> Transfer:
    account = tenancy.bank_accounts(tenant=tenant)[0]
    amount = Money(sum(fee.amount.cents for fee in fees), fees[0].amount.currency)
    days = [fee.claim.due_on for fee in fees if fee.claim.due_on]
    code = girocode.svg(account=account, amount=amount, remittance=_remittance(fees), inline=inline)
    return Transfer(amount, _remittance(fees), min(days, default=None), code)


def _remittance(fees: Sequence[Fee]) -> str:
    return ", ".join(fee.claim.kassenzeichen for fee in fees)
