"""What is read from an entry and its details, and what is refused, with its place."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.iso20022.support import detail, entry, events, message, refusal
from zahlstelle import iso20022
from zahlstelle.iso20022 import _plans
from zahlstelle.iso20022._values import cents

BOTH = pytest.mark.parametrize("plain", [True, False], ids=["quick", "careful"])


def _entry(*parts: str, plain: bool = True, **around: str) -> iso20022.Entry:
    told = events(message(entry(*parts), **around), plain=plain)  # type: ignore[arg-type]
    return next(one.entry for one in told if isinstance(one, iso20022.EntryEnd))


def _detail(more: str, *, side: str = "CRDT", plain: bool = True, version: str = "001.08") -> iso20022.Detail:
    told = events(message(entry(detail(more=more, side=side), side=side), version=version), plain=plain)
    return next(one for one in told if isinstance(one, iso20022.Detail))


# --- amounts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10.00", 1000), ("10", 1000), ("10.", 1000), (".09", 9), ("0.5", 50), ("12.34000", 1234), ("007.10", 710),
     ("+1.00", 100), ("9999999999999999.99", 999999999999999999), ("0", 0)],
)  # fmt: skip
def test_an_amount_in_hundredths(text: str, expected: int) -> None:
    assert cents(text) == expected


@settings(deadline=None)
@given(st.integers(0, 10**17), st.integers(0, 3))
def test_every_amount_comes_through(value: int, zeros: int) -> None:
    assert cents(f"{value // 100}.{value % 100:02d}{'0' * zeros}") == value


UNREADABLE = ["", " ", "1,50", "12.345", "-1.00", "1e3", "NaN", "１２", "1_000", "12 34", "1.2.3", "9" * 20, "."]


@BOTH
@pytest.mark.parametrize("text", UNREADABLE)
def test_an_amount_that_cannot_be_read_is_a_place_and_never_zero(text: str, plain: bool) -> None:
    no = refusal(message(entry(detail(), amount=text)), plain=plain)
    assert (no.code, no.line, no.element) == ("amount_unreadable", 3, "Ntry/Amt")
    no = refusal(message(entry(detail() + "\n" + detail(amount=text))), plain=plain)
    assert (no.code, no.line, no.element) == ("amount_unreadable", 6, "Ntry/NtryDtls/TxDtls/Amt")
    balance = f'<Bal>\n<Amt Ccy="EUR">{text}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>'
    no = refusal(message(balance + entry(detail())), plain=plain)
    assert (no.code, no.line, no.element) == ("amount_unreadable", 4, "Bal/Amt")


@BOTH
def test_the_place_in_a_long_run_of_equal_details_is_exact(plain: bool) -> None:
    many = [detail() for _ in range(3000)]
    many[2500] = detail().replace("<Amt", "\n\n<Amt").replace("10.00", "10.001")
    no = refusal(message(entry("\n".join(many))), plain=plain)
    assert (no.code, no.line) == ("amount_unreadable", 5 + 2500 + 2)


@BOTH
def test_a_side_that_is_no_side_is_refused(plain: bool) -> None:
    assert refusal(message(entry(detail(), side="")), plain=plain).code == "side_unreadable"
    assert refusal(message(entry(detail(side="CREDIT"))), plain=plain).code == "side_unreadable"


@BOTH
@pytest.mark.parametrize(
    ("before", "junk", "code", "line", "element"),
    [
        (b"<MsgId>M", b"&", "not_xml", 2, "GrpHdr/MsgId"),
        (b"<CdtDbtInd>", b"</CdtDbtInd>&x;", "entity_refused", 4, "Ntry"),
        (b"<NtryDtls>", b"<\x01", "not_xml", 5, "Ntry/NtryDtls"),
        (b"<IBAN>", b"<a>" * 70, "too_deep", 2, "a"),
    ],
)
def test_what_is_no_xml_names_the_open_element(
    before: bytes, junk: bytes, code: str, line: int, element: str, plain: bool
) -> None:
    no = refusal(message(entry(detail())).replace(before, before + junk, 1), plain=plain)
    assert (no.code, no.line, no.element) == (code, line, element)


def test_an_entry_without_an_amount_is_refused() -> None:
    assert refusal(message("<Ntry><CdtDbtInd>CRDT</CdtDbtInd></Ntry>")).element == "Ntry/Amt"


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ('<Amt Ccy="EUR">1.00</Amt><AmtDtls><TxAmt><Amt Ccy="EUR">2.00</Amt></TxAmt></AmtDtls>', (100, "EUR")),
        ('<AmtDtls><InstdAmt><Amt Ccy="EUR">3.00</Amt></InstdAmt><TxAmt><Amt Ccy="EUR">2.00</Amt></TxAmt></AmtDtls>',
         (200, "EUR")),
        ('<AmtDtls><InstdAmt><Amt Ccy="EUR">3.00</Amt></InstdAmt></AmtDtls>', (300, "EUR")),
        ('<AmtDtls><InstdAmt><Amt Ccy="USD">3.00</Amt></InstdAmt></AmtDtls>', (None, None)),
        ('<Chrgs><Rcrd><Amt Ccy="EUR">9.99</Amt></Rcrd></Chrgs>', (None, None)),
        ("", (None, None)),
    ],
)  # fmt: skip
def test_which_amount_is_the_detail_s(amounts: str, expected: tuple[int | None, str | None]) -> None:
    told = events(message(entry(f"<TxDtls>{amounts}</TxDtls>")))
    found = next(one for one in told if isinstance(one, iso20022.Detail))
    assert (found.amount_cents, found.currency) == expected


@pytest.mark.parametrize(
    ("details", "whole", "with_charges"),
    [
        (detail("4.00") + detail("6.00"), True, True),
        (detail("4.00") + detail("6.01"), False, False),
        (detail("12.00") + detail("2.00", side="DBIT"), True, True),
        (detail("11.00", more='<Chrgs><Rcrd><Amt Ccy="EUR">1.00</Amt></Rcrd></Chrgs>'), False, True),
        (detail("10.00").replace("EUR", "USD"), False, False),
        (detail("10.00") + "<TxDtls></TxDtls>", False, False),
        ("", False, False),
    ],
)
def test_whether_details_are_the_entry(details: str, whole: bool, with_charges: bool) -> None:
    found = _entry(details)
    assert (found.whole, found.whole_with_charges) == (whole, with_charges)


def test_what_the_bank_counts_otherwise_is_said() -> None:
    batch = '<Btch><NbOfTxs>3</NbOfTxs><TtlAmt Ccy="EUR">10.00</TtlAmt></Btch>'
    told = events(message(entry(batch + detail("4.00") + detail("5.00"))))
    assert [one.code for one in told if isinstance(one, iso20022.Deviation)] == [
        "details_differ",
        "batch_count_differs",
    ]


def test_two_batches_in_one_entry_are_counted_together() -> None:
    two = f"<Btch><NbOfTxs>1</NbOfTxs></Btch>{detail('4.00')}</NtryDtls><NtryDtls><Btch><NbOfTxs>1</NbOfTxs></Btch>"
    found = _entry(two + detail("6.00"))
    assert (found.batch_count, found.detail_count, found.whole) == (2, 2, True)


# --- parties -----------------------------------------------------------------------------------------------------


def _parties(debtor: str | None, creditor: str | None) -> str:
    def party(tag: str, told: str | None) -> str:
        if told is None:
            return ""
        name, _, iban = told.partition("/")
        account = f"<{tag}Acct><Id><IBAN>{iban}</IBAN></Id></{tag}Acct>" if iban else ""
        return f"<{tag}><Pty><Nm>{name}</Nm></Pty></{tag}>{account}"

    return f"<RltdPties>{party('Dbtr', debtor)}{party('Cdtr', creditor)}</RltdPties>"


US = "DE87123456781234567890"
RETURN = "<RtrInf><Rsn><Cd>MS03</Cd></Rsn></RtrInf>"


@BOTH
@pytest.mark.parametrize(
    ("side", "parties", "more", "expected"),
    [
        ("CRDT", ("Payer", "Town"), "", "Payer"),
        ("DBIT", ("Town", "Payee"), "", "Payee"),
        ("CRDT", (None, "Town"), "", None),
        ("DBIT", ("Payer", "Town"), RETURN, "Payer"),
        ("CRDT", ("Town", "Payee"), RETURN, "Payee"),
        ("DBIT", (f"Town/{US}", "Payer/DE02120300000000202051"), RETURN, "Payer"),
        ("CRDT", ("Somebody", None), RETURN, "Somebody"),
        ("DBIT", ("Payer", "Town"), "<BkTxCd><Prtry><Cd>NRTI+109+9310</Cd></Prtry></BkTxCd>", "Payer"),
    ],
)
def test_who_the_other_side_is(
    side: str, parties: tuple[str | None, str | None], more: str, expected: str | None, plain: bool
) -> None:
    assert _detail(more + _parties(*parties), side=side, plain=plain).party_name == expected


@pytest.mark.parametrize(
    "name", ["<Nm>A</Nm>", "<Pty><Nm>A</Nm></Pty>", "<Agt><FinInstnId><Nm>A</Nm></FinInstnId></Agt>"]
)
def test_where_a_name_may_stand(name: str) -> None:
    assert _detail(f"<RltdPties><Dbtr>{name}</Dbtr></RltdPties>").party_name == "A"
    assert _detail(f"<RltdPties><UltmtDbtr>{name}</UltmtDbtr></RltdPties>").party_name == "A"


# --- texts, days, codes --------------------------------------------------------------------------------------------


@BOTH
def test_pieces_of_a_remittance_stay_as_cut(plain: bool) -> None:
    found = _detail("<RmtInf><Ustrd>KZ 47 </Ustrd><Ustrd>\n</Ustrd><Ustrd>11&amp;&#x41;</Ustrd></RmtInf>", plain=plain)
    assert found.remittance == ("KZ 47 ", "11&A")


@BOTH
def test_all_references_are_kept_and_the_first_is_the_reference(plain: bool) -> None:
    strd = "<Strd><CdtrRefInf>{}<Ref>{}</Ref></CdtrRefInf></Strd>"
    kind = "<Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp>"
    found = _detail(f"<RmtInf>{strd.format('', 'A1')}{strd.format(kind, 'RF18')}</RmtInf>", plain=plain)
    assert (found.reference, found.reference_type) == ("A1", None)
    assert found.references == ((None, "A1"), ("SCOR", "RF18"))


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("<Dt>2026-11-20</Dt>", date(2026, 11, 20)),
        ("<Dt>2026-11-20+01:00</Dt>", date(2026, 11, 20)),
        ("<DtTm>2026-11-20T23:30:00</DtTm>", date(2026, 11, 20)),
        ("<DtTm>2026-11-20T23:30:00Z</DtTm>", date(2026, 11, 21)),
        ("<DtTm>2026-06-20T22:30:00Z</DtTm>", date(2026, 6, 21)),
        ("<DtTm>2026-11-20T23:30:00.5-05:00</DtTm>", date(2026, 11, 21)),
        ("", None),
    ],
)
def test_the_day_in_berlin(written: str, day: date | None) -> None:
    told = events(message(entry(head=f"<BookgDt>{written}</BookgDt>")))
    assert [one.entry.booking_date for one in told if isinstance(one, iso20022.EntryEnd)] == [day]
    assert not [one for one in told if isinstance(one, iso20022.Deviation)]


@pytest.mark.parametrize("status", ["<Sts>BOOK</Sts>", "<Sts><Cd>BOOK</Cd></Sts>", "<Sts><Prtry>BOOK</Prtry></Sts>"])
def test_a_status_however_written(status: str) -> None:
    data = message(entry(detail())).replace(b"<Sts><Cd>BOOK</Cd></Sts>", status.encode())
    assert next(one.entry.status for one in events(data) if isinstance(one, iso20022.EntryStart)) == "BOOK"


def test_an_entry_without_details_has_none() -> None:
    told = events(message(entry()))
    kinds = [type(one).__name__ for one in told]
    assert kinds == ["StatementStart", "EntryStart", "EntryEnd", "StatementEnd"]


@pytest.mark.parametrize("number", range(1, 15))
@pytest.mark.parametrize("kind", ["052", "053", "054"])
def test_every_version_is_read(kind: str, number: int) -> None:
    told = events(message(entry(detail()), kind=kind, version=f"001.{number:02d}"))
    assert not [one for one in told if isinstance(one, iso20022.Deviation)]
    start = told[0]
    assert isinstance(start, iso20022.StatementStart)
    assert (start.message.message, start.message.version) == (f"camt.{kind}", f"001.{number:02d}")


def test_names_that_contradict_the_content_are_said() -> None:
    uri = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
    told = events(message(entry(detail()), kind="054", namespace=uri))
    assert [one.code for one in told if isinstance(one, iso20022.Deviation)] == ["message_mismatch"]


# --- quick and careful ---------------------------------------------------------------------------------------------

_TEXT = st.text(st.sampled_from("aÄ€7 &<>\"'\n\r]\t-"), max_size=8).map(
    lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
)
_ODD = st.sampled_from(
    ["", "<!-- x -->", "<?pi?>", "<![CDATA[<TxDtls>]]>", '<x y=">"/>', '<p:a xmlns:p="u"/>', "<TxDtls/>"]
)


@st.composite
def _details(draw: st.DrawFn) -> str:
    parts = []
    for _ in range(draw(st.integers(1, 6))):
        ustrd = "".join(f"<Ustrd>{text}</Ustrd>" for text in draw(st.lists(_TEXT, max_size=2)))
        name = f"<RltdPties><Dbtr><Nm>{draw(_TEXT)}</Nm></Dbtr></RltdPties>" if draw(st.booleans()) else ""
        one = detail(more=f"{name}<RmtInf>{ustrd}</RmtInf>{draw(_ODD)}", end_to_end=draw(_TEXT))
        blank = draw(st.sampled_from(["", "\n  ", " <!-- </TxDtls> -->"]))
        parts.append(one.replace("><", f">{draw(st.sampled_from(['', chr(10)]))}<") + blank)
    return "".join(parts) * draw(st.sampled_from([1, 1, 1, 60]))


@settings(deadline=None)
@given(_details())
def test_quick_and_careful_reading_tell_the_same(details: str) -> None:
    data = message(entry(details))
    assert events(data) == events(data, plain=False)


@settings(deadline=None, max_examples=60)
@given(_details())
def test_forms_and_careful_reading_tell_the_same(details: str) -> None:
    data = message(entry(details))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_plans, "HOT", 1)
        patched.setattr(_plans, "OFTEN", 1)
        quick = events(data)
    assert quick == events(data, plain=False)


_PARTY = "<RltdPties><Dbtr><Pty><Nm>{}</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>{}</IBAN></Id></DbtrAcct></RltdPties>"
_LIKE = f"{_PARTY.format('A', US)}<RmtInf><Ustrd>T</Ustrd></RmtInf>"


@pytest.mark.parametrize(
    "odd",
    [
        _LIKE.replace(">A<", "> A<"), _LIKE.replace(">A<", ">A\u00a0<"), _LIKE.replace(">A<", ">A &amp; B<"),
        _LIKE.replace(">A<", "><"), _LIKE.replace(">A<", ">\n<"), _LIKE.replace(">A<", "><![CDATA[A]]><"),
        _LIKE.replace(">A<", ">A]<"), _LIKE.replace(">A<", ">\U0001f600<"),
        _LIKE.replace(US, "DE87 1234"), _LIKE.replace(US, "XXXX"), _LIKE.replace(">T<", ">" + "T" * 141 + "<"),
        _LIKE.replace(">T<", ">T <"), _LIKE.replace(">T<", "> T<"), _LIKE.replace(">T<", "><"),
        _LIKE.replace("><", ">\n<"), _LIKE.replace("<RmtInf>", "<!-- <TxDtls> --><RmtInf>"),
    ],
)  # fmt: skip
def test_one_that_does_not_fill_in_the_form_is_read_in_another_way(odd: str) -> None:
    """Between hundreds that do, so that the way is changed there and back."""
    many = detail("1.00", more=_LIKE) * 200
    data = message(entry(many + detail("1.00", more=odd) * 3 + many, amount="403.00"))
    quick = events(data)
    assert quick == events(data, plain=False)
    assert [one.entry.whole for one in quick if isinstance(one, iso20022.EntryEnd)] == [True]


def test_what_is_no_xml_inside_a_run_of_forms_is_no_xml() -> None:
    many = detail("1.00", more=_LIKE) * 200
    for junk in ("\x01", "&", "]]>", "\ufffe", "</Nm>"):
        data = message(entry(many + detail("1.00", more=_LIKE.replace(">A<", f">{junk}<")) + many, amount="401.00"))
        assert refusal(data).code in ("not_xml", "entity_refused"), junk


@BOTH
def test_an_ntrydtls_for_each_detail_is_no_matter_of_size(plain: bool) -> None:
    one = detail("0.01")
    many = "</NtryDtls>\n<NtryDtls>".join([one] * 25_000)
    data = message(entry(many, amount="250.00")).replace(b"</Ntry>", b"<AddtlNtryInf>X</AddtlNtryInf></Ntry>")
    (told,) = [one.entry for one in events(data, plain=plain) if isinstance(one, iso20022.EntryEnd)]
    assert (told.whole, told.detail_count, told.additional_info) == (True, 25_000, "X")


def test_a_file_full_of_deviations_lists_a_thousand() -> None:
    data = message("\n".join([entry(detail("9.00"))] * 1_500))
    said = [one.code for one in events(data) if isinstance(one, iso20022.Deviation)]
    assert said == ["details_differ"] * 999 + ["more_deviations"]


# --- statements --------------------------------------------------------------------------------------------------


def _balance(kind: str, amount: str, side: str = "CRDT", currency: str = "EUR") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd></Bal>'
    )


@pytest.mark.parametrize(
    ("balances", "balanced"),
    [
        (_balance("OPBD", "5.00") + _balance("CLBD", "15.00"), True),
        (_balance("PRCD", "5.00", "DBIT") + _balance("CLBD", "5.00"), True),
        (_balance("OPBD", "5.00") + _balance("CLBD", "15.01"), False),
        (_balance("OPBD", "5.00") + _balance("CLBD", "15.00", currency="USD"), None),
        (_balance("OPBD", "5.00"), None),
        ("", None),
    ],
)
def test_whether_the_balances_follow_from_the_entries(balances: str, balanced: bool | None) -> None:
    pending = entry(detail("7.00"), amount="7.00").replace("BOOK", "PDNG")
    told = events(message(balances + entry(detail()) + pending))
    (statement,) = [one.statement for one in told if isinstance(one, iso20022.StatementEnd)]
    assert (statement.balanced, statement.credit_cents, statement.entry_count) == (balanced, 1700, 2)
    said = [one.code for one in told if isinstance(one, iso20022.Deviation)]
    assert said == (["balances_differ"] if balanced is False else [])


def test_what_was_read_carefully_never_opens_the_quick_way() -> None:
    """A prefix that spells our own mark for foreign elements, in a second document of the same file."""
    first = message(entry(detail(more='<x:Nm xmlns:x="urn:other">1</x:Nm>')))
    own = 'xmlns:foreign="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"'
    second = message(entry(detail(more="<foreign:AddtlTxInf>2</foreign:AddtlTxInf>"))).replace(
        b"<Document", f"<Document {own}".encode()
    )
    assert events(first + second) == events(first + second, plain=False)
    assert [one.additional_info for one in events(second) if isinstance(one, iso20022.Detail)] == ["2"]
