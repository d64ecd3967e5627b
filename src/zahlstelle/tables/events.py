"""Tables of events: the outbox, written in the same transaction as what happened."""

from django.db import models

from .base import OfTenantInBulk


class EventRow(OfTenantInBulk):
    """Something that happened; delivered from here, never lost, never before it is true."""

    id = models.UUIDField(primary_key=True)
    name = models.TextField()
    subject = models.UUIDField()
    payload = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        db_table = "event"
        indexes = [models.Index("tenant", "subject", "at", name="event_subject")]
