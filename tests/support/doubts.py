"""A town whose worklist has one of each way to settle, for those who work through it."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.towns import a_claim, found_town
from tests.support.treasury_day import EVENING
from zahlstelle import allocation, tenancy
from zahlstelle.claims import Claim
from zahlstelle.tenancy import Tenant


@dataclass(frozen=True)
class Doubts:
    """`easy` is proposed for 37,00 from Erika; `first` and `second` are paid with one transfer of 60,00."""

    town: Tenant
    easy: Claim
    first: Claim
    second: Claim


def doubts(folder: Path, **town_file: Any) -> Doubts:
    """Let four amounts wait: 37,00 with a proposal, 60,00 for two claims, 5,00 for none, 3,10 going out."""
    town = found_town(**town_file)
    easy = a_claim(town, "37.00", debtor_name="Erika Mustermann")
    first = a_claim(town, "20.00", debtor_name="Bodo Beispiel", purpose="Hundesteuer")
    second = a_claim(town, "40.00", debtor_name="Bodo Beispiel", purpose="Bewohnerparkausweis")
    entries = [
        Ntry("37.00", [Tx("37.00", "Personalausweis", name="MUSTERMANN ERIKA")], ref="W1"),
        Ntry("60.00", [Tx("60.00", "Hund und Parken", name="Firma Nord", iban=_IBAN)], ref="W2"),
        Ntry("5.00", [Tx("5.00", "Vielen Dank", name="Jemand Anderes", iban=_IBAN)], ref="W3"),
        Ntry("3.10", [Tx("3.10", "Kontoführung", side="DBIT", name="Bank")], ref="W4", side="DBIT", code="805"),
    ]
    account = tenancy.bank_accounts(tenant=town)[0].iban
    for number, entry in enumerate(entries):  # one file each: they wait in this order
        message = Camt(account, [entry], message_id=f"M{number}", statement_id=f"S{number}")
        path = message.write(folder, f"w{number}.xml")
        allocation.import_bank_file(tenant=town, name=path.name, path=path, at=EVENING + timedelta(minutes=number))
    return Doubts(town, easy, first, second)


_IBAN = "DE02100100100006820101"
