"""Starts at a provider are counted, however the citizen pays: nobody tries stolen cards here."""

from django.http import HttpRequest

from zahlstelle.kernel import clock
from zahlstelle.payments import Payment
from zahlstelle.tenancy import Tenant
from zahlstelle.web import limits
from zahlstelle.web.limits import Try, What
from zahlstelle.web.visitor import digest_of, visitor_of


def count(request: HttpRequest, tenant: Tenant, payment: Payment) -> Try:
    """Count a start of this visitor for this claim; one that is paid is no miss. Raises TooManyTries."""
    return limits.take(
        tenant=tenant,
        what=What.START,
        visitor=visitor_of(request),
        subject=digest_of(str(min(payment.claim_ids))),
        payment=payment.id,
        at=clock.now(),
    )
