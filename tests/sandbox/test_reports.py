"""The sandbox's payouts: net or gross, with or without details in the bank's files, and accounted for to the cent."""

import csv
import io
from typing import Any

import pytest
from tests.sandbox.test_bank import DAY, Message, close, messages
from tests.support.sandbox import ADMIN_TOKEN, Merchant, SandboxServer


def moved(statement: Message) -> list[tuple[str, str, str]]:
    return [
        (statement.texts("CdtDbtInd", e)[0], statement.texts("Amt", e)[0], statement.texts("BkTxCd/Prtry/Cd", e)[0])
        for e in statement.all("Ntry")
    ]


def busy(sandbox: SandboxServer, **switches: Any) -> Merchant:
    """A town with two payments, a refund and a chargeback with its fee."""
    town = sandbox.merchant(fee_cents=35, **switches)
    payment = sandbox.paid(town, amount_cents=2000)
    other = sandbox.paid(town, amount_cents=500)
    sandbox.post(town, f"/payments/{payment['payment_id']}/refunds", {"amount_cents": 700, "currency": "EUR"}, key="r")
    sandbox.admin("POST", f"/payments/{other['payment_id']}/chargebacks", {"fee_cents": 1500})
    return town


def report(sandbox: SandboxServer, town: Merchant) -> dict[str, Any]:
    (name,) = sandbox.get(town, "/reports").json()["reports"]
    return dict(sandbox.get(town, f"/reports/{name}").json())


@pytest.mark.parametrize(
    ("switches", "entries", "files"),
    [
        (
            {},
            [("CRDT", "25.00", "194"), ("DBIT", "7.00", "105"), ("DBIT", "5.00", "105"), ("DBIT", "15.70", "805")],
            4,
        ),
        (
            {"tells_details": False},
            [("CRDT", "25.00", "166"), ("DBIT", "7.00", "105"), ("DBIT", "5.00", "105"), ("DBIT", "15.70", "805")],
            1,
        ),
        ({"pays_out": "net"}, [("DBIT", "2.70", "105")], 1),
    ],
)
def test_a_payout_as_the_merchant_wants_it(
    sandbox: SandboxServer, switches: dict[str, Any], entries: list[tuple[str, str, str]], files: int
) -> None:
    town = busy(sandbox, **switches)
    closed = close(sandbox, town)
    read = messages(sandbox, town, closed)
    assert moved(read[0]) == entries
    assert len(read) == files
    assert all(closed["payout"]["payout_id"] in text for text in read[0].texts("TxDtls/RmtInf/Ustrd"))
    told = report(sandbox, town)
    assert told["total_cents"] == sum(item["cents"] for item in told["items"]) == -270


def test_a_payout_of_nothing_moves_nothing_and_is_accounted_for(sandbox: SandboxServer) -> None:
    town = sandbox.merchant(pays_out="net")
    payment = sandbox.paid(town, amount_cents=1000)
    sandbox.admin("POST", f"/payments/{payment['payment_id']}/chargebacks", {})
    assert close(sandbox, town)["files"] == []
    assert report(sandbox, town)["total_cents"] == 0


def test_the_report_is_also_a_file(sandbox: SandboxServer) -> None:
    town = busy(sandbox)
    payout = close(sandbox, town)["payout"]["payout_id"]
    told = report(sandbox, town)
    path = sandbox.data / "reports" / town.merchant_id / f"rep_{payout}.csv"
    assert path.read_bytes() == sandbox.get(town, f"/reports/rep_{payout}.csv").content
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert [int(row["cents"]) for row in rows] == [item["cents"] for item in told["items"]]
    assert {(row["payout"], row["report"], row["day"]) for row in rows} == {(payout, f"rep_{payout}", DAY)}


@pytest.mark.parametrize(("cents", "code"), [(1301, "more_than_refundable"), (0, "invalid_request")])
def test_no_more_is_taken_back_than_is_left(sandbox: SandboxServer, town: Merchant, cents: int, code: str) -> None:
    payment = sandbox.paid(town, amount_cents=2000)
    path = f"/payments/{payment['payment_id']}"
    sandbox.post(town, f"{path}/refunds", {"amount_cents": 700, "currency": "EUR"}, key="r")
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    refused = sandbox.http.post(f"/admin{path}/chargebacks", json={"amount_cents": cents}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert sandbox.get(town, path).json()["refundable_cents"] == 1300
    sandbox.admin("POST", f"{path}/chargebacks", {})
    after = sandbox.get(town, path).json()
    assert (after["refundable_cents"], after["chargebacks"][0]["amount_cents"]) == (0, 1300)
    again = sandbox.http.post(f"/admin{path}/chargebacks", json={}, headers=headers)
    assert again.json()["code"] == "more_than_refundable"


def test_what_nobody_paid_is_not_taken_back(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town)
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    refused = sandbox.http.post(f"/admin/payments/{payment['payment_id']}/chargebacks", json={}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_captured")


def test_switches_and_reports_survive_a_restart(sandbox: SandboxServer) -> None:
    town = busy(sandbox, pays_out="net")
    close(sandbox, town)
    before = report(sandbox, town)
    sandbox.restart()
    assert report(sandbox, town) == before
    shown = {each["merchant_id"]: each for each in sandbox.admin("GET", "/merchants")["merchants"]}[town.merchant_id]
    assert (shown["pays_out"], shown["tells_details"]) == ("net", True)
