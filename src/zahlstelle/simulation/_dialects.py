"""How banks differ when they fill the same message: a few ways of writing, each observed in public files."""

from collections.abc import Sequence
from enum import StrEnum
from zlib import crc32

from ._facts import Detail, Entry

_LINE = 35


class Bank(StrEnum):
    """Whose way of writing the bank files follow. All four are invented banks; only the habits are real."""

    PLAIN = "plain"  # as DK Anlage 3 describes it
    SPARKASSE = "sparkasse"  # an id of its own for each movement: Refs/Prtry, FI-UMSATZ-ID
    LANDESBANK = "landesbank"  # an empty BkTxCd on the entry, InstdAmt beside every TxAmt
    GENO = "geno"  # DK codes without ISO domain; the text in lines of 35, cut anywhere


def has_entry_code(bank: Bank) -> bool:
    """Say whether the entry tells its business case."""
    return bank is not Bank.LANDESBANK


def has_domain(bank: Bank, version: str) -> bool:
    """Say whether a detail's code has the ISO domain beside the DK code."""
    return version != "02" and bank is not Bank.GENO


def says_instructed(bank: Bank, detail: Detail) -> bool:
    """Say whether the instructed amount stands beside the booked one."""
    return bool(detail.return_reason) or bank is Bank.LANDESBANK


def own_reference(bank: Bank, entry: Entry, detail: Detail) -> str:
    """Give the bank's own id of the movement, the same in every message."""
    if bank is not Bank.SPARKASSE:
        return ""
    number = crc32(f"{entry.bank_ref}/{detail.tx_id}/{detail.end_to_end_id}/{detail.amount_cents}".encode())
    clock = f"{number % 24:02d}.{number // 24 % 60:02d}.{number // 1440 % 60:02d}.{number % 10**6:06d}"
    return f"<Prtry><Tp>FI-UMSATZ-ID</Tp><Ref>{entry.booking_date}-{clock}</Ref></Prtry>"


def lines_of(bank: Bank, remittance: Sequence[str]) -> Sequence[str]:
    """Break the text into the lines this bank writes."""
    if bank is not Bank.GENO:
        return [line[:140] for line in remittance]
    return [line[start : start + _LINE] for line in remittance for start in range(0, len(line), _LINE)]
