"""Tables of claims: services, pools of Kassenzeichen, claims with lines and what is open of them."""

from django.db import models

from .base import OfTenant


class PoolRow(OfTenant):
    """A pool of Kassenzeichen: prefix, counter, check digit."""

    id = models.UUIDField(primary_key=True)
    name = models.SlugField(max_length=60)
    prefix = models.CharField(max_length=12)
    digits = models.SmallIntegerField()
    check_method = models.CharField(max_length=20)
    next_counter = models.BigIntegerField(default=1)

    class Meta:
        db_table = "pool"
        constraints = [
            models.UniqueConstraint("tenant", "name", name="pool_name"),
            models.UniqueConstraint("tenant", "prefix", "digits", name="pool_prefix"),
        ]


class ServiceRow(OfTenant):
    """A service of the catalogue (Leistung) with its fee and posting data."""

    id = models.UUIDField(primary_key=True)
    key = models.SlugField(max_length=60)
    unit = models.ForeignKey("tables.UnitRow", on_delete=models.PROTECT, related_name="+", null=True)
    pool = models.ForeignKey(PoolRow, on_delete=models.PROTECT, related_name="+")
    name = models.JSONField()
    description = models.JSONField(default=dict)
    fee_cents = models.BigIntegerField(null=True)
    posting = models.JSONField(default=dict)
    public = models.BooleanField(default=True)
    position = models.SmallIntegerField(default=0)
    policy = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))

    class Meta:
        db_table = "service"
        constraints = [models.UniqueConstraint("tenant", "key", name="service_key")]


class LetterKeyRow(OfTenant):
    """The key from which the codes in a town's letters follow; made once, never changed: letters are on paper."""

    id = models.UUIDField(primary_key=True)
    key = models.BinaryField()

    class Meta:
        db_table = "letter_key"
        constraints = [models.UniqueConstraint("tenant", name="letter_key_of_tenant")]


def _debtor_part(place: int) -> models.GeneratedField:
    """The beginning of a part of the debtor's name in one spelling, made by the database (migration 0011)."""
    expression = models.Func(models.F("debtor_name"), models.Value(place), function="debtor_part")
    return models.GeneratedField(
        expression=expression, output_field=models.TextField(null=True), db_persist=True, null=True
    )


class ClaimRow(OfTenant):
    """A claim (Forderung) under its Kassenzeichen."""

    id = models.UUIDField(primary_key=True)
    kassenzeichen = models.CharField(max_length=35)
    service = models.ForeignKey(ServiceRow, on_delete=models.PROTECT, related_name="+", null=True)
    pool = models.ForeignKey(PoolRow, on_delete=models.PROTECT, related_name="+", null=True)
    purpose = models.TextField()
    debtor_name = models.TextField(null=True)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    due_on = models.DateField(null=True)
    external_reference = models.TextField(null=True)
    origin = models.CharField(max_length=20)
    opened_at = models.DateTimeField()
    debtor_first = _debtor_part(1)
    debtor_last = _debtor_part(-1)  # where there are two or more

    class Meta:
        db_table = "claim"
        constraints = [
            models.UniqueConstraint("tenant", "kassenzeichen", name="claim_kassenzeichen"),
            models.CheckConstraint(name="claim_amount", condition=models.Q(amount_cents__gt=0)),
        ]
        indexes = [
            models.Index("tenant", "amount_cents", "debtor_first", "id", name="claim_of_debtor_first"),
            models.Index(
                fields=["tenant", "amount_cents", "debtor_last", "debtor_first"],
                condition=models.Q(debtor_last__isnull=False),
                name="claim_of_debtor_parts",
            ),
            models.Index(
                fields=["tenant", "amount_cents", "debtor_last", "id"],
                condition=models.Q(debtor_last__isnull=False),
                name="claim_of_debtor_last",
            ),
            models.Index(
                fields=["tenant", "debtor_name"],
                condition=models.Q(debtor_name__isnull=False),
                name="claim_of_debtor",
            ),
        ]


class ClaimLineRow(OfTenant):
    """A line of a claim with its posting data (Buchungsdaten)."""

    claim = models.ForeignKey(ClaimRow, on_delete=models.PROTECT, related_name="+")
    number = models.SmallIntegerField()
    text = models.TextField()
    amount_cents = models.BigIntegerField()
    posting = models.JSONField(default=dict)
    kind = models.CharField(max_length=20, default="principal", db_default="principal")

    class Meta:
        db_table = "claim_line"
        constraints = [
            models.UniqueConstraint("claim", "number", name="claim_line_number"),
            models.CheckConstraint(name="claim_line_amount", condition=models.Q(amount_cents__gt=0)),
        ]


class ClaimBalanceRow(OfTenant):
    """What is due and what is settled of a claim: narrow, so that an update stays on its page."""

    claim = models.OneToOneField(ClaimRow, on_delete=models.PROTECT, primary_key=True, related_name="+")
    due_cents = models.BigIntegerField()
    settled_cents = models.BigIntegerField(default=0)

    class Meta:
        db_table = "claim_balance"
        constraints = [
            models.CheckConstraint(
                name="claim_never_below_zero",
                condition=models.Q(settled_cents__gte=0) & models.Q(settled_cents__lte=models.F("due_cents")),
            ),
        ]
