"""TxDtls into `Detail`: which token feeds which field, worked out once per shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from ._codes import is_return
from ._records import Detail, Side
from ._refusals import Reason
from ._shapes import Node
from ._values import SIDES, cents


def _bic_at(agent: str) -> tuple[str, ...]:
    return tuple(f"{agent}/FinInstnId/{name}" for name in ("BICFI", "BIC", "CmbndId/BIC"))


# Field by field, in the order in which `build` takes them; several paths: the first that is there.
_TEXTS: tuple[tuple[str, ...], ...] = (
    ("Refs/EndToEndId",),
    ("Refs/MndtId",),
    ("Refs/InstrId",),
    ("Refs/TxId",),
    ("Refs/UETR",),
    ("Refs/AcctSvcrRef",),
    ("Refs/MsgId",),
    ("Refs/PmtInfId",),
    ("Refs/ClrSysRef",),
    ("Refs/AcctSvcrTxId",),
    ("RltdPties/Dbtr/Nm", "RltdPties/Dbtr/Pty/Nm", "RltdPties/Dbtr/Agt/FinInstnId/Nm"),
    ("RltdPties/DbtrAcct/Id/IBAN",),
    _bic_at("RltdAgts/DbtrAgt"),
    ("RltdPties/UltmtDbtr/Nm", "RltdPties/UltmtDbtr/Pty/Nm", "RltdPties/UltmtDbtr/Agt/FinInstnId/Nm"),
    ("RltdPties/Cdtr/Nm", "RltdPties/Cdtr/Pty/Nm", "RltdPties/Cdtr/Agt/FinInstnId/Nm"),
    ("RltdPties/CdtrAcct/Id/IBAN",),
    _bic_at("RltdAgts/CdtrAgt"),
    ("RltdPties/UltmtCdtr/Nm", "RltdPties/UltmtCdtr/Pty/Nm", "RltdPties/UltmtCdtr/Agt/FinInstnId/Nm"),
    ("RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry", "RtrInf/RtrRsn/Cd", "RtrInf/RtrRsn/Prtry"),
    ("BkTxCd/Domn/Cd",),
    ("BkTxCd/Domn/Fmly/Cd",),
    ("BkTxCd/Domn/Fmly/SubFmlyCd",),
    ("BkTxCd/Prtry/Cd",),
    ("BkTxCd/Prtry/Issr",),
    ("Purp/Cd", "Purp/Prtry"),
    ("AddtlTxInf",),
)

CODES = slice(19, 24)  # of these: the bank transaction code, the Geschäftsvorfallcode and its issuer

_IBAN = re.compile("[A-Z]{2}[0-9]{2}[a-zA-Z0-9]{1,30}").fullmatch
_BIC = re.compile("[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?").fullmatch
_UETR = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch
MAX_REMITTANCE = 140  # characters of one Ustrd

Amounts = tuple[tuple[int, str | None, int], ...]  # (token of the amount, currency, token of the side)


class Trouble(Exception):
    """Something in an element that makes it unreadable; the reader adds file and line."""

    def __init__(self, code: Reason, token: int, element: str, reason: str) -> None:
        super().__init__(code, token, element, reason)
        self.code, self.token, self.element, self.reason = code, token, element, reason


@dataclass(frozen=True, slots=True)
class Context:
    """What a detail takes from around it."""

    currency: str | None
    side: Side
    own_iban: str | None
    returned: bool  # the entry's own bank transaction code says: a return


@dataclass(frozen=True, slots=True)
class DetailPlan:
    """Where the fields of a `TxDtls` of one shape stand among its tokens."""

    texts: Callable[[Sequence[str]], tuple[str, ...]]
    amount: tuple[int, str | None, str] | None  # token, currency, element
    instructed: tuple[int, str | None] | None
    counter: tuple[int, str | None] | None
    rate: int
    side: int
    proprietary: tuple[tuple[int, int], ...]
    references: tuple[tuple[int, int], ...]
    remittance: tuple[int, ...]
    additional: tuple[int, ...]
    documents: tuple[int, ...]
    return_info: tuple[int, ...]
    charges: Amounts
    returned: bool


def plan(node: Node) -> DetailPlan:
    """Work out where a `TxDtls` of this shape keeps its fields."""
    return DetailPlan(
        texts=itemgetter(*places(node)),
        amount=_amount(node),
        instructed=_sum_at(node, "AmtDtls/InstdAmt/Amt"),
        counter=_sum_at(node, "AmtDtls/CntrValAmt/Amt"),
        rate=node.at_any(*(f"AmtDtls/{one}/CcyXchg/XchgRate" for one in ("TxAmt", "InstdAmt", "CntrValAmt"))),
        side=node.at("CdtDbtInd"),
        proprietary=tuple((one.at("Tp"), one.at("Ref")) for one in node.all("Refs", "Prtry")),
        references=tuple(
            (
                one.at_any("Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry", "CdtrRefTp/Cd", "CdtrRefTp/Prtry"),
                one.at_any("Ref", "CdtrRef"),
            )
            for one in node.all("RmtInf", "Strd", "CdtrRefInf")
        ),
        remittance=tuple(one.text for one in node.all("RmtInf", "Ustrd")),
        additional=tuple(one.text for one in node.all("RmtInf", "Strd", "AddtlRmtInf")),
        documents=tuple(
            one.text for name in ("Nb", "RfrdDocNb") for one in node.all("RmtInf", "Strd", "RfrdDocInf", name)
        ),
        return_info=tuple(one.text for name in ("AddtlInf", "AddtlRtrRsnInf") for one in node.all("RtrInf", name)),
        charges=charges(node),
        returned=node.first("RtrInf") is not None,
    )


def places(node: Node) -> list[int]:
    """Where the texts stand that are taken as they are, in the order in which `build` takes them."""
    return [node.at_any(*paths) for paths in _TEXTS]


def _sum_at(node: Node, path: str) -> tuple[int, str | None] | None:
    found = node.first(*path.split("/"))
    return None if found is None else (found.text, found.currency)


def _amount(node: Node) -> tuple[int, str | None, str] | None:
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        found = _sum_at(node, path)
        if found is not None:
            return (*found, f"TxDtls/{path}")
    return None


def charges(node: Node) -> Amounts:
    """The charges of an entry or a detail: records (from .04), else plain (.02), else the stated total."""
    records = list(node.all("Chrgs", "Rcrd")) or [one for one in node.all("Chrgs") if one.first("Amt")]
    if records:
        return tuple(
            (amount.text, amount.currency, one.at("CdtDbtInd")) for one in records for amount in one.all("Amt")
        )
    totals = node.all("Chrgs", "TtlChrgsAndTaxAmt")
    return tuple((total.text, total.currency, 0) for total in totals)


def money(tokens: Sequence[str], token: int, element: str) -> int:
    """The hundredths at `token`; an amount that cannot be read is trouble with a place."""
    try:
        return cents(tokens[token])
    except ValueError as why:
        raise Trouble(Reason.AMOUNT_UNREADABLE, token, element, str(why)) from None


def charged(tokens: Sequence[str], amounts: Amounts, currency: str | None, element: str) -> int | None:
    """All charges together, charged above zero and given back below. None: none named, or in other money."""
    if not amounts or any(ccy is not None and ccy != currency for _, ccy, _ in amounts):
        return None
    total = 0
    for token, _, side in amounts:
        value = money(tokens, token, element)
        total += -value if tokens[side].strip() == "CRDT" else value
    return total


def side_of(tokens: Sequence[str], token: int, element: str) -> Side | None:
    """The side at `token`; None where it is missing, trouble where it is another word."""
    word = tokens[token].strip()
    if not word:
        return None
    side = SIDES.get(word)
    if side is None:
        raise Trouble(Reason.SIDE_UNREADABLE, token, element, f"{word[:20]!r} is neither CRDT nor DBIT")
    return side


def build(tokens: Sequence[str], plan: DetailPlan, around: Context, number: int, line: int) -> Detail:
    """Read one `TxDtls`. Raises Trouble where an amount or a side cannot be read."""
    (
        end_to_end_id, mandate_id, instruction_id, tx_id, uetr, bank_ref, message_id, payment_id, clearing_ref,
        bank_tx_id, debtor, debtor_iban, debtor_bic, ultimate_debtor, creditor, creditor_iban, creditor_bic,
        ultimate_creditor, return_reason, domain, family, sub_family, code, issuer, purpose, additional_info,
    ) = [text.strip() or None for text in plan.texts(tokens)]  # fmt: skip
    original = original_currency = amount = None
    currency = around.currency
    if plan.instructed is not None:
        token, original_currency = plan.instructed
        original = _original(tokens, token, plan.amount is None and original_currency == currency)
    if plan.amount is not None:
        token, own_currency, element = plan.amount
        currency = own_currency or currency
        amount = money(tokens, token, element) if currency == around.currency else _foreign(tokens, token)
    elif original_currency is not None and original_currency == currency:
        amount = original
    side = side_of(tokens, plan.side, "TxDtls/CdtDbtInd") if plan.side else None
    counter = counter_currency = None
    if plan.counter is not None:
        token, counter_currency = plan.counter
        counter = _foreign(tokens, token)
    pays = (side or around.side) == "credit"  # the counterparty is the debtor
    if plan.returned or around.returned or is_return(sub_family, code, issuer):
        pays = _returned_to(pays, around.own_iban, debtor or debtor_iban, debtor_iban, creditor, creditor_iban)
    references: tuple[tuple[str | None, str], ...] = ()
    if plan.references:
        texts = [(tokens[kind].strip() or None, tokens[ref].strip()) for kind, ref in plan.references]
        references = tuple([one for one in texts if one[1]])
    return Detail._make((
        number, line, amount, currency if amount is not None else None, side,
        end_to_end_id, mandate_id, instruction_id, tx_id, uetr, bank_ref, message_id, payment_id, clearing_ref,
        bank_tx_id,
        tuple([(tokens[kind].strip(), tokens[ref].strip()) for kind, ref in plan.proprietary])
        if plan.proprietary else (),
        (debtor or ultimate_debtor) if pays else (creditor or ultimate_creditor),
        debtor_iban if pays else creditor_iban,
        debtor_bic if pays else creditor_bic,
        debtor, debtor_iban, debtor_bic, ultimate_debtor,
        creditor, creditor_iban, creditor_bic, ultimate_creditor,
        references[0][1] if references else None,
        references[0][0] if references else None,
        references,
        tuple([tokens[piece] for piece in plan.remittance if tokens[piece].strip()]),
        tuple([tokens[piece].strip() for piece in plan.additional if tokens[piece].strip()])
        if plan.additional else (),
        tuple([tokens[piece].strip() for piece in plan.documents if tokens[piece].strip()])
        if plan.documents else (),
        return_reason,
        " ".join([tokens[piece].strip() for piece in plan.return_info]).strip() or None
        if plan.return_info else None,
        original, original_currency,
        charged(tokens, plan.charges, currency, "TxDtls/Chrgs") if plan.charges else None,
        f"{domain}/{family}/{sub_family}" if domain and family and sub_family
        else joined_code(domain, family, sub_family), code, purpose, additional_info,
        issuer, counter, counter_currency, (tokens[plan.rate].strip() or None) if plan.rate else None,
    ))  # fmt: skip


def deviations(detail: Detail, plan: DetailPlan) -> list[tuple[str, str, str]]:
    """What in a detail is written other than the standard has it: code, element, reason. No money is at stake."""
    odd = []
    if plan.amount is not None and detail.amount_cents is None:
        odd.append(("foreign_amount_unreadable", plan.amount[2], "foreign money that is no whole number of hundredths"))
    if detail.uetr is not None and not _UETR(detail.uetr):
        odd.append(("uetr_unusual", "TxDtls/Refs/UETR", "not the pattern of a UETR"))
    for iban, element in ((detail.debtor_iban, "DbtrAcct"), (detail.creditor_iban, "CdtrAcct")):
        if iban is not None and not _IBAN(iban):
            odd.append(("iban_unusual", f"TxDtls/RltdPties/{element}/Id/IBAN", "not the pattern of an IBAN"))
    for bic, element in ((detail.debtor_bic, "DbtrAgt"), (detail.creditor_bic, "CdtrAgt")):
        if bic is not None and not _BIC(bic):
            odd.append(("bic_unusual", f"TxDtls/RltdAgts/{element}", "not the pattern of a BIC"))
    for piece in detail.remittance:
        if len(piece) > MAX_REMITTANCE:
            odd.append(("text_too_long", "TxDtls/RmtInf/Ustrd", f"a text of {len(piece)} characters, 140 are allowed"))
    return odd


def is_iban(text: str) -> bool:
    """Whether `text` has the pattern of an IBAN; check digits are not looked at."""
    return _IBAN(text) is not None


def joined_code(domain: str | None, family: str | None, sub_family: str | None) -> str | None:
    """PMNT/RCDT/ESCT: as much of the bank transaction code as is named."""
    return "/".join(filter(None, (domain, family, sub_family))) or None


def _original(tokens: Sequence[str], token: int, is_the_amount: bool) -> int | None:
    return money(tokens, token, "TxDtls/AmtDtls/InstdAmt/Amt") if is_the_amount else _foreign(tokens, token)


def _foreign(tokens: Sequence[str], token: int) -> int | None:
    """An amount beside the entry's own. In foreign money it may have more decimals: then it is not known."""
    try:
        return cents(tokens[token])
    except ValueError:
        return None


def _returned_to(
    pays: bool, own: str | None, debtor: str | None, debtor_iban: str | None, creditor: str | None,
    creditor_iban: str | None,
) -> bool:  # fmt: skip
    """Whether the debtor is the counterparty of a return.

    Roles are those of the original payment ("weil bei R-Transaktionen nicht gedreht wird", Anlage 3): a
    debit that returns a collection names our payer as debtor. Banks that turn the roles all the same are
    known by our own IBAN; where only one party is named, it is that one.
    """
    if own is not None and own in (debtor_iban, creditor_iban) and debtor_iban != creditor_iban:
        return debtor_iban != own
    debtor_is_it = not pays
    if debtor_is_it and debtor is None:
        return False
    if not debtor_is_it and creditor is None and creditor_iban is None:
        return True
    return debtor_is_it
