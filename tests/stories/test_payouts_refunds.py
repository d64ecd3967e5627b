"""Money given back here and told of by a settlement report is one fact; and what only a report tells of counts too."""

from importlib import import_module

from django.db import connection
from tests.support.payout_story import PayoutStory

from zahlstelle import payments
from zahlstelle.tenancy import inside


def test_given_back_here_and_told_by_the_report(story: PayoutStory) -> None:
    story.tell("""
        Forderung A 37,00
        Karte A
        Erstatte A 10,00 sbr_1
        Erstattungen 10,00
        Verrechnung 27,00
        Abrechnung po_20261005_000001 26,70
          Zahlung A 37,00
          Entgelt A -0,30
          Erstattung A sbr_1 -10,00
        Konto 26,70 AUSZAHLUNG PO_20261005_000001
        Zweifel keiner
        Verwahrung 0,00
        Verrechnung 0,00
        Erstattungen 10,00
        Entgelte 0,30
        Rest A 27,00
        offen A 0,00
        Buch stimmt
    """)


def test_given_back_after_the_payment_was_paid_out(story: PayoutStory) -> None:
    story.tell("""
        Forderung A 37,00
        Karte A
        Abrechnung po_20261005_000001 37,00
          Zahlung A 37,00
        Konto 37,00 AUSZAHLUNG PO_20261005_000001
        Verrechnung 0,00
        Erstatte A 37,00 sbr_1
        Verrechnung -37,00
        Forderung B 50,00
        Karte B
        Abrechnung po_20261006_000002 13,00
          Zahlung B 50,00
          Erstattung A sbr_1 -37,00
        Konto 13,00 AUSZAHLUNG PO_20261006_000002
        Zweifel keiner
        Verrechnung 0,00
        Erstattungen 37,00
        Rest A 0,00
        Buch stimmt
    """)


def test_a_report_that_is_quicker_than_the_provider_s_answer_settles_nothing_by_guess(story: PayoutStory) -> None:
    """Its name is not known here yet: the item waits until the provider has told what became of the refund."""
    story.tell("""
        Forderung A 37,00
        Karte A
        Bittet A 10,00
        Rest A 27,00
        Abrechnung po_20261005_000001 27,00
          Zahlung A 37,00
          Erstattung A sbr_1 -10,00
        Konto 27,00 AUSZAHLUNG PO_20261005_000001
        Zweifel payout_item_differs
        Erstattungen 0,00
        Erfährt sbr_1
        Erstattungen 10,00
        Runde
        Zweifel keiner
        Erstattungen 10,00
        Verrechnung 0,00
        Rest A 27,00
        Buch stimmt
    """)


def test_another_amount_than_was_given_back_here_waits(story: PayoutStory) -> None:
    story.tell("""
        Forderung A 37,00
        Karte A
        Erstatte A 10,00 sbr_1
        Abrechnung po_20261005_000001 26,00
          Zahlung A 37,00
          Erstattung A sbr_1 -11,00
        Konto 26,00 AUSZAHLUNG PO_20261005_000001
        Zweifel payout_item_differs
        Grund Die Erstattung wurde hier über 10,00 gemacht
        Erstattungen 10,00
        Buch stimmt
    """)


def test_told_of_twice_is_booked_once(story: PayoutStory) -> None:
    story.tell("""
        Forderung A 37,00
        Karte A
        Erstatte A 10,00 sbr_1
        Abrechnung po_20261005_000001 17,00
          Zahlung A 37,00
          Erstattung A sbr_1 -10,00
          Erstattung A sbr_1 -10,00
        Konto 17,00 AUSZAHLUNG PO_20261005_000001
        Zweifel payout_item_differs
        Grund Dieser Posten ist schon gebucht
        Erstattungen 10,00
        Rest A 27,00
        Buch stimmt
    """)


def test_what_others_gave_back_and_took_back_leaves_less_to_give_back(story: PayoutStory) -> None:
    story.tell("""
        Forderung A 37,00
        Karte A
        Abrechnung po_20261005_000001 22,00
          Zahlung A 37,00
          Erstattung A sbr_9 -10,00
          Rückbelastung A sbc_9 -5,00
        Konto 22,00 AUSZAHLUNG PO_20261005_000001
        Zweifel keiner
        Rest A 22,00
        Erstattungen 10,00
        offen A 5,00
        Buch stimmt
    """)
    attempt = story.attempts["A"]
    (dispute,) = payments.disputes_of(tenant=story.town, payment_id=attempt.payment_id)
    assert (dispute.amount.cents, dispute.provider_reference) == (500, "sbc_9")
    (refund,) = payments.refunds_of(tenant=story.town, payment_id=attempt.payment_id)
    assert (refund.amount.cents, refund.made_by, refund.state) == (1000, "report", "done")


def test_a_chargeback_while_the_money_is_being_given_back_waits_for_a_person(story: PayoutStory) -> None:
    story.tell("""
        Forderung A 37,00
        Karte A
        Bittet A 10,00
        Abrechnung po_20261005_000001 0,30
          Zahlung A 37,00
          Rückbelastung A sbc_1 -36,70
        Konto 0,30 AUSZAHLUNG PO_20261005_000001
        Zweifel payout_item_differs
        Grund Mehr, als bezahlt und noch nicht erstattet ist
        Rest A 27,00
        Buch stimmt
    """)


def test_what_reports_told_before_refunds_were_kept_is_read_as_it_would_be_now(story: PayoutStory) -> None:
    """Refunds are numbered by themselves, chargebacks between them do not count; a surplus is given back as one."""
    story.tell("""
        Forderung A 37,00
        Doppelt A
        Abrechnung po_20261005_000001 17,00
          Zahlung A 37,00
          Rückbelastung A sbc_1 -5,00
          Erstattung A sbr_1 -10,00
          Erstattung A sbr_2 -5,00
          Zahlung doppelt 37,00
          Erstattung doppelt sbr_3 -37,00
        Konto 17,00 AUSZAHLUNG PO_20261005_000001
        Zweifel keiner
        Buch stimmt
    """)
    migration = import_module("zahlstelle.tables.migrations.0013_refunds")
    with inside(story.town), connection.cursor() as cursor:
        told = f"SELECT kind, cents, wish, number, item_reference FROM ({migration.TOLD_BEFORE}) b ORDER BY id"
        cursor.execute(told)
        before = {reference: (kind, cents, wish, number) for kind, cents, wish, number, reference in cursor.fetchall()}
        cursor.execute("SELECT provider_reference, 'refund', amount_cents, wish, number FROM refund")
        now = {reference: tuple(told) for reference, *told in cursor.fetchall()}
    assert before == {**now, "sbc_1": ("chargeback", 500, "cancelled", 1)}
    assert {now["sbr_1"][3], now["sbr_2"][3]} == {1, 2}
    assert now["sbr_3"] == ("refund", 3700, "surplus", 1)
