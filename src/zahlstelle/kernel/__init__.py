"""What is true without any town: money, days, ids, check digits, refusals, secrets."""

from . import banking_days, checkdigits, clock
from .card_numbers import CardNumberTyped, holds_card_number
from .checkdigits import CheckMethod
from .dates import BERLIN, berlin_day
from .ids import NUMBERED_FROM, fact_id, id_about, new_id, new_token, numbered_id, token_digest
from .money import Money, MoneyUnreadable, eur
from .refusal import InputRefused, Refusal
from .secret import Secret

__all__ = [
    "BERLIN",
    "NUMBERED_FROM",
    "CardNumberTyped",
    "CheckMethod",
    "InputRefused",
    "Money",
    "MoneyUnreadable",
    "Refusal",
    "Secret",
    "banking_days",
    "berlin_day",
    "checkdigits",
    "clock",
    "eur",
    "fact_id",
    "holds_card_number",
    "id_about",
    "new_id",
    "new_token",
    "numbered_id",
    "token_digest",
]
