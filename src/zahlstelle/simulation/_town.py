"""The simulated town: account, Kassenzeichen pool, catalogue of services, configuration file."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random

from zahlstelle.kernel import CheckMethod, InputRefused, checkdigits

from ._dialects import Bank
from ._people import BIC, german_iban, iban_is_valid


class TownUnsound(InputRefused):
    """The town asked for cannot be: no IBAN, no digits in the prefix, or a pool with too few numbers."""

    code = "simulated_town_unsound"


@dataclass(frozen=True, slots=True)
class Service:
    """One entry of the catalogue, with the fees (cents) that occur for it."""

    key: str
    unit: str
    german: str
    english: str
    fees: tuple[int, ...]
    weight: int
    product: str
    account: str
    recurring: bool = False


UNITS = {
    "buergerbuero": "Bürgerbüro",
    "ordnungsamt": "Ordnungsamt",
    "steueramt": "Steueramt",
    "jugendamt": "Jugendamt",
    "standesamt": "Standesamt",
    "bibliothek": "Stadtbibliothek",
}
SERVICES = (
    Service("personalausweis", "buergerbuero", "Personalausweis", "Identity card", (3700, 2280),
            22, "12.22.01", "431100"),
    Service("reisepass", "buergerbuero", "Reisepass", "Passport", (7000, 3750, 10200), 14,
            "12.22.01", "431100"),
    Service("fuehrungszeugnis", "buergerbuero", "Führungszeugnis", "Certificate of conduct", (1300,), 12,
            "12.22.02", "431100"),
    Service("meldebescheinigung", "buergerbuero", "Meldebescheinigung", "Registration certificate", (1000,),
            8, "12.22.02", "431100"),
    Service("urkunde", "standesamt", "Personenstandsurkunde", "Civil status certificate", (1200, 1800), 5,
            "12.23.01", "431100"),
    Service("bewohnerparkausweis", "ordnungsamt", "Bewohnerparkausweis", "Resident parking permit", (3070,
            12000), 7, "12.21.02", "431200"),
    Service("verwarnung", "ordnungsamt", "Verwarnungsgeld", "Parking fine", (1000, 2000, 2500, 5500), 14,
            "12.21.01", "456100"),
    Service("bibliothek", "bibliothek", "Bibliotheksausweis", "Library card", (2000, 1000), 4,
            "27.20.01", "432100"),
    Service("hundesteuer", "steueramt", "Hundesteuer", "Dog tax, a quarter", (3000, 2250, 4500), 8,
            "61.10.01", "403200", recurring=True),
    Service("kita", "jugendamt", "Elternbeitrag Kita", "Day care, a month", (9800, 14500, 21200), 6,
            "36.50.01", "432200", recurring=True),
)  # fmt: skip

PURPOSE = {service.key: service.german for service in SERVICES}


@dataclass(frozen=True)
class Town:
    """A town to simulate. `prefix` + counter of `digits` places + check digit(s) make a Kassenzeichen."""

    slug: str = "simstadt"
    name: str = ""
    ags: str = "05999001"
    iban: str = german_iban("99900000", "0004711001")
    bic: str = BIC
    prefix: str = "4711"
    digits: int = 8
    check: CheckMethod = CheckMethod.MOD11
    bank: Bank = Bank.PLAIN

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", f"Stadt {self.slug.replace('-', ' ').title()}")
        if not self.slug.replace("-", "").isalnum() or not self.slug.isascii() or self.slug != self.slug.lower():
            raise TownUnsound(f"{self.slug!r} is not a short name of small letters, digits and hyphens")
        if not iban_is_valid(self.iban):
            raise TownUnsound(f"{self.iban!r} is not a German IBAN")
        if not (self.prefix.isascii() and self.prefix.isdigit()) or not 4 <= self.digits <= 18:
            raise TownUnsound("the pool needs a prefix of digits and a counter of 4 to 18 places")
        if self.length > 30:
            raise TownUnsound("the Kassenzeichen would have more than 30 digits")

    @cached_property
    def length(self) -> int:
        """Tell how many digits a Kassenzeichen of this town has."""
        return len(self.prefix) + self.digits + checkdigits.width(self.check)

    @property
    def first_number(self) -> int:
        """Tell the first counter given out this year; lower ones belong to claims long settled."""
        return int(10 ** (self.digits // 2)) + 1

    @property
    def capacity(self) -> int:
        """Tell how many claims the pool has numbers for; MOD11 leaves every eleventh number out."""
        left = int(10**self.digits) - self.first_number
        return left * 10 // 11 - 11 if self.check is CheckMethod.MOD11 else left

    @cached_property
    def neighbour_prefix(self) -> str:
        """Name the prefix of the neighbouring town: ours and one, in as many places."""
        width = len(self.prefix)
        return f"{(int(self.prefix) + 1) % 10**width:0{width}d}"

    def numbers(self, first: int | None = None, prefix: str | None = None) -> Iterator[str]:
        """Give out Kassenzeichen one after the other; numbers without a check digit (MOD11) are left out."""
        counter = self.first_number if first is None else first
        while counter < 10**self.digits:
            payload = f"{self.prefix if prefix is None else prefix}{counter:0{self.digits}d}"
            digit = checkdigits.check_digit(payload, self.check)
            if digit or self.check is CheckMethod.NONE:
                yield payload + digit
            counter += 1
        raise TownUnsound(f"a counter of {self.digits} places has no more numbers")

    def number_near(self, counter: int, prefix: str | None = None) -> str:
        """Give the first Kassenzeichen at or after this counter."""
        return next(self.numbers(counter, prefix))

    def old_number(self, rng: Random, prefix: str | None = None) -> str:
        """Draw a Kassenzeichen given out long ago: its claim is settled and not among this month's."""
        return self.number_near(rng.randrange(1, self.first_number), prefix)


def town_toml(town: Town, base_url: str = "http://127.0.0.1:8090") -> str:
    """Write the configuration with which this town is added to an installation (test mode)."""
    return "\n".join(_toml(town, base_url)) + "\n"


def _toml(town: Town, base_url: str) -> Iterator[str]:
    yield f'slug = "{town.slug}"'
    yield f"name = {_quoted(town.name)}"
    yield f'ags = "{town.ags}"'
    yield 'mode = "test"'
    yield from _table("bank_accounts", iban=town.iban, bic=town.bic, holder=town.name)
    yield from _table("pools", name="standard", prefix=town.prefix, digits=town.digits, check=town.check.value)
    for key, name in UNITS.items():
        yield from _table("units", key=key, name=name)
    for service in SERVICES:
        yield from _table("services", key=service.key, unit=service.unit, pool="standard")
        yield f"name.de = {_quoted(service.german)}"
        yield f"name.en = {_quoted(service.english)}"
        yield f"fee_cents = {service.fees[0]}"
        yield f'posting = {{ product = "{service.product}", account = "{service.account}" }}'
    for mailbox, name, role in PEOPLE:
        yield from _table("people", email=f"{mailbox}@{town.slug}.example", name=name, role=role)
    yield from _table("providers", name="sandbox", merchant_id=town.slug, secret=f"test-{town.slug}-only")
    yield f'base_url = "{base_url}"'
    yield 'methods = ["card"]'


PEOPLE = (
    ("kasse", "Kim Kasse", "treasurer"),
    ("kassenleitung", "Kai Kassenleitung", "treasurer"),
    ("amt", "Alex Amt", "clerk"),
    ("pruefung", "Robin Prüfung", "auditor"),
)


def _table(table: str, **values: str | int) -> Iterator[str]:
    yield ""
    yield f"[[{table}]]"
    for key, value in values.items():
        yield f"{key} = {value if isinstance(value, int) else _quoted(value)}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
