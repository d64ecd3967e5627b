"""The worker's round: every town in turn, so that no town waits for another's bad day."""

import signal
import threading
from datetime import datetime

import structlog
from django.db import close_old_connections

from zahlstelle import allocation, ledger, payments, tenancy, treasury, wallet
from zahlstelle.kernel import clock
from zahlstelle.tenancy import Tenant
from zahlstelle.web import answers, feedback, limits, mail

from ._delivery import deliver
from ._inbox import import_inbox
from ._received import import_received

_log = structlog.get_logger(__name__)
_PAUSE_SECONDS = 1


def run_forever() -> None:
    """Go round until SIGTERM or SIGINT; the town being worked on is finished first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    _log.info("worker_started")
    while not stop.is_set():
        close_old_connections()
        did = _round(stop)
        stop.wait(0 if did else _PAUSE_SECONDS)
    _log.info("worker_stopped")


def _round(stop: threading.Event) -> int:
    did = 0
    try:
        towns = tenancy.all_tenants()
    except Exception:
        _log.exception("worker_cannot_read_towns")
        return 0
    for tenant in towns:
        if stop.is_set():
            break
        try:
            did += run_once(tenant=tenant, at=clock.now())
        except Exception:  # one town's trouble is logged and tried again; the others go on
            _log.exception("worker_round_failed", tenant=tenant.slug)
    return did


def run_once(*, tenant: Tenant, at: datetime) -> int:
    """Do everything that is due for one town. Returns how much was done."""
    did = payments.sweep(tenant=tenant, at=at)
    did += payments.sweep_refunds(tenant=tenant, at=at)
    did += wallet.sweep(tenant=tenant, at=at)
    did += import_inbox(tenant=tenant, at=at)
    did += import_received(tenant=tenant, at=at)
    did += payments.fetch_reports(tenant=tenant, at=at)
    did += allocation.break_up_payouts(tenant=tenant, at=at)
    did += allocation.retry_doubts(tenant=tenant, at=at)
    allocation.learn_payers(tenant=tenant)
    did += deliver(tenant=tenant, at=at)
    did += _post_links(tenant, at)
    did += mail.send_due(tenant=tenant, at=at)
    ledger.seal(tenant=tenant, at=at)
    answers.purge(tenant=tenant, at=at)
    limits.purge(tenant=tenant, at=at)
    feedback.purge(tenant=tenant, at=at)
    treasury.round_done(tenant=tenant, at=at)
    return did


def _post_links(tenant: Tenant, at: datetime) -> int:
    """Put the links to wallets that were wished into the post, in one step with making them."""
    with tenancy.inside(tenant):
        mails = wallet.links_wished(tenant=tenant, at=at)
        for each in mails:
            mail.post(tenant=tenant, about=each.id, recipient=each.recipient, title=each.title, text=each.text, at=at)
    return len(mails)
