"""The sheet that goes with a letter: one page for archives and for everyone, and everything on it is right."""

from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from django.conf import settings
from django.test import Client
from tests.support.pdf_text import text_of
from tests.support.towns import a_claim, found_town
from tests.support.treasury_day import at_the_desk

from zahlstelle import claims, tenancy
from zahlstelle.kernel import eur
from zahlstelle.tenancy import Tenant
from zahlstelle.web import girocode, letters

ON = date(2026, 10, 5)
NASTY = '#sys.inputs #panic("x") *stark* $x$ @label <tag> \\ "quoted" `code` // nicht weg'


@pytest.fixture(scope="module")
def town() -> Tenant:
    return found_town()


def squeezed(text: str) -> str:
    return text.replace(" ", "").replace("\N{NO-BREAK SPACE}", "")


def test_it_says_everything_that_is_needed_to_pay(town: Tenant) -> None:
    claim = a_claim(town, "1234.56", service="personalausweis", due_on=date(2026, 11, 2))
    said = squeezed(text_of(letters.sheet(tenant=town, claim=claim, on=ON)))
    account = tenancy.bank_accounts(tenant=town)[0]
    code = claims.letter_code(tenant=town, kassenzeichen=claim.kassenzeichen)
    address = f"{settings.BASE_URL}/{town.slug}".partition("://")[2]
    wanted = (town.name, "Bürgerbüro", "Personalausweis", "1.234,56 €", "02.11.2026", claim.kassenzeichen, code)
    for words in (*wanted, address, account.holder, account.iban, account.bic, "Testmodus"):
        assert squeezed(words) in said, words


def test_its_codes_lead_to_the_payment_and_to_the_transfer(town: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, set_from = a_claim(town), {}

    def kept(_template: object, data: Any, **_: object) -> bytes:
        set_from.update(data)
        return b""

    monkeypatch.setattr(letters, "write_pdf", kept)
    letters.sheet(tenant=town, claim=claim, on=ON)
    code = claims.letter_code(tenant=town, kassenzeichen=claim.kassenzeichen)
    link = f"{settings.BASE_URL}/{town.slug}/zahlen/{claim.kassenzeichen}/{code}"
    assert (set_from["link"], set_from["qr"]) == (link, letters.qr_code(link, "svg").decode())
    account = tenancy.bank_accounts(tenant=town)[0]
    giro = girocode.svg(account=account, amount=eur("37.00"), remittance=claim.kassenzeichen, inline=False)
    assert set_from["giro"] == giro
    page = Client(SERVER_NAME="localhost").get(link.removeprefix(settings.BASE_URL))
    assert page.status_code == 200 and "Personalausweis" in page.text


def test_it_is_one_page_for_archives_and_for_everyone(town: Tenant) -> None:
    claim = a_claim(town, purpose="Gebühr nach lfd. Nummer 12 der Anlage " * 4)
    content = letters.sheet(tenant=town, claim=claim, on=ON)
    with pikepdf.open(BytesIO(content)) as pdf:
        metadata = pdf.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"], metadata["pdfuaid:part"]) == ("3", "A", "1")
        assert pdf.Root.Lang == "de-DE" and len(pdf.pages) == 1
        assert str(pdf.Root.StructTreeRoot.Type) == "/StructTreeRoot"
    assert letters.sheet(tenant=town, claim=claim, on=ON) == content, "the same again"


def test_what_a_claim_says_is_printed_and_never_obeyed(town: Tenant) -> None:
    claim = a_claim(town, purpose=NASTY)
    odd = replace(town, name="Stadt *Ä* #x", settings={"colour": "url(x)"})
    said = squeezed(text_of(letters.sheet(tenant=odd, claim=claim, on=ON)))
    assert squeezed(NASTY) in said and "Stadt*Ä*#x" in said


def test_it_is_on_the_claims_page_for_who_opens_claims(town: Tenant) -> None:
    claim = a_claim(town)
    page = f"/kasse/{town.slug}/forderung/{claim.kassenzeichen}/"
    path = f"{page}beiblatt.pdf"
    for role, sees in {"treasurer": True, "clerk": True, "auditor": False}.items():
        client = at_the_desk(town, role)
        assert (path in client.get(page).text) is sees
        assert client.get(path).status_code == (200 if sees else 403)
    assert claim.kassenzeichen in text_of(at_the_desk(town).get(path).content)
    claims.settle(tenant=town, amounts=[(claim.id, claim.amount.cents)])
    after = at_the_desk(town).get(path, follow=True)
    assert "Hier ist nichts mehr offen" in after.text and path not in after.text
