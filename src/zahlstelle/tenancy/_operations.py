"""Add towns, people and keys."""

import json
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from zahlstelle.kernel import Refusal, fact_id, new_id, token_digest
from zahlstelle.tables.tenancy import (
    ApiKeyRow,
    BankAccountRow,
    MembershipRow,
    Person,
    ProviderAccessRow,
    TenantRow,
    UnitRow,
)

from ._inside import inside
from ._rules import Role, Tenant, TownFile


class ApiKeyUnknown(Refusal):
    """The API key is unknown, mistyped or revoked."""

    code = "api_key_unknown"
    status = 401


@dataclass(frozen=True, slots=True)
class ClientAccess:
    """Who calls the API: the key's town, the key, and where its citizens may be sent back to."""

    tenant: Tenant
    client: UUID
    name: str
    return_urls: tuple[str, ...]


def add_tenant(*, town: TownFile, at: datetime) -> Tenant:
    """Add a town, or bring it up to its file: units, accounts and providers. Twice the same is once."""
    values = {"name": town.name, "ags": town.ags, "mode": town.mode, "settings": dict(town.settings)}
    with transaction.atomic():
        row, _ = TenantRow.objects.update_or_create(
            slug=town.slug, defaults=values, create_defaults={**values, "id": new_id(), "created_at": at}
        )
        tenant = Tenant(row.id, row.slug, row.name, row.ags, row.mode, row.settings)
        with inside(tenant):
            _furnish(tenant, town)
    return tenant


def _furnish(tenant: Tenant, town: TownFile) -> None:
    _put_behind(tenant, town)
    for position, account in enumerate(town.bank_accounts):
        BankAccountRow.objects.update_or_create(
            id=fact_id("bank_account", tenant.id, account.iban),
            tenant_id=tenant.id,
            defaults={
                "iban": account.iban,
                "bic": account.bic,
                "holder": account.holder,
                "position": position,
            },
        )
    for unit in town.units:
        UnitRow.objects.update_or_create(
            id=fact_id("unit", tenant.id, unit["key"]),
            tenant_id=tenant.id,
            defaults={"key": unit["key"], "name": unit["name"]},
        )
    for position, access in enumerate(town.providers):
        ProviderAccessRow.objects.update_or_create(
            id=fact_id("provider_access", tenant.id, access.provider),
            tenant_id=tenant.id,
            defaults={
                "provider": access.provider,
                "merchant_id": access.merchant_id,
                "secret": access.secret.reveal(),
                "base_url": access.base_url,
                "methods": list(access.methods),
                "settings": dict(access.settings),
                "secrets": {key: secret.reveal() for key, secret in access.secrets.items()},
                "position": position,
            },
        )


def _put_behind(tenant: Tenant, town: TownFile) -> None:
    """Keep accounts and providers that left the file, behind those that are in it.

    Statements of an account may still come. A provider is still asked about what was paid there, and gives it back; it
    is offered to nobody any more.
    """
    accounts = BankAccountRow.objects.filter(tenant_id=tenant.id).order_by("position", "id")
    left = accounts.exclude(iban__in=[account.iban for account in town.bank_accounts])
    for position, account in enumerate(left, len(town.bank_accounts)):
        BankAccountRow.objects.filter(id=account.id).update(position=position)
    accesses = ProviderAccessRow.objects.filter(tenant_id=tenant.id).order_by("position", "id")
    gone = accesses.exclude(provider__in=[access.provider for access in town.providers])
    for position, access in enumerate(gone, len(town.providers)):
        ProviderAccessRow.objects.filter(id=access.id).update(position=position, methods=[])


def add_person(*, tenant: Tenant, email: str, name: str, role: Role, password: str | None) -> UUID:
    """Give a person a role in the town; the person is made if unknown. Returns the person's id."""
    with transaction.atomic():
        person = Person.objects.filter(email__iexact=email).first()
        if person is None:
            person = Person(id=new_id(), email=email.lower(), name=name)
            person.set_password(password)
            person.save(force_insert=True)
        with inside(tenant):
            MembershipRow.objects.get_or_create(
                id=fact_id("membership", tenant.id, person.id, role),
                defaults={"tenant_id": tenant.id, "person_id": person.id, "role": role},
            )
    return person.id


def add_api_key(*, tenant: Tenant, name: str, at: datetime, return_urls: Sequence[str] = ()) -> str:
    """Make a key for an online service. The key itself is shown this once and kept as a digest.

    Shape: `zs_test_` or `zs_live_`, 32 characters of chance, 8 hexadecimal digits of CRC-32 over all before, so that a
    mistyped key is told from an unknown one and a leaked key is found by scanners.
    """
    body = f"zs_{tenant.mode}_{secrets.token_hex(16)}"
    key = f"{body}{zlib.crc32(body.encode()):08x}"
    with inside(tenant):
        ApiKeyRow.objects.create(
            id=new_id(),
            tenant_id=tenant.id,
            name=name,
            prefix=key[:14],
            key_digest=token_digest(key),
            mode=tenant.mode,
            return_urls=list(return_urls),
            created_at=at,
        )
    return key


def api_client(*, key: str) -> ClientAccess:
    """Find whose key this is.

    Raises ApiKeyUnknown where it is mistyped, unknown, revoked, or of the other mode (test, live).
    """
    if not key.isascii() or len(key) != 48 or f"{zlib.crc32(key[:-8].encode()):08x}" != key[-8:]:
        raise ApiKeyUnknown("this is not an API key of Zahlstelle")
    return api_client_of_digest(digest=token_digest(key))


def api_client_of_digest(*, digest: str) -> ClientAccess:
    """Find whose key has this digest (see `kernel.token_digest`). Raises ApiKeyUnknown as `api_client` does."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_KEY, {"digest": digest})
        cursor.nextset()
        row = cursor.fetchone()
    if row is None:
        raise ApiKeyUnknown("this API key is unknown or revoked")
    client, name, return_urls, tenant_id, slug, town, ags, mode, settings = row
    tenant = Tenant(tenant_id, slug, town, ags, mode, json.loads(settings))
    return ClientAccess(tenant, client, name, tuple(json.loads(return_urls)))


# Every request asks this, so it is one round trip: three statements, which PostgreSQL runs as one transaction.
_OF_KEY = """
SELECT set_config('zahlstelle.presented', %(digest)s, true);
SELECT k.id, k.name, k.return_urls::text, t.id, t.slug, t.name, t.ags, t.mode, t.settings::text
FROM api_key k JOIN tenant t ON t.id = k.tenant_id
WHERE k.key_digest = %(digest)s AND k.revoked_at IS NULL AND k.mode = t.mode;
SELECT set_config('zahlstelle.presented', '', true)
"""
