"""Days at the treasury: what comes back, and which claims it opens again. Told as stories."""

from pathlib import Path

import pytest
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.ledger_story import tell, with_policy
from tests.support.towns import AT

from zahlstelle import allocation
from zahlstelle.tenancy import bank_accounts


def test_a_return_opens_its_claim_with_the_original_amount_and_the_fee_is_the_banks() -> None:
    tell("""
        claim   A         50.00
        credit  d1        50.00  Lastschrift A  e2e A  mandate M1  code 171
        open    A          0.00
        debit   r1        53.00  A  e2e A  mandate M1  reason MS03  original 50.00  charges 3.00  code 109
        open    A         50.00
        waits   r1       nothing
        account fees       3.00
        account suspense   0.00
        credit  c2        50.00  A
        open    A          0.00
        refused share_too_large: back r1 doch nicht
        back    c2       Storno
        back    r1       doch nicht
        open    A          0.00
        account fees       0.00
    """)


@pytest.mark.parametrize(
    "money",
    [
        "53.00  A  e2e A  reason MS03  original 50.00",  # three euro that nobody explains
        "53.00  A  e2e A  reason MS03  original 50.00  charges 2.99",
        "49.00  A  e2e A  reason MS03",
        "50.00  etwas  reason MS03",
        "50.00  B  e2e B  reason MS03",  # nothing was paid of it
        "50.00  A  e2e X-17  mandate M2  reason MS03",  # another mandate
    ],
)
def test_a_return_in_any_doubt_waits(money: str) -> None:
    tell(f"""
        claim   A         50.00
        claim   B         50.00
        credit  d1        50.00  Lastschrift A  e2e A  mandate M1
        debit   r1        {money}
        waits   r1        {money.split()[0]}  returned
        open    A          0.00
        open    B         50.00
    """)


@pytest.mark.parametrize("double", ["suspend", "to_overpaid"])
def test_a_claim_is_paid_anew_in_the_file_that_gives_its_payment_back(double: str, tmp_path: Path) -> None:
    teller = tell("""
        claim   A         50.00
        credit  c1        50.00  A
    """, **with_policy(double_payment=double))  # fmt: skip
    number = teller.claims["A"].kassenzeichen
    back = Ntry("50.00", [Tx("50.00", number, side="DBIT", reason="MS03")], "X1", "2026-10-06", side="DBIT")
    anew = Ntry("50.00", [Tx("50.00", number)], "X2", "2026-10-06")
    path = Camt(bank_accounts(tenant=teller.town)[0].iban, [back, anew], statement_id="S6").write(tmp_path)
    result = allocation.import_bank_file(tenant=teller.town, path=path, name=path.name, at=AT)
    assert (result.allocated, result.suspended) == (2, 0)
    teller.tell("""
        open    A          0.00
        account overpaid   0.00
        account suspense   0.00
    """)


def test_the_same_payment_is_not_given_back_twice() -> None:
    tell("""
        claim   A         50.00
        credit  d1        50.00  A  e2e A
        debit   r1        50.00  A  e2e A  reason AC04
        debit   r2        50.00  A  e2e A  reason AC04
        waits   r1       nothing
        waits   r2        50.00  returned
        open    A         50.00
        refused share_too_large: settle r2 A 50.00
    """)


def test_a_second_return_of_the_same_collection_does_not_take_what_was_paid_since() -> None:
    tell("""
        claim   A         50.00
        credit  d1        50.00  A  e2e A  mandate M1
        debit   r1        50.00  A  e2e A  mandate M1  reason AC04
        open    A         50.00
        credit  c1        50.00  A
        debit   r2        50.00  A  e2e A  mandate M1  reason AC04
        waits   r2        50.00  returned
        open    A          0.00
    """)


def test_two_equal_payments_of_one_claim_are_a_doubt() -> None:
    """A claim of 100 paid in two halves; one half comes back, and which it was makes no difference to a person."""
    tell(
        """
        claim   A        100.00
        credit  d1        50.00  A
        credit  d2        50.00  A
        debit   r1        50.00  A  reason MS03
        waits   r1        50.00  returned
        settle  r1       A 50.00
        open    A         50.00
        """,
        **with_policy(part_payment="accept"),
    )


def test_a_return_is_settled_by_hand_with_the_fee_apart() -> None:
    tell("""
        claim   A         50.00
        credit  d1        50.00  A
        debit   r1        53.00  etwas  reason MS03
        waits   r1        53.00  returned
        refused shares_differ: settle r1 A 50.00 rest overpaid
        settle  r1       A 50.00 rest fees
        open    A         50.00
        account fees       3.00
    """)


def test_a_return_gives_back_the_lines_it_paid() -> None:
    teller = tell(
        """
        claim   A        115.00  lines principal:100.00,interest:5.00,costs:10.00
        credit  d1        50.00  A
        debit   r1        50.00  A  reason MS03
        open    A        115.00
        credit  d2       115.00  A
        open    A          0.00
        """,
        **with_policy(part_payment="accept"),
    )
    decided = allocation.decisions_of_claim(tenant=teller.town, claim_id=teller.claims["A"].id)
    assert [(d.outcome, d.lines) for d in decided][:2] == [
        ("allocated", [(1, 5000)]),
        ("returned", [(1, 5000)]),
    ]
