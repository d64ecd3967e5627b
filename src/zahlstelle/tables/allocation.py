"""Tables of allocation: every decision with its reasons, what is still in suspense, and what was learned of payers."""

from django.db import models

from .base import OfTenant, OfTenantInBulk


class AllocationRow(OfTenantInBulk):
    """A decision about a detail's money; never changed, a later one follows it."""

    id = models.UUIDField(primary_key=True)
    detail = models.UUIDField()
    entry = models.UUIDField()
    outcome = models.CharField(max_length=10)
    amount_cents = models.BigIntegerField()
    claim = models.UUIDField(null=True)
    attempt = models.UUIDField(null=True)
    doubt = models.CharField(max_length=40, null=True)
    reasons = models.JSONField(default=list)
    rule_version = models.CharField(max_length=20)
    decided_at = models.DateTimeField()
    decided_by = models.TextField()
    journal_entry = models.UUIDField(null=True)
    account = models.CharField(max_length=60, null=True)  # where money went that is no claim's and no payment's
    lines = models.JSONField(null=True)  # [[number, cents], ...] of the claim's lines; null: all that was open
    runner_up = models.JSONField(null=True)  # the second candidate, its score and reasons
    takes_back = models.UUIDField(null=True)  # the decision that is taken back

    class Meta:
        db_table = "allocation"
        indexes = [
            models.Index("tenant", "detail", name="allocation_detail"),
            models.Index(fields=["tenant", "claim"], condition=models.Q(claim__isnull=False), name="allocation_claim"),
            models.Index(
                fields=["tenant", "attempt"], condition=models.Q(attempt__isnull=False), name="allocation_attempt"
            ),
            models.Index(
                fields=["tenant", "entry"], condition=~models.Q(decided_by="rule"), name="allocation_by_people"
            ),
        ]


class SuspenseRow(OfTenant):
    """Money in suspense (Verwahrung): what of a detail has no known purpose yet, with its doubt."""

    detail = models.UUIDField(primary_key=True)
    entry = models.UUIDField()
    side = models.CharField(max_length=6)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    doubt = models.CharField(max_length=40)
    candidate = models.CharField(max_length=35, null=True)
    since = models.DateTimeField()

    class Meta:
        db_table = "suspense"
        constraints = [models.CheckConstraint(name="suspense_amount", condition=models.Q(amount_cents__gt=0))]
        indexes = [
            models.Index("tenant", "doubt", name="suspense_doubt"),
            models.Index(
                fields=["tenant", "candidate"],
                condition=models.Q(candidate__isnull=False),
                name="suspense_candidate",
            ),
        ]


class PayoutShareRow(OfTenant):
    """Which detail of which bank entry an item of a provider's report is: each item once, each detail once."""

    item = models.UUIDField(primary_key=True)
    payout = models.UUIDField()
    detail = models.UUIDField()
    entry = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        db_table = "payout_share"
        constraints = [models.UniqueConstraint("tenant", "detail", name="payout_share_detail")]
        indexes = [
            models.Index("tenant", "payout", name="payout_share_payout"),
            models.Index("tenant", "entry", name="payout_share_entry"),
        ]


class PayerHabitRow(OfTenant):
    """Whose claims an account has paid so far (learned payer): a source of proposals, never a reason to post."""

    id = models.UUIDField(primary_key=True)
    iban = models.CharField(max_length=34)
    debtor = models.TextField()
    times = models.IntegerField()
    last_at = models.DateTimeField()

    class Meta:
        db_table = "payer_habit"
        constraints = [models.UniqueConstraint("tenant", "iban", "debtor", name="payer_habit_once")]


class PayerTrialRow(OfTenant):
    """Whether the debtor a learned payer names first was the one whose claim the money paid. Written once."""

    id = models.UUIDField(primary_key=True)
    detail = models.UUIDField()
    agreed = models.BooleanField()
    decided_at = models.DateTimeField()

    class Meta:
        db_table = "payer_trial"
        indexes = [models.Index("tenant", "decided_at", name="payer_trial_at")]


class PayerLearnedRow(OfTenant):
    """How far learning has come: every decision of an earlier transaction is learned."""

    id = models.UUIDField(primary_key=True)
    to_xid = models.BigIntegerField()

    class Meta:
        db_table = "payer_learned"
        constraints = [models.UniqueConstraint("tenant", name="payer_learned_once")]


class PayerSwitchRow(OfTenant):
    """Whether proposals of learned payers are shown in this town: who switched, when, at which measured precision."""

    id = models.UUIDField(primary_key=True)
    shown = models.BooleanField()
    trials = models.IntegerField()
    agreed = models.IntegerField()
    switched_by = models.TextField()
    switched_at = models.DateTimeField()

    class Meta:
        db_table = "payer_switch"
        indexes = [models.Index("tenant", "switched_at", name="payer_switch_at")]
