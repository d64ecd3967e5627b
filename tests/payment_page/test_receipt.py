"""The receipt: one PDF for archives and for everyone, and only for what is paid."""

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pikepdf
import pytest
from django.test import Client
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.fake_provider import FakeProvider
from tests.support.pdf_text import text_of
from tests.support.sizes import size
from tests.support.towns import a_claim

from zahlstelle import payments
from zahlstelle.claims import DraftLine
from zahlstelle.kernel import clock, eur
from zahlstelle.payment_page import _receipt
from zahlstelle.payment_page._receipt import Receipt
from zahlstelle.payments import NewPayment, ProviderStatus
from zahlstelle.tenancy import Tenant
from zahlstelle.web import pdf as web_pdf

NASTY = '#sys.inputs #panic("x") *stark* $x$ @label <tag> \\ "quoted" `code` // nicht weg'


def a_receipt() -> Receipt:
    return Receipt(
        language="de",
        town="Stadt Musterhausen",
        colour="#8a1538",
        unit="Bürgerbüro",
        facts=[("Kassenzeichen", "471100000016"), ("Bezahlt am", "5. Oktober 2026, 10:00 Uhr")],
        lines=[("Personalausweis", "37,00 €")],
        total="37,00 €",
        words=_receipt._fixed_words(),
        test=False,
        paid_at=datetime(2026, 10, 5, 8, 0, tzinfo=UTC),
    )


def paid(citizen: Client, town: Tenant, provider: FakeProvider, language: str = "de", **more: object) -> NewPayment:
    claim = a_claim(town, service="personalausweis", **more)
    started = payments.start_payment(tenant=town, claim_id=claim.id, at=clock.now(), language=language)
    citizen.post(f"/pay/{started.token}", {"method": "card"})
    provider.says = ProviderStatus.PAID
    citizen.get(f"/pay/{started.token}/ergebnis")
    return started


def test_it_is_for_archives_and_for_everyone() -> None:
    with pikepdf.open(BytesIO(_receipt.pdf(a_receipt()))) as pdf:
        metadata = pdf.open_metadata()
        assert metadata["pdfuaid:part"] == "1"
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.Lang == "de-DE"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert "/StructTreeRoot" in pdf.Root
        assert metadata["dc:title"] == "Quittung 471100000016"


def test_the_same_data_gives_the_same_bytes() -> None:
    assert _receipt.pdf(a_receipt()) == _receipt.pdf(a_receipt())


def test_no_text_is_a_command() -> None:
    text = text_of(_receipt.pdf(replace(a_receipt(), lines=[(NASTY, "37,00 €")], town=NASTY)))
    assert text.count(NASTY.replace("\n", "")) >= 1
    assert "stark" in text


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Łódź, Ğüneş", "Łódź, Ğüneş"),
        ("Юлия Ωμέγα", "Юлия Ωμέγα"),
        ("Feier 🎉 日本", "Feier \N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"),
        ("eins\nzwei\x07drei\x00", "eins zwei drei"),
        ("links\u202erechts", "linksrechts"),
        ("\ue000\ufffe", "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_what_no_font_has_does_not_stop_a_receipt(typed: str, shown: str) -> None:
    text = text_of(_receipt.pdf(replace(a_receipt(), lines=[(typed, "37,00 €")])))
    assert shown.replace(" ", "") in text.replace(" ", "")


def test_the_fonts_have_every_letter_we_promise() -> None:
    letters = "".join(map(chr, (n for first, last in web_pdf._LETTERS for n in range(first, last + 1))))
    assert len(web_pdf.printable(letters)) > 1500
    assert _receipt.pdf(replace(a_receipt(), lines=[(" ".join(web_pdf.printable(letters)), "1,00 €")]))


@given(st.text(max_size=60))
@settings(max_examples=size(40, 2000), deadline=None)
def test_any_text_can_be_on_a_receipt(text: str) -> None:
    assert _receipt.pdf(replace(a_receipt(), lines=[(text, "1,00 €")], town=text))


def test_many_lines_take_many_pages() -> None:
    lines = [(f"Leistung {n}", "1,00 €") for n in range(80)]
    with pikepdf.open(BytesIO(_receipt.pdf(replace(a_receipt(), lines=lines)))) as pdf:
        assert len(pdf.pages) == 4


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", ["Quittung", "Testmodus", "Bürgerbüro", "69,00 €", "Expresszuschlag", "Karte", "Uhr"]),
        ("en", ["Receipt", "Test mode", "€69.00", "Expresszuschlag", "Card", "Paid on"]),
    ],
)
def test_what_it_says(citizen: Client, town: Tenant, provider: FakeProvider, language: str, said: list[str]) -> None:
    lines = [DraftLine("Personalausweis", eur("37.00")), DraftLine("Expresszuschlag", eur("32.00"))]
    payment = paid(citizen, town, provider, language, amount="69.00", lines=lines)
    response = citizen.get(f"/pay/{payment.token}/quittung.pdf")
    text = text_of(response.content).replace("\N{NO-BREAK SPACE}", " ")
    assert response.headers["Content-Type"] == "application/pdf"
    for word in [*said, "Stadt Musterhausen", str(payment.payment.id)]:
        assert word in text, text


def test_the_name_of_the_file_says_the_kassenzeichen(citizen: Client, town: Tenant, provider: FakeProvider) -> None:
    payment = paid(citizen, town, provider, kassenzeichen="ABC123456")
    response = citizen.get(f"/pay/{payment.token}/quittung.pdf")
    assert response.headers["Content-Disposition"] == 'inline; filename="quittung-ABC123456.pdf"'


def test_the_day_is_the_day_in_germany(town: Tenant) -> None:
    with translation.override("de"):
        late = replace(a_receipt(), paid_at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    with pikepdf.open(BytesIO(_receipt.pdf(late))) as pdf:
        assert str(pdf.open_metadata()["xmp:CreateDate"]).startswith("2027-01-01")


def test_there_is_none_before_it_is_paid(citizen: Client, town: Tenant) -> None:
    started = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=clock.now())
    assert citizen.get(f"/pay/{started.token}/quittung.pdf").status_code == 404
    citizen.post(f"/pay/{started.token}", {"method": "card"})
    assert citizen.get(f"/pay/{started.token}/quittung.pdf").status_code == 404
