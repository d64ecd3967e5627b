"""The tables of business cases: returns are never missed, other countries' numbers never taken for a GVC."""

import re

import pytest

from zahlstelle.iso20022 import Case, case, gvc, is_return
from zahlstelle.iso20022 import _codes as tables


@pytest.mark.parametrize(
    ("btc", "code", "issuer", "expected"),
    [
        ("PMNT/RCDT/ESCT", None, None, Case.TRANSFER),
        ("PMNT/RRCT/ESCT", None, None, Case.INSTANT),
        ("PMNT/IDDT/UPDD", None, None, Case.DEBIT_RETURN),
        ("PMNT/RCDT/RRTN", None, None, Case.TRANSFER_RETURN),
        ("PMNT/ICDT/RRTN", None, None, Case.TRANSFER_RETURN),
        ("PMNT/MCRD/POSP", None, None, Case.CARD),
        ("ACMT/MDOP/CHRG", None, None, Case.FEES),
        (None, "166", "DK", Case.TRANSFER),
        (None, "NTRF+166+00931", "ZKA", Case.TRANSFER),
        (None, "NRTI+109++901", None, Case.DEBIT_RETURN),
        (None, "NRTI+159+9310", "DK", Case.TRANSFER_RETURN),
        (None, "194", "DK", Case.COLLECTIVE),
        ("PMNT/RCDT/ESCT", "194", "DK", Case.TRANSFER),
        ("PMNT/RCDT/OTHR", "194", "DK", Case.COLLECTIVE),
        ("PMNT/RDDT/OTHR", "109", "DK", Case.DEBIT_RETURN),
        ("PNMT/RCDT/ESCT", None, None, Case.TRANSFER),
        ("PMNT/RCDT/ESCT", "109", "INGBNL2A", Case.TRANSFER),
        (None, "109", "INGBNL2A", None),
        (None, "999", "DK", None),
        (None, "N109NONREF", None, None),
        ("XTND/NTAV/NTAV", None, None, None),
        ("PMNT", None, None, None),
        (None, None, None, None),
    ],
)
def test_which_case_the_codes_name(
    btc: str | None, code: str | None, issuer: str | None, expected: Case | None
) -> None:
    assert case(btc, code, issuer) is expected
    assert is_return((btc or "").rpartition("/")[2], code, issuer) is (expected in tables.RETURNS)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("166", "166"), ("NTRF+166+00931+997", "166"), ("166+NTRF", "166"), ("NTRF", None), ("+", None), ("", None),
     ("1660", None), ("１６６", None), (None, None)],
)  # fmt: skip
def test_where_the_geschaeftsvorfallcode_stands(code: str | None, expected: str | None) -> None:
    assert gvc(code) == expected


def test_every_row_of_the_tables_can_be_met() -> None:
    assert all(re.fullmatch("[0-9]{3}", one) for one in tables.GVC)
    assert all(re.fullmatch("[A-Z]{4}", part) for pair in tables.SUB_FAMILIES for part in pair)
    for family, sub_family in tables.SUB_FAMILIES:
        assert sub_family not in tables.RETURN_SUB_FAMILIES
        assert case(f"PMNT/{family}/{sub_family}", None) is tables.SUB_FAMILIES[family, sub_family]
    met = {*tables.GVC.values(), *tables.SUB_FAMILIES.values(), *tables.FAMILIES.values()}
    assert met == set(Case)
