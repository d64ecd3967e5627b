"""Tables of the ledger: accounts, entries, lines, seals. The database refuses what is unsound."""

from django.db import models

from .base import OfTenant, OfTenantInBulk


class AccountRow(OfTenant):
    """An account of the book."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=60)
    name = models.TextField()

    class Meta:
        db_table = "account"
        constraints = [models.UniqueConstraint("tenant", "code", name="account_code")]


class JournalEntryRow(OfTenantInBulk):
    """A booking. Never changed: a correction is one more entry that names it in `reverses`."""

    id = models.UUIDField(primary_key=True)
    occasion = models.TextField()
    booked_on = models.DateField()
    recorded_at = models.DateTimeField()
    text = models.TextField()
    reverses = models.UUIDField(null=True)
    xid = models.BigIntegerField()  # the transaction that wrote it; the database fills it in

    class Meta:
        db_table = "journal_entry"
        indexes = [models.Index("tenant", "xid", name="journal_entry_xid")]


class JournalLineRow(OfTenantInBulk):
    """One line: account, side, cents above zero, and what it is about."""

    id = models.BigAutoField(primary_key=True)
    entry = models.UUIDField()
    account = models.ForeignKey(
        AccountRow, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )  # the guard of the lines compares accounts as a set
    side = models.CharField(max_length=5)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    subject = models.UUIDField()

    class Meta:
        db_table = "journal_line"
        indexes = [
            # With the tenant, which every statement names: else a fresh town's statistics invite to read all its lines.
            models.Index("entry", "tenant", name="journal_line_entry_tenant"),
            models.Index("tenant", "subject", name="journal_line_subject"),
        ]
        constraints = [
            models.CheckConstraint(name="journal_line_side", condition=models.Q(side__in=["SOLL", "HABEN"])),
            models.CheckConstraint(name="journal_line_amount", condition=models.Q(amount_cents__gt=0)),
        ]


class SealRow(OfTenant):
    """A seal over all entries of a stretch of transactions, chained to the seal before."""

    number = models.BigIntegerField()
    from_xid = models.BigIntegerField()
    to_xid = models.BigIntegerField()
    entries = models.BigIntegerField()
    soll_cents = models.BigIntegerField()
    digest = models.BinaryField()
    sealed_at = models.DateTimeField()

    class Meta:
        db_table = "seal"
        constraints = [models.UniqueConstraint("tenant", "number", name="seal_number")]
