"""Days at the treasury: what does not fit, as each town wants it. Told as stories."""

import pytest
from tests.support.ledger_story import tell, with_policy
from tests.support.towns import town_file

from zahlstelle import allocation


def test_what_does_not_fit_waits_unless_the_town_says_otherwise() -> None:
    tell("""
        claim   A        100.00  due 2026-09-01
        credit  c1        40.00  A
        credit  c2       140.00  A
        credit  c3       100.00  A
        credit  c4       100.00  A
        waits   c1        40.00  less_than_open
        waits   c2       140.00  more_than_open
        waits   c3       nothing
        waits   c4       100.00  already_settled
    """)


def test_part_payments_are_counted_where_the_town_says_so() -> None:
    tell(
        """
        claim   A        100.00
        credit  c1        40.00  A
        open    A         60.00
        credit  c2        60.00  A
        open    A          0.00
        account suspense   0.00
        """,
        **with_policy(part_payment="accept"),
    )


def test_too_much_and_twice_are_owed_back_where_the_town_says_so() -> None:
    tell(
        """
        claim   A        100.00
        credit  c1       130.00  A
        open    A          0.00
        account overpaid -30.00
        credit  c2       100.00  A
        account overpaid -130.00
        back    c1       Storno
        open    A        100.00
        account overpaid -100.00
        """,
        **with_policy(overpayment="rest_to_overpaid", double_payment="to_overpaid"),
    )


def test_a_service_may_say_otherwise_than_its_town() -> None:
    services = town_file()["services"]
    services[0]["policy"] = {"part_payment": "suspend"}
    tell(
        """
        claim   A        100.00  service personalausweis
        claim   B        100.00  service spende
        credit  c1        40.00  A
        credit  c2        40.00  B
        waits   c1        40.00  less_than_open
        open    B         60.00
        """,
        services=services,
        **with_policy(part_payment="accept"),
    )


def test_a_late_payment_is_posted_with_a_note_or_waits() -> None:
    story = """
        claim   A        100.00  due 2026-09-01
        credit  c1       100.00  A
    """
    posted = tell(story + "waits c1 nothing")
    (decision,) = allocation.decisions_of_claim(tenant=posted.town, claim_id=posted.claims["A"].id)
    assert "34 Tage nach Fälligkeit" in decision.reasons
    tell(story + "waits c1 100.00 paid_late", **with_policy(late_payment="suspend"))


@pytest.mark.parametrize("came", ["99.99", "100.01", "60.00", "140.00"])
def test_who_lets_late_payments_wait_lets_all_of_them_wait(came: str) -> None:
    policy = with_policy(late_payment="suspend", part_payment="accept", overpayment="rest_to_overpaid", small=5)
    story = f"""
        claim   A        100.00  due 2026-09-01
        credit  c1       {came}  A
        waits   c1       {came}  paid_late
        open    A        100.00
    """
    tell(story, **policy)


def test_small_differences_are_booked_for_what_they_are() -> None:
    tell(
        """
        claim   A        100.00
        claim   B        100.00
        claim   C        100.00
        credit  c1        99.96  A
        open    A          0.00
        account small_differences 0.04
        credit  c2       100.05  B
        open    B          0.00
        account small_differences -0.01
        credit  c3        99.94  C
        waits   c3        99.94  less_than_open
        refused shares_differ: settle c3  C 100.00 rest small_difference
        back    c1       doch nicht
        open    A        100.00
        account small_differences -0.05
        settle  c1       A 100.00 rest small_difference
        account small_differences -0.01
        """,
        **with_policy(small=5),
    )


@pytest.mark.parametrize(
    ("law", "lines"),
    [("public_law", [(1, 10000), (3, 500)]), ("private_law", [(1, 9000), (2, 500), (3, 1000)])],
)
def test_the_order_of_repayment_follows_the_law(law: str, lines: list[tuple[int, int]]) -> None:
    teller = tell(
        """
        claim   A        115.00  lines principal:100.00,interest:5.00,costs:10.00
        credit  c1       105.00  A
        open    A         10.00
        """,
        **with_policy(part_payment="accept", repayment=law),
    )
    (decision,) = allocation.decisions_of_claim(tenant=teller.town, claim_id=teller.claims["A"].id)
    assert decision.lines == lines
