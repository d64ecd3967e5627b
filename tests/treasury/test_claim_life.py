"""One claim's whole life, as the page and `zahlstelle doctor` tell it; and `zahlstelle book check`."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.support.towns import a_claim
from tests.support.treasury_day import TreasuryDay, a_day

from zahlstelle import claims, treasury
from zahlstelle.cli import main
from zahlstelle.tenancy import Tenant


@pytest.fixture
def day(town: Tenant, tmp_path: Path) -> TreasuryDay:
    return a_day(town, tmp_path)


def what_happened(town: Tenant, kassenzeichen: str) -> list[str]:
    return [moment.what for moment in treasury.claim_life(tenant=town, kassenzeichen=kassenzeichen).moments]


def test_a_claim_nobody_paid(town: Tenant) -> None:
    assert what_happened(town, a_claim(town).kassenzeichen) == ["claim.opened", "ledger.booked"]


def test_a_claim_paid_by_transfer(town: Tenant, day: TreasuryDay) -> None:
    told = what_happened(town, day.transferred.kassenzeichen)
    assert told[:2] == ["claim.opened", "ledger.booked"]
    assert told[2:] == ["bank.entry", "allocation.allocated", "ledger.booked", "claim.settled"], "cause before effect"


def test_a_claim_paid_online_and_paid_out(town: Tenant, day: TreasuryDay) -> None:
    told = what_happened(town, day.online.kassenzeichen)
    for what in ("payment.created", "payment.started", "payment.paid", "bank.entry", "allocation.allocated"):
        assert told.count(what) == 1, what
    assert told.count("ledger.booked") == 3, "owed, captured, paid out"


def test_moments_are_in_order_and_lead_somewhere(town: Tenant, day: TreasuryDay) -> None:
    moments = treasury.claim_life(tenant=town, kassenzeichen=day.online.kassenzeichen).moments
    assert [m.at for m in moments] == sorted(m.at for m in moments)
    assert all(moment.where for moment in moments)


def test_the_journal_of_a_life_balances(town: Tenant, day: TreasuryDay) -> None:
    life = treasury.claim_life(tenant=town, kassenzeichen=day.online.kassenzeichen)
    assert sum(line.amount.cents * (1 if line.side == "SOLL" else -1) for line in life.journal) == 0
    assert len({(line.entry, line.account, line.side) for line in life.journal}) == len(life.journal), "each line once"


def test_a_neighbours_claim_has_no_life_here(town: Tenant, neighbour: Tenant) -> None:
    theirs = a_claim(neighbour, kassenzeichen="ABC99887766")
    with pytest.raises(claims.ClaimUnknown):
        treasury.claim_life(tenant=town, kassenzeichen=theirs.kassenzeichen)


def test_doctor_tells_it_on_a_terminal(town: Tenant, day: TreasuryDay, capsys: pytest.CaptureFixture[str]) -> None:
    number = day.transferred.kassenzeichen
    assert main(["doctor", f"{number[:4]} {number[4:]}", "--tenant", town.slug]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{number}  Personalausweis"
    assert lines[1] == "amount 37.00 EUR, open 0.00 EUR, settled"
    assert lines[2].startswith("2026-10-05 10:00:00 +0200  claim.opened")
    assert any("allocation.allocated" in line and "Prüfziffer stimmt" in line for line in lines)


@pytest.mark.parametrize("words", [["4711000000000"], ["x"]])
def test_doctor_says_what_it_does_not_know(words: list[str], town: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", *words, "--tenant", town.slug]) == 1
    assert "[claim_unknown]" in capsys.readouterr().err


def test_doctor_does_not_know_the_town(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "4711", "--tenant", "nowhere"]) == 1
    assert "[tenant_unknown]" in capsys.readouterr().err


def test_book_check_passes_a_sound_book(town: Tenant, day: TreasuryDay, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["book", "check", "--tenant", town.slug]) == 0
    assert capsys.readouterr().out == f"{town.slug}: sound\n"


def test_book_check_lists_what_differs(
    town: Tenant,
    day: TreasuryDay,
    superuser: Callable[[], psycopg.Connection],
    capsys: pytest.CaptureFixture[str],
) -> None:
    with superuser() as database:
        database.execute("SET session_replication_role = replica")
        database.execute(
            "UPDATE claim_balance SET settled_cents = 200 WHERE tenant_id = %s AND claim_id = %s",
            [town.id, day.unpaid.id],
        )
    assert main(["book", "check", "--tenant", town.slug]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert f"{town.slug}: 1 differ" in said
    assert f"open_amount {day.unpaid.kassenzeichen} 10.00 12.00" in said
