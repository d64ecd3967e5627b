"""What a bank message says, as frozen values. Amounts are hundredths of the named currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

Side = Literal["credit", "debit"]
_UMSATZ_IDS = ("FI-UMSATZ-ID", "FIUMSATZ-ID", "FI_UMSATZ_ID")


@dataclass(frozen=True, slots=True)
class MessageHead:
    """One camt message (`Document`) in a file: what it is and how the bank names it."""

    file: str
    line: int
    message: str  # camt.052, camt.053 or camt.054
    version: str | None  # "001.08"; None where the file names no namespace
    message_id: str | None = None
    created_at: datetime | None = None
    page_number: str | None = None
    last_page: bool | None = None
    additional_info: str | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance (Saldo) of a statement: OPBD, PRCD, CLBD, ITBD, CLAV, FWAV ..."""

    type: str | None
    amount_cents: int
    currency: str | None
    side: Side | None  # None where the bank left the sign out
    day: date | None

    @property
    def signed_cents(self) -> int:
        """Credit balances above zero, debit balances below."""
        return -self.amount_cents if self.side == "debit" else self.amount_cents


@dataclass(frozen=True, slots=True)
class StatementHead:
    """One report, statement or notification (Rpt, Stmt, Ntfctn) about one account."""

    line: int
    statement_id: str | None = None
    electronic_sequence: str | None = None
    legal_sequence: str | None = None
    created_at: datetime | None = None
    from_on: date | None = None
    to_on: date | None = None
    copy_duplicate: str | None = None
    account_iban: str | None = None
    account_other: str | None = None  # Othr/Id, where the account has no IBAN element
    account_currency: str | None = None
    owner_name: str | None = None
    servicer_bic: str | None = None
    balances: tuple[Balance, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement(StatementHead):
    """A statement read to its end, with control sums over all its entries.

    `balanced`: opening balance and booked entries come to the closing balance; None where that cannot be said.
    """

    entry_count: int = 0
    credit_cents: int = 0
    debit_cents: int = 0
    balanced: bool | None = None


@dataclass(frozen=True, slots=True)
class EntryHead:
    """A bank entry (Umsatz) as far as it is known before its details."""

    line: int
    number: int  # counts from one inside its statement
    amount_cents: int
    currency: str | None
    side: Side
    entry_ref: str | None = None
    status: str | None = None
    reversal: bool = False
    booking_date: date | None = None
    value_date: date | None = None
    bank_ref: str | None = None
    btc: str | None = None
    proprietary_code: str | None = None
    proprietary_issuer: str | None = None
    batch_count: int | None = None
    batch_cents: int | None = None
    batch_message_id: str | None = None
    batch_payment_id: str | None = None
    breakdown_message: str | None = None  # AddtlInfInd/MsgNmId, e.g. camt.054.001.08
    breakdown_message_id: str | None = None  # AddtlInfInd/MsgId
    charges_cents: int | None = None
    additional_info: str | None = None

    @property
    def signed_cents(self) -> int:
        """The amount as it moves the account: credits above zero, debits below."""
        return self.amount_cents if self.side == "credit" else -self.amount_cents


@dataclass(frozen=True, slots=True)
class Entry(EntryHead):
    """A bank entry read to its end, with what its details add up to.

    `whole`: there are details, each with an amount in the entry's currency, and together they are the
    entry to the cent. `whole_with_charges`: the same, once the details' charges are counted too
    (Rücklastschrift 53.00 = 50.00 + 3.00). A detail without an own side counts on the entry's side.
    A single detail without an amount (`detail_count == unsized_count == 1`) stands for the entry.
    """

    detail_count: int = 0
    unsized_count: int = 0  # details without an amount in the entry's currency
    details_signed_cents: int = 0
    details_charges_cents: int = 0
    whole: bool = False
    whole_with_charges: bool = False


class Detail(NamedTuple):
    """A single transaction (Einzelumsatz) inside an entry. Missing is None, never a guess.

    `amount_cents` is TxDtls/Amt, else AmtDtls/TxAmt, else AmtDtls/InstdAmt in the entry's currency.
    `side` is None where the detail carries none. The `party_*` fields name the counterparty: the debtor
    of a credit, the creditor of a debit; in returns the roles are those of the original payment, so it is
    the other way round. Pieces of `remittance` are as the bank cut them, blanks included.

    A named tuple where the other records are dataclasses: there are a hundred thousand of these in a file,
    and it is made eight times as fast.
    """

    number: int  # counts from one inside its entry
    line: int
    amount_cents: int | None
    currency: str | None
    side: Side | None
    end_to_end_id: str | None
    mandate_id: str | None
    instruction_id: str | None
    tx_id: str | None
    uetr: str | None
    bank_ref: str | None
    message_id: str | None
    payment_id: str | None
    clearing_ref: str | None
    bank_tx_id: str | None
    proprietary_refs: tuple[tuple[str, str], ...]
    party_name: str | None
    party_iban: str | None
    party_bic: str | None
    debtor_name: str | None
    debtor_iban: str | None
    debtor_bic: str | None
    ultimate_debtor_name: str | None
    creditor_name: str | None
    creditor_iban: str | None
    creditor_bic: str | None
    ultimate_creditor_name: str | None
    reference: str | None
    reference_type: str | None
    references: tuple[tuple[str | None, str], ...]  # all of them: (type, reference)
    remittance: tuple[str, ...]
    additional_remittance: tuple[str, ...]  # Strd/AddtlRmtInf
    document_numbers: tuple[str, ...]  # Strd/RfrdDocInf/Nb
    return_reason: str | None
    return_info: str | None
    original_cents: int | None  # InstdAmt; None too where it is no whole number of hundredths
    original_currency: str | None
    charges_cents: int | None
    btc: str | None
    proprietary_code: str | None
    purpose: str | None
    additional_info: str | None
    proprietary_issuer: str | None
    counter_cents: int | None  # CntrValAmt: the equivalent in other money
    counter_currency: str | None
    exchange_rate: str | None  # as written

    @property
    def umsatz_id(self) -> str | None:
        """The bank's own id of the transaction (FI-UMSATZ-ID of the savings banks), where it names one."""
        return next((ref for kind, ref in self.proprietary_refs if kind in _UMSATZ_IDS and ref), None)


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something a bank wrote other than the standard has it, read all the same and said aloud."""

    code: str
    file: str
    line: int | None
    element: str | None
    reason: str
    message: MessageHead | None = None


@dataclass(frozen=True, slots=True)
class StatementStart:
    message: MessageHead
    statement: StatementHead


@dataclass(frozen=True, slots=True)
class EntryStart:
    entry: EntryHead


@dataclass(frozen=True, slots=True)
class EntryEnd:
    entry: Entry


@dataclass(frozen=True, slots=True)
class StatementEnd:
    statement: Statement


Event: TypeAlias = StatementStart | EntryStart | Detail | EntryEnd | StatementEnd | Deviation
