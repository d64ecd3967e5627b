"""Tables of allocation: every decision with its reasons, and what is still in suspense."""

from django.db import models

from .base import OfTenant


class AllocationRow(OfTenant):
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

    class Meta:
        db_table = "allocation"
        indexes = [
            models.Index("tenant", "detail", name="allocation_detail"),
            models.Index(fields=["tenant", "claim"], condition=models.Q(claim__isnull=False), name="allocation_claim"),
            models.Index(
                fields=["tenant", "entry"], condition=~models.Q(decided_by="rule"), name="allocation_by_people"
            ),
        ]


class SuspenseRow(OfTenant):
    """Money in suspense (Verwahrung): a detail whose purpose is not yet known, with its doubt."""

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
