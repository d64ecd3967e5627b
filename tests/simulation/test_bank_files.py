"""The bank's files are what German banks deliver: sound, chained, in several dialects, and partly twice."""

import re
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest
from tests.support.camt_files import Document, cents, found, schema, text
from tests.support.simulated import Month, month_of

from zahlstelle.simulation import Bank, Simulation, Town


def test_every_document_is_valid_against_its_schema(month: Month) -> None:
    assert len(month.documents) > 60
    for document in month.documents:
        schema(document.name).assertValid(document.root)


def test_all_families_come_in_both_versions(month: Month) -> None:
    names = {document.name for document in month.documents}
    assert names == {f"camt.{family}.001.{version}" for family in ("052", "053", "054") for version in ("02", "08")}


def test_file_names_say_day_order_account_currency_and_number(month: Month) -> None:
    shape = re.compile(r"2026-1[01]-\d\d_C5[234N]_" + month.summary["account_iban"] + r"_EUR_\d{6}\.(zip|xml)")
    names = [path.name for path in (month.folder / "bank").iterdir()]
    assert all(shape.fullmatch(name) for name in names)
    assert {name.rsplit(".")[-1] for name in names} == {"zip", "xml"}
    assert len(names) == month.summary["files"]


def test_a_container_may_hold_several_documents(month: Month) -> None:
    assert max(Counter(document.file for document in month.documents).values()) > 1


def statements(month: Month) -> dict[str, Document]:
    """Give each day's statement once, by its booking day, as first delivered."""
    first: dict[str, Document] = {}
    for document in month.documents:
        if document.order == "C53":
            first.setdefault(text(document.root, "//Stmt/Bal[2]/Dt/Dt") or "", document)
    return first


def test_one_statement_for_every_banking_day_and_none_for_weekends(month: Month) -> None:
    days = [date.fromisoformat(day) for day in statements(month)]
    october = [date(2026, 10, day) for day in range(1, 31)]
    assert sorted(days) == [day for day in october if day.weekday() < 5]


def test_balances_chain_from_the_first_day_to_the_last(month: Month) -> None:
    before = month.summary["opening_balance_cents"]
    for _, document in sorted(statements(month).items()):
        opening, closing = found(document.root, "//Stmt/Bal")
        assert text(opening, "Tp/CdOrPrtry/Cd") == ("PRCD" if document.name.endswith("02") else "OPBD")
        assert text(closing, "Tp/CdOrPrtry/Cd") == "CLBD"
        assert cents(opening, "Amt") == before
        moved = sum(
            cents(entry, "Amt") * (1 if text(entry, "CdtDbtInd") == "CRDT" else -1) for entry in document.all("//Ntry")
        )
        assert cents(closing, "Amt") == before + moved
        before = cents(closing, "Amt")
    assert before == month.summary["closing_balance_cents"]


def test_details_add_up_to_their_entry_to_the_cent(month: Month) -> None:
    checked = 0
    for document in month.documents:
        for entry in document.all("//Ntry"):
            amounts = found(entry, "NtryDtls/TxDtls/AmtDtls/TxAmt/Amt")
            if amounts:
                assert sum(cents(amount, ".") for amount in amounts) == cents(entry, "Amt")
                checked += 1
            batch = found(entry, "NtryDtls/Btch/NbOfTxs")
            if batch and amounts:
                assert int(batch[0].text or "") == len(amounts)
                assert cents(entry, "NtryDtls/Btch/TtlAmt") == cents(entry, "Amt")
    assert checked > 500


def test_in_version_08_a_detail_says_its_amount_itself(month: Month) -> None:
    new = [document for document in month.documents if document.name.endswith("08")]
    details = [detail for document in new for detail in document.all("//TxDtls[AmtDtls]")]
    assert details
    for detail in details:
        assert cents(detail, "Amt") == cents(detail, "AmtDtls/TxAmt/Amt")


def test_an_unresolved_collective_credit_points_to_one_notification_of_the_same_sum(month: Month) -> None:
    notices = {text(doc.root, "//GrpHdr/MsgId"): doc for doc in month.documents if doc.order == "C54"}
    pointers = 0
    for document in month.documents:
        for entry in document.all("//Ntry[AddtlInfInd]"):
            notice = notices[text(entry, "AddtlInfInd/MsgId")]
            assert cents(entry, "Amt") == cents(notice.root, "//Ntry/Amt")
            assert text(entry, "AcctSvcrRef") == text(notice.root, "//Ntry/AcctSvcrRef")
            assert text(entry, "AddtlInfInd/MsgNmId") == notice.name
            pointers += 1
    assert pointers > 20


def test_collective_credits_come_in_both_shapes(month: Month) -> None:
    resolved = [doc for doc in month.documents if doc.order == "C53" and doc.all("//Ntry[NtryDtls/TxDtls[2]]")]
    pointing = [doc for doc in month.documents if doc.order == "C53" and doc.all("//Ntry[AddtlInfInd]")]
    assert resolved and pointing


def test_details_come_before_with_and_days_after_their_statement(month: Month) -> None:
    booked: dict[str, str] = {}
    for document in month.documents:
        if document.order == "C53":
            for entry in document.all("//Ntry"):
                booked.setdefault(text(entry, "AcctSvcrRef") or "", document.file)
    order = Counter()
    seen: set[str | None] = set()
    for document in month.documents:
        reference = text(document.root, "//Ntry/AcctSvcrRef") if document.order == "C54" else None
        if reference and reference not in seen:
            seen.add(reference)
            statement = booked[reference]
            order[(document.file > statement) - (document.file[:10] < statement[:10])] += 1
            order["days after"] += document.file[:10] > statement[:10]
    assert order[-1] and order[1] and order["days after"]


def test_the_same_money_is_seen_again(month: Month) -> None:
    sightings: dict[str, list[Document]] = defaultdict(list)
    for document in month.documents:
        for entry in document.all("//Ntry[AcctSvcrRef]"):
            sightings[text(entry, "AcctSvcrRef") or ""].append(document)
    assert any(len({doc.order for doc in docs} & {"C52", "C53"}) == 2 for docs in sightings.values())
    resent = [docs for docs in sightings.values() if Counter(doc.order for doc in docs)["C53"] > 1]
    assert resent
    assert any(doc.all("//CpyDplctInd") for docs in sightings.values() for doc in docs)


def test_an_instant_advice_repeats_a_credit_of_the_statement(month: Month) -> None:
    booked = Counter(
        text(detail, "Refs/TxId")
        for document in statements(month).values()
        for detail in document.all("//TxDtls[Refs/TxId]")
    )
    advices = [document for document in month.documents if document.order == "C5N"]
    assert advices
    for advice in advices:
        assert booked[text(advice.root, "//TxDtls/Refs/TxId")] == 1
        assert not advice.all("//Ntry/AcctSvcrRef") and not advice.all("//Ntry/BookgDt")


def test_a_return_names_the_original_amount_the_charge_and_the_payer(month: Month) -> None:
    returns = [
        detail
        for document in statements(month).values()
        for entry in document.all("//Ntry[CdtDbtInd]")
        if text(entry, "CdtDbtInd") == "DBIT"
        for detail in found(entry, "NtryDtls/TxDtls[RtrInf]")
    ]
    assert returns
    for detail in returns:
        charges = found(detail, "Chrgs//Amt")
        charged = cents(charges[0], ".") if charges else 0
        assert cents(detail, "AmtDtls/TxAmt/Amt") == cents(detail, "AmtDtls/InstdAmt/Amt") + charged
        assert text(detail, "RltdPties/CdtrAcct/Id/IBAN") == month.summary["account_iban"]


def test_names_come_with_and_without_umlauts(month: Month) -> None:
    names = {node.text or "" for document in month.documents for node in document.all("//Dbtr//Nm")}
    assert any("ü" in name for name in names)
    assert any(name.split()[-1] in ("Mueller", "Krueger") for name in names)


@pytest.fixture(scope="module", params=[bank for bank in Bank if bank is not Bank.PLAIN])
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Month:
    what = Simulation(seed=3, claims=400, days=15, town=Town(bank=request.param))
    return month_of(tmp_path_factory.mktemp("other"), what)


def test_another_way_of_writing_is_valid_and_means_the_same(other: Month, tmp_path: Path) -> None:
    for document in other.documents:
        schema(document.name).assertValid(document.root)
    plain = month_of(tmp_path, Simulation(seed=3, claims=400, days=15))
    assert other.rows("truth") == plain.rows("truth")


def test_each_way_of_writing_shows(other: Month) -> None:
    new = [document for document in other.documents if document.name.endswith("08")]
    match other.summary["bank"]:
        case "sparkasse":
            ids: dict[str, set[str]] = defaultdict(set)
            for document in other.documents:
                for detail in document.all("//TxDtls[Refs/TxId]"):
                    assert text(detail, "Refs/Prtry/Tp") == "FI-UMSATZ-ID"
                    ids[text(detail, "Refs/TxId") or ""].add(text(detail, "Refs/Prtry/Ref") or "")
            assert ids and all(len(said) == 1 for said in ids.values()), "one id in every message"
        case "landesbank":
            assert all(not code for document in new for code in found(document.root, "//Ntry/BkTxCd/Prtry"))
            assert all(document.all("//TxDtls[AmtDtls/InstdAmt]") for document in new if document.order == "C53")
        case "geno":
            lines = [line.text or "" for document in new for line in document.all("//Ustrd")]
            assert max(map(len, lines)) == 35
            assert not [1 for document in new for _ in document.all("//TxDtls[Refs]/BkTxCd/Domn")]
        case bank:
            pytest.fail(f"{bank} has no test")
