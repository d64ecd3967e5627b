"""Table of the API: answers given under an Idempotency-Key."""

from django.db import models

from .base import OfTenant


class IdempotencyRow(OfTenant):
    """What was answered to a key, so that the same request is answered alike."""

    id = models.UUIDField(primary_key=True)
    client = models.UUIDField()
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.SmallIntegerField(null=True)
    body = models.TextField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "idempotency"
        constraints = [models.UniqueConstraint("tenant", "client", "key", name="idempotency_key")]
