"""Days at the treasury: what is posted by itself, what waits, and what comes back. Told as stories."""

from pathlib import Path

import pytest
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.ledger_story import Teller, tell
from tests.support.towns import AT, town_file

from zahlstelle import allocation
from zahlstelle.kernel import CheckMethod, checkdigits
from zahlstelle.tenancy import bank_accounts


def with_policy(**words: object) -> dict[str, object]:
    """A town file whose settings say this."""
    small = words.pop("small", 0)
    return {"settings": {"policy": words, "small_difference_cents": small}}


# --- what the payer wrote ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [
        "{n}", "KZ {n}", "KZ:{n}", "KZ{n}", "Kassenzeichen {n}", "Kassenz.{n}", "zu {n}, danke", "000{n}",
        "{n:4}", "{n:.}", "{n:/}", "{n:-}", "{n:cut}",
    ],
)  # fmt: skip
def test_however_it_is_written(write: str) -> None:
    teller = tell("claim A 37.00")
    n = teller.claims["A"].kassenzeichen
    for code, separator in (("4", " "), (".", "."), ("/", "/"), ("-", "-")):
        write = write.replace(f"{{n:{code}}}", separator.join(n[i : i + 4] for i in range(0, 12, 4)))
    write = write.replace("{n:cut}", f"Gebuehr {n[:7]}|{n[7:]} Ausweis").replace("{n}", n)
    teller.tell(f"""
        credit  c1        37.00  {write}
        waits   c1       nothing
        open    A          0.00
    """)


def test_zeros_that_a_bank_left_out() -> None:
    pools = [{"name": "standard", "prefix": "0047", "digits": 7, "check": "mod11"}]
    teller = tell("claim A 37.00", pools=pools)
    teller.tell(f"""
        credit  c1        37.00  KZ {teller.claims["A"].kassenzeichen.lstrip("0")}
        open    A          0.00
    """)


def test_a_short_number_is_no_kassenzeichen_without_its_zeros() -> None:
    pools = [{"name": "standard", "prefix": "000", "digits": 8, "check": "luhn"}]
    teller = tell("claim A 37.00", pools=pools)
    teller.tell(f"""
        credit  c1        37.00  Nr 2026 vom 5.10.2026, {teller.claims["A"].kassenzeichen}
        open    A          0.00
    """)


def test_an_rf_reference_and_an_end_to_end_id() -> None:
    teller = tell("""
        claim   A         37.00
        claim   B         37.00
    """)
    teller.tell(f"""
        credit  c1        37.00  {checkdigits.rf_reference(teller.claims["A"].kassenzeichen)}
        credit  c2        37.00  Danke  e2e B
        open    A          0.00
        open    B          0.00
    """)


def test_letters_for_digits_are_proposed_and_never_posted() -> None:
    teller = tell("claim A 37.00")
    n = teller.claims["A"].kassenzeichen
    teller.tell(f"""
        credit  c1        37.00  KZ {n.replace("0", "O")}
        open    A         37.00
    """)
    (first, *_) = allocation.proposals_for(tenant=teller.town, detail=teller.details["c1"])
    assert first.shares[0].kassenzeichen == n


# --- several claims in one transfer --------------------------------------------------------------------------------


def test_two_claims_in_one_transfer_whose_sum_fits() -> None:
    tell("""
        claim   A        120.00
        claim   B         30.00
        claim   C         30.00
        credit  c1       150.00  A und B
        open    A          0.00
        open    B          0.00
        open    C         30.00
        back    c1       war fuer C
        open    A        120.00
        open    B         30.00
    """)


@pytest.mark.parametrize("amount", ["149.99", "150.01", "120.00", "30.00"])
def test_two_claims_whose_sum_does_not_fit_wait(amount: str) -> None:
    tell(f"""
        claim   A        120.00
        claim   B         30.00
        credit  c1       {amount}  A und B
        waits   c1       {amount}  several_references
        open    A        120.00
        open    B         30.00
    """)


def test_two_claims_of_which_one_is_paid_already_wait() -> None:
    tell("""
        claim   A        120.00
        claim   B         30.00
        credit  c1       120.00  A
        credit  c2        30.00  A und B
        waits   c2        30.00  several_references
    """)


# --- numbers that cannot be believed alone -------------------------------------------------------------------------


def silent_pair(method: CheckMethod) -> tuple[str, str]:
    """Two numbers of the pool 4711 that become each other by a swap which the check digit does not notice."""
    for counter in range(10**7):
        payload = f"4711{counter:07d}"
        number = payload + checkdigits.check_digit(payload, method)
        for other in checkdigits.silent_swaps(number, method):
            if other.startswith("4711"):
                return number, other
    raise LookupError(method)


@pytest.mark.parametrize("method", [CheckMethod.LUHN, CheckMethod.ISO7064_11_10])
def test_a_swap_the_check_digit_does_not_notice_never_pays_the_other_claim(method: CheckMethod) -> None:
    meant, other = silent_pair(method)
    teller = Teller(check=str(method)).tell(f"""
        claim   A         37.00  number {meant}  debtor Erika_Mustermann
        claim   B         37.00  number {other}  debtor Bodo_Beispiel
        credit  c1        37.00  {other}  from Erika Mustermann
        waits   c1        37.00  reference_unsure
        credit  c2        37.00  {other}  from Bodo Beispiel
        waits   c2       nothing
        open    A         37.00
        open    B          0.00
    """)
    (first, *_) = allocation.proposals_for(tenant=teller.town, detail=teller.details["c1"])
    assert first.shares[0].kassenzeichen == meant


def test_without_a_check_digit_an_amount_and_a_number_are_not_enough() -> None:
    tell(
        """
        claim   A         37.00  debtor Erika_Mustermann
        claim   B         37.00  debtor Bodo_Beispiel
        claim   C         37.00
        credit  c1        37.00  B  from Erika Mustermann
        waits   c1        37.00  reference_unsure
        credit  c2        37.00  A  from Erika Mustermann
        waits   c2       nothing
        credit  c3        37.00  C  from Carla Clausen
        waits   c3        37.00  reference_unsure
        credit  c4        36.00  B  from Bodo Beispiel
        waits   c4        36.00  less_than_open
        """,
        check="none",
    )


def test_without_a_check_digit_a_whole_field_is_believed_where_no_other_claim_is_near() -> None:
    tell(
        """
        claim   A         37.00
        credit  c1        37.00  Danke  e2e A
        open    A          0.00
        claim   B         37.00  number 47110005500
        claim   C         37.00  number 47110005501
        credit  c2        37.00  Danke  e2e B
        waits   c2        37.00  reference_unsure
        """,
        check="none",
    )


@pytest.mark.parametrize("other", ["DV2026A18", "DV2026B17", "DV2026A7", "DV2026A177", "DV206A217"])
def test_a_number_of_no_pool_is_not_believed_where_another_is_near(other: str) -> None:
    near = other != "DV206A217"  # two mistakes away
    tell(f"""
        claim   A         37.00  number DV2026A17
        claim   B         37.00  number {other}
        credit  c1        37.00  Danke  e2e A
        open    A         {"37.00" if near else "0.00"}
    """)


def test_without_a_check_digit_only_the_exact_amount_is_believed() -> None:
    policy = with_policy(part_payment="accept", overpayment="rest_to_overpaid", double_payment="to_overpaid", small=5)
    tell(
        """
        claim   A        100.00  debtor Erika_Mustermann
        credit  c1        40.00  A  from Erika Mustermann
        waits   c1        40.00  less_than_open
        credit  c2        99.99  Gebuehr  e2e A  from Erika Mustermann
        waits   c2        99.99  reference_unsure
        credit  c3       160.00  Gebuehr  e2e A  from Erika Mustermann
        waits   c3       160.00  more_than_open
        credit  c4       100.00  A  from Erika Mustermann
        waits   c4       nothing
        credit  c5       100.00  A  from Erika Mustermann
        waits   c5       100.00  already_settled
        """,
        check="none",
        **policy,
    )


@pytest.mark.parametrize("came", ["40.00", "160.00", "100.01"])
def test_a_claim_one_mistake_away_is_seen_whatever_the_town_lets_be_posted(came: str) -> None:
    """The money is exactly what is open of B; as a part of A, or as too much for it, it must not be taken."""
    policy = with_policy(part_payment="accept", overpayment="rest_to_overpaid", small=5)
    tell(
        f"""
        claim   A        100.00  number 47110000010
        claim   B        {came}  number 47110000020
        credit  c1       {came}  Gebuehr  e2e A
        open    A        100.00
        open    B        {came}
        account overpaid   0.00
        """,
        check="none",
        **policy,
    )


# --- policies ------------------------------------------------------------------------------------------------------


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


# --- what comes back -----------------------------------------------------------------------------------------------


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


# --- tried again ---------------------------------------------------------------------------------------------------


def luhn(payload: str) -> str:
    return payload + checkdigits.check_digit(payload, CheckMethod.LUHN)


def test_money_that_waits_for_its_claim_is_found_behind_thousands_that_wait_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A number nobody ever opens a claim for is not looked at again and again, and takes nobody's place."""
    monkeypatch.setattr("zahlstelle.allocation._retry._AT_ONCE", 1)
    never, later = luhn("47110000111"), luhn("47110000999")
    Teller(check="luhn").tell(f"""
        credit  c1        50.00  {never}
        credit  c2        50.00  {later}
        waits   c1        50.00  unknown_reference
        waits   c2        50.00  unknown_reference
        retry   0
        claim   A         50.00  number {later}
        retry   1
        waits   c2       nothing
        open    A          0.00
        retry   0
    """)
