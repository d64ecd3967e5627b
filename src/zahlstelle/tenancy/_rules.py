"""What a town is, what a role may do, and what a town file must say. No IO."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from zahlstelle.kernel import CheckMethod, InputRefused, Secret

from ._direct_debit import read_direct_debit
from ._policies import Policy, read_small_difference


class Role(StrEnum):
    """What someone is in a town."""

    TREASURER = "treasurer"  # Kassenverwaltung
    CLERK = "clerk"  # Sachbearbeitung
    AUDITOR = "auditor"  # Rechnungsprüfung
    OPERATOR = "operator"  # Rechenzentrum


class Permission(StrEnum):
    """What may be done."""

    SEE_MONEY = "see_money"
    IMPORT_BANK_FILES = "import_bank_files"
    TAKE_BANK_FILES_AWAY = "take_bank_files_away"
    SETTLE_DOUBTS = "settle_doubts"
    OPEN_CLAIMS = "open_claims"
    RUN_TOWNS = "run_towns"


_MAY: Mapping[Role, frozenset[Permission]] = {
    Role.TREASURER: frozenset(
        {
            Permission.SEE_MONEY,
            Permission.IMPORT_BANK_FILES,
            Permission.TAKE_BANK_FILES_AWAY,
            Permission.SETTLE_DOUBTS,
            Permission.OPEN_CLAIMS,
        }
    ),
    Role.CLERK: frozenset({Permission.SEE_MONEY, Permission.OPEN_CLAIMS}),
    Role.AUDITOR: frozenset({Permission.SEE_MONEY, Permission.TAKE_BANK_FILES_AWAY}),
    Role.OPERATOR: frozenset({Permission.RUN_TOWNS}),
}


def may(role: Role, permission: Permission) -> bool:
    """Say whether the role carries the permission."""
    return permission in _MAY[role]


@dataclass(frozen=True, slots=True)
class Tenant:
    """A town (Mandant). First argument of every operation and query."""

    id: UUID
    slug: str
    name: str
    ags: str
    mode: str
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisational unit (Organisationseinheit)."""

    id: UUID
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class BankAccount:
    """A bank account of the town; `holder` is the payee name a bank compares (Verification of Payee)."""

    iban: str
    bic: str
    holder: str


@dataclass(frozen=True, slots=True)
class ProviderAccess:
    """A town's contract with a provider (Zahlungsdienstleister).

    `settings` and `secrets` are what this provider's adapter needs beyond that, named in docs/integrating/providers.md.
    """

    provider: str
    merchant_id: str
    secret: Secret
    base_url: str
    methods: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's role in a town."""

    tenant: Tenant
    role: Role


class TownFileWrong(InputRefused):
    """The town file does not say what a town needs."""

    code = "town_file_wrong"


@dataclass(frozen=True, slots=True)
class TownFile:
    """What a town file (TOML) says, checked."""

    slug: str
    name: str
    ags: str
    mode: str
    settings: Mapping[str, Any]
    bank_accounts: Sequence[BankAccount]
    units: Sequence[Mapping[str, Any]]
    pools: Sequence[Mapping[str, Any]]
    services: Sequence[Mapping[str, Any]]
    people: Sequence[Mapping[str, Any]]
    providers: Sequence[ProviderAccess]


def read_town_file(content: Mapping[str, Any]) -> TownFile:
    """Check what a town file says.

    Raises TownFileWrong with the place in the file.
    """
    mode = _text(content, "mode")
    if mode not in ("test", "live"):
        raise TownFileWrong(f"mode: {mode!r} is neither 'test' nor 'live'")
    accounts = [_account(n, entry) for n, entry in enumerate(_tables(content, "bank_accounts"), 1)]
    if not accounts:
        raise TownFileWrong("bank_accounts: a town needs one at least")
    settings = _settings(content.get("settings", {}))
    collects = read_direct_debit(settings.get("direct_debit"))
    if collects and collects.iban and collects.iban not in {account.iban for account in accounts}:
        raise TownFileWrong("settings: direct_debit: iban: none of the town's bank_accounts")
    return TownFile(
        slug=_slug(_text(content, "slug")),
        name=_text(content, "name"),
        ags=_ags(_text(content, "ags")),
        mode=mode,
        settings=settings,
        bank_accounts=accounts,
        units=_tables(content, "units"),
        pools=[_pool(n, pool) for n, pool in enumerate(_tables(content, "pools"), 1)],
        services=[_service(n, entry) for n, entry in enumerate(_tables(content, "services"), 1)],
        people=[_person(n, person) for n, person in enumerate(_tables(content, "people"), 1)],
        providers=[_provider(n, entry) for n, entry in enumerate(_tables(content, "providers"), 1)],
    )


def _text(content: Mapping[str, Any], key: str, where: str = "") -> str:
    value = content.get(key)
    if not isinstance(value, str) or not value.strip():
        raise TownFileWrong(f"{where}{key}: a text is missing")
    return value


def _tables(content: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = content.get(key, [])
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise TownFileWrong(f"{key}: write it as [[{key}]] tables")
    return value


def _settings(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        where = "small_difference_cents"
        read_small_difference(settings.get(where, 0))
        where = "policy"
        Policy().with_changes(settings.get(where, {}))
        where = "direct_debit"
        read_direct_debit(settings.get(where))
    except ValueError as error:
        raise TownFileWrong(f"settings: {where}: {error}") from error
    return settings


def _service(number: int, service: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        Policy().with_changes(service.get("policy", {}))
    except ValueError as error:
        raise TownFileWrong(f"services {number}: policy: {error}") from error
    return service


def _slug(slug: str) -> str:
    if not slug.replace("-", "").isalnum() or not slug.isascii() or slug != slug.lower() or slug in _TAKEN:
        raise TownFileWrong(f"slug: {slug!r} must be small letters, digits and hyphens, and no reserved word")
    return slug


_TAKEN = frozenset(
    {"pay", "kasse", "betrieb", "api", "xbezahldienste", "static", "healthz", "readyz", "metrics", "provider", "oauth2"}
    | {"anmelden", "abmelden", "barrierefreiheit"}
)


def _ags(ags: str) -> str:
    if not ags.isdigit() or len(ags) not in (8, 12):
        raise TownFileWrong(f"ags: {ags!r} is no official municipality key (8 or 12 digits)")
    return ags


def _account(number: int, entry: Mapping[str, Any]) -> BankAccount:
    where = f"bank_accounts {number}: "
    try:
        iban = IBAN(_text(entry, "iban", where))
    except SchwiftyException as error:
        raise TownFileWrong(f"{where}iban: {error}") from error
    return BankAccount(str(iban), _text(entry, "bic", where), _text(entry, "holder", where))


def _pool(number: int, pool: Mapping[str, Any]) -> Mapping[str, Any]:
    where = f"pools {number}: "
    _text(pool, "name", where)
    if not _text(pool, "prefix", where).isdigit():
        raise TownFileWrong(f"{where}prefix: digits only")
    if not isinstance(pool.get("digits"), int) or not 1 <= pool["digits"] <= 18:
        raise TownFileWrong(f"{where}digits: how many digits the counter has, 1 to 18")
    if pool.get("check") not in list(CheckMethod):
        raise TownFileWrong(f"{where}check: one of {', '.join(CheckMethod)}")
    return pool


def _person(number: int, person: Mapping[str, Any]) -> Mapping[str, Any]:
    where = f"people {number}: "
    _text(person, "name", where)
    if "@" not in _text(person, "email", where):
        raise TownFileWrong(f"{where}email: {person['email']!r} is no address")
    if _text(person, "role", where) not in list(Role):
        raise TownFileWrong(f"{where}role: one of {', '.join(Role)}")
    return person


def _provider(number: int, entry: Mapping[str, Any]) -> ProviderAccess:
    where = f"providers {number}: "
    methods = entry.get("methods", [])
    if not methods or not all(isinstance(method, str) for method in methods):
        raise TownFileWrong(f"{where}methods: a list of names is missing")
    secret = Secret(_text(entry, "secret", where))
    name, merchant = _text(entry, "name", where), _text(entry, "merchant_id", where)
    settings = _words(entry, "settings", where)
    secrets = {key: Secret(word) for key, word in _words(entry, "secrets", where).items()}
    return ProviderAccess(
        name, merchant, secret, _text(entry, "base_url", where), tuple(methods), settings=settings, secrets=secrets
    )


def _words(entry: Mapping[str, Any], key: str, where: str) -> Mapping[str, str]:
    words = entry.get(key, {})
    if not isinstance(words, dict) or not all(isinstance(word, str) and word for word in words.values()):
        raise TownFileWrong(f"{where}{key}: a table of texts, e.g. [providers.{key}]")
    return words
