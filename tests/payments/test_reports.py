"""Settlement reports: asked for in time and outside any transaction, kept once, read from files without guessing."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.fake_provider import FakeProvider
from tests.support.towns import AT

from zahlstelle import events, payments
from zahlstelle.payments import (
    ItemKind,
    MerchantAccess,
    MethodUnknown,
    NoAnswer,
    PayoutReport,
    ReportedItem,
    ReportTaken,
    ReportWrong,
    _report_files,
)
from zahlstelle.tables.payments import PayoutItemRow, PayoutReportRow
from zahlstelle.tenancy import Tenant, inside


def a_report(payout: str = "po_20261005_000001", cents: int = 3700, **more: Any) -> PayoutReport:
    items = [ReportedItem(ItemKind.PAYMENT, cents, "sbx_1", None, None, "Gebühr")]
    values = {"reference": f"rep_{payout}", "day": date(2026, 10, 5), "currency": "EUR", "items": items}
    return PayoutReport(payout=payout, cents=cents, **{**values, **more})


@dataclass
class Settling(FakeProvider):
    """Hands out reports, or has no answer; remembers when it was asked and what for."""

    name: str = "sandbox"
    reports: Sequence[PayoutReport] | NoAnswer = ()
    asked_for: list[tuple[date | None, frozenset[str]]] = field(default_factory=list)
    between: Callable[[], object] = lambda: None

    def payout_reports(
        self, *, merchant: MerchantAccess, since: date | None, known: frozenset[str], at: datetime
    ) -> Sequence[PayoutReport] | NoAnswer:
        assert not connection.in_atomic_block, "a provider is never called inside a transaction"
        self.asked_for.append((since, known))
        self.between()
        return self.reports

    def payouts_named(self, text: str) -> Sequence[str]:
        return []


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Settling:
    told = Settling()
    monkeypatch.setitem(payments._flow._PLUGGED, "sandbox", told)
    return told


def kept(town: Tenant) -> tuple[int, int]:
    with inside(town):
        rows = PayoutReportRow.objects.filter(tenant_id=town.id)
        return rows.count(), PayoutItemRow.objects.filter(tenant_id=town.id).count()


def fetch(town: Tenant, minutes: int) -> int:
    return payments.fetch_reports(tenant=town, at=AT + timedelta(minutes=minutes))


def test_a_provider_is_asked_every_quarter_of_an_hour(town: Tenant, provider: Settling) -> None:
    provider.reports = [a_report()]
    assert [fetch(town, minutes) for minutes in (0, 1, 14, 15, 16)] == [1, 0, 0, 0, 0]
    assert provider.asked_for == [(None, frozenset()), (date(2026, 8, 26), frozenset({"rep_po_20261005_000001"}))]
    assert kept(town) == (1, 1)


def test_a_provider_that_does_not_answer_is_asked_less_and_less_often(town: Tenant, provider: Settling) -> None:
    provider.reports = NoAnswer("ReadTimeout")
    asked = []
    for minutes in range(180):
        before = len(provider.asked_for)
        fetch(town, minutes)
        asked += [minutes] if len(provider.asked_for) > before else []
    assert asked == [0, 1, 3, 8, 23, 53, 113, 173]
    provider.reports = [a_report()]
    assert fetch(town, 233) == 1
    assert kept(town) == (1, 1)


def test_it_is_asked_at_once_when_the_bank_tells_of_a_payout(town: Tenant, provider: Settling) -> None:
    fetch(town, 0)
    payments.ask_for_reports(tenant=town, provider="sandbox", at=AT + timedelta(minutes=2))
    assert [fetch(town, 2), len(provider.asked_for)] == [0, 2]


def test_a_killed_question_is_asked_again(town: Tenant, provider: Settling) -> None:
    def die() -> None:
        raise SystemExit

    provider.reports, provider.between = [a_report()], die
    with pytest.raises(SystemExit):
        fetch(town, 0)
    provider.between = lambda: None
    assert [fetch(town, 0), fetch(town, 1)] == [0, 1]


def test_two_workers_ask_once(town: Tenant, provider: Settling) -> None:
    provider.between = lambda: provider.asked_for.append((None, frozenset())) if fetch(town, 0) else None
    fetch(town, 0)
    assert len(provider.asked_for) == 1


def test_one_bad_report_does_not_hide_the_others(town: Tenant, provider: Settling) -> None:
    provider.reports = [a_report(), a_report(cents=3800), a_report("po"), a_report("po_20261006_000002")]
    assert fetch(town, 0) == 2
    assert kept(town) == (2, 2)
    assert sorted(p.reference for p in payments.open_payouts(tenant=town)) == [
        "po_20261005_000001",
        "po_20261006_000002",
    ]


def test_a_report_is_kept_once_and_never_changes(town: Tenant, neighbour: Tenant) -> None:
    def record(report: PayoutReport, whose: Tenant = town) -> bool:
        return payments.record_report(tenant=whose, provider="sandbox", report=report, at=AT)

    assert [record(a_report()), record(a_report())] == [True, False]
    with pytest.raises(ReportTaken):
        record(a_report(cents=3800))
    assert kept(town) == (1, 1)
    (payout,) = payments.open_payouts(tenant=town)
    assert payout.cents == 3700
    assert [e.name for e in events.events_about(tenant=town, subject=payout.id)] == ["payout.reported"]
    assert record(a_report(cents=3800, reference="rep_2"))
    (payout,) = payments.open_payouts(tenant=town)
    assert (payout.report_reference, payout.cents) == ("rep_2", 3800)
    assert kept(neighbour) == (0, 0)
    assert record(a_report(cents=3800), neighbour), "another town's report under the same name is another report"


CSV = """payout,report,day,currency,total_cents,kind,cents,payment,reference,item,text
po_20261005_000001,rep_1,2026-10-05,EUR,3665,payment,3700,sbx_1,,,Führungszeugnis
po_20261005_000001,rep_1,2026-10-05,EUR,3665,fee,-35,sbx_1,,,
po_20261006_000002,,2026-10-06,,-100,refund,-100,sbx_1,,sbr_1,"a, b"
"""


def test_a_file_of_lines(tmp_path: Path, town: Tenant) -> None:
    path = tmp_path / "reports.csv"
    path.write_text("\ufeff" + CSV, "utf-8")
    first, second = _report_files.reports_in(path)
    assert (first.reference, first.cents, [item.cents for item in first.items]) == ("rep_1", 3665, [3700, -35])
    assert (second.reference, second.currency, second.items[0].item_reference) == ("po_20261006_000002", "EUR", "sbr_1")
    assert payments.take_in_reports(tenant=town, provider="sandbox", path=path, at=AT) == 2
    assert payments.take_in_reports(tenant=town, provider="sandbox", path=path, at=AT) == 0
    semicolons = tmp_path / "semicolons.csv"
    semicolons.write_text(CSV.replace('"a, b"', "ab").replace(",", ";"), "utf-8")
    assert [report.reference for report in _report_files.reports_in(semicolons)] == ["rep_1", "po_20261006_000002"]


def test_a_file_of_json(tmp_path: Path) -> None:
    item = {"kind": "payment", "cents": 3700, "payment": "sbx_1"}
    told = {"payout": "po_20261005_000001", "day": "2026-10-05", "total_cents": 3700, "items": [item]}
    path = tmp_path / "report.json"
    for content in (told, [told]):
        path.write_text(json.dumps(content))
        (report,) = _report_files.reports_in(path)
        assert (report.reference, report.cents, report.items[0].provider_reference) == (
            "po_20261005_000001",
            3700,
            "sbx_1",
        )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "lacks"),
        ("payout,day\n", "lacks"),
        (CSV.replace("3700", "37,00", 1), "is no item"),
        (CSV.replace("3700", "37.00", 1), "no whole number of cents"),
        (CSV.replace("payment,3700", "Zahlung,3700"), "kind is none of"),
        (CSV.replace("2026-10-05", "5.10.2026", 2), "no day"),
        (CSV.replace("EUR", "Euro", 2), "no currency"),
        (CSV.replace("3665", "3666", 1), "says something else"),
        (CSV.splitlines()[0] + "\n", "no report"),
        (CSV.replace("Führungszeugnis", "a\x00b"), "cannot be kept"),
        (CSV.replace("3665", "9" * 16), "no whole number of cents"),
        (json.dumps({"payout": "po_2026", "day": "2026-10-05", "total_cents": 10**20, "items": []}), "more cents"),
        ("{", "no JSON"),
        ('[{"payout": "po_20261005_000001"}]', "no list of items"),
        ('[{"payout": "po_20261005_000001", "items": [3]}]', "is no item"),
        ('[{"payout": 7, "items": []}]', "payout is missing"),
        ("[]", "no report"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_leaves_nothing(
    content: str, why: str, tmp_path: Path, town: Tenant
) -> None:
    path = tmp_path / "reports.csv"
    path.write_text(content)
    with pytest.raises(ReportWrong, match=why):
        payments.take_in_reports(tenant=town, provider="sandbox", path=path, at=AT)
    assert kept(town) == (0, 0)


def test_a_file_is_taken_whole_or_not_at_all(tmp_path: Path, town: Tenant) -> None:
    path = tmp_path / "reports.csv"
    path.write_text(CSV)
    payments.record_report(
        tenant=town, provider="sandbox", report=a_report("po_20261006_000002", reference="po_20261006_000002"), at=AT
    )
    with pytest.raises(ReportTaken):
        payments.take_in_reports(tenant=town, provider="sandbox", path=path, at=AT)
    assert kept(town) == (1, 1)
    with pytest.raises(MethodUnknown):
        payments.take_in_reports(tenant=town, provider="nobody", path=path, at=AT)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300).map(str.encode),
        st.from_regex(r"[\[{\",:0-9a-z\]}]{0,80}").map(str.encode),
    )
)
@settings(max_examples=150, deadline=None)
def test_whatever_stands_in_a_file_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    with pytest.raises(ReportWrong):
        _report_files.reports_in(path)
