"""Tables of the frame around the pages: tries that are counted, what people report of barriers, mail to be sent."""

from django.db import models

from .base import OfTenant


class TryRow(OfTenant):
    """A try of a visitor, kept a day to slow down those who guess; the address is a keyed digest."""

    id = models.UUIDField(primary_key=True)
    what = models.CharField(max_length=10)
    address = models.CharField(max_length=64)
    subject = models.CharField(max_length=64)
    missed = models.BooleanField(default=True)
    payment = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "try"
        indexes = [
            models.Index("tenant", "what", "address", "at", name="try_address"),
            models.Index("tenant", "what", "subject", "at", name="try_subject"),
            models.Index("tenant", "what", "at", name="try_at"),
        ]


class FeedbackRow(OfTenant):
    """A barrier somebody met (BITV 2.0, § 12b BGG: feedback mechanism)."""

    id = models.UUIDField(primary_key=True)
    text = models.TextField()
    place = models.TextField()
    name = models.TextField()
    email = models.TextField()
    language = models.CharField(max_length=16)
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.TextField(null=True)

    class Meta:
        db_table = "feedback"
        indexes = [models.Index("tenant", "at", name="feedback_at")]


class MailRow(OfTenant):
    """A mail that waits to be sent; it is deleted when it is sent or given up, and the address with it."""

    id = models.UUIDField(primary_key=True)
    about = models.UUIDField()
    recipient = models.TextField()
    title = models.TextField()
    text = models.TextField()
    file_name = models.TextField()
    file = models.BinaryField()
    written_at = models.DateTimeField()
    due_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    sending_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "mail"
        indexes = [models.Index("tenant", "due_at", name="mail_due")]
