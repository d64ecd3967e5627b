"""Invented people and companies. Every name is put together from common ones, every account is at no bank."""

from dataclasses import dataclass
from random import Random
from unicodedata import combining, normalize

FIRST_NAMES = (
    "Anna", "Peter", "Maria", "Michael", "Ursula", "Thomas", "Sabine", "Andreas", "Monika", "Stefan",
    "Petra", "Jürgen", "Renate", "Klaus", "Karin", "Günter", "Birgit", "Christian", "Claudia", "Matthias",
    "Ayşe", "Mehmet", "Emine", "Mustafa", "Leonie", "Jonas", "Lea", "Paul", "Mia", "Felix",
    "Zoë", "Björn", "Jörg", "Käthe", "Agnieszka", "Paweł", "Olena", "Ivan", "Fatima", "Giulia",
    "Hoa", "Nguyễn", "Željko", "Răzvan", "Jean-Luc", "Åsa", "Seán", "Inês", "Anna-Lena", "Karl-Heinz",
)  # fmt: skip
LAST_NAMES = (
    "Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz", "Hoffmann",
    "Schäfer", "Koch", "Bauer", "Richter", "Klein", "Wolf", "Schröder", "Neumann", "Schwarz", "Zimmermann",
    "Braun", "Krüger", "Hofmann", "Hartmann", "Lange", "Schmitt", "Werner", "Krause", "Meier", "Lehmann",
    "Yılmaz", "Kaya", "Nowak", "Großmann", "Weiß", "Böhm", "Jäger", "Vogel", "Köhler", "Groß",
    "Đorđević", "Trần", "Kovács", "Popescu", "von der Heide", "O'Neill", "Łukaszewicz", "Müller-Lüdenscheidt",
    "Al Hassan", "Šimić",
)  # fmt: skip
BIC = "SIMUDE20XXX"
"""A BIC with 0 in its eighth place: by ISO 9362 a test address that no bank has."""
_BANK_CODES = ("99910010", "99920020", "99930030", "99940040", "99950050")
"""German bank codes begin with 1 to 8; nothing beginning with 9 is given out."""
_HELPERS = (
    "Kanzlei Sommer & Partner mbB", "Pflegedienst Sonnenhof GmbH", "Autohaus Nordring e.K.", "Betreuungsbüro Ahrens",
    "Hausverwaltung Lindenhof GmbH", "Bestattungen Abendruh OHG",
)  # fmt: skip
"""Who pays for somebody else as a matter of business."""
_PLAIN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
    | {"ı": "i", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D"}
)


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody with an account."""

    name: str
    iban: str
    bic: str = BIC


def german_iban(bank_code: str, account: str) -> str:
    """Put a German IBAN together, check digits by ISO 13616 (MOD 97-10)."""
    return f"DE{98 - int(f'{bank_code}{account}131400') % 97:02d}{bank_code}{account}"


def iban_is_valid(iban: str) -> bool:
    """Say whether a German IBAN has its form and its check digits."""
    if len(iban) != 22 or not iban.startswith("DE") or not (iban.isascii() and iban[2:].isdigit()):
        return False
    return int(iban[4:] + "1314" + iban[2:4]) % 97 == 1


def any_iban(rng: Random) -> str:
    """Draw an account at no bank."""
    return german_iban(rng.choice(_BANK_CODES), f"{rng.randrange(10**10):010d}")


def any_name(rng: Random) -> str:
    """Draw a name, frequent ones more often, so that namesakes occur."""
    last = LAST_NAMES[int(len(LAST_NAMES) * rng.random() ** 1.5)]
    return f"{rng.choice(FIRST_NAMES)} {last}"


def relative_of(name: str, rng: Random) -> str:
    """Draw another first name to the same family name."""
    first, last = name.split(" ", 1)
    return f"{rng.choice([other for other in FIRST_NAMES if other != first])} {last}"


def somebody_else(rng: Random) -> str:
    """Draw somebody who pays for another: a firm, or a person of another name."""
    return rng.choice(_HELPERS) if rng.random() < 0.6 else any_name(rng)


def plain(text: str) -> str:
    """Write without umlauts and accents, as many banks still do."""
    apart = normalize("NFD", text.translate(_PLAIN))
    return "".join(sign for sign in apart if not combining(sign))
