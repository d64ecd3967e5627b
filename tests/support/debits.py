"""A town that collects by direct debit, debits ordered by citizens, and what the bank says of a collection."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.book import assert_sound
from tests.support.towns import AT, a_claim, found_town
from zahlstelle import allocation, payments, treasury
from zahlstelle.claims import Claim
from zahlstelle.payments import PaymentStatus
from zahlstelle.tenancy import Tenant, bank_accounts

CREDITOR = "DE98ZZZ09999999999"  # the example of the Deutsche Bundesbank
PAYER = "DE02120300000000202051"


def a_collecting_town(**more: Any) -> Tenant:
    """Found a town with a creditor identifier."""
    return found_town(settings={"direct_debit": {"creditor_id": CREDITOR}}, **more)


def ordered(town: Tenant, claim: Claim | None = None, holder: str = "Zoë Müßig & Söhne") -> tuple[Claim, UUID]:
    """Let a citizen order a debit of a claim; give the claim and the payment."""
    claim = claim or a_claim(town)
    payment = payments.start_payment(tenant=town, claim_id=claim.id, at=AT).payment
    payments.order_debit(tenant=town, payment_id=payment.id, iban=PAYER, holder=holder, text="Ich ermächtige …", at=AT)
    return claim, payment.id


def collect(town: Tenant) -> bytes:
    """Collect all that waits; give the pain.008."""
    files: list[bytes] = []
    treasury.collect(tenant=town, at=AT, by="test", put=files.append)
    return files[0]


def all_of(tag: str, content: bytes) -> list[str]:
    """Give what stands in every element of this name."""
    return re.findall(rf"<{tag}(?: [^>]*)?>([^<]*)</{tag}>", content.decode())


def credited(town: Tenant, pain: bytes, amount: str, ref: str = "R1") -> Camt:
    """The camt.053 whose collective credit names only the message and the batch."""
    own = bank_accounts(tenant=town)[0].iban
    (message,), batches = all_of("MsgId", pain), all_of("PmtInfId", pain)
    entry = Ntry(amount, [Tx(amount, end_to_end="", name="", iban="")], ref, code="192")
    camt = Camt(own, [entry], message_id=ref, statement_id=ref)
    batch = f"<Btch><MsgId>{message}</MsgId><PmtInfId>{batches[0]}</PmtInfId></Btch><TxDtls>"
    return _Told(camt, lambda said: said.replace(b"<TxDtls>", batch.encode()))


class _Told(Camt):
    """A message with something more in it than `Camt` can say."""

    def __init__(self, camt: Camt, more: Any) -> None:
        super().__init__(**vars(camt))
        self._more = more

    def xml(self) -> bytes:
        said: bytes = self._more(super().xml())
        return said


def returned(town: Tenant, tx: Tx, amount: str, ref: str = "RL1") -> Camt:
    """The camt.053 with a return (Rücklastschrift)."""
    own = bank_accounts(tenant=town)[0].iban
    entry = Ntry(amount, [tx], ref, side="DBIT", code="109", day="2026-10-08")
    return Camt(own, [entry], message_id=ref, statement_id=ref, balance_day="2026-10-08")


def rejected(pain: bytes, names: list[str], reason: str = "AC04") -> bytes:
    """A pain.002 that rejects some debits by the names they were given; none named: the whole message."""
    (message,), batch = all_of("MsgId", pain), all_of("PmtInfId", pain)[0]
    told = "".join(
        f"<TxInfAndSts><OrgnlInstrId>{name}</OrgnlInstrId><TxSts>RJCT</TxSts>"
        f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf></TxInfAndSts>"
        for name in names
    )
    group = "" if names else f"<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>"
    of_batch = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{batch}</OrgnlPmtInfId>{told}</OrgnlPmtInfAndSts>" if names else ""
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        f"<GrpHdr><MsgId>BANK-1</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>"
        f"<OrgnlMsgNmId>pain.008.001.08</OrgnlMsgNmId>{group}</OrgnlGrpInfAndSts>{of_batch}"
        "</CstmrPmtStsRpt></Document>"
    ).encode()


def take(town: Tenant, folder: Path, told: Camt | bytes) -> None:
    """Let the town read what the bank says."""
    path = folder / "told.xml"
    path.write_bytes(told if isinstance(told, bytes) else told.xml())
    if isinstance(told, bytes):
        allocation.import_orders(tenant=town, path=path, name=path.name, at=AT, by="test")
    else:
        allocation.import_bank_file(tenant=town, path=path, name=path.name, at=AT)
    assert_sound(town)


def status(town: Tenant, payment: UUID) -> PaymentStatus:
    """Say where a payment stands."""
    return payments.payment_by_id(tenant=town, payment_id=payment).status
