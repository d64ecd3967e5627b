"""A provider pays out a basket in one sum; what it takes back of it opens each claim by its own share."""

from pathlib import Path

import pytest
from tests.support.payout_story import PayoutStory
from tests.support.towns import found_town

from zahlstelle import allocation
from zahlstelle.tables.allocation import SuspenseRow
from zahlstelle.tenancy import inside


@pytest.fixture
def story(tmp_path: Path) -> PayoutStory:
    return PayoutStory(found_town(), tmp_path)


def test_a_basket_is_paid_out_with_its_fee(story: PayoutStory) -> None:
    story.tell("""
        Forderung A 37,00
        Forderung B 12,50
        Korb K A B
        offen A 0,00
        offen B 0,00
        Verrechnung 49,50
        Abrechnung po_20261005_000001 49,10
          Zahlung K 49,50
          Entgelt K -0,40
        Konto 49,10 AUSZAHLUNG po_20261005_000001
        Zweifel keiner
        Verrechnung 0,00
        Entgelte 0,40
        Verwahrung 0,00
        Buch stimmt
    """)


def test_the_banks_own_details_pay_a_basket_out_too(story: PayoutStory) -> None:
    story.tell("""
        Forderung A 37,00
        Forderung B 12,50
        Korb K A B
        Konto 49,50 Sammler
          K 49,50
        Zweifel keiner
        Verrechnung 0,00
        Buch stimmt
    """)


def test_a_chargeback_opens_every_claim_by_its_own_share(story: PayoutStory) -> None:
    story.tell("""
        Forderung A 37,00
        Forderung B 12,50
        Korb K A B
        Abrechnung po_20261005_000001 49,50
          Zahlung K 49,50
        Konto 49,50 AUSZAHLUNG po_20261005_000001
        Abrechnung po_20261006_000002 -54,50
          Rückbelastung K cb_1 -49,50
          Rückbelastungsentgelt K -5,00
        Konto -54,50 po_20261006_000002
        Zweifel keiner
        offen A 37,00
        offen B 12,50
        Status K charged_back
        Rest K 0,00
        Verrechnung 0,00
        Entgelte 5,00
        Buch stimmt
        Karte A
        offen A 0,00
    """)


def test_a_chargeback_after_a_refund_opens_what_is_left_of_each(story: PayoutStory) -> None:
    story.tell("""
        Forderung A 37,00
        Forderung B 12,50
        Korb K A B
        Erstatte K 7,00 sbr_1 A
        Abrechnung po_20261005_000001 0,00
          Zahlung K 49,50
          Erstattung K sbr_1 -7,00
          Rückbelastung K cb_1 -42,50
        Runde 6
        Zweifel keiner
        offen A 30,00
        offen B 12,50
        Erstattungen 7,00
        Verrechnung 0,00
        Buch stimmt
    """)


def test_a_part_of_a_basket_charged_back_waits_for_a_person(story: PayoutStory) -> None:
    """Never by the amount alone, though it is just what one of the claims was paid."""
    story.tell("""
        Forderung A 37,00
        Forderung B 12,50
        Korb K A B
        Abrechnung po_20261005_000001 37,00
          Zahlung K 49,50
          Rückbelastung K cb_1 -12,50
        Konto 37,00 po_20261005_000001
        Zweifel payout_item_differs
        Grund Die Zahlung gilt mehreren Forderungen, und der Betrag sagt nicht, welcher von ihnen
        offen A 0,00
        offen B 0,00
        Status K paid
        Rest K 49,50
        Buch stimmt
    """)


def test_a_part_charged_back_is_the_only_claims_that_has_money_left(story: PayoutStory) -> None:
    story.tell("""
        Forderung A 37,00
        Forderung B 12,50
        Korb K A B
        Erstatte K 12,50 sbr_1 B
        Abrechnung po_20261005_000001 17,00
          Zahlung K 49,50
          Erstattung K sbr_1 -12,50
          Rückbelastung K cb_1 -20,00
        Konto 17,00 po_20261005_000001
        Zweifel keiner
        offen A 20,00
        offen B 0,00
        Rest K 17,00
        Buch stimmt
    """)


def test_a_refund_made_at_the_provider_is_of_the_payment_and_counts(story: PayoutStory) -> None:
    """It opens no claim, so that nobody needs to know whose it is; after it a chargeback no longer fits for sure."""
    story.tell("""
        Forderung A 37,00
        Forderung B 12,50
        Korb K A B
        Abrechnung po_20261005_000001 39,50
          Zahlung K 49,50
          Erstattung K weg_1 -10,00
        Konto 39,50 po_20261005_000001
        Zweifel keiner
        Erstattungen 10,00
        Rest K 39,50
        Buch stimmt
        Abrechnung po_20261006_000002 -39,50
          Rückbelastung K cb_1 -39,50
        Konto -39,50 po_20261006_000002
        Zweifel payout_item_differs
        offen A 0,00
        offen B 0,00
        Buch stimmt
    """)


def test_a_chargeback_of_which_one_share_was_owed_back(story: PayoutStory) -> None:
    story.tell("""
        Forderung A 37,00
        Forderung B 12,50
        Zuspät K A B
        Überzahlt 37,00
        offen A 0,00
        offen B 0,00
        Abrechnung po_20261005_000001 37,00
          Zahlung A 37,00
          Zahlung K 49,50
          Rückbelastung K cb_1 -49,50
        Konto 37,00 po_20261005_000001
        Zweifel keiner
        Überzahlt 0,00
        offen A 0,00
        offen B 12,50
        Verrechnung 0,00
        Buch stimmt
    """)


def test_nobody_is_proposed_to_open_a_claim_again_that_another_payment_paid(story: PayoutStory) -> None:
    """The bank takes the money back by itself, without a report: a person decides, and A is paid by its own card."""
    story.tell("""
        Forderung A 37,00
        Forderung B 12,50
        Zuspät K A B
        Konto 86,50 Sammler
          A 37,00
          K 49,50
        Konto -49,50 Sammler
          K -49,50
        offen A 0,00
    """)
    with inside(story.town):
        detail = SuspenseRow.objects.get(tenant_id=story.town.id).detail
    proposed = allocation.proposals_for(tenant=story.town, detail=detail)
    assert story.claims["A"].id not in {share.claim_id for one in proposed for share in one.shares}


def test_more_than_the_basket_is_no_chargeback_of_it(story: PayoutStory) -> None:
    story.tell("""
        Forderung A 37,00
        Forderung B 12,50
        Korb K A B
        Abrechnung po_20261005_000001 -0,01
          Zahlung K 49,50
          Rückbelastung K cb_1 -49,51
        Konto -0,01 po_20261005_000001
        Zweifel payout_item_differs
        offen A 0,00
        Buch stimmt
    """)
