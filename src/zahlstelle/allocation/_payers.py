"""Learned payers: whose claims an account has paid so far. A source of proposals, in shadow until a person shows it.

What is learned never posts anything. Its worth is measured by itself: for each payment whose claim a reference or a
person has confirmed, and whose account was known before, a trial says whether the debtor named first was the right one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from zahlstelle import audit, claims
from zahlstelle.claims import Candidate
from zahlstelle.kernel import Refusal, fact_id, new_id
from zahlstelle.tables.allocation import PayerSwitchRow, PayerTrialRow
from zahlstelle.tenancy import Tenant, inside

from ._scoring import PAYER, Hint

LEAST_TRIALS = 30


class LearnedTooLittle(Refusal):
    """Learned payers have not been tried often enough in this town to say what they are worth."""

    code = "learned_too_little"


@dataclass(frozen=True, slots=True)
class LearnedPayers:
    """Whether proposals of learned payers are shown, and what they were worth so far."""

    shown: bool
    trials: int
    agreed: int
    switched_by: str | None = None
    switched_at: datetime | None = None

    @property
    def percent(self) -> int | None:
        """Of a hundred trials, how many agreed; None before the first."""
        return self.agreed * 100 // self.trials if self.trials else None


# One statement, so that a trial never knows what is learned from the same payment. `horizon`: what is below is final.
_LEARN = """
WITH range AS (
    SELECT coalesce((SELECT to_xid FROM payer_learned WHERE tenant_id = %(tenant)s), 0) AS from_xid,
        pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS to_xid
), fresh AS MATERIALIZED (
    SELECT a.id, a.detail, a.decided_at, d.party_iban AS iban, c.debtor_name AS debtor FROM range r
    JOIN journal_entry e ON e.tenant_id = %(tenant)s AND e.xid >= r.from_xid AND e.xid < r.to_xid
        AND starts_with(e.occasion, 'allocation:')
    JOIN allocation a ON a.tenant_id = %(tenant)s AND a.detail = split_part(e.occasion, ':', 2)::uuid
        AND a.journal_entry = e.id AND a.outcome = 'allocated' AND a.account IS NULL AND a.attempt IS NULL
    JOIN bank_detail d ON d.tenant_id = %(tenant)s AND d.id = a.detail AND d.party_iban IS NOT NULL
    JOIN claim c ON c.tenant_id = %(tenant)s AND c.id = a.claim AND c.debtor_name IS NOT NULL
    WHERE NOT EXISTS (SELECT 1 FROM allocation b WHERE b.tenant_id = %(tenant)s AND b.detail = a.detail
        AND b.takes_back = a.id)
), first AS (
    SELECT DISTINCT ON (h.iban) h.iban, h.debtor FROM payer_habit h
    WHERE h.tenant_id = %(tenant)s AND h.iban IN (SELECT iban FROM fresh)
    ORDER BY h.iban, h.times DESC, h.last_at DESC, h.debtor
), trial AS (
    INSERT INTO payer_trial (tenant_id, id, detail, agreed, decided_at)
    SELECT %(tenant)s, f.id, f.detail, f.debtor = first.debtor, f.decided_at FROM fresh f JOIN first USING (iban)
    ON CONFLICT (id) DO NOTHING
), habit AS (
    INSERT INTO payer_habit (tenant_id, id, iban, debtor, times, last_at)
    SELECT %(tenant)s, md5(%(tenant)s::text || iban || debtor)::uuid, iban, debtor, count(*), max(decided_at)
    FROM fresh GROUP BY iban, debtor ORDER BY iban, debtor
    ON CONFLICT (tenant_id, iban, debtor) DO UPDATE SET times = payer_habit.times + excluded.times,
        last_at = greatest(payer_habit.last_at, excluded.last_at)
)
INSERT INTO payer_learned (tenant_id, id, to_xid) SELECT %(tenant)s, %(id)s, r.to_xid FROM range r
WHERE EXISTS (SELECT 1 FROM journal_entry e WHERE e.tenant_id = %(tenant)s AND e.xid >= r.from_xid AND e.xid < r.to_xid)
ON CONFLICT (tenant_id) DO UPDATE SET to_xid = excluded.to_xid
RETURNING (SELECT count(*) FROM fresh)
"""


def learn_payers(*, tenant: Tenant) -> int:
    """Learn from what was allocated since the last time, and try what was known before on it. Returns how much."""
    with inside(tenant), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"payers {tenant.id}"])
        cursor.execute(_LEARN, {"tenant": tenant.id, "id": fact_id("payer_learned", tenant.id)})
        learned = cursor.fetchone()
        return int(learned[0]) if learned else 0


_FORGET = """
UPDATE payer_habit h SET times = h.times - 1 FROM bank_detail d, claim c
WHERE h.tenant_id = %(tenant)s AND d.tenant_id = h.tenant_id AND d.id = %(detail)s AND d.party_iban = h.iban
    AND c.tenant_id = h.tenant_id AND c.id = ANY(%(claims)s::uuid[]) AND c.debtor_name = h.debtor AND h.times > 0
"""


def forget(tenant: Tenant, detail: UUID, claim_ids: Sequence[UUID]) -> None:
    """Unlearn what a decision taught that is taken back."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"tenant": tenant.id, "detail": detail, "claims": list(claim_ids)})


def learned_payers(*, tenant: Tenant) -> LearnedPayers:
    """Tell whether proposals of learned payers are shown, and how often they were right."""
    with inside(tenant):
        trials = PayerTrialRow.objects.filter(tenant_id=tenant.id)
        count, agreed = trials.count(), trials.filter(agreed=True).count()
        last = PayerSwitchRow.objects.filter(tenant_id=tenant.id).order_by("-switched_at", "-id").first()
    if last is None:
        return LearnedPayers(False, count, agreed)
    return LearnedPayers(last.shown, count, agreed, last.switched_by, last.switched_at)


def show_learned_payers(*, tenant: Tenant, shown: bool, by: str, at: datetime) -> None:
    """Show proposals of learned payers in this town, or hide them again. Raises LearnedTooLittle."""
    with inside(tenant):
        now = learned_payers(tenant=tenant)
        if shown and now.trials < LEAST_TRIALS:
            raise LearnedTooLittle(f"{now.trials} trials so far, {LEAST_TRIALS} are needed")
        PayerSwitchRow.objects.create(
            id=new_id(),
            tenant_id=tenant.id,
            shown=shown,
            trials=now.trials,
            agreed=now.agreed,
            switched_by=by,
            switched_at=at,
        )
        about = {"shown": shown, "trials": now.trials, "agreed": now.agreed}
        audit.write(
            tenant=tenant, at=at, actor=by, action="learned_payers.switched", subject="learned_payers", details=about
        )


_DEBTORS = """
SELECT h.iban, h.debtor, h.times FROM unnest(%(ibans)s::text[]) AS asked (iban) CROSS JOIN LATERAL (
    SELECT iban, debtor, times FROM payer_habit WHERE tenant_id = %(tenant)s AND iban = asked.iban AND times > 0
    ORDER BY times DESC, last_at DESC, debtor LIMIT 5
) h
"""


def debtors_of_payers(tenant: Tenant, ibans: Iterable[str | None]) -> Mapping[str, Sequence[tuple[Candidate, Hint]]]:
    """List, for each account, open claims of the debtors it has paid for, where the town shows them."""
    asked = sorted({iban for iban in ibans if iban})
    if not asked or not learned_payers(tenant=tenant).shown:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_DEBTORS, {"tenant": tenant.id, "ibans": asked})
        habits: list[tuple[str, str, int]] = cursor.fetchall()
    open_claims: dict[str, list[Candidate]] = defaultdict(list)
    for claim in claims.candidates_of_debtors(tenant=tenant, debtors=sorted({debtor for _, debtor, _ in habits})):
        open_claims[claim.debtor_name or ""].append(claim)
    found: dict[str, list[tuple[Candidate, Hint]]] = defaultdict(list)
    for iban, debtor, times in habits:
        found[iban] += [(claim, _hint(times)) for claim in open_claims[debtor]]
    return found


def _hint(times: int) -> Hint:
    return Hint(PAYER, f"Von diesem Konto kamen schon {times} Zahlungen dieses Schuldners")
