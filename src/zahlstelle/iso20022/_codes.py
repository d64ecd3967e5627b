"""What banks call their business cases, as tables to be read: ISO's bank transaction codes and the DK's GVC.

A bank names the case by `Domn/Fmly/SubFmlyCd`, by a Geschäftsvorfallcode in `Prtry`, by both or by neither; both are
asked, neither is required. The GVC table holds what examples and lists of banks show; a code that is not in it names
no case, which is never the same as a wrong one.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache


class Case(StrEnum):
    """What kind of business a bank entry is (Geschäftsvorfall)."""

    TRANSFER = "transfer"  # Überweisung
    INSTANT = "instant"  # Echtzeitüberweisung
    STANDING_ORDER = "standing_order"  # Dauerauftrag
    COLLECTIVE = "collective"  # Sammler of transfers
    DIRECT_DEBIT = "direct_debit"  # Lastschrift: ours if credited, somebody's if debited
    DIRECT_DEBITS = "direct_debits"  # Sammler of collections
    TRANSFER_RETURN = "transfer_return"  # zurückgegebene Überweisung
    DEBIT_RETURN = "debit_return"  # Rücklastschrift
    CARD = "card"
    CASH = "cash"
    CHEQUE = "cheque"
    FOREIGN = "foreign"  # Auslandszahlung
    FEES = "fees"  # Entgelte, Abschluss
    INTEREST = "interest"


RETURNS = frozenset({Case.TRANSFER_RETURN, Case.DEBIT_RETURN})

# Geschäftsvorfallcode (GVC) of the Deutsche Kreditwirtschaft -> case.
GVC: Mapping[str, Case] = {
    "104": Case.DIRECT_DEBIT,  # SEPA B2B, debit
    "105": Case.DIRECT_DEBIT,  # SEPA core, debit
    "106": Case.CARD,
    "107": Case.CARD,
    "108": Case.DEBIT_RETURN,  # SEPA B2B
    "109": Case.DEBIT_RETURN,  # SEPA core
    "116": Case.TRANSFER,  # debit
    "117": Case.STANDING_ORDER,  # debit
    "118": Case.INSTANT,  # debit
    "119": Case.TRANSFER,  # donation, debit
    "152": Case.STANDING_ORDER,
    "153": Case.TRANSFER,  # salary
    "154": Case.TRANSFER,  # savings
    "155": Case.TRANSFER,  # pension
    "156": Case.TRANSFER,  # public purse
    "159": Case.TRANSFER_RETURN,
    "166": Case.TRANSFER,
    "167": Case.TRANSFER,  # with check digit
    "168": Case.INSTANT,
    "169": Case.TRANSFER,  # donation
    "171": Case.DIRECT_DEBIT,  # core, our collection
    "174": Case.DIRECT_DEBIT,  # B2B, our collection
    "177": Case.TRANSFER,  # online, debit
    "181": Case.DEBIT_RETURN,
    "184": Case.DEBIT_RETURN,
    "191": Case.COLLECTIVE,  # our own payment run, debit
    "192": Case.DIRECT_DEBITS,  # core, our collection
    "193": Case.DEBIT_RETURN,  # core, several in one
    "194": Case.COLLECTIVE,  # the Summengutschrift
    "196": Case.DIRECT_DEBITS,  # B2B, our collection
    "201": Case.FOREIGN,
    "202": Case.FOREIGN,
    "805": Case.FEES,
    "808": Case.FEES,
    "814": Case.INTEREST,
}

# Family and sub-family of ISO's bank transaction code -> case; the sub-family outranks the family.
SUB_FAMILIES: Mapping[tuple[str, str], Case] = {
    ("RCDT", "ESCT"): Case.TRANSFER,
    ("RCDT", "DMCT"): Case.TRANSFER,
    ("RCDT", "AUTT"): Case.TRANSFER,
    ("RCDT", "SALA"): Case.TRANSFER,
    ("RCDT", "STDO"): Case.STANDING_ORDER,
    ("RCDT", "XBCT"): Case.FOREIGN,
    ("ICDT", "ESCT"): Case.TRANSFER,
    ("ICDT", "DMCT"): Case.TRANSFER,
    ("ICDT", "STDO"): Case.STANDING_ORDER,
    ("ICDT", "XBCT"): Case.FOREIGN,
    ("IDDT", "ESDD"): Case.DIRECT_DEBIT,
    ("IDDT", "BBDD"): Case.DIRECT_DEBIT,
    ("IDDT", "PMDD"): Case.DIRECT_DEBIT,
    ("RDDT", "ESDD"): Case.DIRECT_DEBIT,
    ("RDDT", "BBDD"): Case.DIRECT_DEBIT,
    ("RDDT", "PMDD"): Case.DIRECT_DEBIT,
    ("CCRD", "POSD"): Case.CARD,
    ("CNTR", "CDPT"): Case.CASH,
    ("CNTR", "CWDL"): Case.CASH,
    ("MDOP", "CHRG"): Case.FEES,
    ("MCOP", "CHRG"): Case.FEES,
    ("MDOP", "INTR"): Case.INTEREST,
    ("MCOP", "INTR"): Case.INTEREST,
}
FAMILIES: Mapping[str, Case] = {
    "RCDT": Case.TRANSFER,
    "ICDT": Case.TRANSFER,
    "RRCT": Case.INSTANT,
    "IRCT": Case.INSTANT,
    "IDDT": Case.DIRECT_DEBIT,
    "RDDT": Case.DIRECT_DEBIT,
    "MCRD": Case.CARD,
    "CCRD": Case.CARD,
    "CNTR": Case.CASH,
    "RCHQ": Case.CHEQUE,
    "ICHQ": Case.CHEQUE,
}
# Sub-families that mean a return whatever the family: reversal and unpaid. The family tells of what.
RETURN_SUB_FAMILIES = frozenset({"RRTN", "UPDD", "PRDD"})
_DEBIT_FAMILIES = frozenset({"IDDT", "RDDT"})
GERMAN_ISSUERS = frozenset({"DK", "ZKA"})  # of a GVC; also where no issuer is named


def gvc(proprietary_code: str | None, issuer: str | None = None) -> str | None:
    """The Geschäftsvorfallcode in `166` or `NTRF+166+00931+997`; None where another country's bank speaks."""
    if proprietary_code is None or (issuer is not None and issuer not in GERMAN_ISSUERS):
        return None
    for part in proprietary_code.split("+")[:2]:
        if len(part) == 3 and part.isascii() and part.isdecimal():
            return part
    return None


@lru_cache(maxsize=4096)
def case(btc: str | None, proprietary_code: str | None, issuer: str | None = None) -> Case | None:
    """What kind of business the codes of an entry or a detail name; None where they name none that is known.

    `btc` is written as in the records: `PMNT/RCDT/ESCT`. A return said by either code is a return.
    """
    parts = (btc or "").split("/")
    family, sub_family = (*parts[1:3], "", "")[:2]
    german = GVC.get(gvc(proprietary_code, issuer) or "")
    if german in RETURNS:
        return german
    if is_return(sub_family or None, None):
        return Case.DEBIT_RETURN if family in _DEBIT_FAMILIES or sub_family != "RRTN" else Case.TRANSFER_RETURN
    return SUB_FAMILIES.get((family, sub_family)) or german or FAMILIES.get(family)


@lru_cache(maxsize=4096)
def is_return(sub_family: str | None, proprietary_code: str | None, issuer: str | None = None) -> bool:
    """Whether a bank transaction code speaks of a returned transfer or direct debit."""
    return sub_family in RETURN_SUB_FAMILIES or GVC.get(gvc(proprietary_code, issuer) or "") in RETURNS
