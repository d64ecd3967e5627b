"""SEPA direct debit mandates: what makes one, when it may be collected by, and what a return says of it. No IO."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from zahlstelle.kernel import InputRefused, Refusal, banking_days, berlin_day

METHOD = "sepa_debit"
SequenceType = Literal["OOFF", "FRST", "RCUR"]  # ISO 20022, SequenceType3Code


class IbanWrong(InputRefused):
    """The IBAN is mistyped, or of an account that cannot be collected from by SEPA direct debit."""

    code = "iban_wrong"


class HolderWrong(InputRefused):
    """The account holder's name is missing, or longer than the 70 characters a direct debit carries."""

    code = "holder_wrong"


class MandateUnknown(Refusal):
    """The town has no mandate under this reference, or one that was for a single payment."""

    code = "mandate_unknown"
    status = 404


class MandateBlocked(Refusal):
    """The mandate must not be used again: a return or the payer said so."""

    code = "mandate_blocked"


class MandateOfOtherCreditor(Refusal):
    """The mandate names another creditor identifier than the town collects under by now."""

    code = "mandate_of_other_creditor"


class MandateKind(StrEnum):
    """For how much a mandate is good."""

    ONCE = "once"  # one payment (einmalig)
    RECURRING = "recurring"  # until it is taken back (wiederkehrend)


@dataclass(frozen=True, slots=True)
class NewMandate:
    """A mandate as somebody gives it. `text` are the words consented to; made by `new_mandate`."""

    iban: str = field(repr=False)
    holder: str = field(repr=False)
    text: str = field(repr=False)
    kind: MandateKind = MandateKind.ONCE


@dataclass(frozen=True, slots=True)
class Mandate:
    """A mandate (Mandat) as it stands."""

    id: UUID
    reference: str
    creditor_id: str
    kind: MandateKind
    holder: str
    iban: str
    signed_at: datetime
    blocked: str | None = None

    def __repr__(self) -> str:
        """Say which it is, never whose: a mandate may end up in a log."""
        return f"<Mandate {self.reference}>"


# Where SEPA direct debits reach (EPC409-09): EU and EEA, Switzerland, United Kingdom and its islands, small states.
_SEPA = re.compile(
    "A[DLT]|B[EG]|C[HYZ]|D[EK]|E[ES]|F[IR]|G[BIR]|H[RU]|I[EST]|L[ITUV]|M[CDEKT]|N[LO]|P[LT]|R[OS]|S[EIKM]|VA"
)
_HOLDER = 70
_NAME = re.compile(r"[^\W\d_]")


def new_mandate(*, iban: str, holder: str, text: str, kind: MandateKind = MandateKind.ONCE) -> NewMandate:
    """Check what somebody gives for a mandate. Raises IbanWrong, HolderWrong."""
    return NewMandate(_iban(iban), _holder(holder), text, kind)


def _iban(said: str) -> str:
    try:
        iban = IBAN(said)
    except SchwiftyException:
        # Neither the words nor the cause may carry the number into a log.
        raise IbanWrong("this is not an IBAN; compare each digit") from None
    if not _SEPA.fullmatch(iban.country_code):
        raise IbanWrong("this account is outside the SEPA area")
    return str(iban)


def _holder(said: str) -> str:
    name = " ".join("".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in said).split())
    if not _NAME.search(name) or len(name) > _HOLDER:
        raise HolderWrong(f"the account holder's name has 1 to {_HOLDER} characters")
    return name


def reference_of(mandate: UUID, at: datetime) -> str:
    """Name a mandate for paper and telephone: the day it was given, and 48 bits of chance of its id."""
    return f"M{berlin_day(at):%Y%m%d}-{mandate.hex[-12:].upper()}"


def due_on(*, ordered_at: datetime, pre_notification_days: int) -> date:
    """Say from which day on a debit may be collected: announced days before, and a banking day."""
    announced = berlin_day(ordered_at) + pre_notification_days * banking_days.ONE_DAY
    return banking_days.on_or_after(announced)


def collect_on(*, due: date, collected_at: datetime) -> date:
    """Say on which day a bank collects what it is given now: at the earliest on the next banking day (CORE, D-1)."""
    return max(banking_days.on_or_after(due), banking_days.later(berlin_day(collected_at), 1))


def sequence(kind: MandateKind, *, used_before: bool) -> SequenceType:
    """Say how the next debit stands in the life of its mandate, in the words of the SEPA rulebook."""
    if kind is MandateKind.ONCE:
        return "OOFF"
    return "RCUR" if used_before else "FRST"


@dataclass(frozen=True, slots=True)
class Returned:
    """Money that went out and opened a claim again, with what the bank says of it; nothing said is None."""

    claim: UUID
    cents: int
    mandate: str | None
    name: str | None  # the end-to-end reference
    reason: str | None


def is_return_of(told: Returned, *, cents: int, mandate: str, names: Sequence[str]) -> bool:
    """Say whether money is the return of a debit: of its amount, and by its mandate.

    Where the bank tells no mandate, it must give a reason, and no other name than the debit's `names`.
    """
    if told.cents != cents:
        return False
    if told.mandate is not None:
        return told.mandate == mandate
    return bool(told.reason) and (told.name is None or told.name.upper() in {name.upper() for name in names})


# Reasons after which a mandate is not used again: the account is gone, wrong or closed to debits, there is no mandate,
# the payer is dead, took the money back, or has had the creditor blocked. No money in the account (AM04), or no reason
# given (MS02, MS03; German banks say MS03 for AM04), does not end a mandate.
_ENDS_MANDATE = frozenset(
    {"AC01", "AC04", "AC06", "AC13", "AG01", "BE05", "MD01", "MD02", "MD06", "MD07", "RC01", "SL01"}
)


def ends_mandate(reason: str | None) -> bool:
    """Say whether a reject or return with this reason means that the mandate must not be used again."""
    return (reason or "").strip().upper()[:4] in _ENDS_MANDATE
