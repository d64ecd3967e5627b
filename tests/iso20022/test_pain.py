"""Our own orders (pain.008, pain.001) and what the bank says to them (pain.002), read back."""

import io
import os
import random
from collections import Counter
from datetime import UTC, date, datetime

import pytest

from tests.iso20022.mutations import mutated
from tests.iso20022.support import shared
from zahlstelle import iso20022


def _document(message: str, body: str) -> bytes:
    namespace = f"urn:iso:std:iso:20022:tech:xsd:{message}"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{namespace}">{body}</Document>'.encode()


def _collection(*orders: str, count: object = 2, sum_: str = "42.50", version: str = "001.08") -> bytes:
    bic = "BIC" if version < "001.04" else "BICFI"
    return _document(
        f"pain.008.{version}",
        f"""<CstmrDrctDbtInitn>
<GrpHdr><MsgId>M-1</MsgId><CreDtTm>2026-11-02T08:00:00Z</CreDtTm><NbOfTxs>{count}</NbOfTxs><CtrlSum>{sum_}</CtrlSum>
<InitgPty><Nm>Stadt Musterstadt</Nm></InitgPty></GrpHdr>
<PmtInf><PmtInfId>P-1</PmtInfId><PmtMtd>DD</PmtMtd><BtchBookg>true</BtchBookg><NbOfTxs>{count}</NbOfTxs>
<CtrlSum>{sum_}</CtrlSum><PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl><LclInstrm><Cd>CORE</Cd></LclInstrm>
<SeqTp>RCUR</SeqTp></PmtTpInf><ReqdColltnDt>2026-11-05</ReqdColltnDt><Cdtr><Nm>Stadtkasse</Nm></Cdtr>
<CdtrAcct><Id><IBAN>DE87123456781234567890</IBAN></Id></CdtrAcct>
<CdtrAgt><FinInstnId><{bic}>MARKDEF1100</{bic}></FinInstnId></CdtrAgt>
<CdtrSchmeId><Id><PrvtId><Othr><Id>DE98ZZZ09999999999</Id></Othr></PrvtId></Id></CdtrSchmeId>
{"".join(orders)}
</PmtInf></CstmrDrctDbtInitn>""",
    )


def _debit(end_to_end_id: str, amount: str) -> str:
    return f"""<DrctDbtTxInf><PmtId><InstrId>I-{end_to_end_id}</InstrId><EndToEndId>{end_to_end_id}</EndToEndId></PmtId>
<InstdAmt Ccy="EUR">{amount}</InstdAmt><DrctDbtTx><MndtRltdInf><MndtId>MND-7</MndtId>
<DtOfSgntr>2024-01-31</DtOfSgntr></MndtRltdInf></DrctDbtTx><DbtrAgt><FinInstnId><BICFI>BYLADEM1001</BICFI></FinInstnId></DbtrAgt>
<Dbtr><Nm>Jürgen Größe</Nm></Dbtr><DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct>
<RmtInf><Ustrd>Hundesteuer 2026</Ustrd></RmtInf></DrctDbtTxInf>"""


def _orders(data: bytes) -> list[iso20022.Order]:
    return list(iso20022.read_orders(io.BytesIO(data), "own.xml"))


def _no(data: bytes) -> iso20022.Unreadable:
    with pytest.raises(iso20022.Unreadable) as no:
        _orders(data)
    return no.value


BOTH_DEBITS = (_debit("471101", "40.00"), _debit("471102", "2.50"))


@pytest.mark.parametrize("version", ["001.02", "001.08", "003.02", "001.11"])
def test_a_collection_read_back(version: str) -> None:
    first, second = _orders(_collection(*BOTH_DEBITS, version=version))
    assert (first.end_to_end_id, first.amount_cents, first.currency) == ("471101", 4000, "EUR")
    assert (second.number, second.amount_cents, second.instruction_id) == (2, 250, "I-471102")
    assert (first.mandate_id, first.mandate_signed_on) == ("MND-7", date(2024, 1, 31))
    assert (first.debtor_name, first.debtor_iban) == ("Jürgen Größe", "DE02120300000000202051")
    assert (first.creditor_name, first.creditor_iban, first.creditor_bic) == (
        "Stadtkasse", "DE87123456781234567890", "MARKDEF1100",
    )  # fmt: skip
    assert (first.creditor_id, first.sequence_type, first.local_instrument) == ("DE98ZZZ09999999999", "RCUR", "CORE")
    assert first.remittance == ("Hundesteuer 2026",)
    batch, message = first.batch, first.batch.message
    assert batch is second.batch
    assert (batch.payment_id, batch.batch_booking, batch.due_on) == ("P-1", True, date(2026, 11, 5))
    assert (batch.order_count, batch.control_cents) == (2, 4250)
    assert (message.message, message.version, message.kind) == ("pain.008", version, "collection")
    assert (message.message_id, message.created_at) == ("M-1", datetime(2026, 11, 2, 8, tzinfo=UTC))
    assert (message.order_count, message.control_cents) == (2, 4250)


@pytest.mark.parametrize(("version", "due"), [("001.03", "2026-11-05"), ("001.09", "<Dt>2026-11-05</Dt>")])
def test_a_transfer_read_back(version: str, due: str) -> None:
    (one,) = _orders(_document(
        f"pain.001.{version}",
        f"""<CstmrCdtTrfInitn><GrpHdr><MsgId>M-2</MsgId><NbOfTxs>1</NbOfTxs></GrpHdr><PmtInf><PmtInfId>P-2</PmtInfId>
<ReqdExctnDt>{due}</ReqdExctnDt><Dbtr><Nm>Stadtkasse</Nm></Dbtr>
<DbtrAcct><Id><IBAN>DE87123456781234567890</IBAN></Id></DbtrAcct>
<CdtTrfTxInf><PmtId><EndToEndId>ERST-9</EndToEndId><UETR>4f8c2e0a-9a53-4f0c-8b1d-2f3f5f1d7a11</UETR></PmtId>
<Amt><InstdAmt Ccy="EUR">12.30</InstdAmt></Amt><Cdtr><Nm>Eva Muster</Nm></Cdtr>
<CdtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></CdtrAcct>
<RmtInf><Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>RF18539007547034</Ref></CdtrRefInf></Strd>
</RmtInf></CdtTrfTxInf></PmtInf></CstmrCdtTrfInitn>""",
    ))  # fmt: skip
    assert (one.batch.message.kind, one.batch.due_on, one.amount_cents) == ("transfer", date(2026, 11, 5), 1230)
    assert (one.debtor_name, one.debtor_iban) == ("Stadtkasse", "DE87123456781234567890")
    assert (one.creditor_name, one.creditor_iban) == ("Eva Muster", "DE02120300000000202051")
    assert (one.reference, one.reference_type) == ("RF18539007547034", "SCOR")
    assert (one.uetr, one.mandate_id, one.remittance) == ("4f8c2e0a-9a53-4f0c-8b1d-2f3f5f1d7a11", None, ())


def test_orders_that_do_not_come_to_what_is_said_are_refused() -> None:
    assert _no(_collection(*BOTH_DEBITS, sum_="42.51")).code == "control_sum_differs"
    no = _no(_collection(*BOTH_DEBITS, count=3))
    assert (no.code, no.line, no.element) == ("control_sum_differs", 5, "PmtInf")
    assert _no(_collection(*BOTH_DEBITS, count="two")).element == "GrpHdr/NbOfTxs"


def test_an_order_without_a_readable_amount_is_a_place() -> None:
    no = _no(_collection(_debit("471101", "40,00"), count=1))
    assert (no.code, no.line, no.element) == ("amount_unreadable", 12, "DrctDbtTxInf/InstdAmt")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (_collection(*BOTH_DEBITS)[:-200], "truncated"),
        (_document("camt.053.001.08", "<BkToCstmrStmt/>"), "not_pain"),
        (_collection(*BOTH_DEBITS).replace(b"<Document", b"<!DOCTYPE x []><Document"), "doctype_refused"),
        (_collection(*BOTH_DEBITS).replace(b"M-1", b"&x;"), "entity_refused"),
        (_collection(*BOTH_DEBITS).replace(b"M-1", b"<a>" * 100 + b"</a>" * 100), "too_deep"),
        (_collection(*BOTH_DEBITS).replace(b"M-1", b"<a/>" * 100_000), "too_large"),
        (_collection(*BOTH_DEBITS).replace(b"M-1", b"M" * 3_000_000), "too_large"),
        (_collection(*BOTH_DEBITS).replace(b"</MsgId>", b"</MsgID>"), "not_xml"),
    ],
)
def test_what_cannot_be_read_is_refused(data: bytes, code: str) -> None:
    assert _no(data).code == code
    with pytest.raises(iso20022.Unreadable) as no:
        list(iso20022.read_status_report(io.BytesIO(data), "s.xml"))
    assert no.value.code in (code, "not_pain")


REPORT = _document(
    "pain.002.001.10",
    """<CstmrPmtStsRpt><GrpHdr><MsgId>BANK-1</MsgId><CreDtTm>2026-11-03T09:00:00+01:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>M-1</OrgnlMsgId><OrgnlMsgNmId>pain.008.001.08</OrgnlMsgNmId><OrgnlNbOfTxs>3</OrgnlNbOfTxs>
<OrgnlCtrlSum>50.00</OrgnlCtrlSum><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>P-1</OrgnlPmtInfId><PmtInfSts>PART</PmtInfSts>
<TxInfAndSts><StsId>S-1</StsId><OrgnlInstrId>I-471101</OrgnlInstrId><OrgnlEndToEndId>471101</OrgnlEndToEndId><TxSts>RJCT</TxSts>
<StsRsnInf><Orgtr><Id><OrgId><AnyBIC>MARKDEF1100</AnyBIC></OrgId></Id></Orgtr><Rsn><Cd>AC04</Cd></Rsn>
<AddtlInf>Konto</AddtlInf><AddtlInf>erloschen</AddtlInf></StsRsnInf>
<OrgnlTxRef><Amt><InstdAmt Ccy="EUR">40.00</InstdAmt></Amt><MndtRltdInf><MndtId>MND-7</MndtId></MndtRltdInf>
<Dbtr><Pty><Nm>Eva</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct></OrgnlTxRef></TxInfAndSts>
<TxInfAndSts><OrgnlEndToEndId>471102</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Prtry>X9</Prtry></Rsn></StsRsnInf>
</TxInfAndSts></OrgnlPmtInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>P-2</OrgnlPmtInfId><OrgnlNbOfTxs>1</OrgnlNbOfTxs><OrgnlCtrlSum>7.50</OrgnlCtrlSum>
<PmtInfSts>RJCT</PmtInfSts><StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf></OrgnlPmtInfAndSts></CstmrPmtStsRpt>""",
)


def _statuses(data: bytes) -> list[iso20022.Status]:
    return list(iso20022.read_status_report(io.BytesIO(data), "status.xml"))


def test_a_status_report_by_group_batch_and_transaction() -> None:
    told = _statuses(REPORT)
    assert [(one.level, one.status, one.original_payment_id, one.end_to_end_id) for one in told] == [
        ("group", "PART", None, None),
        ("batch", "PART", "P-1", None),
        ("transaction", "RJCT", "P-1", "471101"),
        ("transaction", "RJCT", "P-1", "471102"),
        ("batch", "RJCT", "P-2", None),
    ]
    assert {(one.original_message_id, one.original_message) for one in told} == {("M-1", "pain.008.001.08")}
    group, _, first, second, last = told
    assert (group.original_count, group.original_cents, group.rejected) == (3, 5000, False)
    assert (last.original_count, last.original_cents, last.rejected) == (1, 750, True)
    assert first.reasons == (iso20022.StatusReason("AC04", None, ("Konto", "erloschen")),)
    assert (first.amount_cents, first.currency, first.mandate_id) == (4000, "EUR", "MND-7")
    assert (first.debtor_name, first.debtor_iban) == ("Eva", "DE02120300000000202051")
    assert (second.reasons[0].proprietary, second.amount_cents) == ("X9", None)
    assert (first.report.message_id, first.report.version) == ("BANK-1", "001.10")
    assert first.report.created_at == datetime(2026, 11, 3, 8, tzinfo=UTC)


def test_a_whole_message_rejected() -> None:
    head = REPORT[: REPORT.index(b"<OrgnlPmtInfAndSts>")].replace(b"PART", b"RJCT")
    (told,) = _statuses(head + b"</CstmrPmtStsRpt></Document>")
    assert (told.level, told.rejected, told.original_message_id) == ("group", True, "M-1")


def test_the_second_version_names_the_batch_with_the_transaction() -> None:
    (_, told) = _statuses(_document(
        "pain.002.001.02",
        "<pain.002.001.02><GrpHdr><MsgId>B</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>M</OrgnlMsgId>"
        "<GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><TxInfAndSts><OrgnlPmtInfId>P</OrgnlPmtInfId>"
        "<OrgnlEndToEndId>E</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><StsRsn><Cd>AC01</Cd></StsRsn>"
        "<AddtlStsRsnInf>falsch</AddtlStsRsnInf></StsRsnInf></TxInfAndSts></pain.002.001.02>",
    ))  # fmt: skip
    assert (told.level, told.original_payment_id, told.end_to_end_id, told.rejected) == ("transaction", "P", "E", True)
    assert told.reasons == (iso20022.StatusReason("AC01", None, ("falsch",)),)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (REPORT, "pain.002"),
        (_collection(*BOTH_DEBITS), "pain.008"),
        (_document("camt.054.001.08", "").decode().encode("utf-16"), "camt.054"),
        (b"<x:Document xmlns:x='http://bank/de/pain.002.001.03.ch.02.xsd'>", "pain.002"),
        (b"<Document><CstmrDrctDbtInitn>", "pain.008"),
        (b"<n:Document xmlns:n='urn:own'><n:BkToCstmrStmtV01>", "camt.053"),
        (b"<n:Document xmlns:n='urn:own'><n:BkToCstmrStmt>", "camt.053"),
        (b"<Document/>", None),
        (b"", None),
    ],
)
def test_what_a_file_says_it_is(data: bytes, expected: str | None) -> None:
    told, again = iso20022.message_of(io.BytesIO(data))
    assert told == expected
    assert b"".join(iter(lambda: again.read(7), b"")) == data
    assert iso20022.message_of(io.BytesIO(data * 300))[1].read() == data * 300


def test_real_files_of_others() -> None:
    samples = shared("samples", "camt")
    if samples is None:
        print("WARNING: no shared bank file samples on this machine: set ZAHLSTELLE_SHARED to test against them")
        return
    told: Counter[str] = Counter()
    for path in sorted(samples.rglob("pain.008*.xml")):
        data = path.read_bytes()
        try:
            told["orders"] += len(_orders(data))
        except iso20022.Unreadable as no:
            told[no.code] += 1
    assert told == {"orders": 2, "control_sum_differs": 1}
    report = next(samples.rglob("valid_pain_v11.xml"))
    assert {one.level for one in _statuses(report.read_bytes())} >= {"group"}


def test_broken_orders_and_answers_have_an_answer_too() -> None:
    chance = random.Random(11)
    told: Counter[str] = Counter()
    for _ in range(10_000 if os.environ.get("PROVE") else 300):
        read, data = chance.choice(
            ((iso20022.read_orders, _collection(*BOTH_DEBITS)), (iso20022.read_status_report, REPORT))
        )
        try:
            told["read"] += bool(list(read(io.BytesIO(mutated(data, chance)), "m.xml")))
        except iso20022.Unreadable as no:
            assert no.code in set(iso20022.Reason)
            told[no.code] += 1
    assert {"read", "not_xml", "truncated"} <= set(told)
