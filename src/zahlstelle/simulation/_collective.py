"""One very large collective credit, for measuring: written while it is made, with the claims it pays."""

from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from random import Random

from zahlstelle.kernel import InputRefused
from zahlstelle.kernel.banking_days import ONE_DAY

from . import _camt
from ._camt import Message
from ._chance import chance
from ._facts import Claim, Detail, Entry
from ._files import Lines
from ._people import Party, any_iban, any_name
from ._town import SERVICES, Town


class CollectiveUnsound(InputRefused):
    """No detail, or a family or version that is not written."""

    code = "collective_unsound"


_WEIGHTS = [service.weight for service in SERVICES]


def collective_file(
    n_details: int,
    path: Path,
    *,
    claims_path: Path | None = None,
    family: str = "054",
    version: str = "08",
    seed: int = 1,
    town: Town | None = None,
    day: date = date(2026, 10, 1),
    unmatched_every: int = 0,
) -> int:
    """Write a camt.054 (or "053") with one entry of `n_details` details of some 830 bytes; give its cents.

    Every detail names the Kassenzeichen of one claim of `claims_path` and pays it exactly; with
    `unmatched_every=20` every twentieth names nothing. Needs constant memory.
    """
    if n_details < 1 or family not in ("053", "054") or version not in ("02", "08"):
        raise CollectiveUnsound("a collective file needs a detail, a family of 053 or 054, a version of 02 or 08")
    town = town or Town()
    total = _claims(n_details, claims_path, seed, town, day)
    entry = Entry("credit", "194", [], f"SAMMELGUTSCHRIFT {n_details} POSTEN", booking_date=day)
    entry.bank_ref = f"{day:%Y%m%d}{town.iban[-4:]}{1:08d}"
    message = Message(
        f"C{family[1:]}", version, f"BIG{day:%Y%m%d}{seed:012d}", 1, datetime.combine(day, time(21, 30)), []
    )
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(_head(message, town, total, day))
        write = _camt.detail_writer(message, entry, town)
        rng = chance(seed, "collective")
        details = (write(_detail(claim, rng, n, unmatched_every)) for n, claim in _each(n_details, seed, town, day))
        out.writelines(_camt.entry_around(message, entry, total, n_details, details))
        out.write(_camt.foot(message))
    return total


def _head(message: Message, town: Town, total: int, day: date) -> list[str]:
    if message.family == "054":
        return list(_camt.head(message, town))
    message.opening_cents, message.day, message.previous_day = 0, day, day - ONE_DAY
    return list(_camt.head(message, town, moved_cents=total))


def _claims(count: int, path: Path | None, seed: int, town: Town, day: date) -> int:
    """Write the claims and add them up: the sum stands before the details."""
    lines = Lines(path) if path else None
    total = 0
    for _, claim in _each(count, seed, town, day):
        total += claim.amount_cents
        if lines:
            lines.add([claim.row()])
    if lines:
        lines.close()
    return total


def _each(count: int, seed: int, town: Town, day: date) -> Iterator[tuple[int, Claim]]:
    """Make the claims one after the other; every call makes the same ones."""
    rng = chance(seed, "collective claims")
    for number, kassenzeichen in zip(range(1, count + 1), town.numbers(), strict=False):
        service = rng.choices(SERVICES, _WEIGHTS)[0]
        name = any_name(rng)
        yield (
            number,
            Claim(
                kassenzeichen,
                rng.choice(service.fees),
                f"{service.german} {name}",
                service.key,
                name,
                day - 5 * ONE_DAY,
                day + 9 * ONE_DAY,
                f"BIG-{number:09d}",
            ),
        )


def _detail(claim: Claim, rng: Random, number: int, unmatched_every: int) -> Detail:
    named = not (unmatched_every and number % unmatched_every == 0)
    return Detail(
        "transfer" if named else "just_text",
        claim.amount_cents,
        Party(claim.debtor_name, any_iban(rng)),
        "166",
        (f"{claim.purpose} {claim.kassenzeichen} {claim.external_reference}" if named else claim.purpose,),
        end_to_end_id=claim.kassenzeichen if named else "NOTPROVIDED",
        instruction_id=f"SBX{number:012d}",
        tx_id=f"SIMU{number:012d}",
    )
