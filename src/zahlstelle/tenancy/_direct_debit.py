"""What a town says about collecting by SEPA direct debit itself (eigene Lastschrift). No IO."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

_CREDITOR_ID = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{3}[A-Z0-9]{1,28}")
_BUSINESS_CODE = slice(4, 7)  # the creditor's own three characters, outside the check digits
_MOST_DAYS = 14  # banks take an order at most so many days ahead


@dataclass(frozen=True, slots=True)
class DirectDebit:
    """How the town collects: its creditor identifier (Gläubiger-Identifikationsnummer), how many days before it says
    so (Vorabankündigung), and to which of its accounts; None: the first."""

    creditor_id: str
    pre_notification_days: int = 2
    iban: str | None = None


def read_direct_debit(said: Any) -> DirectDebit | None:
    """Read the setting `direct_debit`; None where the town does not collect itself. Raises ValueError."""
    if said is None:
        return None
    if not isinstance(said, Mapping) or set(said) - {"creditor_id", "pre_notification_days", "iban"}:
        raise ValueError("a table with creditor_id, pre_notification_days and iban, nothing else")
    days = said.get("pre_notification_days", 2)
    if type(days) is not int or not 1 <= days <= _MOST_DAYS:
        raise ValueError(f"pre_notification_days: whole days, 1 to {_MOST_DAYS}")
    return DirectDebit(_creditor_id(said.get("creditor_id")), days, _iban(said.get("iban")))


def _creditor_id(said: Any) -> str:
    text = said.replace(" ", "") if isinstance(said, str) else ""
    if not _CREDITOR_ID.fullmatch(text) or not _check_digits_fit(text):
        raise ValueError(f"creditor_id: {said!r} is no creditor identifier; its check digits do not fit or are missing")
    return text


def _check_digits_fit(creditor_id: str) -> bool:
    """Compute ISO 7064 mod 97-10 over the national part, the country and the check digits, as with an IBAN."""
    turned = creditor_id[_BUSINESS_CODE.stop :] + creditor_id[: _BUSINESS_CODE.start]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def _iban(said: Any) -> str | None:
    if said is None:
        return None
    try:
        return str(IBAN(said))
    except (SchwiftyException, TypeError, AttributeError) as error:
        raise ValueError(f"iban: {error}") from error
