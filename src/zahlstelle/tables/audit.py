"""Tables of audit: who did what; append-only, chained."""

from django.db import models

from .base import OfTenant


class AuditRow(OfTenant):
    """One deed; `seal` covers it and the seal before, so that a gap or a change shows."""

    number = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.TextField()
    action = models.TextField()
    subject = models.TextField()
    details = models.JSONField(default=dict)
    seal = models.BinaryField()

    class Meta:
        db_table = "audit"
        constraints = [models.UniqueConstraint("tenant", "number", name="audit_number")]
