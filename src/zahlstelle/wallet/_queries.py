"""Look up what a town keeps of a citizen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from zahlstelle.kernel import token_digest
from zahlstelle.tables.wallet import CitizenRow, ConsentRow, DeviceRow, KeepingRow, PasskeyRow, StoredCardRow
from zahlstelle.tenancy import Tenant, inside

from ._inside import as_citizen
from ._rules import WISH_LIVES, Card, Consent, Passkey


@dataclass(frozen=True, slots=True)
class Remembered:
    """Whose device this is, and the card to offer on it."""

    citizen: UUID
    card: Card


def remembered(*, tenant: Tenant, device: str, on: date) -> Remembered | None:
    """Find the card to offer on a device: the one used last that can still be charged."""
    with inside(tenant):
        row = DeviceRow.objects.filter(tenant_id=tenant.id, digest=token_digest(device)).first()
    if row is None:
        return None
    usable = [card for card in cards(tenant=tenant, citizen=row.citizen_id) if card.usable(on)]
    return Remembered(row.citizen_id, usable[0]) if usable else None


def cards(*, tenant: Tenant, citizen: UUID) -> Sequence[Card]:
    """List a citizen's cards, the one used last first."""
    with as_citizen(tenant=tenant, citizen=citizen):
        rows = StoredCardRow.objects.filter(tenant_id=tenant.id, citizen_id=citizen, leaving_at__isnull=True)
        found = [card_of(row) for row in rows]
    return sorted(found, key=lambda card: card.used_at or card.kept_at, reverse=True)


def consents(*, tenant: Tenant, citizen: UUID) -> Sequence[Consent]:
    """List what a citizen consented to, the latest first."""
    with as_citizen(tenant=tenant, citizen=citizen):
        rows = ConsentRow.objects.filter(tenant_id=tenant.id, citizen=citizen).order_by("-given_at", "id")
        return [Consent(row.version, row.words, row.language, row.given_at, row.withdrawn_at) for row in rows]


def is_known(*, tenant: Tenant, citizen: UUID) -> bool:
    """Say whether anything is kept of a citizen."""
    with as_citizen(tenant=tenant, citizen=citizen):
        return CitizenRow.objects.filter(tenant_id=tenant.id, id=citizen).exists()


def passkeys(*, tenant: Tenant, citizen: UUID) -> Sequence[str]:
    """Name a citizen's passkeys."""
    with as_citizen(tenant=tenant, citizen=citizen):
        rows = PasskeyRow.objects.filter(tenant_id=tenant.id, citizen_id=citizen).order_by("made_at", "id")
        return list(rows.values_list("credential_id", flat=True))


def wish_of(*, tenant: Tenant, payment_id: UUID, browser: str, at: datetime) -> str | None:
    """Say what became of this browser's wish to keep the card of a payment: `open`, `kept`, or None (none, or over)."""
    with inside(tenant):
        row = KeepingRow.objects.filter(
            tenant_id=tenant.id, payment_id=payment_id, browser=token_digest(browser)
        ).first()
    if row is None or row.returned_at is None or (row.outcome is None and at >= row.asked_at + WISH_LIVES):
        return None
    return {None: "open", "kept": "kept"}.get(row.outcome)


def account(*, tenant: Tenant, citizen: UUID) -> Mapping[str, Any]:
    """Tell a citizen everything that is kept of them here (GDPR art. 15 and 20), but for the provider's handle."""
    with as_citizen(tenant=tenant, citizen=citizen):
        person = CitizenRow.objects.filter(tenant_id=tenant.id, id=citizen).values("email", "made_at").first()
        keys = PasskeyRow.objects.filter(tenant_id=tenant.id, citizen_id=citizen).order_by("made_at", "id")
        devices = DeviceRow.objects.filter(tenant_id=tenant.id, citizen_id=citizen).order_by("made_at", "id")
        told: dict[str, Any] = {
            "town": tenant.name,
            "email": person["email"] if person else None,
            "since": person["made_at"] if person else None,
            "passkeys": list(keys.values("credential_id", "sign_count", "made_at", "used_at", "by_link")),
            "devices": list(devices.values("made_at")),
        }
        at_provider = StoredCardRow.objects.filter(tenant_id=tenant.id, citizen_id=citizen, leaving_at__isnull=True)
        told["cards"] = list(
            at_provider.order_by("kept_at").values("brand", "last_four", "expires_on", "provider", "kept_at", "used_at")
        )
        agreed = ConsentRow.objects.filter(tenant_id=tenant.id, citizen=citizen).order_by("given_at")
        told["consents"] = list(agreed.values("version", "words", "language", "given_at", "withdrawn_at"))
    return told


def passkeys_of(*, tenant: Tenant, citizen: UUID) -> Sequence[Passkey]:
    """List a citizen's passkeys, the oldest first."""
    with as_citizen(tenant=tenant, citizen=citizen):
        rows = PasskeyRow.objects.filter(tenant_id=tenant.id, citizen_id=citizen).order_by("made_at", "id")
        return [passkey_of(row) for row in rows]


def passkey_of(row: PasskeyRow) -> Passkey:
    """Read a row."""
    return Passkey(row.id, row.made_at, row.used_at, row.by_link)


def card_of(row: StoredCardRow) -> Card:
    """Read a row."""
    return Card(row.id, row.brand, row.last_four, row.expires_on, row.kept_at, row.used_at)
