"""A careless town by rules: citizens, provider and bank do what they like in any order, and the book stays sound.

The bank's own list of what moved the account is the truth. In the evening everything is told by the statement; until
then reports and notifications may have told of it, in any order and any number of times.
"""

import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.book import assert_sound
from tests.support.fake_provider import FakeProvider
from tests.support.sizes import size
from tests.support.towns import AT, a_claim, found_town

from zahlstelle import allocation, bank, claims, ledger, payments
from zahlstelle.claims import Claim
from zahlstelle.kernel import Money, Refusal
from zahlstelle.payments import Attempt, ProviderStatus, Report, Status, _flow
from zahlstelle.tenancy import bank_accounts

AMOUNTS = st.sampled_from(["25.00", "37.00", "74.00"])
OPENING = 1_000_000  # cents on the account before the first day


class Provider(FakeProvider):
    """Says of each payment what became of that one."""

    def __init__(self) -> None:
        super().__init__()
        self.fate: dict[str, ProviderStatus] = {}

    def _report(self, merchant: payments.MerchantAccess, reference: str) -> Report:
        self.says = self.fate.get(reference, ProviderStatus.OPEN)
        return super()._report(merchant, reference)

    def cancel(self, *, merchant: payments.MerchantAccess, provider_reference: str) -> Report:
        reference = provider_reference.removeprefix("fake-")
        if self.fate.get(reference, ProviderStatus.OPEN) is ProviderStatus.OPEN:
            self.fate[reference] = ProviderStatus.CANCELLED
        return self._report(merchant, reference)


class CarelessTown(RuleBasedStateMachine):
    """Everything that can happen in a day, and in the days after."""

    @initialize()
    def found(self) -> None:
        self.provider = Provider()
        payments.plug(self.provider)
        access = {"name": "fake", "merchant_id": "m", "secret": "s", "base_url": "http://127.0.0.1:1"}
        self.town = found_town(providers=[{**access, "methods": ["card"]}])
        self.iban = bank_accounts(tenant=self.town)[0].iban
        self.folder = tempfile.TemporaryDirectory()
        self.claims: list[Claim] = []
        self.attempts: list[Attempt] = []
        self.paid_out: set[str] = set()
        self.today: list[Ntry] = []
        self.days: list[list[Ntry]] = []
        self.told: list[Path] = []
        self.balance, self.files = OPENING, 0
        self.now = AT

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.evening()
            self.everything_is_told()
            self.folder.cleanup()
            _flow._PLUGGED.pop("fake", None)

    # --- what people do -----------------------------------------------------------------------------

    @rule(amount=AMOUNTS)
    def open_a_claim(self, amount: str) -> None:
        self.claims.append(a_claim(self.town, amount))

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), transfer=st.booleans())
    def choose(self, data: st.DataObject, transfer: bool) -> None:
        """One claim or a basket of several, which others may be paying in baskets of their own."""
        chosen = data.draw(st.lists(st.sampled_from([claim.id for claim in self.claims]), min_size=1, max_size=3))
        try:
            made = payments.start_basket(tenant=self.town, claim_ids=list(dict.fromkeys(chosen)), at=self.now)
            payment = made.payment.id
            if transfer:
                payments.choose_transfer(tenant=self.town, payment_id=payment, at=self.now)
            else:
                given = {"method": "card", "return_url": "", "notify_url": "", "at": self.now}
                self.attempts.append(payments.begin(tenant=self.town, payment_id=payment, **given))
        except Refusal:
            pass

    @precondition(lambda self: self.attempts)
    @rule(data=st.data(), fate=st.sampled_from([ProviderStatus.PAID, ProviderStatus.DECLINED, ProviderStatus.UNKNOWN]))
    def card(self, data: st.DataObject, fate: ProviderStatus) -> None:
        """The provider decides, and may capture late what it had declined; money once taken stays taken."""
        attempt = data.draw(st.sampled_from(self.attempts))
        if self.provider.fate.get(str(attempt.id)) is not ProviderStatus.PAID:
            self.provider.fate[str(attempt.id)] = fate

    @precondition(lambda self: self.attempts)
    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        payments.refresh(tenant=self.town, attempt_id=data.draw(st.sampled_from(self.attempts)).id, at=self.now)

    @precondition(lambda self: self.attempts)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        attempt = data.draw(st.sampled_from(self.attempts))
        payments.cancel(tenant=self.town, payment_id=attempt.payment_id, at=self.now)

    # --- what moves the account ---------------------------------------------------------------------

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), referenced=st.sampled_from(["right", "wrong", "none"]), ref=st.booleans())
    def transfer(self, data: st.DataObject, referenced: str, ref: bool) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        amount = data.draw(st.one_of(st.just(claim.amount.plain), AMOUNTS))
        right = claim.kassenzeichen
        text = {"right": right, "wrong": f"{right[:-1]}{(int(right[-1]) + 1) % 10}", "none": "Gebühr"}[referenced]
        self._moves(Ntry(amount, [Tx(amount, text)], ref=f"T{len(self.days)}-{len(self.today)}" if ref else "NONREF"))

    @precondition(lambda self: len(self.claims) > 1)
    @rule(data=st.data())
    def transfer_a_basket(self, data: st.DataObject) -> None:
        """All that the claims are over, in one transfer that names them."""
        chosen = data.draw(st.lists(st.sampled_from(self.claims), min_size=2, max_size=3, unique_by=lambda c: c.id))
        amount = Money(sum(claim.amount.cents for claim in chosen)).plain
        text = ", ".join(claim.kassenzeichen for claim in chosen)
        self._moves(Ntry(amount, [Tx(amount, text)], ref=f"T{len(self.days)}-{len(self.today)}"))

    @rule(data=st.data(), count=st.integers(1, 3))
    def payout(self, data: st.DataObject, count: int) -> None:
        """The provider pays out what it has taken; now and then something a second time."""
        paid = [a for a in self.attempts if self.provider.fate.get(str(a.id)) is ProviderStatus.PAID]
        if not paid:
            return
        chosen = data.draw(st.lists(st.sampled_from(paid), min_size=1, max_size=count))
        total = Money(sum(a.amount.cents for a in chosen)).plain
        details = [Tx(a.amount.plain, "Auszahlung", tx_id=f"fake-{a.id}", iban="") for a in chosen]
        self._moves(Ntry(total, details, ref=f"P{len(self.days)}-{len(self.today)}"))

    @rule(amount=AMOUNTS)
    def money_goes_out(self, amount: str) -> None:
        reference = f"D{len(self.days)}-{len(self.today)}"
        self._moves(Ntry(amount, [Tx(amount, "Entgelt", side="DBIT")], side="DBIT", ref=reference))

    def _moves(self, entry: Ntry) -> None:
        entry.day = str((AT + timedelta(days=len(self.days))).date())
        self.today.append(entry)

    # --- what the bank tells ------------------------------------------------------------------------

    @precondition(lambda self: self.today)
    @rule(bare=st.booleans())
    def report(self, bare: bool) -> None:
        """All of the day so far, now and then without details."""
        told = [_bare(entry) for entry in self.today] if bare else self.today
        self._tell(Camt(self.iban, told, "052", f"R{self.files}", f"R{self.files}"))

    @precondition(lambda self: [e for e in self.today if e.ref != "NONREF"])
    @rule(data=st.data())
    def notice(self, data: st.DataObject) -> None:
        """One entry of the day with its details."""
        entry = data.draw(st.sampled_from([e for e in self.today if e.ref != "NONREF"]))
        self._tell(Camt(self.iban, [entry], "054", f"N{self.files}", f"N{self.files}"))

    @rule()
    def evening(self) -> None:
        """The statement of the day; the next day begins."""
        before = self.balance
        self.balance += sum(_cents(entry) for entry in self.today)
        balances = (_plain(before), _plain(self.balance))
        name = f"S{len(self.days)}"
        self.days.append(self.today)
        self.today = []
        if self.days[-1]:
            self._tell(Camt(self.iban, self.days[-1], "053", f"M{name}", name, balances=balances))

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def tell_again(self, data: st.DataObject) -> None:
        self._import(data.draw(st.sampled_from(self.told)))

    def _tell(self, message: Camt) -> None:
        self.files += 1
        path = message.write(Path(self.folder.name), f"{self.files}.xml")
        self.told.append(path)
        self._import(path)

    def _import(self, path: Path) -> None:
        allocation.import_bank_file(tenant=self.town, path=path, name=path.name, at=self.now)

    @rule(minutes=st.sampled_from([1, 30, 120]))
    def work(self, minutes: int) -> None:
        """Time passes, and the worker goes round."""
        self.now += timedelta(minutes=minutes)
        payments.sweep(tenant=self.town, at=self.now)
        allocation.retry_doubts(tenant=self.town, at=self.now)
        ledger.seal(tenant=self.town, at=self.now)

    # --- what always holds --------------------------------------------------------------------------

    @invariant()
    def the_book_is_sound(self) -> None:
        assert_sound(self.town)
        for claim in claims.recent_claims(tenant=self.town, limit=200):
            assert 0 <= claim.open.cents <= claim.amount.cents

    @invariant()
    def nothing_is_booked_that_did_not_move(self) -> None:
        """Each entry of each ended day is booked once; of the day that runs, at most what moved."""
        booked = Counter[tuple[str, int]]()
        for day in bank.days(tenant=self.town, limit=1000):
            for entry in bank.entries_of_day(tenant=self.town, day=day.day):
                if entry.booked:
                    booked[str(day.day), entry.amount.cents if entry.side == "credit" else -entry.amount.cents] += 1
        ended = Counter((entry.day, _cents(entry)) for day in self.days for entry in day)
        runs = Counter((entry.day, _cents(entry)) for entry in self.today)
        assert booked >= ended, "lost"
        assert booked <= ended + runs, "booked twice"

    @invariant()
    def no_attempt_is_paid_out_twice(self) -> None:
        clearing = ledger.balances_about(tenant=self.town, account="clearing:fake")
        taken = {a.id: a.amount.cents for a in payments.captured(tenant=self.town)}
        for attempt, cents in clearing.items():
            assert 0 < cents == taken[attempt]

    def everything_is_told(self) -> None:
        """After the last statement the book's bank account is the bank's."""
        assert ledger.balance(tenant=self.town, account=f"bank:{self.iban}") == self.balance - OPENING
        for claim in claims.recent_claims(tenant=self.town, limit=200):
            of_claim = payments.payments_of_claim(tenant=self.town, claim_id=claim.id)
            attempts = [a for p in of_claim for a in payments.attempts_of(tenant=self.town, payment_id=p.id)]
            paid = [s for a in attempts if a.status is Status.PAID for s in a.shares if s.claim_id == claim.id]
            settling = [share for share in paid if not share.surplus]
            assert len(settling) <= 1
            if settling:
                assert claim.open.is_zero


def _bare(entry: Ntry) -> Ntry:
    texts = " ".join(str(tx.text) for tx in entry.details) if len(entry.details) == 1 else "Sammler"
    return Ntry(entry.amount, ref=entry.ref, day=entry.day, side=entry.side, info=texts)


def _cents(entry: Ntry) -> int:
    cents = Money.parse(entry.amount).cents
    return cents if entry.side == "CRDT" else -cents


def _plain(cents: int) -> str:
    return Money(cents).plain


@pytest.mark.prove("careless_rules")
def test_a_careless_town() -> None:
    how = settings(
        max_examples=size(8, 400),
        stateful_step_count=size(20, 40),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=size(1, 0) == 1,
        database=None,
    )
    run_state_machine_as_test(CarelessTown, settings=how)
