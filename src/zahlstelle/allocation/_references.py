"""What a payment names: Kassenzeichen as asked for, decorated, cut or announced, and what is only near. No IO."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from zahlstelle.bank import BankDetail
from zahlstelle.claims import Pool
from zahlstelle.kernel import CheckMethod, checkdigits


@dataclass(frozen=True, slots=True)
class References:
    """What a detail names, and how far each number can be believed.

    `checked` numbers carry a check digit of their pool or of RF; `whole` ones fill a field of their own. A `silent`
    neighbour is the number that was meant if two digits were swapped and the check digit did not notice.
    """

    candidates: Set[str]  # all that may be a Kassenzeichen
    pooled: Set[str]  # those with the shape of a pool, and its check digit where it has one
    mistyped: Set[str]  # the shape of a pool, but the wrong check digit
    checked: Set[str] = frozenset()
    whole: Set[str] = frozenset()
    silent: Mapping[str, Set[str]] = field(default_factory=dict)


# A Kassenzeichen that no pool knows is believed only as a whole field or a whole word, and never when short.
_WORD = re.compile(r"(?<!\w)[A-Z0-9]{8,35}(?!\w)")
_GROUPS = re.compile(r"\d+(?:[ ./\-]{1,3}\d+)*")
_DIGITS = re.compile(r"\d+")
SEPARATORS = re.compile(r"[\s./\-]+")
_ANNOUNCED = re.compile(r"(?<!\w)(?:KASSENZEICHEN|KASSENZ|KASSZ|KZ)[\s.:/\-]*(?=\w)")
_NO_REFERENCE = frozenset({"", "NOTPROVIDED", "NOTAVAILABLE", "NONREF", "NOREF", "0"})
_RF = re.compile(r"(?<!\w)RF\d{2}[A-Z0-9]{1,21}(?!\w)")


def usable(reference: str | None) -> str:
    """Give a reference in one spelling; empty where a bank only says that there is none."""
    text = (reference or "").strip().upper()
    return "" if text in _NO_REFERENCE else text


def named_by(detail: BankDetail, pools: Iterable[Pool]) -> References:
    """Find what a detail names."""
    return references_in(
        end_to_end_id=detail.end_to_end_id, reference=detail.reference, remittance=detail.remittance, pools=pools
    )


def references_in(
    *, end_to_end_id: str | None, reference: str | None, remittance: Sequence[str], pools: Iterable[Pool]
) -> References:
    """Find what a detail names. Pieces of a remittance text are read joined both ways: banks cut it anywhere."""
    fields = {SEPARATORS.sub("", text).upper() for text in (end_to_end_id, reference) if text} - _NO_REFERENCE
    texts = dict.fromkeys(
        text.upper() for text in (end_to_end_id, reference, " ".join(remittance), "".join(remittance)) if text
    )
    whole = {text for text in fields if 6 <= len(text) <= 35}
    words = [word for text in texts for word in _RF.findall(text)]
    rf = {text[4:] for text in (*fields, *words) if checkdigits.rf_is_valid(text)}
    candidates = whole | rf
    by_length: dict[int, list[Pool]] = {}
    for pool in pools:
        by_length.setdefault(pool.length, []).append(pool)
    pooled: dict[str, list[Pool]] = {}
    mistyped: set[str] = set()
    for text in texts:
        candidates.update(_WORD.findall(text))
        plain = _ANNOUNCED.sub(" ", text)
        if plain != text:
            candidates.update(_WORD.findall(plain))
        for number in _numbers(text, by_length):
            own = [pool for pool in by_length[len(number)] if pool.shaped(number)]
            valid = [pool for pool in own if pool.valid(number)]
            if valid:
                pooled[number] = valid
            elif own:
                mistyped.add(number)
    checked = {n for n, own in pooled.items() if all(pool.method is not CheckMethod.NONE for pool in own)} | rf
    return References(
        candidates | pooled.keys(),
        pooled.keys(),
        mistyped - pooled.keys(),
        checked,
        whole | rf,
        {n: silent for n in checked if n in pooled and n not in rf and (silent := _silent(n, pooled[n]))},
    )


def _silent(number: str, pools: Iterable[Pool]) -> Set[str]:
    """Give what the number may have been before two neighbouring digits were swapped and nothing noticed."""
    return {other for pool in pools for other in checkdigits.silent_swaps(number, pool.method) if pool.shaped(other)}


def _numbers(text: str, by_length: Mapping[int, Sequence[Pool]]) -> Iterator[str]:
    """Give every run of neighbouring digit groups whose digits together have the length of a pool.

    Leading zeros that somebody added, or left out of a pool that begins with them, do not matter.
    """
    longest = max(by_length, default=0)
    for match in _GROUPS.finditer(text):
        groups = _DIGITS.findall(match.group())
        for start in range(len(groups)):
            number = ""
            for group in groups[start:]:
                number += group
                if len(number) in by_length:
                    yield number
                if len(number) > longest:
                    break
        for number in {"".join(groups), *groups}:
            yield from _with_zeros(number, by_length)


def _with_zeros(number: str, by_length: Mapping[int, Sequence[Pool]]) -> Iterator[str]:
    bare = number.lstrip("0")
    for length, pools in by_length.items():
        padded = bare.zfill(length)
        if len(number) != length == len(padded) and any(
            _only_zeros(bare, pool) and pool.valid(padded) for pool in pools
        ):
            yield padded


def _only_zeros(bare: str, pool: Pool) -> bool:
    """Whether no more than the zeros at the beginning of the pool's prefix are missing."""
    return len(bare) >= pool.length - (len(pool.prefix) - len(pool.prefix.lstrip("0")))


# --- what is only near: for proposals, and to see whether a number without check digit could be another's -----------

_LIKE_DIGITS = str.maketrans("OQDILSB", "0001158")
_LOOSE = re.compile(r"(?<![A-Z0-9])[0-9OQDILSB](?:[ ./\-]?[0-9OQDILSB]){4,40}(?![A-Z0-9])")
_MOST_NEAR = 400


def near_pool_numbers(
    *, end_to_end_id: str | None, reference: str | None, remittance: Sequence[str], pools: Sequence[Pool]
) -> Mapping[str, str]:
    """Give numbers of pools that are one mistake away from what is written, each with the mistake in words."""
    found: dict[str, str] = {}
    texts = [text for text in (end_to_end_id, reference, " ".join(remittance), "".join(remittance)) if text]
    for text in texts:
        for match in _LOOSE.finditer(text.upper()):
            written = SEPARATORS.sub("", match.group())
            for pool in pools:
                for number, mistake in _near(written, pool):
                    found.setdefault(number, mistake)
                    if len(found) >= _MOST_NEAR:
                        return found
    return found


def _near(written: str, pool: Pool) -> Iterator[tuple[str, str]]:
    digits = written.translate(_LIKE_DIGITS)
    if digits != written and pool.valid(digits):
        yield digits, "Buchstabe statt Ziffer"
    if len(digits) == pool.length - len(pool.prefix) and pool.valid(pool.prefix + digits):
        yield pool.prefix + digits, "Anfang fehlt"
    if abs(len(digits) - pool.length) <= 1:
        for number, mistake in one_mistake(digits, pool.length):
            if pool.valid(number):
                yield number, mistake


def one_mistake(digits: str, length: int) -> Iterator[tuple[str, str]]:
    """Give the numbers of a length that become `digits` by one mistake: a digit wrong, swapped, left out or added.

    Of a number with letters in it, a letter may be the mistake too.
    """
    alphabet = "0123456789" if digits.isdigit() else "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    if len(digits) == length:
        for n in range(length - 1):
            if digits[n] != digits[n + 1]:
                yield digits[:n] + digits[n + 1] + digits[n] + digits[n + 2 :], "zwei Ziffern vertauscht"
        for n in range(length):
            yield from ((digits[:n] + d + digits[n + 1 :], "eine Ziffer falsch") for d in alphabet if d != digits[n])
    elif len(digits) == length - 1:
        for n in range(length):
            yield from ((digits[:n] + d + digits[n:], "eine Ziffer fehlt") for d in alphabet)
    elif len(digits) == length + 1:
        yield from ((digits[:n] + digits[n + 1 :], "eine Ziffer zu viel") for n in range(length + 1))
