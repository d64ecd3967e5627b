"""Ask providers for settlement reports: written down first, called outside any transaction, kept one by one."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from zahlstelle.tenancy import Tenant, provider_accesses

from ._flow import _outside_any_transaction, find_provider, merchant_access
from ._reports import ReportTaken, ReportWrong, asked_since, intend_call, note_answer, record_report
from ._socket import MerchantAccess, NoAnswer, PayoutReport, Settles

_log = structlog.get_logger(__name__)


def fetch_reports(*, tenant: Tenant, at: datetime) -> int:
    """Ask every provider that gives settlement reports and whose time has come. Returns how many reports are new."""
    _outside_any_transaction()
    found = 0
    for access in provider_accesses(tenant=tenant):
        provider = find_provider(access.provider)
        if isinstance(provider, Settles) and intend_call(tenant=tenant, provider=access.provider, at=at):
            merchant = merchant_access(access)
            found += _fetch(tenant, access.provider, provider, merchant, at)
    return found


def payouts_named(*, tenant: Tenant, texts: Sequence[str]) -> Sequence[Sequence[tuple[str, str]]]:
    """Find in each of a bank's texts what looks like a payout of one of the town's providers: (provider, payout)."""
    settling: list[tuple[str, Settles]] = []
    for access in provider_accesses(tenant=tenant):
        provider = find_provider(access.provider)
        if isinstance(provider, Settles):
            settling.append((access.provider, provider))
    return [[(name, payout) for name, each in settling for payout in each.payouts_named(text)] for text in texts]


def _fetch(tenant: Tenant, name: str, provider: Settles, merchant: MerchantAccess, at: datetime) -> int:
    since, known = asked_since(tenant=tenant, provider=name)
    answer = provider.payout_reports(merchant=merchant, since=since, known=known, at=at)
    if isinstance(answer, NoAnswer):
        _log.warning("payout_reports_unanswered", tenant=tenant.slug, provider=name, reason=answer.reason)
        return 0
    kept = sum(_keep(tenant, name, report, at) for report in answer)
    note_answer(tenant=tenant, provider=name, at=at)
    return kept


def _keep(tenant: Tenant, name: str, report: PayoutReport, at: datetime) -> bool:
    try:
        return record_report(tenant=tenant, provider=name, report=report, at=at)
    except (ReportTaken, ReportWrong) as refused:
        # What was kept stays; the provider must give a corrected report a name of its own.
        _log.warning("payout_report_refused", tenant=tenant.slug, provider=name, code=refused.code)
        return False
