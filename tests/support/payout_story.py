"""Payouts told in the cash office's own words: what was paid, accounted for and credited, and what the book then says.

Forderung   A 37,00                     a claim is opened
Karte       A                           it is paid by card; the provider has confirmed it
Korb        K A B                       A and B are paid by card in one payment, called K
Zuspät      K A B                       the same, but it was declined first, and A is paid by another card by then
Doppelt     A                           it is paid by card twice
Erstatte    A 10,00 sbr_1               money is given back here; the provider calls it sbr_1 and has done it
Erstatte    K 10,00 sbr_1 A             the same of a basket, for the claim A
Bittet      A 10,00                     the same, but the provider has not answered yet
Erfährt     sbr_1                       it says that this is its name, and that it is done
Rest        A 27,00                     what can still be given back of it
Abrechnung  po_20261005_000001 36,70    the provider's report with its total; `von r2`: the report's own name
  Zahlung A 37,00                       its items, indented; `?` is a payment nobody here knows
  Entgelt A -0,30
Konto       36,70 AUSZAHLUNG po_...     money on the account, in a statement of its own
Runde                                   the worker goes round; `Runde 6` six days later
offen A 0,00 / Verwahrung 0,00 / Verrechnung 0,00 / Entgelte 0,30 / Erstattungen 0,00 / Überzahlt 0,00
Zweifel     payout_report_differs       what waits, doubt by doubt (`keiner`)
Grund       Unterschied -0,10           a reason among the decisions
Buch        stimmt                      everything recomputed
"""

import itertools
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.book import assert_sound
from tests.support.towns import AT, a_claim
from zahlstelle import allocation, claims, ledger, payments, tenancy, treasury
from zahlstelle.claims import Claim
from zahlstelle.kernel import Money, new_id
from zahlstelle.payments import (
    Attempt,
    ItemKind,
    NoAnswer,
    PayoutReport,
    ProviderStatus,
    RefundReport,
    RefundStatus,
    Report,
    ReportedItem,
    Started,
    _operations,
    _refunds,
)
from zahlstelle.tables.allocation import AllocationRow
from zahlstelle.tenancy import Tenant, inside

KINDS = {
    "Zahlung": ItemKind.PAYMENT,
    "Entgelt": ItemKind.FEE,
    "Erstattung": ItemKind.REFUND,
    "Rückbelastung": ItemKind.CHARGEBACK,
    "Rückbelastungsentgelt": ItemKind.CHARGEBACK_FEE,
    "Berichtigung": ItemKind.ADJUSTMENT,
}
ACCOUNTS = {"Verrechnung": "clearing:sandbox", "Entgelte": "fees", "Erstattungen": "refunded"}
OWED = {"Verwahrung": "suspense", "Überzahlt": "overpaid"}


def cents(text: str) -> int:
    """Read 1.234,56 as people write it."""
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("+-").replace(".", "").partition(",")
    assert len(part) == 2, text
    return sign * int(whole + part)


Tell = Callable[[str], None]


class PayoutStory:
    """One town and what happens to it."""

    def __init__(self, town: Tenant, folder: Path) -> None:
        self.town, self.folder, self.at = town, folder, AT
        self.claims: dict[str, Claim] = {}
        self.attempts: dict[str, Attempt] = {}
        self.names: dict[str, str] = {}
        self._numbers = itertools.count(1)

    def tell(self, text: str) -> None:
        """Live through a story, line by line."""
        told: list[tuple[str, str, list[str]]] = []
        for line in (line.split("#")[0].strip() for line in text.splitlines()):
            word, _, rest = line.partition(" ")
            if word in self._deeds() or word in ACCOUNTS or word in OWED:
                told.append((word, rest.strip(), []))
            elif line:
                told[-1][2].append(line)
        for word, rest, below in told:
            self._live(word, rest, below)

    def _deeds(self) -> dict[str, Callable[[str, list[str]], None]]:
        return {
            "Forderung": self._claim,
            "Karte": self._card,
            "Korb": self._basket,
            "Zuspät": self._too_late,
            "Doppelt": self._twice,
            "Erstatte": self._gives_back,
            "Bittet": self._asks_for_refund,
            "Erfährt": self._learns,
            "Rest": self._rest,
            "Abrechnung": self._report,
            "Konto": self._money,
            "Runde": self._round,
            "offen": self._is_open,
            "Zweifel": self._doubts,
            "Grund": self._reason,
            "Status": self._status,
            "Buch": self._book,
        }

    def _live(self, word: str, rest: str, below: list[str]) -> None:
        if word in ACCOUNTS:
            assert ledger.balance(tenant=self.town, account=ACCOUNTS[word]) == cents(rest), word
        elif word in OWED:
            assert -ledger.balance(tenant=self.town, account=OWED[word]) == cents(rest), word
        else:
            self._deeds()[word](rest, below)

    def _claim(self, rest: str, _: list[str]) -> None:
        name, amount = rest.split()
        self.claims[name] = a_claim(self.town, amount.replace(",", "."))

    def _card(self, rest: str, _: list[str]) -> None:
        name, _, again = rest.partition(" ")
        self.names[again or name] = f"sbx_{self.claims[name].id.hex}{again}"
        self.attempts[rest] = payments.take_over(
            tenant=self.town,
            claim_id=self.claims[name].id,
            provider="sandbox",
            method="card",
            provider_reference=self.names[again or name],
            at=self.at,
        )

    def _basket(self, rest: str, _: list[str]) -> None:
        self._settle(self._begun(rest), ProviderStatus.PAID)

    def _too_late(self, rest: str, _: list[str]) -> None:
        _, first, *_others = rest.split()
        begun = self._begun(rest)
        self._settle(begun, ProviderStatus.DECLINED)
        self._card(first, [])
        self._settle(begun, ProviderStatus.PAID)

    def _begun(self, rest: str) -> str:
        name, *of = rest.split()
        self.names[name] = f"sbx_korb_{name}"
        ids = [self.claims[each].id for each in of]
        payment = payments.start_basket(tenant=self.town, claim_ids=ids, at=self.at).payment
        given = {"payment_id": payment.id, "provider": "sandbox", "method": "card", "at": self.at}
        self.attempts[name] = _operations.intend(tenant=self.town, **given)
        started = Started(self.names[name], "https://provider.example/")
        _operations.record_start(tenant=self.town, attempt_id=self.attempts[name].id, answer=started, at=self.at)
        return name

    def _settle(self, name: str, status: ProviderStatus) -> None:
        attempt = self.attempts[name]
        said = Report(status, self.names[name], self.town.slug, str(attempt.id), attempt.amount, None, status)
        self.attempts[name] = payments.settle(tenant=self.town, attempt_id=attempt.id, report=said, at=self.at)

    def _twice(self, rest: str, _: list[str]) -> None:
        """A payment that the provider declined and captured later, when another had settled the claim."""
        claim = self.claims[rest]
        payment = payments.start_payment(tenant=self.town, claim_id=claim.id, at=self.at).payment
        attempt = _operations.intend(
            tenant=self.town, payment_id=payment.id, provider="sandbox", method="card", at=self.at
        )
        started = Started("sbx_doppelt", "https://provider.example/")
        _operations.record_start(tenant=self.town, attempt_id=attempt.id, answer=started, at=self.at)
        for status in (ProviderStatus.DECLINED, ProviderStatus.PAID):
            said = Report(status, "sbx_doppelt", self.town.slug, str(attempt.id), attempt.amount, None, status)
            payments.settle(tenant=self.town, attempt_id=attempt.id, report=said, at=self.at)
            if status is ProviderStatus.DECLINED:
                self._card(rest, [])

    def _gives_back(self, rest: str, _: list[str]) -> None:
        name, amount, own, *of = rest.split()
        self._asks_for_refund(" ".join([name, amount, *of]), [])
        self._learns(own, [])

    def _asks_for_refund(self, rest: str, _: list[str]) -> None:
        name, amount, *of = rest.split()
        attempt = self._now(name)
        self.refund, _new = _refunds.intend_refund(
            tenant=self.town,
            refund_id=new_id(),
            payment_id=attempt.payment_id,
            attempt_id=attempt.id,
            claim_id=self.claims[of[0]].id if of else None,
            amount=Money(cents(amount)),
            refundable=attempt.refundable,
            by="Kasse",
            text="Erstattung",
            at=self.at,
        )
        no_answer = NoAnswer("timeout")
        _refunds.settle_refund(tenant=self.town, refund_id=self.refund.id, answer=no_answer, at=self.at)

    def _learns(self, rest: str, _: list[str]) -> None:
        done = RefundReport(RefundStatus.DONE, rest, str(self.refund.id), self.refund.amount, "succeeded")
        _refunds.settle_refund(tenant=self.town, refund_id=self.refund.id, answer=done, at=self.at)

    def _rest(self, rest: str, _: list[str]) -> None:
        name, amount = rest.split()
        assert self._now(name).refundable.cents == cents(amount), self._now(name)

    def _now(self, name: str) -> Attempt:
        known = self.attempts[name].id
        return payments.attempts_by_id(tenant=self.town, attempts=[known])[known]

    def reference(self, name: str) -> str:
        """What the provider calls the payment of a claim, whether we know of it yet or not."""
        default = f"sbx_{self.claims[name].id.hex}" if name in self.claims else f"sbx_{name}"
        return self.names.get(name, default)

    def report(self, rest: str, items: list[str]) -> PayoutReport:
        """Read a report."""
        payout, total, *own = rest.split()
        read = [self._item(number, line) for number, line in enumerate(items, 1)]
        day = date.fromisoformat(f"{payout[3:7]}-{payout[7:9]}-{payout[9:11]}")
        name = own[1] if own else f"rep_{payout}"
        return PayoutReport(payout, name, day, "EUR", cents(total), read)

    def _item(self, number: int, line: str) -> ReportedItem:
        kind, *about, amount = line.split()
        named = about[0] if about else None
        own = about[1] if len(about) > 1 else None
        reference = self.reference(named) if named else None
        return ReportedItem(KINDS[kind], cents(amount), reference, None, own, f"{kind} {number}")

    def _report(self, rest: str, items: list[str]) -> None:
        payments.record_report(tenant=self.town, provider="sandbox", report=self.report(rest, items), at=self.at)
        allocation.break_up_payouts(tenant=self.town, at=self.at)

    def _money(self, rest: str, details: list[str]) -> None:
        """An entry of a statement; indented lines are its details as a camt.054 tells them: `A 37,00`."""
        amount, _, text = rest.partition(" ")
        number = next(self._numbers)
        side = "CRDT" if cents(amount) > 0 else "DBIT"
        tx = [self._detail(line, side) for line in details] or [
            Tx(_plain(amount), text.split("|"), side=side, name="Sandbox PSP")
        ]
        entry = Ntry(_plain(amount), tx, ref=f"R{number}", side=side, count=len(tx))
        statement = Camt(
            tenancy.bank_accounts(tenant=self.town)[0].iban, [entry], message_id=f"M{number}", statement_id=f"S{number}"
        )
        path = statement.write(self.folder, f"{number}.xml")
        allocation.import_bank_file(tenant=self.town, name=path.name, path=path, at=self.at)

    def _detail(self, line: str, side: str) -> Tx:
        name, amount = line.split()
        reference = self.reference(name)
        return Tx(_plain(amount), tx_id=reference, instruction=reference, side=side, name="Sandbox PSP")

    def _round(self, rest: str, _: list[str]) -> None:
        self.at += timedelta(days=int(rest or 0))
        allocation.break_up_payouts(tenant=self.town, at=self.at)
        allocation.retry_doubts(tenant=self.town, at=self.at)

    def _is_open(self, rest: str, _: list[str]) -> None:
        name, amount = rest.split()
        now = claims.claim_by_id(tenant=self.town, claim_id=self.claims[name].id)
        assert now.open.cents == cents(amount), f"open of {name}: {now.open}"

    def _doubts(self, rest: str, _: list[str]) -> None:
        told = sorted(item.doubt.value for item in allocation.suspense(tenant=self.town))
        assert told == sorted([] if rest == "keiner" else rest.split()), told

    def _reason(self, rest: str, _: list[str]) -> None:
        with inside(self.town):
            rows = AllocationRow.objects.filter(tenant_id=self.town.id).values_list("reasons", flat=True)
            told = [reason for reasons in rows for reason in reasons]
        assert rest in told, told

    def _status(self, rest: str, _: list[str]) -> None:
        name, status = rest.split()
        attempts = payments.attempts_by_id(tenant=self.town, attempts=[self.attempts[name].id])
        assert attempts[self.attempts[name].id].status == status

    def _book(self, rest: str, _: list[str]) -> None:
        assert rest == "stimmt"
        assert_sound(self.town)
        assert treasury.check_book(tenant=self.town) == []


def _plain(amount: str) -> str:
    return amount.lstrip("+-").replace(".", "").replace(",", ".")


# A day with two payments by card, paid out net, and what there is to see after it.
NET = """
    Abrechnung po_20261005_000001 61,10
      Zahlung A 37,00
      Zahlung B 25,00
      Entgelt A -0,50
      Entgelt B -0,40
"""
PAID = """
    Forderung A 37,00
    Forderung B 25,00
    Karte A
    Karte B
"""
SETTLED = """
    offen A 0,00
    offen B 0,00
    Verrechnung 0,00
    Verwahrung 0,00
    Entgelte 0,90
    Zweifel keiner
    Buch stimmt
"""
