"""What people do with waiting money, told as stories."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from tests.support.book import assert_sound, state
from tests.support.ledger_story import BY, Teller, tell
from tests.support.towns import AT
from tests.support.treasury_day import a_day

from zahlstelle import allocation, audit, bank, events
from zahlstelle.kernel import CheckMethod, Refusal, checkdigits
from zahlstelle.tenancy import Tenant, inside


def test_two_claims_in_one_transfer_are_split_by_hand_to_the_cent() -> None:
    tell("""
        claim   A        120.00
        claim   B         30.00
        credit  c1       145.00  fuer beide
        waits   c1       145.00  no_reference
        refused shares_differ:      settle c1  A 120.00, B 30.00
        refused shares_differ:      settle c1  A 120.00, B 20.00
        settle  c1       A 120.00, B 25.00
        open    A          0.00
        open    B          5.00
        waits   c1       nothing
        account suspense   0.00
        refused detail_not_waiting: settle c1  B 5.00
    """)


def test_a_rest_waits_until_it_is_settled_too() -> None:
    tell("""
        claim   A        100.00
        claim   B         60.00
        credit  c1       160.00  ohne alles
        settle  c1       A 100.00 rest waits
        waits   c1        60.00  rest_waits
        settle  c1       B 60.00
        waits   c1       nothing
        back    c1       beides falsch
        open    A        100.00
        open    B         60.00
        waits   c1       160.00  taken_back
        retry   0
    """)


def test_what_is_too_much_is_owed_back() -> None:
    tell("""
        claim   A        100.00
        credit  c1       130.00  ohne alles
        settle  c1       A 100.00 rest overpaid
        open    A          0.00
        account overpaid -30.00
        back    c1       falscher Bescheid
        account overpaid   0.00
        open    A        100.00
    """)


def test_nobody_pays_more_than_is_open() -> None:
    tell("""
        claim   A         50.00
        credit  c1        70.00  ohne alles
        refused share_too_large: settle c1  A 70.00
        refused shares_differ:   settle c1  A 50.00 rest fees
        waits   c1        70.00  no_reference
    """)


def test_a_bank_fee_and_a_gift() -> None:
    tell("""
        debit   f1         4.90  Entgelt
        credit  g1        50.00  Spende
        refused note_missing:         book f1 fees
        refused account_not_for_this: book f1 revenue Abschluss
        book    f1       fees  Kontoabschluss
        account fees       4.90
        book    g1       overpaid  Spender will es zurueck
        account overpaid -50.00
        account suspense   0.00
    """)


def test_taken_back_money_can_be_settled_and_taken_back_again() -> None:
    tell("""
        claim   A         50.00
        claim   B         50.00
        credit  c1        50.00  A
        open    A          0.00
        back    c1       war fuer B
        refused nothing_to_take_back: back c1 noch einmal
        settle  c1       B 50.00
        back    c1       doch fuer A
        settle  c1       A 50.00
        open    A          0.00
        open    B         50.00
    """)


def test_a_payment_that_was_given_back_pays_no_other_claim_though_its_claim_was_paid_anew() -> None:
    tell("""
        claim   A         50.00
        claim   B         50.00
        credit  c1        50.00  A
        debit   r1        50.00  A  reason MS03  day 2026-10-06
        credit  c2        50.00  A  day 2026-10-07
        refused share_too_large: back c1 war fuer B
        open    A          0.00
        back    c2       war fuer B
        settle  c2       B 50.00
        open    A         50.00
        open    B          0.00
    """)


def test_of_two_payments_one_of_which_was_given_back_one_can_be_taken_back() -> None:
    tell("""
        claim   A        100.00
        credit  c1        50.00  ohne alles
        credit  c2        50.00  ohne alles
        settle  c1       A 50.00
        settle  c2       A 50.00
        debit   r1        50.00  A  reason MS03
        settle  r1       A 50.00
        open    A         50.00
        back    c1       war fuer jemand anderen
        open    A        100.00
        refused share_too_large: back c2 auch
    """)


def test_the_debtors_own_choice_of_line_comes_first_then_the_law() -> None:
    teller = tell("""
        claim   A        115.00  lines principal:100.00,interest:5.00,costs:10.00
        credit  c1        12.00  ohne alles
        credit  c2        50.00  ohne alles
    """)
    claim = teller.claims["A"].id
    given = {"tenant": teller.town, "by": BY, "at": AT}
    allocation.settle(detail=teller.details["c1"], shares=[(claim, 1200)], first_lines={claim: [2]}, **given)
    allocation.settle(detail=teller.details["c2"], shares=[(claim, 5000)], **given)
    decided = allocation.decisions_of_claim(tenant=teller.town, claim_id=claim)
    assert [list(d.lines or ()) for d in decided] == [[(1, 700), (2, 500)], [(1, 5000)]]


def test_who_why_and_what_stand_in_the_log_and_with_the_decision() -> None:
    teller = tell("""
        claim   A         50.00
        credit  c1        50.00  ohne alles
        settle  c1       A 50.00
        back    c1       war fuer B
    """)
    deeds = audit.deeds(tenant=teller.town, subject=str(teller.details["c1"]))
    assert {(d.action, d.actor) for d in deeds} == {("allocation.settled", BY), ("allocation.taken_back", BY)}
    decided = allocation.decisions_of_claim(tenant=teller.town, claim_id=teller.claims["A"].id)
    assert [(d.outcome, d.decided_by) for d in decided] == [("allocated", BY), ("taken_back", BY)]
    assert decided[1].reasons == ["war fuer B"]
    told = [e.name for e in events.events_about(tenant=teller.town, subject=teller.claims["A"].id)]
    assert told == ["claim.opened", "claim.settled", "claim.reopened"]


def at_once(*works: Callable[[], object]) -> list[str]:
    """Let all begin at the same moment; give what each ended with."""
    outcomes: list[str] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        start.wait()
        try:
            work()
            outcomes.append("done")
        except Refusal as refusal:
            outcomes.append(str(refusal.code))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(outcomes)


@pytest.mark.parametrize("_round", range(3))
def test_of_two_people_one_settles_and_one_is_told(_round: int) -> None:
    teller = tell("""
        claim   A         50.00
        claim   B         50.00
        credit  c1        50.00  ohne alles
    """)

    def settle(name: str) -> Callable[[], object]:
        shares = [(teller.claims[name].id, 5000)]
        return lambda: allocation.settle(tenant=teller.town, detail=teller.details["c1"], shares=shares, by=BY, at=AT)

    assert at_once(settle("A"), settle("B")) == ["detail_not_waiting", "done"]
    assert_sound(teller.town)


def test_a_person_and_the_worker_at_once_settle_it_once() -> None:
    """The claim is opened after its money came: the worker may allocate it now, and a person settles it elsewhere."""
    number = "47110000777" + checkdigits.check_digit("47110000777", CheckMethod.LUHN)
    teller = Teller(check="luhn").tell(f"""
        claim   B         50.00
        credit  c1        50.00  {number}
        waits   c1        50.00  unknown_reference
        claim   A         50.00  number {number}
    """)
    shares = [(teller.claims["B"].id, 5000)]
    given = {"tenant": teller.town, "at": AT}
    outcomes = at_once(
        lambda: allocation.settle(detail=teller.details["c1"], shares=shares, by=BY, **given),
        lambda: allocation.retry_doubts(**given),
    )
    assert outcomes in (["done", "done"], ["detail_not_waiting", "done"])
    teller.tell("waits c1 nothing")
    settled = [c for c in teller.claims.values() if allocation.decisions_of_claim(tenant=teller.town, claim_id=c.id)]
    assert len(settled) == 1


def test_while_a_file_is_taken_in_people_are_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zahlstelle.allocation._by_hand._PATIENCE", "100ms")
    teller = tell("""
        claim   A         50.00
        credit  c1        50.00  ohne alles
    """)
    shares = [(teller.claims["A"].id, 5000)]
    outcomes: list[str] = []
    with inside(teller.town):
        bank.one_at_a_time(tenant=teller.town)
        outcomes += at_once(
            lambda: allocation.settle(tenant=teller.town, detail=teller.details["c1"], shares=shares, by=BY, at=AT)
        )
    assert outcomes == ["bank_busy"]
    teller.tell("""
        waits   c1        50.00  no_reference
        settle  c1       A 50.00
    """)


def test_a_payout_is_not_taken_back_by_hand(tmp_path: Path, town: Tenant) -> None:
    day = a_day(town, tmp_path)
    before = state(town)
    paid_out = [d for d in day_decisions(town) if d.attempt_id and d.outcome == "allocated"]
    assert paid_out, "the day has a payout"
    with pytest.raises(Refusal) as refusal:
        allocation.take_back(tenant=town, detail=paid_out[0].detail, by=BY, at=AT, reason="probiert")
    assert refusal.value.code == "payout_stands"
    assert state(town) == before
    assert day is not None


def day_decisions(town: Tenant) -> list[allocation.Decision]:
    days = [found.day for found in bank.days(tenant=town)]
    entries = [entry.id for day in days for entry in bank.entries_of_day(tenant=town, day=day)]
    return [d for entry in entries for d in allocation.decisions_of_entry(tenant=town, entry_id=entry).values()]
