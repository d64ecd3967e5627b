"""The code in a letter (Code): with it the Kassenzeichen opens what is to be paid. docs/adr/0016 says why so."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping

from zahlstelle.kernel import InputRefused, new_id
from zahlstelle.tables.claims import LetterKeyRow
from zahlstelle.tenancy import Tenant, inside

from ._rules import normalised

# No vowels, so that no words appear; of what looks alike (0 O, 1 I L, 2 Z, 3 E, 5 S, 8 B, U V) one or none.
ALPHABET = "2346789CDFGHJKMNPQRTVWXY"
LENGTH = 6
_KEY_BYTES = 32
_LOOKS_LIKE = str.maketrans("BZUE", "82V3")


class LetterCodeWrong(InputRefused):
    """Kassenzeichen and code do not belong together; which of them is wrong is not said."""

    code = "letter_code_wrong"


def letter_code(*, tenant: Tenant, kassenzeichen: str) -> str:
    """Tell the code of a Kassenzeichen as a letter shows it: `K7M-2QX`."""
    return letter_codes(tenant=tenant, kassenzeichen=[kassenzeichen])[kassenzeichen]


def letter_codes(*, tenant: Tenant, kassenzeichen: Iterable[str]) -> Mapping[str, str]:
    """Tell the codes of many."""
    key = _key(tenant)
    return {number: _grouped(_code(key, number)) for number in kassenzeichen}


def letter_code_fits(*, tenant: Tenant, kassenzeichen: str, typed: str) -> bool:
    """Say whether a code as typed belongs to the Kassenzeichen; whether there is a claim is not looked at."""
    return hmac.compare_digest(_code(_key(tenant), kassenzeichen).encode(), _read(typed).encode())


def _read(typed: str) -> str:
    """Take away what people put between, and read what is not in the alphabet as what it looks like."""
    return normalised(typed).translate(_LOOKS_LIKE)


def _grouped(code: str) -> str:
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def _code(key: bytes, kassenzeichen: str) -> str:
    number = int.from_bytes(hmac.digest(key, kassenzeichen.encode(), hashlib.sha256))
    letters = []
    for _ in range(LENGTH):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)


def _key(tenant: Tenant) -> bytes:
    """Give the town's key. Two who make the first at once get the same: the unique column decides."""
    with inside(tenant):
        known = LetterKeyRow.objects.filter(tenant_id=tenant.id)
        if not known.exists():
            fresh = LetterKeyRow(id=new_id(), tenant_id=tenant.id, key=secrets.token_bytes(_KEY_BYTES))
            LetterKeyRow.objects.bulk_create([fresh], ignore_conflicts=True)
        return bytes(known.get().key)
