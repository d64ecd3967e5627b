"""Found a town: everything its file says, and the accounts of its book."""

from datetime import datetime

from django.db import transaction

from zahlstelle import claims, ledger, tenancy
from zahlstelle.tenancy import Role, Tenant, TownFile, inside

_ACCOUNTS = {
    "receivable": "Forderungen",
    "revenue": "Erträge",
    "suspense": "Verwahrung",
    "overpaid": "Überzahlungen",
    "fees": "Zahlungsverkehrskosten",
    "refunded": "Erstattungen",
    "small_differences": "Kleinbetragsdifferenzen",
}


def found_town(*, town: TownFile, at: datetime, password: str | None = None) -> Tenant:
    """Add a town with its catalogue, people and book, or bring it up to its file. All or nothing.

    `password` is given to people who are new; without one they cannot log in until they are sent a link.
    """
    with transaction.atomic():
        tenant = tenancy.add_tenant(town=town, at=at)
        with inside(tenant):
            claims.add_catalogue(tenant=tenant, town=town)
            ledger.open_accounts(tenant=tenant, accounts=_accounts(town))
            for person in town.people:
                role, email = Role(person["role"]), person["email"]
                tenancy.add_person(tenant=tenant, email=email, name=person["name"], role=role, password=password)
    return tenant


def _accounts(town: TownFile) -> dict[str, str]:
    banks = {f"bank:{account.iban}": f"Bank {account.iban}" for account in town.bank_accounts}
    providers = {f"clearing:{p.provider}": f"Verrechnung {p.provider}" for p in town.providers}
    return _ACCOUNTS | banks | providers
