"""Towns (Mandanten): their units, accounts, providers, people, keys, and the only way into a town's rows."""

from zahlstelle.tables.tenancy import Person

from ._direct_debit import DirectDebit
from ._inside import inside, opened_with
from ._login import LoginPaused, LoginRefused, log_in
from ._operations import (
    ApiKeyUnknown,
    ClientAccess,
    add_api_key,
    add_person,
    add_tenant,
    api_client,
    api_client_of_digest,
)
from ._policies import DoublePayment, LatePayment, Overpayment, PartPayment, Policy, Repayment
from ._queries import (
    CollectingAccountUnknown,
    TenantUnknown,
    all_tenants,
    bank_accounts,
    direct_debit,
    names_of_people,
    provider_accesses,
    tenant_by_id,
    tenant_by_slug,
    towns_of,
    units,
)
from ._rules import (
    BankAccount,
    Membership,
    Permission,
    ProviderAccess,
    Role,
    Tenant,
    TownFile,
    TownFileWrong,
    Unit,
    may,
    read_town_file,
)

__all__ = [
    "ApiKeyUnknown",
    "BankAccount",
    "ClientAccess",
    "CollectingAccountUnknown",
    "DirectDebit",
    "DoublePayment",
    "LatePayment",
    "LoginPaused",
    "LoginRefused",
    "Membership",
    "Overpayment",
    "PartPayment",
    "Permission",
    "Person",
    "Policy",
    "ProviderAccess",
    "Repayment",
    "Role",
    "Tenant",
    "TenantUnknown",
    "TownFile",
    "TownFileWrong",
    "Unit",
    "add_api_key",
    "add_person",
    "add_tenant",
    "all_tenants",
    "api_client",
    "api_client_of_digest",
    "bank_accounts",
    "direct_debit",
    "inside",
    "log_in",
    "may",
    "names_of_people",
    "opened_with",
    "provider_accesses",
    "read_town_file",
    "tenant_by_id",
    "tenant_by_slug",
    "towns_of",
    "units",
]
