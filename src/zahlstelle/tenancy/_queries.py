"""Look up towns and what belongs to them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import connection, transaction

from zahlstelle.kernel import Refusal, Secret
from zahlstelle.tables.tenancy import BankAccountRow, MembershipRow, ProviderAccessRow, TenantRow, UnitRow

from ._direct_debit import DirectDebit, read_direct_debit
from ._inside import inside
from ._rules import BankAccount, Membership, ProviderAccess, Role, Tenant, Unit


class TenantUnknown(Refusal):
    """There is no town under this name."""

    code = "tenant_unknown"
    status = 404


class CollectingAccountUnknown(Refusal):
    """The account that direct debits are to be collected to is none of the town's."""

    code = "collecting_account_unknown"


def all_tenants() -> Sequence[Tenant]:
    """List every town of the installation, by name."""
    return [_tenant(row) for row in TenantRow.objects.order_by("name")]


def tenant_by_slug(slug: str) -> Tenant:
    """Find a town by the name in its addresses. Raises TenantUnknown."""
    row = TenantRow.objects.filter(slug=slug).first()
    if row is None:
        raise TenantUnknown(f"there is no town {slug!r}")
    return _tenant(row)


def tenant_by_id(tenant_id: UUID) -> Tenant:
    """Find a town by its id. Raises TenantUnknown."""
    row = TenantRow.objects.filter(id=tenant_id).first()
    if row is None:
        raise TenantUnknown(f"there is no town {tenant_id}")
    return _tenant(row)


def towns_of(person_id: UUID) -> Sequence[Membership]:
    """List the towns and roles of a person who has logged in."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('zahlstelle.person', %s, true)", [str(person_id)])
        rows = (
            MembershipRow.objects.select_related("tenant").filter(person_id=person_id).order_by("tenant__name", "role")
        )
        found = [Membership(_tenant(row.tenant), Role(row.role)) for row in rows]
        cursor.execute("SELECT set_config('zahlstelle.person', '', true)")
    return found


def direct_debit(*, tenant: Tenant) -> tuple[DirectDebit, BankAccount] | None:
    """Say how the town collects by SEPA direct debit itself, and to which account; None where it does not.

    Raises CollectingAccountUnknown: money is never collected to another account than the one that is named.
    """
    said = read_direct_debit(tenant.settings.get("direct_debit"))
    if said is None:
        return None
    for account in bank_accounts(tenant=tenant):
        if said.iban in (None, account.iban):
            return said, account
    raise CollectingAccountUnknown(f"{tenant.slug}: settings.direct_debit names an account that the town has not")


def names_of_people(*, tenant: Tenant) -> Mapping[str, str]:
    """Name the people of a town by their ids, as deeds and decisions keep them."""
    with inside(tenant):
        rows = MembershipRow.objects.filter(tenant_id=tenant.id).values_list("person_id", "person__name")
        return {str(person): name for person, name in rows}


def bank_accounts(*, tenant: Tenant) -> Sequence[BankAccount]:
    """List the town's bank accounts, the first is the one people are told to pay to."""
    with inside(tenant):
        rows = BankAccountRow.objects.filter(tenant_id=tenant.id).order_by("position")
        return [BankAccount(row.iban, row.bic, row.holder) for row in rows]


def provider_accesses(*, tenant: Tenant) -> Sequence[ProviderAccess]:
    """List the town's contracts with providers, in the town's order."""
    with inside(tenant):
        rows = ProviderAccessRow.objects.filter(tenant_id=tenant.id).order_by("position")
        return [
            ProviderAccess(
                row.provider,
                row.merchant_id,
                Secret(row.secret),
                row.base_url,
                tuple(row.methods),
                settings=row.settings,
                secrets={key: Secret(word) for key, word in row.secrets.items()},
            )
            for row in rows
        ]


def units(*, tenant: Tenant) -> Sequence[Unit]:
    """List the town's units by name."""
    with inside(tenant):
        rows = UnitRow.objects.filter(tenant_id=tenant.id).order_by("name")
        return [Unit(row.id, row.key, row.name) for row in rows]


def _tenant(row: TenantRow) -> Tenant:
    return Tenant(row.id, row.slug, row.name, row.ags, row.mode, row.settings)
