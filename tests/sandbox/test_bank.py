"""The test bank: one collective credit a day, its breakdown, and files that appear whole."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from tests.support.sandbox import ADMIN_TOKEN, Merchant, SandboxServer
from tests.support.shared import shared

DAY = "2100-01-04"
# Our narrow part of the standard always; ISO's own schemas too where they are at hand.
SCHEMAS = [Path(__file__).parent / "profiles"]
SCHEMAS += [folder for folder in [shared("specs", "xsd")] if folder]


class Message:
    """A bank's XML message, asked in short paths."""

    def __init__(self, content: bytes) -> None:
        self.root = etree.fromstring(content)
        self.namespace = etree.QName(self.root).namespace
        for folder in SCHEMAS:
            schema = etree.XMLSchema(etree.parse(folder / f"{str(self.namespace).rpartition(':')[2]}.xsd"))
            schema.assertValid(self.root)

    def all(self, path: str, below: Any = None) -> list[Any]:
        steps = "/".join(f"n:{step}" for step in path.split("/"))
        found = (self.root if below is None else below).xpath(f".//{steps}", namespaces={"n": self.namespace})
        return list(found)

    def texts(self, path: str, below: Any = None) -> list[str]:
        return [node.text for node in self.all(path, below)]


def close(sandbox: SandboxServer, town: Merchant, day: str = DAY) -> dict[str, Any]:
    return dict(sandbox.admin("POST", "/payouts", {"merchant_id": town.merchant_id, "day": day}))


def messages(sandbox: SandboxServer, town: Merchant, closed: dict[str, Any]) -> list[Message]:
    """The messages in the delivered files; the download has the same bytes."""
    read = []
    for name in closed["files"]:
        content = (sandbox.data / "bank" / town.merchant_id / name).read_bytes()
        assert content == sandbox.http.get(f"/bank/{town.merchant_id}/files/{name}").content
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.namelist() == [name.replace(".zip", ".xml")]
            read.append(Message(archive.read(archive.namelist()[0])))
    return read


def test_the_day_of_a_town(sandbox: SandboxServer) -> None:
    town = sandbox.merchant(opening_cents=100_000)
    first = sandbox.paid(town, kassenzeichen="4711.0001", amount_cents=3700)
    second = sandbox.paid(town, kassenzeichen="4711.0002", amount_cents=1250, description="Führungszeugnis & mehr")
    declined = sandbox.paid(town, "do-not-honor", kassenzeichen="4711.0003")
    transfer = {
        "merchant_id": town.merchant_id,
        "amount_cents": 999,
        "debtor_name": "Jörg Groß",
        "debtor_iban": "DE02120300000000202051",
        "remittance": "Hundesteuer 4711.0004 " + "x" * 150,
        "day": DAY,
    }
    sandbox.admin("POST", "/transfers", transfer)
    closed = close(sandbox, town)
    assert closed["payout"]["amount_cents"] == 4950
    assert closed["payout"]["payments"] == 2
    assert closed["files"] == [
        f"{DAY}_C53_{town.iban}_EUR_000001.zip",
        f"{DAY}_C54_{town.iban}_EUR_000010.zip",
    ]
    statement, breakdown = messages(sandbox, town, closed)

    assert statement.texts("Bal/Amt") == ["1000.00", "1059.49"]
    assert statement.texts("Bal/Tp/CdOrPrtry/Cd") == ["OPBD", "CLBD"]
    single, collective = statement.all("Ntry")
    assert statement.texts("Amt", single)[0] == "9.99"
    assert statement.texts("EndToEndId", single) == ["NOTPROVIDED"]
    assert "".join(statement.texts("Ustrd", single)) == transfer["remittance"]
    assert statement.texts("DbtrAcct/Id/IBAN", single) == ["DE02120300000000202051"]
    assert statement.texts("BkTxCd/Prtry/Cd", single)[0] == "166"
    assert statement.texts("Amt", collective)[0] == "49.50"
    assert statement.texts("CdtDbtInd", collective)[0] == "CRDT"
    assert statement.texts("Sts/Cd", collective) == ["BOOK"]
    assert statement.texts("BkTxCd/Prtry/Cd", collective)[0] == "194"
    assert statement.texts("Btch/NbOfTxs", collective) == ["2"]
    assert len(statement.all("TxDtls", collective)) == 1
    assert statement.texts("AddtlInfInd/MsgNmId", collective) == ["camt.054.001.08"]

    assert statement.texts("AddtlInfInd/MsgId", collective) == breakdown.texts("GrpHdr/MsgId")
    assert breakdown.texts("AddtlInfInd/MsgId") == []  # it is the breakdown, and points nowhere
    for same in ("AcctSvcrRef", "BookgDt/Dt", "Acct/Id/IBAN"):
        below = None if same.startswith("Acct/") else collective
        assert breakdown.texts(same) == statement.texts(same, below), same
    assert breakdown.texts("Ntry/Amt") == ["49.50"]
    details = breakdown.all("TxDtls")
    assert breakdown.texts("EndToEndId") == ["4711.0001", "4711.0002"]
    assert breakdown.texts("InstrId") == breakdown.texts("TxId") == [first["payment_id"], second["payment_id"]]
    assert [breakdown.texts("Amt", each) for each in details] == [["37.00"], ["12.50"]]
    assert breakdown.texts("Ustrd")[1] == "4711.0002 Führungszeugnis & mehr"
    assert declined["payment_id"] not in etree.tostring(breakdown.root).decode()


def test_the_card_holders_name_goes_along(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.started(town)
    sandbox.admin("POST", f"/payments/{payment['payment_id']}/act", {"card": "paid", "holder": "Erika <Öz>"})
    _, breakdown = messages(sandbox, town, close(sandbox, town))
    assert breakdown.texts("Dbtr/Pty/Nm") == ["Erika <Öz>"]


def test_nothing_is_paid_out_twice_and_balances_go_on(sandbox: SandboxServer, town: Merchant) -> None:
    sandbox.paid(town, amount_cents=100)
    first = messages(sandbox, town, close(sandbox, town))
    assert close(sandbox, town)["files"] == []
    sandbox.paid(town, amount_cents=250)
    again = messages(sandbox, town, close(sandbox, town))
    later = close(sandbox, town, "2100-01-05")
    assert later == later | {"payout": None, "files": []}
    assert first[0].texts("Bal/Amt") == ["0.00", "1.00"]
    assert again[0].texts("Bal/Amt") == ["1.00", "3.50"]
    assert again[0].texts("ElctrncSeqNb") == ["2"]
    assert len(set(first[1].texts("AcctSvcrRef") + again[1].texts("AcctSvcrRef"))) == 2
    payouts = sandbox.admin("GET", f"/payouts?merchant_id={town.merchant_id}")["payouts"]
    assert [(each["amount_cents"], len(each["payment_ids"])) for each in payouts] == [(100, 1), (250, 1)]


def test_another_towns_money_stays_out(sandbox: SandboxServer, town: Merchant) -> None:
    other = sandbox.merchant()
    sandbox.paid(town, amount_cents=100)
    sandbox.paid(other, amount_cents=200)
    assert close(sandbox, town)["payout"]["amount_cents"] == 100
    assert close(sandbox, other)["payout"]["amount_cents"] == 200


def test_a_payment_of_tomorrow_waits(sandbox: SandboxServer, town: Merchant) -> None:
    sandbox.paid(town)
    assert close(sandbox, town, "2020-01-02")["payout"] is None
    assert close(sandbox, town)["payout"]["payments"] == 1


def test_fees_and_refunds_are_debits_of_their_own(sandbox: SandboxServer) -> None:
    town = sandbox.merchant(fee_cents=35, opening_cents=1000)
    payment = sandbox.paid(town, amount_cents=2000, kassenzeichen="4711.0009")
    sandbox.paid(town, amount_cents=500)
    body = {"amount_cents": 700, "currency": "EUR"}
    refund = sandbox.post(town, f"/payments/{payment['payment_id']}/refunds", body, key="r").json()
    statement, paid, given_back = messages(sandbox, town, close(sandbox, town))
    entries = statement.all("Ntry")
    read = [
        (statement.texts("CdtDbtInd", e)[0], statement.texts("Amt", e)[0], statement.texts("BkTxCd/Prtry/Cd", e)[0])
        for e in entries
    ]
    assert read == [("CRDT", "25.00", "194"), ("DBIT", "7.00", "105"), ("DBIT", "0.70", "805")]
    assert statement.texts("Bal/Amt") == ["10.00", "27.30"]
    assert paid.texts("TxDtls/Amt") == ["20.00", "5.00"]
    assert given_back.texts("TxDtls/Amt") == ["7.00"]
    assert (given_back.texts("InstrId"), given_back.texts("EndToEndId")) == ([refund["refund_id"]], ["4711.0009"])


def test_an_account_below_zero(sandbox: SandboxServer) -> None:
    town = sandbox.merchant()
    payment = sandbox.paid(town, amount_cents=1000)
    sandbox.post(town, f"/payments/{payment['payment_id']}/refunds", {"amount_cents": 1000, "currency": "EUR"}, key="r")
    closed = close(sandbox, town)
    statement = messages(sandbox, town, closed)[0]
    assert statement.texts("Bal/Amt") == ["0.00", "0.00"]


def test_a_closed_day_takes_nothing_more(sandbox: SandboxServer, town: Merchant) -> None:
    sandbox.paid(town)
    close(sandbox, town, DAY)
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    earlier = {"merchant_id": town.merchant_id, "day": "2100-01-03"}
    transfer = earlier | {"amount_cents": 1, "debtor_name": "x", "remittance": "x"}
    for path, body in (("payouts", earlier), ("transfers", transfer)):
        refused = sandbox.http.post(f"/admin/{path}", json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (409, "day_is_closed")


@pytest.mark.parametrize(
    ("field", "value"),
    [("amount_cents", 0), ("debtor_name", ""), ("remittance", "a\x00b"), ("debtor_iban", "DE02120300000000202052")],
)
def test_a_wrong_transfer_moves_nothing(sandbox: SandboxServer, town: Merchant, field: str, value: Any) -> None:
    body = {"merchant_id": town.merchant_id, "amount_cents": 1, "debtor_name": "x", "remittance": "x", field: value}
    refused = sandbox.http.post("/admin/transfers", json=body, headers={"Authorization": f"Bearer {ADMIN_TOKEN}"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert close(sandbox, town)["files"] == []


def test_half_a_file_is_never_seen(sandbox: SandboxServer, town: Merchant) -> None:
    sandbox.paid(town)
    closed = close(sandbox, town)
    folder = sandbox.data / "bank" / town.merchant_id
    assert sorted(path.name for path in folder.iterdir()) == sorted(closed["files"])
    assert closed["paths"] == [str(folder / name) for name in closed["files"]]


def test_a_big_day(sandbox: SandboxServer) -> None:
    """Every cent of a few hundred payments is in the breakdown."""
    town = sandbox.merchant(amount_outcomes=True)
    for number in range(300):
        sandbox.started(town, amount_cents=number * 100 + 11)
    _, breakdown = messages(sandbox, town, close(sandbox, town))
    cents = [int(text.replace(".", "")) for text in breakdown.texts("TxDtls/Amt")]
    assert len(cents) == 300
    assert sum(cents) == int(breakdown.texts("Ntry/Amt")[0].replace(".", "")) == sum(n * 100 + 11 for n in range(300))


def test_the_product_reads_what_the_bank_delivers(sandbox: SandboxServer, town: Merchant) -> None:
    payment = sandbox.paid(town, kassenzeichen="4711.0001", amount_cents=3700)
    transfer = {"merchant_id": town.merchant_id, "amount_cents": 5, "debtor_name": "x", "remittance": "y", "day": DAY}
    sandbox.admin("POST", "/transfers", transfer)
    close(sandbox, town)
    command = [sys.executable, "-m", "zahlstelle.cli", "bank", "inspect", "--json"]
    told = subprocess.run(
        [*command, sandbox.data / "bank" / town.merchant_id],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stderr == ""
    single, collective, broken_up = [json.loads(line) for line in told.stdout.splitlines()]
    assert [each["message"] for each in (single, collective, broken_up)] == ["camt.053", "camt.053", "camt.054"]
    same = ("account_iban", "amount_cents", "side", "booking_date", "value_date", "bank_ref", "btc", "proprietary_code")
    assert {name: collective[name] for name in same} == {name: broken_up[name] for name in same}
    assert (single["amount_cents"], single["proprietary_code"], single["booking_date"]) == (5, "166", DAY)
    assert (collective["amount_cents"], collective["batch_count"]) == (3700, 1)
    detail = broken_up["details"][0]
    assert (detail["end_to_end_id"], detail["instruction_id"]) == ("4711.0001", payment["payment_id"])
