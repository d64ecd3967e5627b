"""How often a visitor may guess. Tries live in PostgreSQL: they outlive every node, and hold for all nodes together.

A try is written down and committed before it is answered, so that many at once are counted too. Where it cannot be
written there is no answer (503): without counting nobody guesses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import Q, QuerySet

from zahlstelle import payments
from zahlstelle.kernel import new_id
from zahlstelle.tables.web import TryRow
from zahlstelle.tenancy import Tenant, inside

from ._counting import LIMITS, Counted, TooManyTries, What, has_to_wait, limit_of

__all__ = ["KEPT", "LIMITS", "TooManyTries", "Try", "What", "purge", "succeeded", "take", "taken_back"]
KEPT = timedelta(days=1)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Try:
    """A try that may go on."""

    id: UUID


def take(*, tenant: Tenant, what: What, visitor: str, subject: str, at: datetime, payment: UUID | None = None) -> Try:
    """Count a try of a visitor about a subject (both digests). Raises TooManyTries; then also the right one waits."""
    with inside(tenant):
        row = TryRow.objects.create(
            id=new_id(), tenant_id=tenant.id, what=what, address=visitor, subject=subject, payment=payment, at=at
        )
    counted = _count(tenant, what, visitor, subject, at)
    if has_to_wait(limit_of(what, tenant.mode), counted):
        with inside(tenant):  # who waits does not wait longer by trying: only what was answered counts
            row.delete()
        _log.warning("too_many_tries", tenant=tenant.slug, what=what, here=counted.here, town=counted.town)
        raise TooManyTries("too many tries; please wait a quarter of an hour")
    return Try(row.id)


def succeeded(*, tenant: Tenant, tried: Try) -> None:
    """Note that a try was right: it is no miss."""
    with inside(tenant):
        TryRow.objects.filter(tenant_id=tenant.id, id=tried.id).update(missed=False)


def taken_back(*, tenant: Tenant, tried: Try) -> None:
    """Forget a try that turned out to be none."""
    with inside(tenant):
        TryRow.objects.filter(tenant_id=tenant.id, id=tried.id).delete()


def purge(*, tenant: Tenant, at: datetime) -> int:
    """Forget tries older than a day. Returns how many."""
    with inside(tenant):
        return TryRow.objects.filter(tenant_id=tenant.id, at__lt=at - KEPT).delete()[0]


def _count(tenant: Tenant, what: What, visitor: str, subject: str, at: datetime) -> Counted:
    with inside(tenant):
        since = at - LIMITS[what].window
        tried = TryRow.objects.filter(tenant_id=tenant.id, what=what, at__gt=since)
        here, about = tried.filter(address=visitor), tried.filter(subject=subject)
        different = here.values("subject").distinct().count()
        return Counted(
            here=_missed(tenant, here), about=_missed(tenant, about), different=different, town=_missed(tenant, tried)
        )


def _missed(tenant: Tenant, tried: "QuerySet[TryRow]") -> int:
    """Count what was no success; a start succeeds when its payment is paid, which only payments know."""
    missed = tried.filter(missed=True)
    started: Sequence[UUID] = [p for p in missed.values_list("payment", flat=True) if p]
    paid = payments.paid_among(tenant=tenant, payment_ids=set(started)) if started else frozenset()
    return missed.filter(Q(payment__isnull=True) | ~Q(payment__in=paid)).count() if paid else missed.count()
