"""Where Django looks for models: every room's file, nothing else."""

from .allocation import AllocationRow, PayerHabitRow, PayerSwitchRow, PayerTrialRow, SuspenseRow
from .audit import AuditRow
from .bank import (
    BankDetailRow,
    BankEntryRow,
    BankFilePartRow,
    BankFileRow,
    FragmentRow,
    OrderRow,
    OrderTransactionRow,
    RejectRow,
    SightingRow,
    StatementRow,
)
from .claims import ClaimBalanceRow, ClaimLineRow, ClaimRow, PoolRow, ServiceRow
from .events import EventRow
from .idempotency import IdempotencyRow
from .ledger import AccountRow, JournalEntryRow, JournalLineRow, SealRow
from .payments import AttemptRow, NotificationRow, PaymentRow
from .tenancy import (
    ApiKeyRow,
    BankAccountRow,
    LoginTryRow,
    MembershipRow,
    Person,
    ProviderAccessRow,
    TenantRow,
    UnitRow,
)

__all__ = [
    "AccountRow",
    "AllocationRow",
    "ApiKeyRow",
    "AttemptRow",
    "AuditRow",
    "BankAccountRow",
    "BankDetailRow",
    "BankEntryRow",
    "BankFilePartRow",
    "BankFileRow",
    "ClaimBalanceRow",
    "ClaimLineRow",
    "ClaimRow",
    "EventRow",
    "FragmentRow",
    "IdempotencyRow",
    "JournalEntryRow",
    "JournalLineRow",
    "LoginTryRow",
    "MembershipRow",
    "NotificationRow",
    "OrderRow",
    "OrderTransactionRow",
    "PayerHabitRow",
    "PayerSwitchRow",
    "PayerTrialRow",
    "PaymentRow",
    "Person",
    "PoolRow",
    "ProviderAccessRow",
    "RejectRow",
    "SealRow",
    "ServiceRow",
    "SightingRow",
    "StatementRow",
    "SuspenseRow",
    "TenantRow",
    "UnitRow",
]
