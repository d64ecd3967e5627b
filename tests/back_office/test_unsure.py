"""What somebody must look at in payments and refunds is on one page, and nothing else is."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

from tests.support.debits import CREDITOR, ordered
from tests.support.payout_story import PayoutStory
from tests.support.towns import AT, a_claim, found_town
from tests.support.treasury_day import at_the_desk

from zahlstelle import payments, treasury
from zahlstelle.back_office import _words
from zahlstelle.claims import Claim
from zahlstelle.payments import NoAnswer, ProviderStatus, Report, Started, _operations
from zahlstelle.payments._rules import Status
from zahlstelle.tables.tenancy import TenantRow
from zahlstelle.tenancy import Tenant


def begun(town: Tenant, claim: Claim, answer: Started | NoAnswer) -> payments.Attempt:
    payment = payments.start_payment(tenant=town, claim_id=claim.id, at=AT).payment
    attempt = _operations.intend(tenant=town, payment_id=payment.id, provider="sandbox", method="card", at=AT)
    return _operations.record_start(tenant=town, attempt_id=attempt.id, answer=answer, at=AT)


def test_everything_unclear_is_told_with_its_claim_and_what_to_do(tmp_path: Path) -> None:
    town = found_town(settings={"direct_debit": {"creditor_id": CREDITOR}})
    lost, other = a_claim(town, "11.00"), a_claim(town, "12.00")
    begun(town, lost, NoAnswer("timeout"))
    attempt = begun(town, other, Started("sbx_other", "https://provider.example/"))
    wrong = replace(attempt.amount, cents=999)
    said = Report(ProviderStatus.PAID, "sbx_other", town.slug, str(attempt.id), wrong, None, "paid")
    assert payments.settle(tenant=town, attempt_id=attempt.id, report=said, at=AT).status is Status.CONTRADICTED
    story = PayoutStory(town, tmp_path)
    story.tell("""
        Forderung A 37,00
        Doppelt A
        Forderung B 20,00
        Karte B
        Bittet B 5,00
    """)
    debit, _ = ordered(town, a_claim(town, "14.00"))
    changed = {"direct_debit": {"creditor_id": "DE98XYZ09999999999"}}
    TenantRow.objects.filter(id=town.id).update(settings=changed)
    now = replace(town, settings=changed)
    assert {(one.what, one.kassenzeichen, one.amount.cents) for one in treasury.unsure(tenant=now)} == {
        ("payment_unknown", lost.kassenzeichen, 1100),
        ("payment_contradicted", other.kassenzeichen, 1200),
        ("payment_surplus", story.claims["A"].kassenzeichen, 3700),
        ("refund_unknown", story.claims["B"].kassenzeichen, 500),
        ("debit_left_out", debit.kassenzeichen, 1400),
    }
    answer = at_the_desk(now).get(f"/kasse/{town.slug}/unklare-zahlungen/")
    page = re.sub(r"\s+", " ", unescape(answer.text))
    assert answer.status_code == 200
    for what in set(_words.UNSURE) - {"release_contradicted"}:  # shown by test_releasing.py
        assert str(_words.UNSURE[what]) in page
    assert "sbx_other" in page and f"/forderung/{lost.kassenzeichen}/" in page


def test_what_is_clear_or_given_back_is_not_told(tmp_path: Path) -> None:
    town = found_town()
    story = PayoutStory(town, tmp_path)
    story.tell("""
        Forderung A 37,00
        Doppelt A
    """)
    (surplus,) = [one for one in treasury.unsure(tenant=town) if one.what == "payment_surplus"]
    (attempt,) = payments.attempts_unsure(tenant=town)
    story.attempts["doppelt"] = attempt
    story.tell("Erstatte doppelt 37,00 sbr_1")
    assert surplus.amount.cents == 3700
    assert treasury.unsure(tenant=town) == []
    page = at_the_desk(town).get(f"/kasse/{town.slug}/unklare-zahlungen/")
    assert (page.status_code, "Nichts ist unklar." in page.text) == (200, True)
    assert "unklare-zahlungen" in at_the_desk(town).get(f"/kasse/{town.slug}/verwahrung/").text


def test_another_towns_are_not_told(neighbour: Tenant) -> None:
    town = found_town()
    begun(town, a_claim(town), NoAnswer("timeout"))
    assert treasury.unsure(tenant=neighbour) == []
    assert at_the_desk(neighbour).get(f"/kasse/{town.slug}/unklare-zahlungen/").status_code == 404
