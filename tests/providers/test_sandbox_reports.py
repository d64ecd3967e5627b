"""Settlement reports over the real sandbox: the adapter reads what was paid out, and believes nothing else."""

from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from tests.support.sandbox import Merchant, SandboxServer

from zahlstelle.kernel import Secret, clock
from zahlstelle.payments import ItemKind, MerchantAccess, NoAnswer, PayoutReport, Settles
from zahlstelle.providers.sandbox import ITEM, SandboxProvider, VendorItem

PROVIDER = SandboxProvider()
HASTY = SandboxProvider(timeout=httpx.Timeout(0.5))
DAY = "2100-01-04"


@pytest.fixture
def access(sandbox: SandboxServer, town: Merchant) -> MerchantAccess:
    return MerchantAccess(town.merchant_id, Secret(town.secret), sandbox.base)


def fetched(
    access: MerchantAccess, *, known: frozenset[str] = frozenset(), since: date | None = None
) -> list[PayoutReport]:
    answer = PROVIDER.payout_reports(merchant=access, since=since, known=known, at=clock.now())
    assert not isinstance(answer, NoAnswer), answer
    return list(answer)


def pay_out(sandbox: SandboxServer, town: Merchant, day: str = DAY) -> dict[str, Any]:
    return dict(sandbox.admin("POST", "/payouts", {"merchant_id": town.merchant_id, "day": day})["payout"])


def test_the_adapter_settles_and_every_kind_has_a_meaning() -> None:
    assert isinstance(PROVIDER, Settles)
    assert set(ITEM) == set(VendorItem)


def test_a_day_with_everything_is_accounted_for_gross(sandbox: SandboxServer) -> None:
    town = sandbox.merchant(fee_cents=35, pays_out="net")
    access = MerchantAccess(town.merchant_id, Secret(town.secret), sandbox.base)
    first, second = sandbox.paid(town, amount_cents=3700), sandbox.paid(town, amount_cents=2500)
    body = {"amount_cents": 1000, "currency": "EUR"}
    refund = sandbox.post(town, f"/payments/{first['payment_id']}/refunds", body, key="r").json()
    back = sandbox.admin("POST", f"/payments/{second['payment_id']}/chargebacks", {"fee_cents": 1500})
    payout = pay_out(sandbox, town)
    (report,) = fetched(access)
    net = 3700 + 2500 - 2 * 35 - 1000 - 2500 - 1500
    assert (report.payout, report.day, report.currency, report.cents) == (
        payout["payout_id"], date(2100, 1, 4), "EUR", net,
    )  # fmt: skip
    told = {(item.kind, item.cents, item.provider_reference, item.item_reference) for item in report.items}
    one, two = first["payment_id"], second["payment_id"]
    assert told == {
        (ItemKind.PAYMENT, 3700, one, None),
        (ItemKind.PAYMENT, 2500, two, None),
        (ItemKind.FEE, -35, one, None),
        (ItemKind.FEE, -35, two, None),
        (ItemKind.REFUND, -1000, one, refund["refund_id"]),
        (ItemKind.CHARGEBACK, -2500, two, back["chargeback_id"]),
        (ItemKind.CHARGEBACK_FEE, -1500, two, back["chargeback_id"]),
    }
    assert {item.reference for item in report.items} == {first["reference"], second["reference"]}


def test_only_what_is_not_known_is_asked_for(sandbox: SandboxServer, town: Merchant, access: MerchantAccess) -> None:
    for day in ("2100-01-04", "2100-01-05"):
        sandbox.paid(town)
        pay_out(sandbox, town, day)
    early, late = fetched(access)
    assert (early.day, late.day) == (date(2100, 1, 4), date(2100, 1, 5))
    assert fetched(access, known=frozenset({early.reference})) == [late]
    assert fetched(access, since=date(2100, 1, 5)) == [late]
    assert fetched(access, known=frozenset({early.reference, late.reference})) == []


def test_another_merchants_report_is_none(sandbox: SandboxServer, town: Merchant, access: MerchantAccess) -> None:
    sandbox.paid(town)
    name = f"rep_{pay_out(sandbox, town)['payout_id']}"
    other = sandbox.merchant()
    assert sandbox.get(town, f"/reports/{name}").status_code == 200
    refused = sandbox.get(other, f"/reports/{name}")
    assert (refused.status_code, refused.json()["code"]) == (404, "report_not_found")
    assert fetched(MerchantAccess(other.merchant_id, Secret(other.secret), sandbox.base)) == []


@pytest.mark.parametrize("kind", ["unavailable", "answer_lost", "garbage", "slow"])
def test_without_a_whole_answer_there_is_none(
    sandbox: SandboxServer, town: Merchant, access: MerchantAccess, kind: str
) -> None:
    sandbox.paid(town)
    pay_out(sandbox, town)
    for times in (1, 2):  # the list fails; the list is there and the report fails
        faults = [{"operation": "report", "kind": kind, "times": 1, "seconds": 2}]
        if times == 2:
            faults.insert(0, {"operation": "report", "kind": "slow", "times": 1, "seconds": 0})
        sandbox.behave(faults=faults)
        answer = HASTY.payout_reports(merchant=access, since=None, known=frozenset(), at=clock.now())
        assert isinstance(answer, NoAnswer), answer
    assert len(fetched(access)) == 1


@pytest.mark.parametrize(
    "lie",
    [
        {"merchant_id": "another"},
        {"report_id": "rep_another"},
        {"total_cents": 37.0},
        {"total_cents": True},
        {"day": "gestern"},
        {"items": [{"kind": "payment", "cents": "3700"}]},
        {"items": None},
    ],
)
def test_a_report_that_is_odd_is_no_report(
    sandbox: SandboxServer, town: Merchant, access: MerchantAccess, lie: dict[str, Any]
) -> None:
    sandbox.paid(town)
    pay_out(sandbox, town)
    first = {"operation": "report", "kind": "slow", "times": 1, "seconds": 0}
    sandbox.behave(faults=[first, {"operation": "report", "kind": "lie", "answer": lie}])
    answer = PROVIDER.payout_reports(merchant=access, since=None, known=frozenset(), at=clock.now())
    assert isinstance(answer, NoAnswer)


def test_a_word_never_heard_stays_an_adjustment(sandbox: SandboxServer, town: Merchant, access: MerchantAccess) -> None:
    sandbox.paid(town)
    pay_out(sandbox, town)
    item = {"kind": "loyalty", "cents": -5, "payment_id": None, "reference": None, "item_id": None, "text": "bonus"}
    first = {"operation": "report", "kind": "slow", "times": 1, "seconds": 0}
    sandbox.behave(faults=[first, {"operation": "report", "kind": "lie", "answer": {"items": [item]}}])
    (report,) = fetched(access)
    (odd,) = report.items
    assert (odd.kind, odd.cents, odd.text) == (ItemKind.ADJUSTMENT, -5, "loyalty: bonus")


def test_a_report_that_is_not_signed_right_is_not_believed(
    sandbox: SandboxServer, town: Merchant, access: MerchantAccess
) -> None:
    sandbox.paid(town)
    pay_out(sandbox, town)
    sandbox.behave(corrupt_signature=True)
    answer = PROVIDER.payout_reports(merchant=access, since=None, known=frozenset(), at=clock.now())
    assert answer == NoAnswer("signature wrong")
    sandbox.behave()
    old = datetime(2026, 1, 1, tzinfo=UTC)
    answer = PROVIDER.payout_reports(merchant=access, since=None, known=frozenset(), at=old)
    assert answer == NoAnswer("signature wrong")


@pytest.mark.parametrize(
    ("text", "payouts"),
    [
        ("AUSZAHLUNG po_20260504_000001 3 ZAHLUNGEN", ["po_20260504_000001"]),
        ("AUSZAHLUNG PO 20260504 000001 3 ZAHLUNGEN", ["po_20260504_000001"]),
        ("ENTGELT PO20260504.000001", ["po_20260504_000001"]),
        ("po_20260504_000001 po_20260504_000001 po_20260504_000002", ["po_20260504_000001", "po_20260504_000002"]),
        ("xpo_20260504_000001", []),
        ("po_20260504_0000012", []),
        ("Danke", []),
    ],
)
def test_what_a_banks_text_calls_a_payout(text: str, payouts: list[str]) -> None:
    assert PROVIDER.payouts_named(text) == payouts
