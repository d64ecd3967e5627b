"""Whoever rewrites the address of a return gets nothing, and nobody is led to another site from here."""

import random
import re
from collections.abc import Iterator
from urllib.parse import quote, urlencode, urlsplit

import pytest
from django.test import Client
from tests.support.rest import RETURN_URL, Caller
from tests.support.sizes import size
from tests.support.towns import a_claim

from zahlstelle import claims, payments, tenancy
from zahlstelle.kernel import clock, eur, new_token
from zahlstelle.payments import NewPayment, PaymentStatus
from zahlstelle.tenancy import Tenant

EVIL = "evil.example"
_NAMES = (
    "status", "result", "state", "payment_status", "resultCode", "gcResultPayment", "gcReference", "gcHash",
    "redirect_status", "amount", "amount_cents", "currency", "payment_id", "attempt", "reference", "transStatus",
    "paid", "success", "token", "method", "seen", "instead", "hostedCheckoutId", "RETURNMAC", "tenant", "merchant_id",
)  # fmt: skip
_VALUES = (
    "paid", "PAID", "success", "succeeded", "captured", "4000", "Y", "1", "true", "0", "-3700", "1.00", "EUR",
    "settled", "declined", "cancelled", "expired", "' OR 1=1 --", "\x00", "../", "{}", "[]",
)  # fmt: skip


@pytest.fixture
def started(citizen: Client, town: Tenant) -> NewPayment:
    begun = payments.start_payment(
        tenant=town, claim_id=a_claim(town).id, at=clock.now(), return_url=RETURN_URL, language="de"
    )
    assert citizen.post(f"/pay/{begun.token}", {"method": "card"}).status_code == 303
    return begun


def lies(chance: random.Random, other: str) -> str:
    said = [(chance.choice(_NAMES), chance.choice([*_VALUES, other])) for _ in range(chance.randint(1, 6))]
    return urlencode(said, quote_via=quote)


def mutated(chance: random.Random, token: str) -> str:
    at = chance.randrange(len(token))
    letters = [letter for letter in "ABCDEFGHabcdefgh01234567-_" if letter != token[at]]
    return token[:at] + chance.choice(letters) + token[at + 1 :]


@pytest.mark.prove("tampered_redirects")
def test_no_rewritten_return_pays_anything(citizen: Client, town: Tenant, started: NewPayment) -> None:
    """Every second one lies beside the right token, every second one bends the token itself."""
    chance = random.Random(4711)
    other = payments.start_payment(tenant=town, claim_id=a_claim(town).id, at=clock.now())
    before = claims.claim_by_id(tenant=town, claim_id=started.payment.claim_ids[0])
    paths = ("", "/ergebnis", "/stand", "/quittung.pdf")
    for turn in range(size(60, 5000)):
        path, query = chance.choice(paths), lies(chance, str(other.payment.id))
        if turn % 2:
            answer = citizen.get(f"/pay/{mutated(chance, started.token)}{path}?{query}")
            assert answer.status_code == 404
        else:
            answer = citizen.get(f"/pay/{started.token}{path}?{query}")
            assert answer.status_code in ({404} if path == "/quittung.pdf" else {200, 204})
            assert "/quittung.pdf" not in answer.content.decode()
    for each in (started, other):
        status = payments.payment_by_id(tenant=town, payment_id=each.payment.id).status
        assert status in (PaymentStatus.STARTED, PaymentStatus.CREATED)
        assert claims.claim_by_id(tenant=town, claim_id=each.payment.claim_ids[0]).open == eur("37.00")
    assert claims.claim_by_id(tenant=town, claim_id=before.id) == before
    assert [len(payments.attempts_of(tenant=town, payment_id=each.payment.id)) for each in (started, other)] == [1, 0]


def payloads() -> list[str]:
    """Write the ways in which a foreign address is commonly hidden; two hundred and more, each once."""
    starts = (
        "https://", "http://", "//", "///", "////", "\\\\", "/\\", "\\/", "https:", "https:/", "/%09/", "/%2f/", 
        "%2f%2f", "%5c%5c", "/%5c", "\t//", " //", "javascript://", "data:text/html,//", "//dienst.example@",
        "https://dienst.example@",
        "https://dienst.example.", "https://dienst.example%2f@", "https://localhost@", "https://localhost.",
    )  # fmt: skip
    ends = (
        "",
        "/",
        "/zurueck",
        "?https://dienst.example/zurueck",
        "#dienst.example",
        "%00",
        "\r\nX: 1",
        "/..;/zurueck",
    )
    close = [
        f"{RETURN_URL}{more}" for more in ("/", "?", "#", "?x=1", "%20", "/..", " ", "\t", ";", ".", "/%2e%2e", "\n")
    ]
    close += [RETURN_URL.upper(), RETURN_URL.replace("https", "http"), RETURN_URL.replace("t.e", "t%2ee")]
    return [*(f"{start}{EVIL}{end}" for start in starts for end in ends), *close]


def leads(page: str) -> Iterator[str]:
    """Give every address a page leads to by itself or by a click."""
    yield from re.findall(r"""(?:href|src|action|formaction|hx-\w+)="([^"]*)""", page)
    yield from re.findall(r"""http-equiv="refresh"[^>]*url=([^">]*)""", page)


@pytest.mark.prove("open_redirects")
def test_no_payload_leads_to_another_site(citizen: Client, town: Tenant, started: NewPayment) -> None:
    caller = Caller(town, tenancy.add_api_key(tenant=town, name="Dienst", at=clock.now(), return_urls=[RETURN_URL]))
    claim = a_claim(town)
    chosen = payloads()
    assert len(set(chosen)) == len(chosen) >= 200
    for payload in chosen[:: size(25, 1)]:
        refused = caller.post("/api/v1/payments", {"claim_id": str(claim.id), "return_url": payload})
        assert refused.status_code == 422, payload
        said = urlencode(dict.fromkeys(("next", "return_url", "url", "back", "lang", "redirect"), payload))
        bare = quote(payload, safe="/:@?#%;.\\&=")
        addresses = [f"/pay/{started.token}/ergebnis?{said}", f"/{town.slug}/?{said}", f"/{bare}", f"//{bare}?lang=en"]
        answers = [citizen.get(address) for address in addresses]
        answers.append(citizen.post(f"/pay/{new_token()}/neu?{said}", {"next": payload, "return_url": payload}))
        answers.append(citizen.post(f"/{town.slug}/?{said}", {"kassenzeichen": claim.kassenzeichen, "next": payload}))
        for answer in answers:
            targets = [answer.headers.get("Location", ""), *leads(answer.content.decode())]
            outside = [each for each in targets if not ours(each)]
            assert outside == [], (payload, outside)
    assert payments.payment_by_id(tenant=town, payment_id=started.payment.id).return_url == RETURN_URL


def ours(address: str) -> bool:
    """Say whether a browser that is here stays here, or goes back to the online service's own address."""
    if address.startswith((f"{RETURN_URL}?payment_id=", "data:image/")):
        return True
    seen = re.sub(r"[\t\r\n]", "", address).strip().replace("\\", "/")
    parts = urlsplit(seen)
    return not parts.scheme and not parts.netloc and not seen.startswith("//")
