"""The wallet (Click to Pay with a stored card): citizens' passkeys, consents, and cards kept at the town's provider."""

from ._flow import delete_cards, drop_wish, keep_card, pay_with_card, sweep
from ._operations import (
    ask_for_new_passkey,
    ask_passkey_to_keep,
    ask_passkey_to_open,
    ask_passkey_to_pay,
    came_back,
    forget_device,
    open_wallet,
    wish_to_keep,
)
from ._passkeys import site_of
from ._queries import Remembered, account, cards, consents, is_known, remembered, wish_of
from ._rules import (
    Card,
    Consent,
    Deletion,
    NothingToKeep,
    PasskeyRefused,
    Site,
    StoredCardUnknown,
)

__all__ = [
    "Card",
    "Consent",
    "Deletion",
    "NothingToKeep",
    "PasskeyRefused",
    "Remembered",
    "Site",
    "StoredCardUnknown",
    "account",
    "ask_for_new_passkey",
    "ask_passkey_to_keep",
    "ask_passkey_to_open",
    "ask_passkey_to_pay",
    "came_back",
    "cards",
    "consents",
    "delete_cards",
    "drop_wish",
    "forget_device",
    "is_known",
    "keep_card",
    "open_wallet",
    "pay_with_card",
    "remembered",
    "site_of",
    "sweep",
    "wish_of",
    "wish_to_keep",
]
