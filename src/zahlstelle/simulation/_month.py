"""The town's month, day by day: claims are opened, people pay, the bank books and delivers."""

from collections import defaultdict, deque
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from random import Random

from zahlstelle.kernel import InputRefused
from zahlstelle.kernel.banking_days import ONE_DAY, days_between, is_banking_day, later, on_or_after

from . import _bank_day, _claims, _others, _payers
from ._bank_day import Movements
from ._camt import signed
from ._chance import chance, happens, spread
from ._claims import LEAD_DAYS, Plan
from ._delivery import Delivery
from ._facts import Claim, Entry
from ._files import MADE_BY, BankFolder, Lines, prepare, write_summary
from ._judgement import Treasurer
from ._mistakes import Hints
from ._payouts import report
from ._people import Party
from ._rates import Rates
from ._tally import Tally, captured_row, truth_row
from ._town import Town, town_toml

WEEKEND = 0.35
"""Claims opened on a day of the weekend, as a share of a weekday's: only online services are open."""

_RECENT = 200
"""So many claims lie on the tables of those who take the wrong letter."""


class SimulationUnsound(InputRefused):
    """Fewer than one day or one claim was asked for, or more claims than there are numbers."""

    code = "simulation_unsound"


@dataclass(frozen=True)
class Simulation:
    """What to simulate: the same values always give the same bytes."""

    seed: int = 1
    days: int = 30
    claims: int = 2000
    start: date = date(2026, 10, 1)
    town: Town = field(default_factory=Town)
    rates: Rates = field(default_factory=Rates)

    def __post_init__(self) -> None:
        if self.days < 1 or self.claims < 1:
            raise SimulationUnsound("a simulation needs at least one day and one claim")
        if self.claims > self.town.capacity:
            raise SimulationUnsound(f"a counter of {self.town.digits} places has no {self.claims} numbers")


def simulate(what: Simulation, folder: Path) -> dict[str, object]:
    """Write the month into `folder` and give the summary that is written there too.

    Memory holds a number and an amount for each claim, and one day of the bank, never the month.
    Refuses a folder with foreign files (`simulation_folder_not_empty`).
    """
    prepare(folder)
    month = _Month(what, folder)
    try:
        month.run()
    finally:
        month.close()
    summary = {**_asked(what), **month.tally.summary(), **month.found()}
    (folder / "town.toml").write_text(town_toml(what.town), encoding="utf-8", newline="\n")
    write_summary(folder, summary)
    return summary


def _asked(what: Simulation) -> dict[str, object]:
    return {
        "made_by": MADE_BY,
        "seed": what.seed,
        "start": what.start.isoformat(),
        "days": what.days,
        "town": what.town.slug,
        "account_iban": what.town.iban,
        "check": what.town.check.value,
        "bank": what.town.bank.value,
        "claims": what.claims,
        "rates": asdict(what.rates),
    }


@dataclass(slots=True)
class _Planned:
    """What is still to happen, by day."""

    captures: dict[date, list[Claim]] = field(default_factory=lambda: defaultdict(list))
    transfers: dict[date, list[Plan]] = field(default_factory=lambda: defaultdict(list))
    moves: dict[date, Movements] = field(default_factory=lambda: defaultdict(Movements))


class _Month:
    def __init__(self, what: Simulation, folder: Path) -> None:
        self.what = what
        self.opening = _claims.Opening(what.town, what.rates, what.seed, what.start)
        self.treasurer = Treasurer(what.town)
        self.planned = _Planned()
        self.recent: deque[Claim] = deque(maxlen=_RECENT)
        self.claims, self.payments, self.payouts, self.truth = (
            Lines(folder / f"{name}.jsonl") for name in ("claims", "payments", "payouts", "truth")
        )
        self.files = BankFolder(folder / "bank")
        old_until = what.start + (what.days // 3) * ONE_DAY
        self.delivery = Delivery(what.town, what.rates, what.seed, old_until, self.files, self.known)
        self.balance = self.opening_balance = chance(what.seed, "balance").randrange(10**7, 10**9)
        self.tally = Tally()
        self.previous = what.start - ONE_DAY
        while not is_banking_day(self.previous):
            self.previous -= ONE_DAY

    def run(self) -> None:
        """Let the days pass; afterwards the bank still delivers what is late."""
        what = self.what
        days = list(days_between(what.start - LEAD_DAYS * ONE_DAY, LEAD_DAYS + what.days))
        shares = spread(what.claims, [1.0 if day.weekday() < 5 else WEEKEND for day in days])
        banking = [day for day in days if day >= what.start and is_banking_day(day)]
        extra = dict(zip(banking, _even(what.claims * what.rates.no_claim, len(banking)), strict=True))
        self.foresee(days, shares)
        for day, share in zip(days, shares, strict=True):
            self.open_claims(day, share)
            if day >= what.start:
                self.capture(day)
            if day in extra:
                self.bank_day(day, extra[day], last=day == banking[-1])
        for day in iter(lambda: next(iter(self.delivery.outstanding), None), None):
            self.delivery.deliver(day)

    def close(self) -> None:
        """Finish the files."""
        for lines in (self.claims, self.payments, self.payouts, self.truth):
            lines.close()

    def foresee(self, days: list[date], shares: list[int]) -> None:
        """Tell the treasurer all claims beforehand: a wrong digit may make the number of a later claim.

        And note who will pay before the claim is opened.
        """
        what = self.what
        opening = _claims.Opening(what.town, what.rates, what.seed, what.start)
        for day, share in zip(days, shares, strict=True):
            for claim, plan in opening.open_day(day, share):
                self.treasurer.opened(claim)
                if plan and plan.kind == "card" and plan.on <= days[-1]:
                    self.treasurer.paid_by_card(claim)
                if plan and plan.kind == "early":
                    self.note(plan)

    def open_claims(self, day: date, count: int) -> None:
        """Open the day's claims and note what will become of them."""
        rows = []
        for claim, plan in self.opening.open_day(day, count):
            rows.append(claim.row())
            if plan is None or plan.kind != "card":  # whether a transfer or the card comes first, no truth could say
                self.recent.append(claim)
            if plan is not None and plan.kind != "early":
                self.note(plan)
        self.claims.add(rows)

    def note(self, plan: Plan) -> None:
        """Put a plan on its day."""
        self.tally.behaviours[plan.kind] += len(plan.claims)
        if plan.kind == "card":
            self.planned.captures[plan.on].append(plan.claims[0])
        elif plan.kind != "never_paid":
            self.planned.transfers[on_or_after(plan.on)].append(plan)

    def capture(self, day: date) -> None:
        """Let the day's card payments succeed at the provider; it pays out one or two banking days later."""
        rng = chance(self.what.seed, "captures", day)
        rows: list[dict[str, object]] = []
        for number, claim in enumerate(self.planned.captures.pop(day, ()), start=1):
            reference = f"SBX{day:%Y%m%d}{number:06d}{rng.randrange(16**4):04X}"
            self.treasurer.captured(claim, reference)
            rows.append(captured_row(claim, reference, day, rng))
            payout_on = later(day, 1 if happens(rng, 0.85) else 2)
            self.planned.moves[payout_on].payout.append(_others.payout_line(claim, reference))
            if happens(rng, self.what.rates.chargeback):
                back = _others.chargeback(claim, reference)
                self.planned.moves[later(payout_on, rng.randrange(6, 13))].back.append(back)
        self.tally.captures += len(rows)
        rows.sort(key=lambda row: str(row["captured_at"]))
        self.payments.add(rows)

    def bank_day(self, day: date, extra: int, last: bool) -> None:
        """Let the bank book a day and deliver its files."""
        rng = chance(self.what.seed, "bank", day)
        moves = self.planned.moves.pop(day, None) or Movements()
        moves.net = _bank_day.may_be_net(moves) and happens(
            chance(self.what.seed, "net", day), self.what.rates.net_payout
        )
        for plan in self.planned.transfers.pop(day, ()):
            self.pay(plan, day, moves, rng)
        self.without_claims(moves, extra, rng)
        self.own_affairs(day, moves, last, rng)
        if moves.payout:
            self.payouts.add([report(day, moves)])
        entries = _bank_day.booked(day, self.what.town, self.what.rates, moves, rng)
        self.delivery.book(day, self.previous, entries, self.balance)
        self.balance += sum(signed(entry) for entry in entries)
        self.previous = day
        for due in [due for due in self.delivery.outstanding if due <= day]:
            self.delivery.deliver(due)

    def pay(self, plan: Plan, day: date, moves: Movements, rng: Random) -> None:
        """Turn a plan into money on its way."""
        claim = plan.claims[0]
        if plan.kind == "direct_debit":
            self.collect(claim, day, moves, rng)
            return
        if plan.kind == "paid_twice":
            self.follow_up(day, rng.randrange(6, 11), Plan("paid_again", plan.claims, day))
        if plan.kind == "instalments" and not plan.part:
            self.follow_up(day, rng.randrange(6, 16), Plan("instalments", plan.claims, day, part=1))
        kind = {"paid_twice": "transfer", "paid_again": "paid_twice"}.get(plan.kind, plan.kind)
        detail = _payers.transfer(kind, plan.claims, self.hints(plan, rng), rng)
        moves.transfers.append(detail)
        if plan.kind == "transfer" and happens(rng, self.what.rates.transfer_recalled):
            self.treasurer.recalled.add(claim.kassenzeichen)
            self.planned.moves[later(day, rng.randrange(4, 9))].back.append(_others.recalled(detail))

    def follow_up(self, day: date, banking_days: int, plan: Plan) -> None:
        """Let a plan happen some banking days later."""
        self.planned.transfers[later(day, banking_days)].append(plan)

    def hints(self, plan: Plan, rng: Random) -> Hints:
        """Put at hand what payers may mix up with their own claim."""
        town, settled = self.what.town, self.treasurer.settled
        old = rng.choice(settled)[0] if settled else town.old_number(rng)
        return Hints(town, old, self.recent, self.what.rates.instant, plan.text, plan.part)

    def collect(self, claim: Claim, day: date, moves: Movements, rng: Random) -> None:
        """Collect a direct debit; some come back after two to five banking days, some weeks later."""
        rates = self.what.rates
        detail = _others.direct_debit(claim, Party(claim.debtor_name, claim.debtor_iban))
        moves.debits.append(detail)
        charge = 300 if happens(rng, rates.debit_charge) else 0
        if happens(rng, rates.debit_return):
            back = _others.debit_return(detail, charge, rng)
            self.planned.moves[later(day, rng.randrange(2, 6))].back.append(back)
        elif happens(rng, rates.debit_refund):
            back = _others.debit_refund(detail, charge)
            self.planned.moves[later(day, rng.randrange(3, 40))].back.append(back)

    def without_claims(self, moves: Movements, extra: int, rng: Random) -> None:
        """Add money that no claim waits for, and refunds of ours that come back."""
        moves.transfers.extend(_others.without_claim(rng) for _ in range(extra))
        rate = self.what.rates.refund_returned * self.what.claims / self.what.days
        if self.treasurer.settled and happens(rng, min(1.0, rate)):
            number, cents = rng.choice(self.treasurer.settled)
            moves.transfers.append(_others.refund_returned(number, cents, rng))

    def own_affairs(self, day: date, moves: Movements, last: bool, rng: Random) -> None:
        """Pay the town's bills now and then, and the bank at the end."""
        if day.weekday() == 3:
            moves.own.append(_others.payment_run(self.what.town, rng.randrange(100_000, 2_000_000)))
        if last:
            moves.own.append(_others.bank_fee(rng.randrange(1_500, 9_000)))

    def known(self, entry: Entry) -> None:
        """Write the truth about an entry the moment a reader of the files can know it."""
        self.tally.entries += 1
        rows = []
        for number, detail in enumerate(entry.details, start=1):
            judged = self.treasurer.judge(detail, entry.side)
            self.tally.detail(detail, entry, judged)
            rows.append(truth_row(self.what.town, entry, number, detail, judged))
        self.truth.add(rows)

    def found(self) -> dict[str, object]:
        """Say what came out beside the counts."""
        return {
            "files": self.files.written,
            "opening_balance_cents": self.opening_balance,
            "closing_balance_cents": self.balance,
            "misled": self.treasurer.misled,
        }


def _even(total: float, days: int) -> list[int]:
    return spread(round(total), [1.0] * days) if days else []
