"""Collecting: nothing twice, whoever presses at the same time and whenever the command is killed."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import Error, connection, transaction
from lxml import etree
from tests.support.book import assert_sound
from tests.support.debits import CREDITOR, PAYER, a_collecting_town, all_of, collect, ordered, status
from tests.support.shared import need_shared
from tests.support.sizes import size
from tests.support.towns import AT, a_claim, found_town

from zahlstelle import audit, payments, treasury
from zahlstelle.payments import MandateKind, PaymentStatus
from zahlstelle.tenancy import Tenant, inside


@pytest.fixture
def town() -> Tenant:
    return a_collecting_town()


def collected(town: Tenant) -> list[str]:
    """Name every debit in every collection there is, as often as it is in one."""
    return [name for each in payments.collections(tenant=town) for name in all_of("InstrId", each.content)]


def test_the_file_is_valid_and_says_that_it_is_a_test(town: Tenant) -> None:
    for _ in range(3):
        ordered(town)
    content = collect(town)
    etree.XMLSchema(etree.parse(str(need_shared("specs", "xsd", "pain.008.001.08.xsd")))).assertValid(
        etree.fromstring(content)
    )
    assert b"Testbetrieb: nicht bei einer Bank einreichen" in content
    assert all_of("MsgId", content)[0].startswith("TEST")
    assert (all_of("NbOfTxs", content)[0], all_of("CtrlSum", content)[0]) == ("3", "111.00")
    assert all_of("SeqTp", content) == ["OOFF"]
    # Announced two days before: ordered on Monday, collected on Wednesday.
    assert all_of("ReqdColltnDt", content) == ["2026-10-07"]


def test_a_live_town_writes_no_word_of_a_test() -> None:
    town = a_collecting_town(mode="live")
    ordered(town)
    content = collect(town)
    assert b"Test" not in content
    assert all_of("MsgId", content)[0].startswith("ZS")


def test_a_collection_that_comes_late_is_for_the_next_banking_day(town: Tenant) -> None:
    ordered(town)
    files: list[bytes] = []
    friday = AT + timedelta(days=11)
    treasury.collect(tenant=town, at=friday, by="test", put=files.append)
    assert all_of("ReqdColltnDt", files[0]) == ["2026-10-19"]


def test_a_town_without_a_creditor_identifier_collects_nothing() -> None:
    with pytest.raises(treasury.NotCollecting):
        collect(found_town())


def test_a_recurring_mandate_is_first_once_then_recurring(town: Tenant) -> None:
    mandate = payments.give_mandate(tenant=town, iban=PAYER, holder="Erika Muster", text="auf Papier", at=AT)
    assert mandate.kind is MandateKind.RECURRING
    for sequences in (["FRST", "RCUR"], ["RCUR"]):
        for _ in sequences:
            payment = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=AT).payment
            payments.order_debit_by(tenant=town, payment_id=payment.id, mandate=mandate.reference, at=AT)
        assert all_of("SeqTp", collect(town)) == sequences


def test_a_first_debit_that_was_rejected_was_none(town: Tenant) -> None:
    mandate = payments.give_mandate(tenant=town, iban=PAYER, holder="Erika Muster", text="auf Papier", at=AT)
    for _ in range(2):
        payment = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=AT).payment
        attempt = payments.order_debit_by(tenant=town, payment_id=payment.id, mandate=mandate.reference, at=AT)
        assert all_of("SeqTp", collect(town)) == ["FRST"]
        payments.debits_rejected(tenant=town, rejects=[(attempt.id.hex, "AM04")], at=AT)


def test_a_blocked_mandate_is_neither_taken_nor_collected_by(town: Tenant) -> None:
    mandate = payments.give_mandate(tenant=town, iban=PAYER, holder="Erika Muster", text="auf Papier", at=AT)
    first, second = (payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=AT).payment for _ in "12")
    payments.order_debit_by(tenant=town, payment_id=first.id, mandate=mandate.reference, at=AT)
    payments.block_mandate(tenant=town, reference=mandate.reference, at=AT)
    with pytest.raises(payments.MandateBlocked):
        payments.order_debit_by(tenant=town, payment_id=second.id, mandate=mandate.reference, at=AT)
    with pytest.raises(treasury.NothingToCollect):
        collect(town)
    assert status(town, first.id) is PaymentStatus.CANCELLED


# --- nothing twice -------------------------------------------------------------------------------------------------


def test_the_file_is_handed_out_once_and_again_only_by_its_name(town: Tenant) -> None:
    ordered(town)
    content = collect(town)
    with pytest.raises(treasury.NothingToCollect):
        collect(town)
    files: list[bytes] = []
    (message,) = all_of("MsgId", content)
    again = treasury.collect_again(tenant=town, message_id=message, at=AT, by="test", put=files.append)
    assert (files, again.taken_at) == ([content], AT)
    with pytest.raises(treasury.CollectionUnknown):
        treasury.collect_again(tenant=a_collecting_town(), message_id=message, at=AT, by="test", put=files.append)


def test_a_file_that_could_not_be_kept_is_given_again_the_same(town: Tenant) -> None:
    ordered(town)

    def full(content: bytes) -> None:
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        treasury.collect(tenant=town, at=AT, by="test", put=full)
    ordered(town)  # comes too late for this one
    (made,) = payments.collections(tenant=town, untaken=True)
    assert collect(town) == made.content
    assert len(all_of("InstrId", collect(town))) == 1
    assert max(Counter(collected(town)).values()) == 1


@pytest.mark.prove("direct_debit")
def test_many_treasurers_at_once(town: Tenant) -> None:
    """Every debit is in one file, every file is handed out to one of them."""
    rounds, treasurers = size(3, 40), size(4, 12)
    handed: list[bytes] = []

    def press() -> None:
        try:
            treasury.collect(tenant=town, at=AT, by="test", put=handed.append)
        except treasury.NothingToCollect:
            pass
        finally:
            connection.close()

    for _ in range(rounds):
        for _ in range(3):
            ordered(town)
        threads = [threading.Thread(target=press) for _ in range(treasurers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(Counter(all_of("MsgId", content)[0] for content in handed).values()) == [1] * len(handed)
    names = [name for content in handed for name in all_of("InstrId", content)]
    assert (len(names), len(set(names))) == (3 * rounds, 3 * rounds)
    assert_sound(town)
    print(f"\n{treasurers} at once, {rounds} rounds: {len(names)} debits, each in one file, each file handed out once")


@pytest.mark.prove("direct_debit")
def test_a_citizen_who_chooses_anew_while_it_is_collected(town: Tenant) -> None:
    """Either the debit is collected and stands, or it is given up and in no file."""
    for _ in range(size(6, 200)):
        _, payment = ordered(town)
        handed: list[bytes] = []

        def give_up(of: object = payment) -> None:
            try:
                payments.cancel(tenant=town, payment_id=of, at=AT)  # type: ignore[arg-type]
            finally:
                connection.close()

        thread = threading.Thread(target=give_up)
        thread.start()
        with suppress(treasury.NothingToCollect):
            treasury.collect(tenant=town, at=AT, by="test", put=handed.append)
        thread.join()
        expected = PaymentStatus.AWAITING_DEBIT if handed else PaymentStatus.CANCELLED
        assert status(town, payment) is expected


def test_what_is_collected_cannot_be_given_up_or_paid_otherwise(town: Tenant) -> None:
    claim, payment = ordered(town)
    collect(town)
    assert payments.cancel(tenant=town, payment_id=payment, at=AT) is PaymentStatus.AWAITING_DEBIT
    other = payments.start_payment(tenant=town, claim_id=claim.id, at=AT).payment
    with pytest.raises(payments.AlreadyBeingPaid):
        payments.choose_transfer(tenant=town, payment_id=other.id, at=AT)
    assert status(town, payment) is PaymentStatus.AWAITING_DEBIT


def test_what_is_not_collected_yet_gives_way(town: Tenant) -> None:
    claim, payment = ordered(town)
    other = payments.start_payment(tenant=town, claim_id=claim.id, at=AT).payment
    payments.choose_transfer(tenant=town, payment_id=other.id, at=AT)
    assert status(town, payment) is PaymentStatus.CANCELLED
    with pytest.raises(treasury.NothingToCollect):
        collect(town)


def test_the_database_itself_refuses_a_debit_in_two_collections(town: Tenant) -> None:
    ordered(town)
    collect(town)
    with inside(town), connection.cursor() as cursor:
        with pytest.raises(Error), transaction.atomic():
            cursor.execute("INSERT INTO collected_debit SELECT * FROM collected_debit")
        with pytest.raises(Error), transaction.atomic():
            cursor.execute("DELETE FROM collected_debit")


@pytest.mark.prove("direct_debit")
def test_killed_at_any_point_and_called_again(tmp_path: Path, town: Tenant) -> None:
    """However often it is killed: every debit in exactly one collection, and every file that is there is whole."""
    chance, kills, tries, count, between = random.Random(7), 0, 0, 0, 0
    while kills < size(2, 60):
        tries += 1
        assert tries < size(20, 400), "it ends before it can be killed"
        ordered(town)
        count += 1
        process = _ready(town, tmp_path / f"{tries}.xml")
        _go(process)
        time.sleep(chance.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
        between += bool(payments.collections(tenant=town, untaken=True))
    with suppress(treasury.NothingToCollect):
        while True:
            collect(town)
    assert len(collected(town)) == len(set(collected(town))) == count
    contents = {each.message_id: each.content for each in payments.collections(tenant=town)}
    for path in tmp_path.glob("*.xml"):
        assert path.read_bytes() == contents[all_of("MsgId", path.read_bytes())[0]]
    assert payments.collections(tenant=town, untaken=True) == []
    assert_sound(town)
    print(
        f"\n{kills} times SIGKILL over {count} debits, {between} times between the collection and its file: "
        "each debit in exactly one collection, every file whole"
    )


# The command with everything loaded, so that it is killed at its work and not while it starts.
_LOADED = """
import sys, django
django.setup()
import zahlstelle.treasury
from zahlstelle.cli import main
print("ready", flush=True)
sys.stdin.readline()
sys.exit(main(sys.argv[1:]))
"""


def _ready(town: Tenant, file: Path) -> subprocess.Popen[bytes]:
    words = ["debits", "collect", "--tenant", town.slug, "-o", str(file)]
    process = subprocess.Popen(
        [sys.executable, "-c", _LOADED, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    if process.stdout.readline() != b"ready\n":
        process.communicate()
        pytest.fail("the command did not start")
    return process


def _go(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.write(b"go\n")
    process.stdin.flush()


# --- the town file -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        {"creditor_id": "DE97ZZZ09999999999"},
        {"creditor_id": ""},
        {},
        {"creditor_id": CREDITOR, "pre_notification_days": 0},
        {"creditor_id": CREDITOR, "pre_notification_days": 15},
        {"creditor_id": CREDITOR, "iban": "DE00"},
        {"creditor_id": CREDITOR, "iban": PAYER},
        {"creditor_id": CREDITOR, "days": 3},
        "yes",
    ],
)
def test_a_wrong_town_file_is_refused(said: object) -> None:
    from zahlstelle.tenancy import TownFileWrong

    with pytest.raises(TownFileWrong, match="direct_debit"):
        found_town(settings={"direct_debit": said})


def test_the_account_and_the_days_of_the_town_file_count() -> None:
    from tests.support.towns import iban

    accounts = [{"iban": iban(n), "bic": "COLSDE33XXX", "holder": f"Stadt {n}"} for n in (810_001, 810_002)]
    said = {"creditor_id": CREDITOR, "iban": accounts[1]["iban"], "pre_notification_days": 14}
    town = found_town(settings={"direct_debit": said}, bank_accounts=accounts)
    ordered(town)
    content = collect(town)
    assert accounts[1]["iban"] in all_of("IBAN", content)
    assert date.fromisoformat(all_of("ReqdColltnDt", content)[0]) == AT.date() + timedelta(days=14)


def with_another_creditor(town: Tenant) -> Tenant:
    said = {"direct_debit": {"creditor_id": "DE98XYZ09999999999"}}
    return replace(town, settings={**town.settings, **said})


def test_a_mandate_given_to_another_creditor_identifier_is_not_collected_by(town: Tenant) -> None:
    """The town has another identifier now: what was consented to before is left out and told, the rest goes on."""
    old, before = ordered(town)
    now = with_another_creditor(town)
    with pytest.raises(treasury.NothingToCollect, match="1 are left out"):
        collect(now)
    new, _ = ordered(now)
    content = collect(now)
    assert all_of("EndToEndId", content) == [new.kassenzeichen]
    assert status(town, before) is PaymentStatus.AWAITING_DEBIT
    ((attempt, mandate, creditor),) = payments.debits_of_other_creditors(tenant=now)
    assert (attempt.claim_ids[0], creditor) == (old.id, CREDITOR)
    assert payments.mandate_named(tenant=town, reference=mandate).creditor_id == CREDITOR
    made = next(deed for deed in audit.deeds(tenant=town) if deed.action == "collection.made")
    assert made.details["left_out"] == 1
    # The new identifier was a mistake: nothing is lost.
    assert all_of("EndToEndId", collect(town)) == [old.kassenzeichen]
    assert payments.debits_of_other_creditors(tenant=town) == []


def test_nothing_is_ordered_by_a_mandate_given_to_another_creditor_identifier(town: Tenant) -> None:
    mandate = payments.give_mandate(tenant=town, iban=PAYER, holder="Erika Muster", text="auf Papier", at=AT)
    payment = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=AT).payment
    said = {"payment_id": payment.id, "mandate": mandate.reference, "at": AT}
    with pytest.raises(payments.MandateOfOtherCreditor):
        payments.order_debit_by(tenant=with_another_creditor(town), **said)
    assert payments.attempts_of(tenant=town, payment_id=payment.id) == []
    assert payments.order_debit_by(tenant=town, **said).status is payments.Status.PENDING
