"""Where Django looks for models: every room's file, nothing else."""

from .allocation import (
    AllocationRow,
    PayerHabitRow,
    PayerLearnedRow,
    PayerSwitchRow,
    PayerTrialRow,
    PayoutShareRow,
    SuspenseRow,
)
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
from .payments import (
    AttemptRow,
    NotificationRow,
    PaymentRow,
    PayoutItemRow,
    PayoutReportRow,
    PayoutRow,
    ReportCallRow,
)
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
from .treasury import DeliveryRow

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
    "DeliveryRow",
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
    "PayerLearnedRow",
    "PayerSwitchRow",
    "PayerTrialRow",
    "PaymentRow",
    "PayoutItemRow",
    "PayoutReportRow",
    "PayoutRow",
    "PayoutShareRow",
    "Person",
    "PoolRow",
    "ProviderAccessRow",
    "RejectRow",
    "ReportCallRow",
    "SealRow",
    "ServiceRow",
    "SightingRow",
    "StatementRow",
    "SuspenseRow",
    "TenantRow",
    "UnitRow",
]
