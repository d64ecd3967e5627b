"""What no log, table or backup of ours may ever hold, as values that a search recognises at once.

The card's number is that of a test card; the sandbox's network tokens and cryptograms always begin with the same signs.
"""

import re

CARD_NUMBER = "4111111111111111"
OTHER_CARD_NUMBER = "5555555555554444"
# Three digits stand everywhere; those of the code are looked for where a name says what they are.
CARD_CODE = "739"
HOLDER = "Kanaria Vogelsang"
TOKEN_PREFIXES = ("48953770", "52042477")
CRYPTOGRAM_PREFIX = "S1JZUFRPR1JBTU06"

_SPACED = r"[ -]?".join
CANARIES = {
    "card number": re.compile("|".join(_SPACED(number) for number in (CARD_NUMBER, OTHER_CARD_NUMBER))),
    "security code": re.compile(rf"(?i)(?:cvc|cvv|csc|securityCode)\W{{1,6}}{CARD_CODE}(?!\d)"),
    "network token": re.compile(rf"(?:{'|'.join(TOKEN_PREFIXES)})\d{{8}}"),
    "cryptogram": re.compile(re.escape(CRYPTOGRAM_PREFIX)),
}


def found(text: str) -> list[str]:
    """The kinds of canary values in a text."""
    return [kind for kind, pattern in CANARIES.items() if pattern.search(text)]
