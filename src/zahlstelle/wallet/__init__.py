"""The wallet (Click to Pay with a stored card): citizens' passkeys, consents, and cards kept at the town's provider."""

from ._flow import delete_cards, drop_wish, keep_card, pay_with_card, sweep
from ._links import TOKEN, LinkMail, links_wished, open_by_link, wish_link
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
from ._own_passkeys import add_passkey, ask_to_add_passkey, remove_passkey
from ._passkeys import site_of
from ._queries import Remembered, account, cards, consents, is_known, passkeys_of, remembered, wish_of
from ._rules import (
    Card,
    Consent,
    Deletion,
    LastPasskey,
    LinkRefused,
    NothingToKeep,
    Opened,
    Passkey,
    PasskeyRefused,
    Site,
    StoredCardUnknown,
)

__all__ = [
    "TOKEN",
    "Card",
    "Consent",
    "Deletion",
    "LastPasskey",
    "LinkMail",
    "LinkRefused",
    "NothingToKeep",
    "Opened",
    "Passkey",
    "PasskeyRefused",
    "Remembered",
    "Site",
    "StoredCardUnknown",
    "account",
    "add_passkey",
    "ask_for_new_passkey",
    "ask_passkey_to_keep",
    "ask_passkey_to_open",
    "ask_passkey_to_pay",
    "ask_to_add_passkey",
    "came_back",
    "cards",
    "consents",
    "delete_cards",
    "drop_wish",
    "forget_device",
    "is_known",
    "keep_card",
    "links_wished",
    "open_by_link",
    "open_wallet",
    "passkeys_of",
    "pay_with_card",
    "remembered",
    "remove_passkey",
    "site_of",
    "sweep",
    "wish_link",
    "wish_of",
    "wish_to_keep",
]
