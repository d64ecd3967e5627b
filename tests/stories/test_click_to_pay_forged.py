"""Whatever a stranger makes of a result of Click to Pay, it pays nothing: forged, replayed, for something else."""

import base64
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.support.book import assert_sound
from tests.support.click_to_pay import contract, result_of
from tests.support.desk import town_at
from tests.support.payone import keys
from tests.support.sandbox import SandboxServer
from tests.support.sizes import size
from tests.support.towns import a_claim, iban

from zahlstelle import claims, payments
from zahlstelle.claims import Claim
from zahlstelle.kernel import Secret, clock, new_id
from zahlstelle.payments import ClickToPayResult, MerchantAccess, Status
from zahlstelle.tenancy import Tenant

AMOUNT = "37.00"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
WAYS = ("amount", "spent", "town", "payload", "signature", "unsigned", "swapped", "own key", "junk", "network", "dpa")


@dataclass(frozen=True)
class Place:
    """A town, its contract, and its claim of 37.00."""

    town: Tenant
    access: MerchantAccess
    claim: Claim

    def pays(self, card: ClickToPayResult) -> payments.Attempt:
        at = clock.now()
        payment = payments.start_payment(tenant=self.town, claim_id=self.claim.id, at=at).payment
        to = {"return_url": "http://127.0.0.1:9/back", "notify_url": "http://127.0.0.1:9/notify"}
        return payments.begin(tenant=self.town, payment_id=payment.id, method="card", card=card, at=at, **to)

    @property
    def open_cents(self) -> int:
        return claims.claim_by_id(tenant=self.town, claim_id=self.claim.id).open.cents


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    server = SandboxServer(tmp_path_factory.mktemp("sandbox")).start()
    server.behave()
    yield server
    server.close()


@pytest.fixture
def place(sandbox: SandboxServer) -> Place:
    return a_place(sandbox)


def a_place(sandbox: SandboxServer) -> Place:
    number = new_id().int % 10**9
    slug = f"stadt-{number}"
    merchant = {"secret": f"sk_test_{new_id().hex}", "name": slug, "iban": iban(number), "bic": "BYLADEM1001"}
    sandbox.admin("PUT", f"/merchants/{slug}", merchant)
    access = keys(sandbox, slug, "http://127.0.0.1:9/notify")
    provider = {"name": "payone", "merchant_id": slug, "base_url": sandbox.base, "methods": ["card"]}
    provider |= {"secret": access.secret.reveal(), "settings": {**access.settings, **contract(sandbox)}}
    provider |= {"secrets": {name: secret.reveal() for name, secret in access.secrets.items()}}
    town = town_at(sandbox, known=False, slug=slug, providers=[provider])
    return Place(town, access, a_claim(town, at=clock.now()))


@dataclass(frozen=True)
class Stock:
    """Results that are good somewhere, somewhen, for something."""

    good: ClickToPayResult
    other: ClickToPayResult
    spent: ClickToPayResult
    of_another_town: ClickToPayResult
    of_another_amount: tuple[ClickToPayResult, ...]


def stocked(place: Place, neighbour: Place, sandbox: SandboxServer) -> Stock:
    spender = replace(place, claim=a_claim(place.town, at=clock.now()))
    spent = result_of(place.access, sandbox, AMOUNT)
    assert paid(spender, spent)
    good, other = (result_of(place.access, sandbox, AMOUNT) for _ in range(2))
    amounts = tuple(result_of(place.access, sandbox, amount) for amount in ("0.01", "36.99", "37.01", "3700.00"))
    return Stock(good, other, spent, result_of(neighbour.access, sandbox, AMOUNT), amounts)


def paid(place: Place, card: ClickToPayResult) -> bool:
    attempt = place.pays(card)
    payments.refresh(tenant=place.town, attempt_id=attempt.id, at=clock.now())
    return place.open_cents == 0


@pytest.mark.prove("click_to_pay_forged")
def test_no_forged_replayed_or_changed_result_pays(place: Place, sandbox: SandboxServer) -> None:
    """Each is refused with certainty, the good one they were made from pays afterwards, and nothing else is booked."""
    neighbour, chance, count = a_place(sandbox), random.Random(4711), size(len(WAYS), 3_000)
    refused: dict[str, int] = dict.fromkeys(WAYS, 0)
    stocks = 0
    for number in range(count):
        if number % 500 == 0:  # a result is good for fifteen minutes: an old one would prove nothing
            stock, stocks = stocked(place, neighbour, sandbox), stocks + 1
        way = WAYS[number % len(WAYS)]
        attempt = place.pays(spoilt(way, stock, place, chance))
        assert attempt.status is Status.REFUSED, (way, attempt)
        assert attempt.decline_code and attempt.decline_code.startswith(("CLICK_TO_PAY_", "INVALID_VALUE")), way
        refused[way] += 1
    print(f"\n{count} results forged, replayed or changed, all refused: {refused}")
    assert place.open_cents == 3700 and neighbour.open_cents == 3700
    assert paid(place, stock.good), "only what was changed made them bad"
    found = sandbox.admin("GET", f"/payments?merchant_id={place.access.merchant_id}")["payments"]
    assert [each["status"] for each in found] == ["captured"] * (stocks + 1)
    assert_sound(place.town)
    assert_sound(neighbour.town)


def spoilt(way: str, stock: Stock, place: Place, chance: random.Random) -> ClickToPayResult:
    """A result that pays nothing, made in this way."""
    good = stock.good
    head, payload, signature = good.result.reveal().split(".")
    match way:
        case "amount":
            return chance.choice(stock.of_another_amount)
        case "spent":
            return stock.spent
        case "town":
            return replace(stock.of_another_town, dpa=chance.choice([good.dpa, stock.of_another_town.dpa]))
        case "payload":
            return signed(good, head, changed(payload, chance), signature)
        case "signature":
            return signed(good, head, payload, changed(signature, chance))
        case "unsigned":
            alg = {**read(head), "alg": chance.choice(["none", "HS256", "NONE", "PS256"])}
            return signed(good, written(alg), payload, chance.choice(["AAAA", signature]))
        case "swapped":
            said = read(payload) | {"encryptedPayload": read(part(stock.other))["encryptedPayload"]}
            return signed(good, head, written(said), signature)
        case "own key":
            own = KEY.sign(f"{head}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256())
            return signed(good, head, payload, encoded(own))
        case "junk":
            return signed(good, *(encoded(chance.randbytes(chance.randrange(4, 300))) for _ in range(3)))
        case "network":
            return replace(good, brand="M")
    return replace(good, dpa=f"{good.dpa}x"[:64])


def part(result: ClickToPayResult) -> str:
    return result.result.reveal().split(".")[1]


def changed(text: str, chance: random.Random) -> str:
    """One sign is another; not the last one, whose end may mean nothing."""
    place = chance.randrange(len(text) - 1)
    return text[:place] + chance.choice([sign for sign in "AZaz09-_" if sign != text[place]]) + text[place + 1 :]


def signed(good: ClickToPayResult, head: str, payload: str, signature: str) -> ClickToPayResult:
    return replace(good, result=Secret(f"{head}.{payload}.{signature}"))


def read(text: str) -> dict[str, str]:
    return dict(json.loads(base64.urlsafe_b64decode(text + "==")))


def written(said: dict[str, str]) -> str:
    return encoded(json.dumps(said, separators=(",", ":")).encode())


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
