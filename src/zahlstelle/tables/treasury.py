"""Tables of the treasury: which collective credits were handed on, under which name."""

from django.db import models

from .base import OfTenant


class DeliveryRow(OfTenant):
    """A camt.054 in the town's folder: numbered first, delivered when it lies there under its name."""

    id = models.UUIDField(primary_key=True)
    entry = models.UUIDField()
    account_iban = models.CharField(max_length=34)
    currency = models.CharField(max_length=3)
    day = models.DateField()
    number = models.IntegerField()
    name = models.TextField()
    message_id = models.CharField(max_length=35, null=True)
    waiting = models.IntegerField()  # details of the entry in suspense when it was written
    by_people = models.IntegerField()  # decisions that people had made about it by then
    numbered_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "delivery"
        constraints = [
            models.UniqueConstraint("tenant", "account_iban", "currency", "day", "number", name="delivery_number"),
        ]
        indexes = [
            models.Index("tenant", "entry", "numbered_at", name="delivery_entry"),
            models.Index("tenant", "numbered_at", name="delivery_latest"),
        ]


class WorkerRoundRow(OfTenant):
    """When a worker last did for the town everything that was due."""

    id = models.UUIDField(primary_key=True)
    ended_at = models.DateTimeField()

    class Meta:
        db_table = "worker_round"
        constraints = [models.UniqueConstraint("tenant", name="worker_round_of_tenant")]
