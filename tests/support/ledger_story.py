"""A day's allocation told in the field's own notation, so that a treasurer can read what is proved.

claim   A        120.00                       a claim; its letter stands for its Kassenzeichen below
claim   B         30.00  due 2026-09-01       more words: due, service, debtor, lines
credit  c1       120.00  A                    money comes in and is decided; `A` in a text is A's Kassenzeichen
debit   r1        53.00  A  reason MS03  original 50.00  charges 3.00
settle  c1       A 100.00, B 20.00            by hand; `rest overpaid` and the like may follow
book    c1       fees  bank charge            by hand, to an account
back    c1       wrong claim                  a Storno by hand
open    A          0.00                       what is open of the claim
waits   c1        20.00  rest_waits           what waits of the money, and why; `nothing` where nothing does
account fees      -3.00                       SOLL minus HABEN of an account
refused detail_not_waiting: settle c1 A 1.00  the step is refused with this code and nothing moves
"""

import tempfile
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.support.bank_files import Camt, Ntry, Tx
from tests.support.book import assert_sound, state
from tests.support.towns import AT, a_claim, found_town
from zahlstelle import allocation, bank, claims, ledger
from zahlstelle.claims import Claim, DraftLine, LineKind
from zahlstelle.kernel import Money, Refusal, eur
from zahlstelle.tenancy import Tenant, bank_accounts

BY = "a-person"


class Teller:
    """Tells a story step by step; after every step the book must be sound."""

    def __init__(self, town: Tenant | None = None, **town_file: Any) -> None:
        self.town = town or found_town(**town_file)
        self.claims: dict[str, Claim] = {}
        self.details: dict[str, UUID] = {}

    def tell(self, story: str) -> "Teller":
        """Do what each line says."""
        for line in story.splitlines():
            said = line.partition("#")[0].strip()
            if said:
                self._step(said)
                assert_sound(self.town)
        return self

    def _step(self, said: str) -> None:
        verb, _, rest = said.partition(" ")
        getattr(self, f"_{verb}")(rest.strip())

    # --- what happens ---------------------------------------------------------------------------------

    def _claim(self, said: str) -> None:
        name, amount, *more = said.split()
        words = dict(zip(more[::2], more[1::2], strict=True))
        new: dict[str, Any] = {"purpose": f"Bescheid {name}"}
        if "due" in words:
            new["due_on"] = date.fromisoformat(words["due"])
        if "debtor" in words:
            new["debtor_name"] = words["debtor"].replace("_", " ")
        if "service" in words:
            new["service"] = words["service"]
        if "number" in words:
            new["kassenzeichen"] = words["number"]
        if "lines" in words:
            told = [entry.split(":") for entry in words["lines"].split(",")]
            new["lines"] = [DraftLine(kind, eur(cents), {}, LineKind(kind)) for kind, cents in told]
        self.claims[name] = a_claim(self.town, amount, **new)

    def _credit(self, said: str) -> None:
        self._money(said, "CRDT")

    def _debit(self, said: str) -> None:
        self._money(said, "DBIT")

    def _money(self, said: str, side: str) -> None:
        name, amount, rest = (*said.split(None, 2), "")[:3]
        words = rest.split("  ")
        given: dict[str, str] = {}
        text = ""
        for word in filter(None, (w.strip() for w in words)):
            key, _, value = word.partition(" ")
            if key in ("reason", "original", "charges", "from", "iban", "e2e", "tx", "mandate", "day", "code", "instr"):
                given[key] = self._numbers(value)
            else:
                text = self._numbers(word)
        tx = Tx(
            amount, text.split("|"), given.get("e2e", "NOTPROVIDED"), tx_id=given.get("tx", ""), side=side,
            name=given.get("from", "Erika Mustermann"), iban=given.get("iban", "DE02120300000000202051"),
            reason=given.get("reason", ""), charges=given.get("charges", ""), original=given.get("original", ""),
            mandate=given.get("mandate", ""), instruction=given.get("instr", ""),
        )  # fmt: skip
        entry = Ntry(
            amount, [tx], ref=f"REF-{name}-{len(self.details)}", side=side, day=given.get("day", "2026-10-05"),
            code=given.get("code", "166"),
        )  # fmt: skip
        iban = bank_accounts(tenant=self.town)[0].iban
        with tempfile.TemporaryDirectory() as folder:
            message = Camt(iban, [entry], message_id=f"M{name}", statement_id=f"S{name}")
            path = message.write(Path(folder), f"{name}.xml")
            allocation.import_bank_file(tenant=self.town, path=path, name=path.name, at=AT)
        (found,) = bank.entries_named(tenant=self.town, name=entry.ref)
        self.details[name] = bank.details_of(tenant=self.town, entry_id=found)[0].id

    def _settle(self, said: str) -> None:
        name, _, rest = said.partition(" ")
        shares_said, _, rest_said = rest.partition(" rest ")
        shares = []
        for share in filter(None, (s.strip() for s in shares_said.replace("rest ", "").split(","))):
            if share in list(allocation.Rest):
                rest_said = share
                continue
            claim, amount, *_ = share.split()
            shares.append((self.claims[claim].id, eur(amount).cents))
        allocation.settle(
            tenant=self.town,
            detail=self.details[name],
            shares=shares,
            by=BY,
            at=AT,
            rest=allocation.Rest(rest_said.strip() or "none"),
        )

    def _book(self, said: str) -> None:
        name, account, note = (*said.split(None, 2), "")[:3]
        allocation.settle_to(tenant=self.town, detail=self.details[name], account=account, by=BY, at=AT, note=note)

    def _back(self, said: str) -> None:
        name, _, reason = said.partition(" ")
        allocation.take_back(tenant=self.town, detail=self.details[name], by=BY, at=AT, reason=reason)

    def _retry(self, said: str) -> None:
        assert allocation.retry_doubts(tenant=self.town, at=AT) == int(said), said

    # --- what is so -----------------------------------------------------------------------------------

    def _open(self, said: str) -> None:
        name, amount = said.split()
        claim = claims.claim_by_id(tenant=self.town, claim_id=self.claims[name].id)
        assert claim.open == eur(amount), f"open {said}: {claim.open}"

    def _waits(self, said: str) -> None:
        name, *told = said.split()
        found = [i for i in allocation.suspense(tenant=self.town) if i.detail == self.details[name]]
        if told == ["nothing"]:
            assert found == [], f"waits {said}: {found}"
            return
        assert found, f"waits {said}: it does not"
        assert (found[0].amount.plain, str(found[0].doubt)) == (told[0], told[1]), f"waits {said}: {found[0]}"

    def _account(self, said: str) -> None:
        code, amount = said.split()
        assert Money(ledger.balance(tenant=self.town, account=code)).plain == amount, said

    def _refused(self, said: str) -> None:
        code, _, step = said.partition(":")
        before = state(self.town)
        with pytest.raises(Refusal) as refusal:
            self._step(step.strip())
        assert refusal.value.code == code, f"{said}: {refusal.value.code}"
        assert state(self.town) == before, "refused, and yet something moved"

    def _numbers(self, text: str) -> str:
        """Put Kassenzeichen where claims' names stand."""
        words = text.split(" ")
        return " ".join(self.claims[word].kassenzeichen if word in self.claims else word for word in words)


def tell(story: str, **town_file: Any) -> Teller:
    """Tell a story in a town of its own."""
    return Teller(**town_file).tell(story)


def with_policy(**words: object) -> dict[str, object]:
    """A town file whose settings say this."""
    small = words.pop("small", 0)
    return {"settings": {"policy": words, "small_difference_cents": small}}
