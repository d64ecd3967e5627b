"""What we write is valid, reads back as it was, and never changes a reference."""

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.iso20022.support import shared
from zahlstelle import iso20022
from zahlstelle.iso20022 import NoticeDetail, NoticeEntry, NoticeHead, Unwritable, write_camt054

pytestmark = pytest.mark.prove("notify")

HEAD = NoticeHead(
    "ZS-2026-1", datetime(2026, 11, 20, 7, 0, tzinfo=UTC), "ZS-2026-1-1", "DE87123456781234567890",
    owner_name="Stadtkasse Großmüllrose", servicer_bic="MUSTDE5M",
)  # fmt: skip
DAY = date(2026, 11, 20)


def _entry(*details: NoticeDetail, **other: Any) -> NoticeEntry:
    total = sum(one.amount_cents if one.side == "credit" else -one.amount_cents for one in details)
    side = "credit" if total >= 0 else "debit"
    return NoticeEntry(abs(total), DAY, DAY, len(details), side, **other)


def _schema() -> etree.XMLSchema | None:
    path = shared("specs", "xsd", "camt.054.001.08.xsd")
    return None if path is None else etree.XMLSchema(etree.parse(str(path)))


SCHEMA = _schema()


def _valid(data: bytes) -> None:
    if SCHEMA is not None:
        SCHEMA.assertValid(etree.fromstring(data))


def test_the_schema_is_there() -> None:
    if SCHEMA is None:
        print("WARNING: no ISO 20022 schemas on this machine: set ZAHLSTELLE_SHARED to validate against them")
    else:
        with pytest.raises(etree.DocumentInvalid):
            _valid(write_camt054(HEAD, _entry(), []).replace(b"BOOK", b"BOOKED"))


_WORD = st.text(st.characters(codec="utf-8"), max_size=320)
_ID = st.text(st.sampled_from("ABCxyz0123456789-/.:&<>'\"äß€"), min_size=1, max_size=35)
DETAILS = st.builds(
    NoticeDetail,
    amount_cents=st.integers(0, 10**12),
    kassenzeichen=_ID,
    remittance=st.none() | _WORD,
    party_name=st.none() | _WORD,
    party_iban=st.none() | st.just("DE02120300000000202051"),
    party_bic=st.none() | st.just("BYLADEM1001"),
    tx_id=st.none() | _ID,
    bank_ref=st.none() | _ID,
    side=st.sampled_from(["credit", "debit"]),
    instruction_id=st.none() | _ID,
    mandate_id=st.none() | _ID,
    uetr=st.none() | st.uuids(version=4).map(str),
    reference=st.none() | _ID,
    code=st.none() | st.sampled_from(["166", "NTRF+166+00931", "NRTI+109++901", "NDDT+105+9200+992", "152", "808"]),
    return_reason=st.none() | st.sampled_from(["AC04", "MS03", "Konto erloschen"]),
)


def _clean(text: str | None, length: int) -> str | None:
    """What is left of a text: one blank for every run of blanks and of characters XML forbids."""
    kept = "".join(" " if not _allowed(one) or one.isspace() else one for one in text or "")
    return " ".join(kept.split())[:length].rstrip() or None


def _allowed(one: str) -> bool:
    return one in "\t\n\r" or "\x20" <= one <= "\ud7ff" or "\ue000" <= one <= "\ufffd" or one >= "\U00010000"


@settings(deadline=None)
@given(st.lists(DETAILS, max_size=5), st.none() | _WORD)
def test_what_is_written_reads_back_the_same(details: list[NoticeDetail], info: str | None) -> None:
    data = write_camt054(HEAD, _entry(*details, bank_ref="SAMMLER-1", additional_info=info), iter(details))
    _valid(data)
    told = list(iso20022.read(io.BytesIO(data), "f"))
    assert told == list(iso20022.read(io.BytesIO(data), "f", plain=False))
    assert not [one for one in told if isinstance(one, iso20022.Deviation)]
    entry = next(one.entry for one in told if isinstance(one, iso20022.EntryEnd))
    assert (entry.bank_ref, entry.booking_date, entry.batch_count) == ("SAMMLER-1", DAY, len(details))
    assert (entry.whole, entry.additional_info) == (bool(details), _clean(info, 500))
    back = [
        NoticeDetail(
            one.amount_cents or 0, one.end_to_end_id or "", "".join(one.remittance) or None, one.party_name,
            one.party_iban, one.party_bic, one.tx_id, one.bank_ref, one.side or "credit", one.instruction_id,
            one.mandate_id, one.uetr, one.reference, one.proprietary_code, one.return_reason,
        )
        for one in told
        if isinstance(one, iso20022.Detail)
    ]  # fmt: skip
    assert back == [
        NoticeDetail(
            one.amount_cents, one.kassenzeichen, _clean(one.remittance, 10_000), _clean(one.party_name, 140),
            one.party_iban, one.party_bic, one.tx_id, one.bank_ref, one.side, one.instruction_id, one.mandate_id,
            one.uetr, one.reference, one.code or _usual(one), one.return_reason,
        )
        for one in details
    ]  # fmt: skip


def _usual(one: NoticeDetail) -> str | None:
    """What the bank would have said of a detail for which it gave no Geschäftsvorfallcode."""
    return None if one.return_reason else "NTRF+166" if one.side == "credit" else "NTRF+116"


def test_the_same_is_written_the_same() -> None:
    details = [NoticeDetail(3700, "4711000123", "Personalausweis", "Jürgen Groß", "DE02120300000000202051")]
    first = write_camt054(HEAD, _entry(*details), details)
    assert first == write_camt054(HEAD, _entry(*details), details)
    _valid(first)
    for part in (
        b"<EndToEndId>4711000123</EndToEndId>",
        b"<Cd>NTRF+166</Cd><Issr>DK</Issr>",
        b"<Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>",
        b'<Btch><NbOfTxs>1</NbOfTxs><TtlAmt Ccy="EUR">37.00</TtlAmt><CdtDbtInd>CRDT</CdtDbtInd></Btch>',
    ):
        assert part in first


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("length_refused", {"kassenzeichen": ""}),
        ("length_refused", {"kassenzeichen": "4" * 36}),
        ("character_refused", {"kassenzeichen": "47\x0011"}),
        ("character_refused", {"kassenzeichen": "4711 "}),
        ("character_refused", {"kassenzeichen": "47  11"}),
        ("character_refused", {"tx_id": "\ufffe"}),
        ("amount_refused", {"amount_cents": -1}),
        ("amount_refused", {"amount_cents": 10**15}),
        ("code_refused", {"party_iban": "DE02 1203"}),
        ("code_refused", {"party_bic": "<x/>"}),
    ],
)
def test_what_would_change_a_reference_is_refused(code: str, changed: dict[str, Any]) -> None:
    detail = NoticeDetail(**({"amount_cents": 100, "kassenzeichen": "4711"} | changed))
    entry = NoticeEntry(100, DAY, DAY, 1)
    with pytest.raises(Unwritable) as no:
        write_camt054(HEAD, entry, [detail])
    assert no.value.code == code


@pytest.mark.parametrize("entry", [NoticeEntry(101, DAY, DAY, 1), NoticeEntry(100, DAY, DAY, 2)])
def test_details_that_are_not_the_entry_are_refused(entry: NoticeEntry) -> None:
    with pytest.raises(Unwritable) as no:
        write_camt054(HEAD, entry, [NoticeDetail(100, "4711")])
    assert no.value.code == "details_differ"


def test_a_moment_without_an_offset_is_refused() -> None:
    with pytest.raises(Unwritable):
        write_camt054(NoticeHead("M", datetime(2026, 11, 20), "N", "DE87123456781234567890"), _entry(), [])  # noqa: DTZ001
