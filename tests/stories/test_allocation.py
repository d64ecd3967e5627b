"""Days at the treasury: what a payer writes, and what is believed of it by itself. Told as stories."""

import pytest
from tests.support.ledger_story import Teller, tell, with_policy

from zahlstelle import allocation
from zahlstelle.kernel import CheckMethod, checkdigits

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
