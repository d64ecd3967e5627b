"""Tables of the bank room: files, statements, entries, details and where each was seen."""

from django.db import models

from .base import OfTenant, OfTenantInBulk

NOTHING = models.Value([], output_field=models.JSONField())


class BankFileRow(OfTenant):
    """A bank file as it came; one row a content, however often it is sent."""

    id = models.UUIDField(primary_key=True)
    sha256 = models.CharField(max_length=64)
    name = models.TextField()
    size = models.BigIntegerField()
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=10)
    code = models.TextField(null=True)
    reason = models.TextField(null=True)

    class Meta:
        db_table = "bank_file"
        constraints = [models.UniqueConstraint("tenant", "sha256", name="bank_file_once")]


class BankFilePartRow(OfTenant):
    """A piece of the unchanged file, kept for the auditor."""

    file = models.ForeignKey(BankFileRow, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.IntegerField()
    content = models.BinaryField()

    class Meta:
        db_table = "bank_file_part"
        constraints = [models.UniqueConstraint("file", "number", name="bank_file_part_number")]


class StatementRow(OfTenant):
    """A statement, report or notification inside a file (Stmt, Rpt, Ntfctn)."""

    id = models.UUIDField(primary_key=True)
    file = models.ForeignKey(BankFileRow, on_delete=models.PROTECT, related_name="+")
    member = models.TextField()
    message = models.CharField(max_length=20)
    version = models.CharField(max_length=10)
    message_id = models.TextField()
    statement_id = models.TextField()
    account_iban = models.CharField(max_length=34)
    currency = models.CharField(max_length=3, null=True)
    sequence = models.TextField(null=True)
    created_at = models.TextField(null=True)
    opening_cents = models.BigIntegerField(null=True)
    closing_cents = models.BigIntegerField(null=True)
    identity = models.CharField(max_length=64)
    opening_on = models.DateField(null=True)
    closing_on = models.DateField(null=True)
    first_on = models.DateField(null=True)  # the first and last booking day of its entries
    last_on = models.DateField(null=True)
    booked_cents = models.BigIntegerField(
        default=0, db_default=0
    )  # what its booked entries add up to; credits above zero
    balanced = models.BooleanField(null=True)  # opening and booked entries come to the closing balance
    day_sums = models.JSONField(default=list, db_default=NOTHING)  # [day, cents, entries] for each booking day
    covered = models.JSONField(default=list, db_default=NOTHING)  # days of which it is the bank's last word
    repeats = models.UUIDField(null=True)  # the statement of which this one tells again
    deviations = models.JSONField(
        default=list, db_default=NOTHING
    )  # what the bank wrote other than the standard has it
    deviation_count = models.IntegerField(default=0, db_default=0)

    class Meta:
        db_table = "statement"
        constraints = [models.UniqueConstraint("tenant", "identity", name="statement_once")]
        indexes = [
            models.Index("tenant", "message_id", name="statement_message_id"),
            models.Index("tenant", "account_iban", "last_on", name="statement_account"),
        ]


class BankEntryRow(OfTenant):
    """An entry of the account (Umsatz): each once, whatever files tell of it."""

    id = models.UUIDField(primary_key=True)
    account_iban = models.CharField(max_length=34)
    booked_on = models.DateField(null=True)
    value_on = models.DateField(null=True)
    side = models.CharField(max_length=6)
    reversal = models.BooleanField()
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10)
    booked = models.BooleanField()
    bank_ref = models.TextField(null=True)
    entry_ref = models.TextField(null=True)
    btc = models.TextField(null=True)
    proprietary_code = models.TextField(null=True)
    batch_count = models.IntegerField(null=True)
    batch_message_id = models.TextField(null=True)
    batch_payment_id = models.TextField(null=True)
    breakdown_message_id = models.TextField(null=True)
    additional_info = models.TextField(null=True)
    charges_cents = models.BigIntegerField(null=True)
    breakdown = models.CharField(max_length=10)
    first_seen_at = models.DateTimeField()
    confirmed = models.BooleanField(default=False, db_default=False)  # a daily statement (camt.053) tells of it
    held = models.CharField(max_length=20, null=True)  # why it is not booked
    part_of = models.UUIDField(null=True)  # the entry that is the same money, told as a whole
    bookings = models.IntegerField(default=0, db_default=0)  # how often it was booked: once, unless it was taken back
    difference_cents = models.BigIntegerField(null=True)  # entry minus details, where they do not add up

    class Meta:
        db_table = "bank_entry"
        constraints = [models.CheckConstraint(name="bank_entry_amount", condition=models.Q(amount_cents__gte=0))]
        indexes = [
            models.Index("tenant", "account_iban", "amount_cents", "booked_on", name="bank_entry_match"),
            models.Index("tenant", "booked_on", name="bank_entry_day"),
            models.Index("tenant", "bank_ref", name="bank_entry_reference"),
            models.Index(
                "tenant",
                "account_iban",
                "booked_on",
                condition=models.Q(confirmed=False),
                name="bank_entry_unconfirmed",
            ),
            models.Index(
                "tenant",
                "batch_message_id",
                condition=models.Q(batch_message_id__isnull=False),
                name="bank_entry_batch",
            ),
            models.Index(
                fields=["tenant", "booked_on"],
                condition=models.Q(breakdown="whole", side="credit"),
                name="bank_entry_collective",
            ),
        ]


class BankDetailRow(OfTenantInBulk):
    """A detail of an entry (Einzelumsatz). Number 0 stands for the entry as a whole."""

    id = models.UUIDField(primary_key=True)
    entry = models.UUIDField()
    number = models.IntegerField()
    active = models.BooleanField()
    amount_cents = models.BigIntegerField()
    side = models.CharField(max_length=6)
    currency = models.CharField(max_length=3)
    end_to_end_id = models.TextField(null=True)
    mandate_id = models.TextField(null=True)
    instruction_id = models.TextField(null=True)
    tx_id = models.TextField(null=True)
    uetr = models.TextField(null=True)
    bank_ref = models.TextField(null=True)
    party_name = models.TextField(null=True)
    party_iban = models.TextField(null=True)
    reference = models.TextField(null=True)
    reference_type = models.TextField(null=True)
    remittance = models.JSONField(default=list)
    return_reason = models.TextField(null=True)
    original_cents = models.BigIntegerField(null=True)
    charges_cents = models.BigIntegerField(null=True)
    proprietary_code = models.TextField(null=True)

    class Meta:
        db_table = "bank_detail"
        constraints = [models.UniqueConstraint("entry", "number", name="bank_detail_number")]
        indexes = [
            models.Index(
                fields=["tenant", "mandate_id"],
                condition=models.Q(mandate_id__isnull=False),
                name="bank_detail_mandate",
            )
        ]


class SightingRow(OfTenant):
    """Where an entry was seen: each line of each statement once."""

    statement = models.ForeignKey(StatementRow, on_delete=models.PROTECT, related_name="+")
    position = models.IntegerField()
    entry = models.UUIDField(db_index=True)
    message = models.CharField(max_length=20)
    said = models.CharField(
        max_length=32, default="", db_default=""
    )  # a digest of the line, to know a statement told again
    details = models.IntegerField(null=True)  # how many details the line had of its own that say anything

    class Meta:
        db_table = "sighting"
        constraints = [models.UniqueConstraint("statement", "position", name="sighting_once")]


class FragmentRow(OfTenant):
    """A stretch of an entry's details, cut off at the bank's cap; its details stand under its own id."""

    id = models.UUIDField(primary_key=True)
    entry = models.UUIDField(db_index=True)
    signed_cents = models.BigIntegerField()
    count = models.IntegerField()
    message_id = models.TextField()
    told_on = models.DateField(null=True)  # the booking day it was told under

    class Meta:
        db_table = "bank_fragment"


class OrderRow(OfTenant):
    """A payment file of our own (pain.008, pain.001), as it was handed to the bank."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=10)
    message_id = models.TextField()
    sha256 = models.CharField(max_length=64)
    name = models.TextField()
    registered_at = models.DateTimeField()

    class Meta:
        db_table = "bank_order"
        constraints = [models.UniqueConstraint("tenant", "message_id", name="bank_order_once")]


class OrderTransactionRow(OfTenant):
    """One transaction of such a file."""

    id = models.UUIDField(primary_key=True)
    order = models.ForeignKey(OrderRow, on_delete=models.PROTECT, related_name="+")
    number = models.IntegerField()
    payment_id = models.TextField()
    end_to_end_id = models.TextField(null=True)
    instruction_id = models.TextField(null=True)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    mandate_id = models.TextField(null=True)
    party_name = models.TextField(null=True)
    party_iban = models.TextField(null=True)
    reference = models.TextField(null=True)
    remittance = models.JSONField(default=list)

    class Meta:
        db_table = "bank_order_transaction"
        constraints = [models.UniqueConstraint("order", "number", name="bank_order_transaction_number")]


class RejectRow(OfTenant):
    """What the bank did not carry out of our orders (pain.002): a message, a batch of it, or one transaction."""

    id = models.UUIDField(primary_key=True)
    message_id = models.TextField()
    payment_id = models.TextField(null=True)
    end_to_end_id = models.TextField(null=True)
    instruction_id = models.TextField(null=True)
    reason = models.TextField(null=True)
    told_at = models.DateTimeField()

    class Meta:
        db_table = "bank_reject"
        indexes = [models.Index("tenant", "message_id", name="bank_reject_message")]
