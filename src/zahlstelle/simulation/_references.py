"""How people write a Kassenzeichen on a transfer: as asked, decorated, cut in two, or wrong."""

from random import Random

from ._people import plain

_SEPARATORS = (" ", ".", "/", "-", " / ", " - ", "  ")
_LINE_ENDS = (27, 35, 140)
"""Where banks end a line: the old forms' 27 characters, 35 of an id, 140 of a remittance text."""
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
    "Kassenz.-Nr. ",
    "Az. ",
    "Az.: ",
    "RE ",
    "RE",
    "RE-Nr. ",
)


def decorated(number: str, rng: Random) -> str:
    """Put blanks, dots, slashes or hyphens between groups of digits."""
    size, separator = rng.choice((3, 4, 5)), rng.choice(_SEPARATORS)
    return separator.join(number[start : start + size] for start in range(0, len(number), size))


def announced(number: str, rng: Random) -> str:
    """Write "KZ", "Kassenz." or the like before it."""
    return rng.choice(_WORDS) + number


def cut(number: str, purpose: str, rng: Random) -> tuple[str, ...]:
    """Let a line end in the middle of the digits, or just behind them with other digits to follow."""
    if rng.random() < 0.15:
        return (f"{purpose} Kassenzeichen {number}", f"{rng.randrange(1, 28)} Okt 2026")
    place = rng.randrange(2, len(number) - 1)
    if rng.random() < 0.4:
        return (f"Kassenzeichen {number[:place]}", f"{number[place:]} {purpose}")
    return (_filled_up(number[:place], purpose, rng), f"{number[place:]} {purpose}")


def lost(number: str, purpose: str, rng: Random) -> str:
    """Lose the end of the number at the limit of the field."""
    return _filled_up(number[: -rng.randrange(1, min(7, len(number) - 3))], purpose, rng)


def _filled_up(digits: str, purpose: str, rng: Random) -> str:
    """Write so many words before the digits that the line ends with them, without signs that banks write longer."""
    width = rng.choice(_LINE_ENDS)
    words = f"Zahlung zu {plain(purpose)}, Bescheid der Stadt, mit bestem Dank, " * 4
    room = max(4, width - len(digits) - 1)
    return f"{words[:room].rstrip():.<{room}} {digits}"


def amid(number: str, purpose: str, rng: Random) -> str:
    """Write it between other numbers; blanks or letters stand between them."""
    year, other, day = 2026, rng.randrange(10**4, 10**6), rng.randrange(1, 29)
    return rng.choice(
        (
            f"Bescheid vom {day:02d}.09.{year} {number}",
            f"{purpose} {year} {number}",
            f"Kd-Nr {other} KZ {number} Tel 0171 {other}",
            f"RG {year}/{other} {number} Hauptstr. {day}",
            f"{number} {day}.10.{year}",
        )
    )


def mistyped(number: str, rng: Random) -> str:
    """Get one digit wrong."""
    place = rng.randrange(len(number))
    wrong = str((int(number[place]) + rng.randrange(1, 10)) % 10)
    return number[:place] + wrong + number[place + 1 :]


def shortened(number: str, rng: Random) -> str:
    """Leave a digit out, never a leading zero: that is another mistake."""
    first = len(number) - len(number.lstrip("0"))
    place = rng.randrange(first, len(number))
    return number[:place] + number[place + 1 :]


def lengthened(number: str, rng: Random) -> str:
    """Type a digit too many, most often one twice."""
    place = rng.randrange(len(number))
    more = number[place] if rng.random() < 0.6 else str(rng.randrange(10))
    return number[:place] + more + number[place:]


def lettered(number: str, rng: Random) -> str:
    """Write the letter O for a zero, or I for a one; if there is neither, get a digit wrong."""
    places = [place for place, digit in enumerate(number) if digit in "01"]
    if not places:
        return mistyped(number, rng)
    for place in rng.sample(places, rng.randrange(1, min(3, len(places)) + 1)):
        number = number[:place] + {"0": "O", "1": "I"}[number[place]] + number[place + 1 :]
    return number


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
