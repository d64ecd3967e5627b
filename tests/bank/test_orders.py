"""A collective entry that points to our own batch is broken up by it, to the cent, whichever comes first."""

import itertools
from pathlib import Path

import pytest
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.book import assert_sound, state
from tests.support.towns import AT, a_claim, found_town, town_file

from zahlstelle import allocation, bank, claims, ledger
from zahlstelle.allocation import Doubt
from zahlstelle.tenancy import Tenant, bank_accounts


def iban(town: Tenant) -> str:
    return bank_accounts(tenant=town)[0].iban


def collection(town: Tenant, numbers: list[str], amount: str = "37.00", account: str = "") -> bytes:
    """A pain.008 with one debit for each Kassenzeichen."""
    debits = "".join(
        f"<DrctDbtTxInf><PmtId><EndToEndId>{number}</EndToEndId></PmtId>"
        f'<InstdAmt Ccy="EUR">{amount}</InstdAmt>'
        f"<DrctDbtTx><MndtRltdInf><MndtId>M{number}</MndtId></MndtRltdInf></DrctDbtTx>"
        f"<Dbtr><Nm>Zahler</Nm></Dbtr><DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct></DrctDbtTxInf>"
        for number in numbers
    )
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.008.001.08"><CstmrDrctDbtInitn>'
        "<GrpHdr><MsgId>OUR-1</MsgId></GrpHdr><PmtInf><PmtInfId>RUN-1</PmtInfId>"
        f"<CdtrAcct><Id><IBAN>{account or iban(town)}</IBAN></Id></CdtrAcct>{debits}</PmtInf>"
        "</CstmrDrctDbtInitn></Document>"
    ).encode()


def rejects(*numbers: str) -> bytes:
    """A pain.002 that rejects some of it."""
    told = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{number}</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
        "<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf></TxInfAndSts>"
        for number in numbers
    )
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        "<GrpHdr><MsgId>BANK-1</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>OUR-1</OrgnlMsgId>"
        "<OrgnlMsgNmId>pain.008.001.08</OrgnlMsgNmId></OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>RUN-1</OrgnlPmtInfId>{told}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    ).encode()


def statement(town: Tenant, amount: str) -> bytes:
    """A camt.053 whose collective credit points to the batch."""
    entry = Ntry(amount, [Tx(amount, end_to_end="", name="", iban="")], "R1", code="192")
    batch = "<Btch><MsgId>OUR-1</MsgId><PmtInfId>RUN-1</PmtInfId></Btch><TxDtls>"
    return Camt(iban(town), [entry]).xml().replace(b"<TxDtls>", batch.encode())


def take(town: Tenant, folder: Path, content: bytes) -> None:
    path = folder / "file.xml"
    path.write_bytes(content)
    if b"camt." in content:
        allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
    else:
        allocation.import_orders(tenant=town, path=path, name=path.name, at=AT, by="test")
    assert_sound(town)


def is_open(town: Tenant, numbers: list[str]) -> list[int]:
    return [claims.claim_by_kassenzeichen(tenant=town, kassenzeichen=number).open.cents for number in numbers]


def waiting(town: Tenant) -> list[tuple[Doubt, int]]:
    return [(item.doubt, item.amount.cents) for item in allocation.suspense(tenant=town)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("net", [True, False])
def test_gross_or_net_in_any_order(net: bool, order: tuple[int, ...], tmp_path: Path, town: Tenant) -> None:
    numbers = [a_claim(town).kassenzeichen for _ in range(3)]
    told = [collection(town, numbers), rejects(numbers[1]), statement(town, "74.00" if net else "111.00")]
    for n in (*order, *order):  # and all of it once more
        take(town, tmp_path, told[n])
    assert is_open(town, numbers) == ([0, 3700, 0] if net else [0, 0, 0])
    assert waiting(town) == []
    assert ledger.balance(tenant=town, account=f"bank:{iban(town)}") == (7400 if net else 11100)


def test_another_sum_is_a_doubt_with_its_difference(tmp_path: Path, town: Tenant) -> None:
    numbers = [a_claim(town).kassenzeichen for _ in range(2)]
    take(town, tmp_path, statement(town, "73.99"))
    assert waiting(town) == [(Doubt.DETAILS_MISSING, 7399)]
    take(town, tmp_path, collection(town, numbers))
    assert (waiting(town), is_open(town, numbers)) == ([(Doubt.DETAILS_DO_NOT_ADD_UP, 7399)], [3700, 3700])
    (entry,) = bank.entries_of_day(tenant=town, day=AT.date())
    assert entry.difference_cents == -1


def test_two_entries_for_one_batch_pay_nobody_twice(tmp_path: Path, town: Tenant) -> None:
    numbers = [a_claim(town).kassenzeichen for _ in range(2)]
    take(town, tmp_path, collection(town, numbers))
    take(town, tmp_path, statement(town, "74.00"))
    second = statement(town, "74.00").replace(b">R1<", b">R2<").replace(b">S1<", b">S2<").replace(b">M1<", b">M2<")
    take(town, tmp_path, second)
    assert (is_open(town, numbers), waiting(town)) == ([0, 0], [(Doubt.DETAILS_MISSING, 7400)])


@pytest.mark.parametrize("pointer", [b"<MsgId>OUR-1</MsgId><PmtInfId>RUN-1</PmtInfId>", b"<MsgId>OUR-1</MsgId>"])
def test_two_entries_that_waited_for_one_batch_pay_nobody_twice(pointer: bytes, tmp_path: Path, town: Tenant) -> None:
    numbers = [a_claim(town).kassenzeichen for _ in range(2)]
    take(town, tmp_path, statement(town, "74.00"))
    second = statement(town, "74.00").replace(b">R1<", b">R2<").replace(b">S1<", b">S2<").replace(b">M1<", b">M2<")
    take(town, tmp_path, second.replace(b"<MsgId>OUR-1</MsgId><PmtInfId>RUN-1</PmtInfId>", pointer))
    take(town, tmp_path, collection(town, numbers))
    assert (is_open(town, numbers), waiting(town)) == ([0, 0], [(Doubt.DETAILS_MISSING, 7400)])


def test_orders_that_differ_from_what_was_settled_by_hand_let_nothing_wait_again(tmp_path: Path, town: Tenant) -> None:
    claim, numbers = a_claim(town, "73.99"), [a_claim(town).kassenzeichen for _ in range(2)]
    take(town, tmp_path, statement(town, "73.99"))
    (item,) = allocation.suspense(tenant=town)
    allocation.settle(tenant=town, detail=item.detail, shares=[(claim.id, 7399)], by="a-person", at=AT)
    take(town, tmp_path, collection(town, numbers))
    assert (is_open(town, numbers), waiting(town)) == ([3700, 3700], [])


@pytest.mark.parametrize("name", [b"<OrgnlEndToEndId>NOTPROVIDED</OrgnlEndToEndId>", b""])
def test_a_reject_that_names_no_transaction_rejects_not_all_of_them(name: bytes, tmp_path: Path, town: Tenant) -> None:
    numbers = [a_claim(town).kassenzeichen for _ in range(2)]
    told = collection(town, numbers).replace(numbers[0].encode(), b"NOTPROVIDED", 1)
    take(town, tmp_path, told)
    nameless = rejects("x").replace(b"<OrgnlEndToEndId>x</OrgnlEndToEndId>", name)
    path = tmp_path / "nameless.xml"
    path.write_bytes(nameless)
    result = allocation.import_orders(tenant=town, path=path, name=path.name, at=AT, by="test")
    assert (result.rejects, result.orders) == (0, 0)


def test_other_orders_under_the_same_name_are_refused(tmp_path: Path, town: Tenant) -> None:
    numbers = [a_claim(town).kassenzeichen for _ in range(2)]
    take(town, tmp_path, collection(town, numbers))
    before = state(town)
    with pytest.raises(bank.OrdersDiffer):
        take(town, tmp_path, collection(town, numbers, amount="38.00"))
    with pytest.raises(bank.OrdersForeign):
        take(town, tmp_path, collection(town, numbers, account=town_file()["bank_accounts"][0]["iban"]))
    assert state(town) == before


def test_the_neighbours_orders_explain_nothing(tmp_path: Path, town: Tenant) -> None:
    neighbour = found_town()
    take(neighbour, tmp_path, collection(neighbour, [a_claim(neighbour).kassenzeichen]))
    take(town, tmp_path, statement(town, "37.00"))
    assert waiting(town) == [(Doubt.DETAILS_MISSING, 3700)]
