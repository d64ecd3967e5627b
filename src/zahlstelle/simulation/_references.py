"""How people write a Kassenzeichen on a transfer: as asked, decorated, cut in two, or wrong."""

from random import Random

_SEPARATORS = (" ", ".", "/", " / ", "  ")
_WORDS = (
    "KZ ",
    "KZ: ",
    "KZ",
    "Kassenz. ",
    "Kassenz.",
    "Kassenzeichen ",
    "Kassenzeichen: ",
    "Kz. ",
    "KASSENZ.: ",
)


def decorated(number: str, rng: Random) -> str:
    """Put blanks, dots or slashes between groups of digits."""
    size, separator = rng.choice((3, 4, 5)), rng.choice(_SEPARATORS)
    return separator.join(number[start : start + size] for start in range(0, len(number), size))


def announced(number: str, rng: Random) -> str:
    """Write "KZ" or "Kassenz." before it."""
    return rng.choice(_WORDS) + number


def cut(number: str, purpose: str, rng: Random) -> tuple[str, str]:
    """Break the line in the middle of the digits."""
    place = rng.randrange(2, len(number) - 1)
    return f"Kassenzeichen {number[:place]}", f"{number[place:]} {purpose}"


def mistyped(number: str, rng: Random) -> str:
    """Get one digit wrong, now and then leave one out."""
    place = rng.randrange(len(number))
    if rng.random() < 0.15:
        return number[:place] + number[place + 1 :]
    wrong = str((int(number[place]) + rng.randrange(1, 10)) % 10)
    return number[:place] + wrong + number[place + 1 :]


def swapped(number: str, rng: Random) -> str:
    """Change two neighbouring digits round; if all are alike, get one wrong."""
    places = [n for n in range(len(number) - 1) if number[n] != number[n + 1]]
    if not places:
        return mistyped(number, rng)
    place = rng.choice(places)
    return number[:place] + number[place + 1] + number[place] + number[place + 2 :]


def sentence(number: str, purpose: str, name: str, rng: Random) -> str:
    """Write the reference into a line of text. Letters always stand between it and other digits."""
    return rng.choice(
        (
            number,
            f"{number} {purpose}",
            f"{purpose} {number}",
            f"{number} {name}",
            f"Gebühr {purpose} {number} {name}",
            f"{purpose} {number} vom 3.9.2026",
            f"Zahlung zu {number}, {name}",
        )
    )


def wordy(purpose: str, name: str, rng: Random) -> str:
    """Write words only."""
    return rng.choice(
        (
            f"{purpose} {name}",
            f"Rechnung {name.split()[-1]} {purpose}",
            f"{purpose} wie besprochen",
            f"Gebühren Rathaus {name}",
            f"fuer {purpose}, abgeholt am 12.9., {name}",
        )
    )
