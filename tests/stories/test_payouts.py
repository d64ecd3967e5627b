"""Days with payouts, told as the cash office would: every cent of a net or gross payout finds its place."""

import pytest
from tests.support.payout_story import NET, PAID, SETTLED, Tell

pytestmark = pytest.mark.prove("payouts")


def test_a_net_payout_whose_report_comes_first(tell: Tell) -> None:
    tell(PAID)
    tell("Verrechnung 62,00")
    tell(NET)
    tell("Verrechnung 62,00     # the report alone books nothing")
    tell("Konto 61,10 AUSZAHLUNG PO 20261005 000001 2 ZAHLUNGEN")
    tell(SETTLED)


def test_a_net_payout_whose_report_comes_days_later(tell: Tell) -> None:
    tell(PAID)
    tell("""
        Konto 61,10 AUSZAHLUNG po_20261005_000001 2 ZAHLUNGEN
        Zweifel payout_report_missing
        Verwahrung 61,10
        Verrechnung 62,00
        Buch stimmt
    """)
    tell(NET)
    tell(SETTLED)


def test_the_same_report_twice_and_the_same_money_twice(tell: Tell) -> None:
    tell(PAID + NET + NET)
    tell("Konto 61,10 AUSZAHLUNG po_20261005_000001")
    tell(NET)
    tell(SETTLED)
    tell("""
        Konto 61,10 AUSZAHLUNG po_20261005_000001   # the provider pays once too often
        Zweifel payout_report_differs
        Grund Unterschied 61,10
        Verrechnung 0,00
        Verwahrung 61,10
        Buch stimmt
    """)


def test_a_gross_payout_with_the_fee_as_an_entry_of_its_own(tell: Tell) -> None:
    tell(PAID + NET)
    tell("""
        Konto -0,90 ENTGELT po_20261005_000001
        Entgelte 0,90
        Verrechnung 62,00
        Zweifel keiner
        Konto 62,00 AUSZAHLUNG po_20261005_000001
    """)
    tell(SETTLED)


def test_a_gross_payout_with_the_fees_in_a_monthly_invoice(tell: Tell) -> None:
    tell(PAID)
    tell("""
        Abrechnung po_20261005_000001 62,00
          Zahlung A 37,00
          Zahlung B 25,00
        Konto 62,00 AUSZAHLUNG po_20261005_000001
        Verrechnung 0,00
        Konto -0,90 RECHNUNG po_20261031_000009 OKTOBER
        Zweifel payout_report_missing
        Abrechnung po_20261031_000009 -0,90
          Entgelt A -0,50
          Entgelt -0,40
    """)
    tell(SETTLED)


def test_a_gross_payout_whose_payments_the_bank_has_told_in_a_camt_054(tell: Tell) -> None:
    tell(PAID)
    tell("""
        Konto 62,00
          A 37,00
          B 25,00
        Verrechnung 0,00
        Konto -0,90 ENTGELT po_20261005_000001
        Zweifel payout_report_missing
    """)
    tell(NET)
    tell(SETTLED)


def test_a_gross_payout_whose_report_comes_before_the_banks_details(tell: Tell) -> None:
    tell(PAID + NET)
    tell("""
        Konto -0,90 ENTGELT po_20261005_000001
        Konto 62,00
          A 37,00
          B 25,00
    """)
    tell(SETTLED)


def test_a_refund_at_the_provider_is_booked_gross_and_the_claim_stays_paid(tell: Tell) -> None:
    tell(PAID)
    tell("""
        Abrechnung po_20261005_000001 51,10
          Zahlung A 37,00
          Zahlung B 25,00
          Entgelt A -0,50
          Entgelt B -0,40
          Erstattung A sbr_1 -10,00
        Konto 51,10 AUSZAHLUNG po_20261005_000001
        Erstattungen 10,00
    """)
    tell(SETTLED)


def test_a_chargeback_opens_the_claim_with_the_whole_amount_and_its_fee_is_the_towns(tell: Tell) -> None:
    tell(PAID + NET)
    tell("Konto 61,10 AUSZAHLUNG po_20261005_000001" + SETTLED)
    tell("""
        Abrechnung po_20261020_000002 -44,50      # the provider takes more than it pays
          Rückbelastung A sbc_1 -37,00
          Rückbelastungsentgelt A -7,50
        Konto -44,50 AUSZAHLUNG po_20261020_000002
        offen A 37,00
        offen B 0,00
        Status A charged_back
        Verrechnung 0,00
        Verwahrung 0,00
        Entgelte 8,40
        Zweifel keiner
        Buch stimmt
    """)


def test_after_a_chargeback_the_citizen_can_pay_again(tell: Tell) -> None:
    tell(PAID + NET)
    tell("""
        Konto 61,10 AUSZAHLUNG po_20261005_000001
        Abrechnung po_20261020_000002 -37,00
          Rückbelastung A sbc_1 -37,00
        Konto -37,00 AUSZAHLUNG po_20261020_000002
        offen A 37,00
        Karte A zwei
        offen A 0,00
        Verrechnung 37,00
        Abrechnung po_20261021_000003 37,00
          Zahlung zwei 37,00
        Konto 37,00 AUSZAHLUNG po_20261021_000003
        Verrechnung 0,00
        Zweifel keiner
        Buch stimmt
    """)


def test_payment_and_chargeback_in_one_payout_of_nothing(tell: Tell) -> None:
    tell(PAID)
    tell("""
        Abrechnung po_20261005_000001 0,00
          Zahlung A 37,00
          Rückbelastung A sbc_1 -37,00
        Runde 1
        Verrechnung 62,00      # perhaps its gross parts come after all
        Runde 5
        Verrechnung 25,00
        offen A 37,00
        Verwahrung 0,00
        Zweifel keiner
        Buch stimmt
    """)
