"""Allocate as a set what is beyond doubt: a collective entry of a million details in a few statements for each batch.

Taken are only details for which the decision table would certainly say Allocate: one exact reference (`_exact`), its
claim with exactly this amount open, not too late by its policy, nothing online under way, and no other detail of the
file that could be about the same claim. Everything else is left over, in order, for the decision table. Both ways end
in the same rows.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle import bank, claims, events, ledger, payments
from zahlstelle.iso20022 import Detail
from zahlstelle.kernel import NUMBERED_FROM, numbered_id
from zahlstelle.tenancy import LatePayment, Policy, Tenant

from ._exact import DAYS_LATE, Reader, decision_id, exact_reasons
from ._policies import policy_of
from ._references import one_mistake
from ._rules import RULE_VERSION, references_in

BATCH = bank.AT_ONCE  # never more: only inside a batch it is known that a claim is named once
_REMEMBERED = 100_000

_TABLES = """
CREATE TEMP TABLE IF NOT EXISTS contested (claim uuid PRIMARY KEY) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS fit (entry uuid, booked_on date, journal text, decision text) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS left_over (detail uuid, entry uuid, number integer) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS settling (row integer PRIMARY KEY, detail uuid, entry uuid, cents bigint, claim uuid,
    kassenzeichen text, booked_on date, late integer, journal uuid, decision uuid, instruction_id text,
    tx_id text) ON COMMIT DROP;
TRUNCATE contested, fit, left_over, settling
"""


class Namer:
    """Tells of a batch of details, while the file is read, which of them name one Kassenzeichen exactly.

    A claim that any other detail of the file may be about is contested: the decision table decides who comes first.
    """

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._pools = claims.pools(tenant=tenant)
        self._reader = Reader(self._pools)
        self._no_claim: set[str] = set()  # words that were looked up before
        with connection.cursor() as cursor:
            cursor.execute(_TABLES)

    def __call__(self, details: Sequence[Detail]) -> Sequence[str | None]:
        named = [self._reader.exact(detail) for detail in details]
        words = {word for one in named if one for word in one.words} - self._no_claim
        known = claims.existing(tenant=self._tenant, numbers=words)
        self._remember(words - known.keys())
        often = {number for number, n in Counter(one.number for one in named if one).items() if n > 1}
        sure = [
            one.number if one and one.number not in often and known.keys().isdisjoint(one.words) else None
            for one in named
        ]
        self._contest([detail for detail, number in zip(details, sure, strict=True) if number is None])
        return sure

    def _remember(self, words: set[str]) -> None:
        if len(self._no_claim) > _REMEMBERED:
            self._no_claim.clear()
        self._no_claim |= words

    def _contest(self, unsure: Sequence[Detail]) -> None:
        candidates: set[str] = set()
        unchecked: set[str] = set()
        for detail in unsure:
            named = references_in(
                end_to_end_id=detail.end_to_end_id,
                reference=detail.reference,
                remittance=detail.remittance or [text for text in (detail.additional_info,) if text],
                pools=self._pools,
            )
            candidates |= named.candidates
            candidates.update(*named.silent.values())
            unchecked |= named.candidates - named.checked
        known = dict(claims.existing(tenant=self._tenant, numbers=candidates)) if candidates else {}
        # A number without check digit is believed only where no open claim is one mistake away.
        unsure_of = [number for number in unchecked & known.keys() if number.isdigit()]
        if near := {other for number in unsure_of for other, _ in one_mistake(number, len(number))}:
            known.update(claims.existing(tenant=self._tenant, numbers=near))
        if known:
            with connection.cursor() as cursor:
                cursor.execute(_CONTEST, [list(known.values())])


_CONTEST = "INSERT INTO contested SELECT unnest(%s::uuid[]) ON CONFLICT DO NOTHING"


def allocate_exact(*, tenant: Tenant, rows: int, at: datetime) -> int:
    """Allocate what is beyond doubt among the details of the file just taken in. Gives how many."""
    if not rows:
        return 0
    with _row_by_row():
        with connection.cursor() as cursor:
            cursor.execute(_FIT, _fit(tenant))
            cursor.execute("ANALYZE fit, contested")
        given = {"tenant": tenant.id, **_may_be_late(tenant)}
        firsts = range(1, rows + 1, BATCH)
        batches = ({**given, "first": first, "last": min(first + BATCH - 1, rows)} for first in firsts)
        return sum(_batch(tenant, batch, at) for batch in batches)


@contextmanager
def _row_by_row() -> Iterator[None]:
    """Let the database find each claim of a batch by its key: a batch must not cost more because the town is large.

    Left to itself it may read every claim of the town for each batch, or compile a statement that runs for 50 ms.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET enable_hashjoin; RESET enable_mergejoin; RESET jit")


_FIT = """
INSERT INTO fit SELECT * FROM unnest(%(entries)s::uuid[], %(days)s::date[], %(journals)s::text[], %(decisions)s::text[])
"""


def _fit(tenant: Tenant) -> dict[str, Any]:
    """Entries whose details may be allocated, with the beginnings of the ids that follow from theirs."""
    entries = [entry for entry in bank.placed_entries(tenant=tenant) if not entry.returned]
    firsts = [numbered_id(entry.id, 0) for entry in entries]
    journals = [ledger.entry_of_occasion(tenant=tenant, occasion=f"allocation:{first}") for first in firsts]
    return {
        "entries": [entry.id for entry in entries],
        "days": [entry.booked_on for entry in entries],
        "journals": [str(journal)[:NUMBERED_FROM] for journal in journals],
        "decisions": [str(decision_id(first, None, RULE_VERSION))[:NUMBERED_FROM] for first in firsts],
    }


def _may_be_late(tenant: Tenant) -> dict[str, Any]:
    """Name the services whose claims may be paid late, and say whether claims without a service may."""
    of_town = policy_of(tenant=tenant)
    said = claims.service_policies(tenant=tenant)
    return {
        "late": [service for service, more in said.items() if _posts_late(of_town.with_changes(more))],
        "late_others": _posts_late(of_town),
    }


def _posts_late(policy: Policy) -> bool:
    return policy.late_payment is LatePayment.POST


# Locks what it finds; what an online payment has to do with it is asked afterwards, when nobody can change it any more.
_MATCH = f"""
INSERT INTO settling
SELECT d.row, d.id, d.entry, d.amount_cents, c.id, c.kassenzeichen, f.booked_on,
    CASE WHEN c.due_on < f.booked_on THEN f.booked_on - c.due_on END,
    (f.journal || right(d.id::text, 8))::uuid, (f.decision || right(d.id::text, 8))::uuid, d.instruction_id, d.tx_id
FROM ({bank.PLACED_DETAILS}) d JOIN fit f ON f.entry = d.entry
JOIN claim c ON c.tenant_id = %(tenant)s AND c.kassenzeichen = d.named
JOIN claim_balance b ON b.tenant_id = %(tenant)s AND b.claim_id = c.id
WHERE d.row BETWEEN %(first)s AND %(last)s AND d.side = 'credit' AND d.currency = 'EUR' AND c.currency = 'EUR'
    AND d.amount_cents > 0 AND b.due_cents - b.settled_cents = d.amount_cents
    AND (c.due_on IS NULL OR c.due_on >= f.booked_on OR coalesce(c.service_id = ANY(%(late)s::uuid[]), %(late_others)s))
    AND NOT EXISTS (SELECT 1 FROM contested x WHERE x.claim = c.id)
ORDER BY c.id FOR UPDATE OF b
"""  # noqa: S608 - put together from our own words only
_LEFT_OVER = f"""
INSERT INTO left_over SELECT d.id, d.entry, d.number FROM ({bank.PLACED_DETAILS}) d
WHERE d.row BETWEEN %(first)s AND %(last)s AND NOT EXISTS (SELECT 1 FROM settling s WHERE s.row = d.row)
"""  # noqa: S608
# Each claim is looked up by its key: a join may read all claims of the town once for every detail.
_CONTEST_LEFT_OVER = """
INSERT INTO contested SELECT c.id FROM seen_detail d
CROSS JOIN LATERAL (SELECT id FROM claim WHERE tenant_id = %(tenant)s AND kassenzeichen = d.named LIMIT 1) c
WHERE d.row BETWEEN %(first)s AND %(last)s AND NOT EXISTS (SELECT 1 FROM settling s WHERE s.row = d.row)
ON CONFLICT DO NOTHING
"""


def _batch(tenant: Tenant, given: dict[str, Any], at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE settling")
        cursor.execute(_MATCH, given)
        online = payments.rows_with_attempts(tenant=tenant, select=_ROWS, given={})
        if online:
            cursor.execute("DELETE FROM settling WHERE row = ANY(%s)", [list(online)])
        cursor.execute("SELECT count(*) FROM settling")
        (count,) = cursor.fetchone()
        if count < given["last"] - given["first"] + 1:
            cursor.execute(_LEFT_OVER, given)
            cursor.execute(_CONTEST_LEFT_OVER, given)
    if count:
        _write(tenant, count, at)
    return int(count)


_ROWS = "SELECT row, claim, instruction_id, tx_id FROM settling"
_CLAIMS = "SELECT claim FROM settling"
_CENTS = "SELECT claim, cents FROM settling"
_SUBJECTS = "SELECT claim AS subject FROM settling"
_BOOKINGS = """
SELECT journal AS id, 'allocation:' || detail AS occasion, booked_on, 'Zuordnung ' || kassenzeichen AS text, cents,
    'EUR' AS currency, 'suspense' AS soll, entry AS soll_subject, 'receivable' AS haben, claim AS haben_subject
FROM settling
"""
_REMEMBER = """
INSERT INTO allocation (tenant_id, id, detail, entry, outcome, amount_cents, claim, reasons, rule_version, decided_at,
    decided_by, journal_entry)
SELECT %(tenant)s, decision, detail, entry, 'allocated', cents, claim,
    to_jsonb(string_to_array(
        replace(%(reasons)s, '{}', kassenzeichen) || coalesce(E'\\n' || late || %(late)s, ''), E'\\n')),
    %(rule)s, %(at)s, %(by)s, journal
FROM settling
"""


def _write(tenant: Tenant, count: int, at: datetime) -> None:
    claims.settle_selected(tenant=tenant, select=_CENTS, given={}, count=count)
    ledger.post_selected(tenant=tenant, select=_BOOKINGS, given={}, at=at)
    said: dict[str, Any] = {
        "tenant": tenant.id,
        "reasons": "\n".join(exact_reasons("{}")),
        "late": DAYS_LATE.format(days=""),
        "rule": RULE_VERSION,
        "at": at,
        "by": "rule",
    }
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, said)
    events.record_selected(tenant=tenant, name="claim.settled", select=_SUBJECTS, given={}, at=at)
    waiting = payments.awaiting_transfer(tenant=tenant, select=_CLAIMS, given={})
    payments.settled_by_transfer(tenant=tenant, claim_ids=waiting, at=at)


_TO_DECIDE = """
SELECT d.id FROM unnest(%(entries)s::uuid[]) WITH ORDINALITY t (entry, place)
JOIN (
    SELECT detail AS id, entry, number FROM left_over
    UNION ALL
    SELECT id, entry, number FROM bank_detail
    WHERE tenant_id = %(tenant)s AND entry = ANY(%(alone)s::uuid[]) AND active
) d ON d.entry = t.entry ORDER BY t.place, d.number
"""


def left_over(*, tenant: Tenant, entries: Sequence[UUID], size: int = 5_000) -> Iterator[Sequence[UUID]]:
    """Give, in order and in batches, the details of these entries that the decision table is to decide."""
    if not entries:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT entry FROM placed")
        placed = {entry for (entry,) in cursor.fetchall()}
        alone = [entry for entry in entries if entry not in placed]
        given: dict[str, Any] = {"tenant": tenant.id, "entries": list(entries), "alone": alone}
        cursor.execute("DROP TABLE IF EXISTS to_decide")
        cursor.execute(
            f"CREATE TEMP TABLE to_decide ON COMMIT DROP AS {_TO_DECIDE}",
            given,
        )
        cursor.execute("ALTER TABLE to_decide ADD COLUMN place serial")
    yield from _pages(size)


def _pages(size: int) -> Iterator[Sequence[UUID]]:
    first = 1
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM to_decide WHERE place >= %s AND place < %s ORDER BY place", [first, first + size]
            )
            page = [detail for (detail,) in cursor.fetchall()]
        if not page:
            return
        yield page
        first += size
