"""The pain.008.001.08 we write: valid, the same for the same, in batches by day and sequence, read back as it was."""

import io
import random
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from lxml import etree

from tests.support.shared import need_shared
from zahlstelle.iso20022 import (
    CollectionHead,
    DebitOrder,
    Unwritable,
    read_orders,
    sayable_reference,
    write_pain008,
)

HEAD = CollectionHead(
    message_id="ZS0123456789abcdef01234567",
    created_at=datetime(2026, 10, 5, 8, 0, tzinfo=UTC),
    creditor_name="Stadt Mußterhausen & Töchter – Stadtkasse",
    creditor_iban="DE02120300000000202051",
    creditor_bic="BYLADEM1001",
    creditor_id="DE98ZZZ09999999999",
    note="Testbetrieb -- nicht einreichen",
)
ORDER = DebitOrder(
    sequence="OOFF",
    collect_on=date(2026, 10, 7),
    amount_cents=3700,
    instruction_id="0" * 32,
    end_to_end_id="471100000016",
    mandate_id="M20261005-0123456789AB",
    signed_on=date(2026, 10, 5),
    debtor_name="Zoë Müßig & Söhne <Łódź>",
    debtor_iban="DE02120300000000202051",
    remittance="471100000016 Gebühr für den Ausweis ☂ " + "lang " * 40,
)


def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(need_shared("specs", "xsd", "pain.008.001.08.xsd"))))


def many(seed: int, count: int) -> list[DebitOrder]:
    chance = random.Random(seed)
    return [
        replace(
            ORDER,
            sequence=chance.choice(["OOFF", "FRST", "RCUR"]),
            collect_on=date(2026, 10, chance.randint(6, 9)),
            amount_cents=chance.choice([1, 99, 3700, 99_999_999_999]),
            instruction_id=f"{number:032x}",
            end_to_end_id=f"4711{number:08d}",
            debtor_name="".join(chance.choices("aäÖß é€Łx&<>'\"漢", k=chance.randint(1, 70))) + "a",
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("orders", [[ORDER], many(1, 40), many(2, 300)], ids=["one", "forty", "three hundred"])
def test_it_is_valid(orders: list[DebitOrder]) -> None:
    schema().assertValid(etree.fromstring(write_pain008(HEAD, orders)))


def test_the_same_is_written_the_same() -> None:
    assert write_pain008(HEAD, many(3, 50)) == write_pain008(HEAD, many(3, 50))


def test_it_is_read_back_as_it_was_written() -> None:
    orders = many(4, 60)
    content = write_pain008(HEAD, orders)
    read = list(read_orders(io.BytesIO(content), "file.xml"))
    assert sorted(
        (r.instruction_id, r.end_to_end_id, r.amount_cents, r.mandate_id, r.batch.due_on, r.batch.sequence_type)
        for r in read
    ) == sorted(
        (o.instruction_id, o.end_to_end_id, o.amount_cents, o.mandate_id, o.collect_on, o.sequence) for o in orders
    )
    assert {(r.batch.own_iban, r.batch.creditor_id, r.batch.message.message_id) for r in read} == {
        (HEAD.creditor_iban, HEAD.creditor_id, HEAD.message_id)
    }


def test_one_batch_for_each_day_and_sequence() -> None:
    orders = many(5, 80)
    batches = {r.batch.payment_id: r.batch for r in read_orders(io.BytesIO(write_pain008(HEAD, orders)), "file.xml")}
    assert sorted((b.due_on, b.sequence_type) for b in batches.values()) == sorted(
        {(o.collect_on, o.sequence) for o in orders}
    )
    assert sorted(batches) == [f"{HEAD.message_id}-{n:03d}" for n in range(1, len(batches) + 1)]


def test_names_and_texts_are_said_in_characters_every_bank_takes() -> None:
    content = write_pain008(HEAD, [ORDER]).decode()
    assert "<Nm>Zoe Muessig + Soehne ..odz.</Nm>" in content  # no letter of it is left where none is near
    assert "<Nm>Stadt Mussterhausen + Toechter . Stadtkasse</Nm>" in content
    assert content.isascii()
    (text,) = etree.fromstring(content.encode()).xpath("//*[local-name()='Ustrd']/text()")
    assert text.startswith("471100000016 Gebuehr fuer den Ausweis . lang") and len(text) <= 140


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_cents": 0}, "amount_refused"),
        ({"amount_cents": -1}, "amount_refused"),
        ({"amount_cents": 100_000_000_000}, "amount_refused"),
        ({"end_to_end_id": "//x"}, "character_refused"),
        ({"end_to_end_id": "ä"}, "character_refused"),
        ({"instruction_id": "0" * 36}, "character_refused"),
        ({"debtor_iban": "DE00 1"}, "code_refused"),
        ({"debtor_name": " "}, "character_refused"),
    ],
)
def test_what_cannot_be_said_is_refused(change: dict[str, object], code: str) -> None:
    with pytest.raises(Unwritable) as refused:
        write_pain008(HEAD, [replace(ORDER, **change)])  # type: ignore[arg-type]
    assert refused.value.code == code


def test_an_empty_collection_and_a_moment_without_a_zone_are_refused() -> None:
    with pytest.raises(Unwritable):
        write_pain008(HEAD, [])
    with pytest.raises(Unwritable):
        write_pain008(replace(HEAD, created_at=HEAD.created_at.replace(tzinfo=None)), [ORDER])


@pytest.mark.parametrize(
    ("reference", "sayable"),
    [
        *((good, True) for good in ("471100000016", "AB-1/2", "1" * 35)),
        *((bad, False) for bad in ("/1", "1/", "1//2", "", "1" * 36, "ü", " 1", "a_b")),
    ],
)
def test_which_references_come_through(reference: str, sayable: bool) -> None:
    assert sayable_reference(reference) is sayable
