"""Days with payouts that do not fit, told as the cash office would: each waits under its name until somebody knows."""

from pathlib import Path

import pytest
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.payout_story import NET, PAID, SETTLED, PayoutStory, Tell
from tests.support.towns import found_town

from zahlstelle import allocation, bank, ledger, payments
from zahlstelle.payments import ReportTaken
from zahlstelle.tenancy import bank_accounts

pytestmark = pytest.mark.prove("payouts")


def test_a_report_that_differs_is_a_doubt_with_the_difference(tell: Tell) -> None:
    tell(PAID + NET)
    tell("""
        Konto 61,00 AUSZAHLUNG po_20261005_000001
        Zweifel payout_report_differs
        Grund Unterschied -0,10
        Verrechnung 62,00
        Verwahrung 61,00
        Entgelte 0,00
        Abrechnung po_20261005_000001 61,00 von r2    # corrected
          Zahlung A 37,00
          Zahlung B 25,00
          Entgelt A -0,50
          Entgelt B -0,50
        Entgelte 1,00
        Verrechnung 0,00
        Verwahrung 0,00
        Zweifel keiner
        Buch stimmt
    """)


def test_a_report_that_does_not_add_up_pays_nothing_out(tell: Tell) -> None:
    tell(PAID)
    tell("""
        Abrechnung po_20261005_000001 61,10
          Zahlung A 37,00
          Zahlung B 25,00
          Entgelt A -0,50
        Konto 61,10 AUSZAHLUNG po_20261005_000001
        Zweifel payout_report_differs
        Grund Abrechnung sagt 61,10, ihre Posten ergeben 61,50
        Grund Unterschied -0,40
        Verrechnung 62,00
        Buch stimmt
    """)


def test_a_correction_after_the_money_was_booked_moves_nothing(tell: Tell) -> None:
    tell(PAID + NET)
    tell("Konto 61,10 AUSZAHLUNG po_20261005_000001" + SETTLED)
    tell("""
        Abrechnung po_20261005_000001 61,10 von r2
          Zahlung A 37,00
          Zahlung B 25,00
          Entgelt A -0,90
    """)
    tell(SETTLED)


def test_under_the_same_name_other_content_is_refused_and_nothing_moves(tell: Tell) -> None:
    tell(PAID + NET)
    with pytest.raises(ReportTaken):
        tell("""
            Abrechnung po_20261005_000001 62,00
              Zahlung A 37,00
              Zahlung B 25,00
        """)
    tell("Konto 61,10 AUSZAHLUNG po_20261005_000001" + SETTLED)


def test_never_by_amount_alone(tell: Tell) -> None:
    tell(PAID + NET)
    tell("""
        Konto 61,10 Vielen Dank
        Zweifel no_reference
        Konto 61,10 AUSZAHLUNG po_20261005_0000012    # another payout, not yet known
        Zweifel no_reference no_reference
        Verrechnung 62,00
        Buch stimmt
    """)


def test_foreign_money_is_no_payout_though_it_names_one(story: PayoutStory, tell: Tell) -> None:
    tell("""
        Abrechnung po_20261005_000001 -7,50
          Rückbelastungsentgelt -7,50
    """)
    tx = Tx("7.50", "AUSZAHLUNG po_20261005_000001", side="DBIT")
    account = bank_accounts(tenant=story.town)[0].iban
    path = story.folder / "dollar.xml"
    path.write_bytes(Camt(account, [Ntry("7.50", [tx], "X1", side="DBIT")]).xml().replace(b'Ccy="EUR"', b'Ccy="USD"'))
    allocation.import_bank_file(tenant=story.town, path=path, name=path.name, at=story.at)
    tell("""
        Zweifel money_goes_out
        Entgelte 0,00
        Konto -7,50 AUSZAHLUNG po_20261005_000001
        Zweifel money_goes_out
        Entgelte 7,50
    """)


def test_a_chargeback_that_the_bank_takes_itself_lets_the_claim_be_paid_anew(story: PayoutStory, tell: Tell) -> None:
    tell("""
        Forderung A 37,00
        Karte A
        Abrechnung po_20261005_000001 37,00
          Zahlung A 37,00
        Konto 37,00 AUSZAHLUNG po_20261005_000001
        Konto -37,00 Rueckbelastung
    """)
    (item,) = allocation.suspense(tenant=story.town)
    shares = [(story.claims["A"].id, 3700)]
    allocation.settle(tenant=story.town, detail=item.detail, shares=shares, by="a-person", at=story.at)
    tell("""
        offen A 37,00
        Karte A zwei
        offen A 0,00
        Überzahlt 0,00
        Verrechnung 37,00
        Buch stimmt
    """)


def test_a_name_that_two_providers_have_given_tells_of_neither_payment(tmp_path: Path) -> None:
    access = {"merchant_id": "m", "secret": "s", "base_url": "http://127.0.0.1:1"}
    providers = [{"name": "sandbox", "methods": ["card"], **access}, {"name": "other", "methods": ["paypal"], **access}]
    story = PayoutStory(found_town(providers=providers), tmp_path)
    for name, provider in (("A", "sandbox"), ("B", "other")):
        story.tell(f"Forderung {name} 37,00")
        payments.take_over(
            tenant=story.town,
            claim_id=story.claims[name].id,
            provider=provider,
            method="card",
            provider_reference="4711",
            at=story.at,
        )
    story.names["X"] = "4711"
    story.tell("""
        Konto 37,00
          X 37,00
        Zweifel already_paid_out
        Verrechnung 37,00
    """)
    assert ledger.balance(tenant=story.town, account="clearing:other") == 3700


def test_a_payment_nobody_here_knows_waits_alone(tell: Tell) -> None:
    tell(PAID)
    tell("""
        Abrechnung po_20261005_000001 73,10
          Zahlung A 37,00
          Zahlung fremd 12,00
          Zahlung B 25,00
          Entgelt A -0,50
          Entgelt B -0,40
        Konto 73,10 AUSZAHLUNG po_20261005_000001
        Verrechnung 0,00
        Entgelte 0,90
        Verwahrung 12,00
        Zweifel payout_item_unknown
        Buch stimmt
    """)


def test_an_adjustment_waits_for_a_person(tell: Tell) -> None:
    tell(PAID)
    tell("""
        Abrechnung po_20261005_000001 59,00
          Zahlung A 37,00
          Zahlung B 25,00
          Berichtigung -3,00
        Konto 59,00 AUSZAHLUNG po_20261005_000001
        Verrechnung 0,00
        Verwahrung -3,00
        Zweifel payout_item_unknown
        Buch stimmt
    """)


def test_a_payment_confirmed_after_its_payout_heals(tell: Tell) -> None:
    tell("""
        Forderung A 37,00
        Forderung B 25,00
        Karte A
    """)
    tell(NET)
    tell("""
        Konto 61,10 AUSZAHLUNG po_20261005_000001
        Verwahrung 25,00
        Zweifel payout_item_unknown
        Karte B                     # the provider's word comes late
        Runde
    """)
    tell(SETTLED)


def test_the_same_refund_in_two_reports_is_booked_once(tell: Tell) -> None:
    tell(PAID)
    tell("""
        Abrechnung po_20261005_000001 52,00
          Zahlung A 37,00
          Zahlung B 25,00
          Erstattung A sbr_1 -10,00
        Konto 52,00 AUSZAHLUNG po_20261005_000001
        Abrechnung po_20261006_000002 -10,00
          Erstattung A sbr_1 -10,00
        Konto -10,00 AUSZAHLUNG po_20261006_000002
        Erstattungen 10,00
        Verwahrung -10,00
        Zweifel payout_item_differs
        Verrechnung 0,00
        Buch stimmt
    """)


def test_no_more_is_taken_back_than_was_paid(tell: Tell) -> None:
    tell(PAID)
    tell("""
        Abrechnung po_20261005_000001 -16,00
          Zahlung A 37,00
          Erstattung A sbr_1 -30,00
          Rückbelastung A sbc_1 -23,00
        Konto -16,00 AUSZAHLUNG po_20261005_000001
        offen A 0,00
        Erstattungen 30,00
        Zweifel payout_item_differs
        Verwahrung -23,00
        Buch stimmt
    """)


def test_the_same_payment_in_two_payouts_is_paid_out_once(tell: Tell) -> None:
    tell(PAID + NET)
    tell("""
        Konto 61,10 AUSZAHLUNG po_20261005_000001
        Abrechnung po_20261006_000002 37,00
          Zahlung A 37,00
        Konto 37,00 AUSZAHLUNG po_20261006_000002
        Zweifel already_paid_out
        Verwahrung 37,00
        Verrechnung 0,00
        Buch stimmt
    """)


def test_money_that_was_paid_twice_and_given_back_by_the_provider(tell: Tell) -> None:
    tell("""
        Forderung A 37,00
        Doppelt A
        Überzahlt 37,00
        Verrechnung 74,00
        Abrechnung po_20261005_000001 37,00
          Zahlung A 37,00
          Zahlung doppelt 37,00
          Erstattung doppelt sbr_1 -37,00
        Konto 37,00 AUSZAHLUNG po_20261005_000001
        Überzahlt 0,00
        Erstattungen 0,00
        offen A 0,00
        Verrechnung 0,00
        Verwahrung 0,00
        Zweifel keiner
        Buch stimmt
    """)


def test_an_entry_that_fits_in_two_ways_waits_for_the_others(tell: Tell) -> None:
    tell(PAID)
    tell("""
        Abrechnung po_20261005_000001 -0,90
          Zahlung A 37,00
          Zahlung B 25,00
          Entgelt -0,90
          Erstattung A sbr_1 -37,00
          Erstattung B sbr_2 -25,00
        Konto -0,90 AUSZAHLUNG po_20261005_000001    # the fee of a gross payout, or all of a net one
        Zweifel payout_report_differs
        Grund Passt zu mehr als einem Teil der Abrechnung: wartet auf weitere Umsätze
        Entgelte 0,00
        Konto 62,00 AUSZAHLUNG po_20261005_000001
        Zweifel keiner
        Entgelte 0,90
        Erstattungen 0,00
        Konto -62,00 ERSTATTUNGEN po_20261005_000001
        Erstattungen 62,00
        Verrechnung 0,00
        Verwahrung 0,00
        Buch stimmt
    """)


def test_when_no_other_entry_comes_it_was_all_of_it(tell: Tell) -> None:
    tell(PAID)
    tell("""
        Abrechnung po_20261005_000001 -0,90
          Zahlung A 37,00
          Zahlung B 25,00
          Entgelt -0,90
          Erstattung A sbr_1 -37,00
          Erstattung B sbr_2 -25,00
        Konto -0,90 AUSZAHLUNG po_20261005_000001
        Runde 4
        Zweifel payout_report_differs
        Runde 1
        Zweifel keiner
        Entgelte 0,90
        Erstattungen 62,00
        Verrechnung 0,00
        Verwahrung 0,00
        Buch stimmt
    """)


def test_entries_that_fit_together_in_two_ways_wait_for_the_rest(tell: Tell) -> None:
    tell(PAID)
    tell("""
        Abrechnung po_20261005_000001 -16,00
          Zahlung A 37,00
          Zahlung B 25,00
          Entgelt -1,00
          Erstattung B sbr_1 -25,00
          Erstattung A sbr_2 -6,00
          Rückbelastung A sbc_1 -31,00
          Rückbelastungsentgelt A -15,00
        Konto -15,00 ENTGELT po_20261005_000001     # payments, refunds and chargebacks are zero together:
        Konto -1,00 ENTGELT po_20261005_000001      # they fit to each of these
        Zweifel payout_report_differs payout_report_differs
        Konto -31,00 ERSTATTUNGEN po_20261005_000001
        Konto -31,00 RUECKBELASTUNGEN po_20261005_000001
        Konto 62,00 AUSZAHLUNG po_20261005_000001
        Zweifel keiner
        offen A 31,00
        Entgelte 16,00
        Erstattungen 31,00
        Verrechnung 0,00
        Verwahrung 0,00
        Buch stimmt
    """)


def test_what_a_report_gave_back_is_not_taken_back_by_hand(story: PayoutStory, tell: Tell) -> None:
    tell(PAID)
    tell("""
        Abrechnung po_20261005_000001 25,00
          Zahlung A 37,00
          Zahlung B 25,00
          Rückbelastung A sbc_1 -37,00
        Konto 25,00 AUSZAHLUNG po_20261005_000001
        offen A 37,00
    """)
    (entry,) = allocation.entries_of_payout(tenant=story.town, reference="po_20261005_000001")
    (debit,) = [d.id for d in bank.details_of(tenant=story.town, entry_id=entry) if d.side == "debit"]
    with pytest.raises(allocation.NothingToTakeBack):
        allocation.take_back(tenant=story.town, detail=debit, by="kim", at=story.at, reason="Irrtum")
    tell("""
        offen A 37,00
        Verrechnung 0,00
        Verwahrung 0,00
        Buch stimmt
    """)


def test_an_item_nobody_knew_is_settled_by_hand_like_every_detail(story: PayoutStory, tell: Tell) -> None:
    tell("""
        Forderung A 37,00
        Forderung C 12,00
        Karte A
        Abrechnung po_20261005_000001 49,00
          Zahlung A 37,00
          Zahlung fremd 12,00
        Konto 49,00 AUSZAHLUNG po_20261005_000001
        Zweifel payout_item_unknown
    """)
    (item,) = allocation.suspense(tenant=story.town)
    shares = [(story.claims["C"].id, 1200)]
    allocation.settle(tenant=story.town, detail=item.detail, shares=shares, by="kim", at=story.at)
    tell("""
        offen C 0,00
        Zweifel keiner
        Verwahrung 0,00
        Runde 1
        Buch stimmt
    """)
