"""Tables of payments: payments, attempts at providers, and what providers told us."""

from django.db import models

from .base import OfTenant


class PaymentRow(OfTenant):
    """A payment (Zahlvorgang): a citizen's way from one claim, or a basket of several, to a result."""

    id = models.UUIDField(primary_key=True)
    token_digest = models.CharField(max_length=64, unique=True)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20)
    return_url = models.TextField(null=True)
    language = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    client = models.UUIDField(null=True)
    # Opened by the Kassenzeichen alone: who pays has not shown to know the letter, and is not told what it is for.
    discreet = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "payment"
        constraints = [models.CheckConstraint(name="payment_amount", condition=models.Q(amount_cents__gt=0))]


class PaymentClaimRow(OfTenant):
    """A claim that a payment pays, with what was open of it when the payment was made; written once."""

    payment = models.ForeignKey(PaymentRow, on_delete=models.PROTECT, related_name="+", db_index=False)
    claim = models.ForeignKey("tables.ClaimRow", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.SmallIntegerField()
    amount_cents = models.BigIntegerField()

    class Meta:
        db_table = "payment_claim"
        constraints = [
            models.UniqueConstraint("payment", "claim", name="payment_claim_once"),
            models.UniqueConstraint("payment", "number", name="payment_claim_number"),
            models.CheckConstraint(name="payment_claim_amount", condition=models.Q(amount_cents__gt=0)),
        ]
        indexes = [models.Index("tenant", "claim", name="payment_claim_claim")]


class AttemptRow(OfTenant):
    """An attempt at a provider. Written down before the provider is called."""

    id = models.UUIDField(primary_key=True)
    payment = models.ForeignKey(PaymentRow, on_delete=models.PROTECT, related_name="+")
    number = models.SmallIntegerField()
    provider = models.SlugField(max_length=40)
    method = models.SlugField(max_length=40)
    status = models.CharField(max_length=20)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    provider_reference = models.TextField(null=True)
    redirect_url = models.TextField(null=True)
    decline_code = models.TextField(null=True)
    vendor_word = models.TextField(null=True)
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    check_at = models.DateTimeField(null=True)
    checks = models.SmallIntegerField(default=0)
    # How the payer was authenticated, as the provider says; whether a challenge was asked for.
    authentication = models.JSONField(null=True)
    challenge = models.BooleanField(default=False)
    # The attempt that was declined only because the payer was not authenticated, and that this one tries once more.
    retry_of = models.UUIDField(null=True, unique=True)
    # Where the provider sends the citizen, and its notifications: an attempt that is tried once more needs them again.
    return_url = models.TextField(null=True)
    notify_url = models.TextField(null=True)
    # Kept by triggers of `refund` and `dispute`, and by nobody else.
    refunded_cents = models.BigIntegerField(default=0)
    disputed_cents = models.BigIntegerField(default=0)
    # The citizen lets the provider keep the card; the stored card that is charged (a foreign key within the town).
    keep = models.BooleanField(default=False)
    instrument = models.UUIDField(null=True)
    # The release by which a person said what became of it, in the provider's place.
    released = models.UUIDField(null=True)

    class Meta:
        db_table = "attempt"
        constraints = [
            models.CheckConstraint(
                name="attempt_given_back",
                condition=models.Q(refunded_cents__gte=0, disputed_cents__gte=0)
                & models.Q(amount_cents__gte=models.F("refunded_cents") + models.F("disputed_cents")),
            ),
            models.CheckConstraint(
                name="attempt_given_back_captured",
                condition=models.Q(refunded_cents=0, disputed_cents=0)
                | models.Q(status__in=["paid", "surplus", "charged_back"]),
            ),
            models.UniqueConstraint("payment", "number", name="attempt_number"),
            models.UniqueConstraint(
                "tenant",
                "provider_reference",
                "provider",
                name="attempt_provider_reference",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "check_at"],
                condition=models.Q(check_at__isnull=False),
                name="attempt_check_at",
            )
        ]


class AttemptClaimRow(OfTenant):
    """A claim that an attempt pays, with its share. The database writes it with the attempt, from its payment's claims.

    `holding` follows the attempt's status; `let_go`: money was given back so that this claim is owed again; `surplus`:
    this share came although the claim was settled. The counters are kept as those of the attempt.
    """

    attempt = models.ForeignKey(AttemptRow, on_delete=models.PROTECT, related_name="+", db_index=False)
    claim = models.ForeignKey("tables.ClaimRow", on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.SmallIntegerField()
    amount_cents = models.BigIntegerField()
    holding = models.BooleanField()
    let_go = models.BooleanField(default=False)
    surplus = models.BooleanField(default=False)
    refunded_cents = models.BigIntegerField(default=0)
    disputed_cents = models.BigIntegerField(default=0)

    class Meta:
        db_table = "attempt_claim"
        constraints = [
            models.UniqueConstraint("attempt", "claim", name="attempt_claim_once"),
            models.CheckConstraint(
                name="attempt_claim_given_back",
                condition=models.Q(refunded_cents__gte=0, disputed_cents__gte=0)
                & models.Q(amount_cents__gte=models.F("refunded_cents") + models.F("disputed_cents")),
            ),
            # One claim is being paid or is paid by one attempt at a time, alone or in a basket: the index decides.
            models.UniqueConstraint(
                fields=["tenant", "claim"],
                condition=models.Q(holding=True, let_go=False, surplus=False),
                name="attempt_one_per_claim",
            ),
        ]
        indexes = [models.Index("tenant", "claim", name="attempt_claim_claim")]


class RefundRow(OfTenant):
    """A refund (Erstattung) of a captured attempt. Written down before the provider is asked; never deleted.

    `claim` is whose share is given back; none where only a report tells of it, of a basket, and says not of which.
    `wish` is what becomes of the claim. `made_by` "report": somebody made it at the provider, a report told of it.
    `item` is the item of a settlement report that told of it: then its money has left the payout.
    """

    id = models.UUIDField(primary_key=True)
    attempt = models.ForeignKey(AttemptRow, on_delete=models.PROTECT, related_name="+", db_index=False)
    claim = models.ForeignKey("tables.ClaimRow", on_delete=models.PROTECT, related_name="+", db_index=False, null=True)
    number = models.IntegerField()
    status = models.CharField(max_length=20)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    wish = models.CharField(max_length=20)
    text = models.TextField()
    made_by = models.TextField()
    provider_reference = models.TextField(null=True)
    vendor_word = models.TextField(null=True)
    requested_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    check_at = models.DateTimeField(null=True)
    checks = models.SmallIntegerField(default=0)
    item = models.UUIDField(null=True)
    released = models.UUIDField(null=True)

    class Meta:
        db_table = "refund"
        constraints = [
            models.UniqueConstraint("attempt", "number", name="refund_number"),
            models.UniqueConstraint("attempt", "provider_reference", name="refund_provider_reference"),
            models.CheckConstraint(name="refund_amount", condition=models.Q(amount_cents__gt=0)),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "check_at"], condition=models.Q(check_at__isnull=False), name="refund_check_at"
            )
        ]


class DisputeRow(OfTenant):
    """A claim's part of a chargeback (Rückbelastung) that a report has told of and that is booked; never changed."""

    id = models.UUIDField(primary_key=True)
    attempt = models.ForeignKey(AttemptRow, on_delete=models.PROTECT, related_name="+")
    claim = models.ForeignKey("tables.ClaimRow", on_delete=models.PROTECT, related_name="+", db_index=False)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    provider_reference = models.TextField(null=True)
    text = models.TextField()
    answer_by = models.DateField(null=True)
    item = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        db_table = "dispute"
        constraints = [models.CheckConstraint(name="dispute_amount", condition=models.Q(amount_cents__gt=0))]


class ReleaseRow(OfTenant):
    """A release (Klärung): what a person says became of a payment or refund that nobody knows of; never deleted.

    What was said stays as it was said. Two of the words need a second person: the database compares who said it with
    who ended it. `answer` is what the provider said later of it.
    """

    id = models.UUIDField(primary_key=True)
    attempt = models.ForeignKey(AttemptRow, on_delete=models.PROTECT, related_name="+")
    refund = models.ForeignKey(RefundRow, on_delete=models.PROTECT, related_name="+", null=True)
    word = models.CharField(max_length=20)
    provider_reference = models.TextField(null=True)
    reason = models.TextField()
    made_by = models.TextField()
    made_at = models.DateTimeField()
    state = models.CharField(max_length=20)
    ended_by = models.TextField(null=True)
    ended_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=20, null=True)
    answer_word = models.TextField(null=True)
    answered_at = models.DateTimeField(null=True)
    seen_by = models.TextField(null=True)
    seen_at = models.DateTimeField(null=True)
    seen_note = models.TextField(null=True)

    class Meta:
        db_table = "release"
        constraints = [
            models.CheckConstraint(
                name="release_by_two",
                condition=~models.Q(state="applied", word__in=["paid", "not_given_back"])
                | (models.Q(ended_by__isnull=False) & ~models.Q(ended_by=models.F("made_by"))),
            ),
            models.CheckConstraint(
                name="release_ended",
                condition=(~models.Q(state="waiting") | models.Q(ended_by__isnull=True, ended_at__isnull=True))
                & (
                    ~models.Q(state__in=["applied", "withdrawn", "overtaken"])
                    | models.Q(ended_by__isnull=False, ended_at__isnull=False)
                ),
            ),
            models.CheckConstraint(name="release_reason", condition=~models.Q(reason="")),
            models.UniqueConstraint(
                fields=["tenant", "attempt"],
                condition=models.Q(state="waiting", refund__isnull=True),
                name="release_of_attempt_waiting",
            ),
            models.UniqueConstraint(
                fields=["tenant", "refund"], condition=models.Q(state="waiting"), name="release_of_refund_waiting"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant"],
                condition=models.Q(answer="contradicts", seen_at__isnull=True),
                name="release_contradicted",
            )
        ]


class NotificationRow(OfTenant):
    """A notification as it came in: each message once; a hint to ask, never a fact."""

    attempt = models.ForeignKey(AttemptRow, on_delete=models.PROTECT, related_name="+")
    provider = models.SlugField(max_length=40)
    message_id = models.TextField()
    received_at = models.DateTimeField()

    class Meta:
        db_table = "notification"
        constraints = [models.UniqueConstraint("tenant", "provider", "message_id", name="notification_once")]


class PayoutRow(OfTenant):
    """A payout (Auszahlung) of a provider and the report that counts for it.

    `compare_at`: when to compare it with the bank. `settled`: every item of the report is a detail of a bank entry.
    """

    id = models.UUIDField(primary_key=True)
    provider = models.SlugField(max_length=40)
    reference = models.TextField()
    report = models.UUIDField()
    compare_at = models.DateTimeField(null=True)
    settled = models.BooleanField()

    class Meta:
        db_table = "payout"
        constraints = [models.UniqueConstraint("tenant", "provider", "reference", name="payout_reference")]
        indexes = [models.Index(fields=["tenant"], condition=models.Q(settled=False), name="payout_open")]


class PayoutReportRow(OfTenant):
    """A settlement report (Abrechnung) of a payout as the provider gave it; never changed."""

    id = models.UUIDField(primary_key=True)
    provider = models.SlugField(max_length=40)
    reference = models.TextField()
    payout = models.UUIDField()
    day = models.DateField()
    currency = models.CharField(max_length=3)
    cents = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    source = models.CharField(max_length=10)
    received_at = models.DateTimeField()

    class Meta:
        db_table = "payout_report"
        constraints = [models.UniqueConstraint("tenant", "provider", "reference", name="payout_report_reference")]
        indexes = [models.Index("tenant", "payout", name="payout_report_payout")]


class PayoutItemRow(OfTenant):
    """A line of a report: what it brought the town (above zero) or cost it, and what it is about; never changed."""

    id = models.UUIDField(primary_key=True)
    report = models.UUIDField()
    number = models.IntegerField()
    kind = models.CharField(max_length=20)
    cents = models.BigIntegerField()
    provider_reference = models.TextField(null=True)
    reference = models.TextField(null=True)
    item_reference = models.TextField(null=True)
    text = models.TextField()
    answer_by = models.DateField(null=True)

    class Meta:
        db_table = "payout_item"
        constraints = [models.UniqueConstraint("report", "number", name="payout_item_number")]
        indexes = [models.Index("tenant", "provider_reference", name="payout_item_provider")]


class ReportCallRow(OfTenant):
    """When a provider is asked for reports next, and how often it has not answered since it last did."""

    provider = models.SlugField(max_length=40)
    check_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "report_call"
        constraints = [models.UniqueConstraint("tenant", "provider", name="report_call_once")]


class MandateRow(OfTenant):
    """A SEPA direct debit mandate (Mandat) as the payer gave it: account, holder, and the words consented to."""

    id = models.UUIDField(primary_key=True)
    reference = models.CharField(max_length=35)
    creditor_id = models.CharField(max_length=35)
    kind = models.CharField(max_length=10)
    holder = models.CharField(max_length=70)
    iban = models.CharField(max_length=34)
    text = models.TextField()
    signed_at = models.DateTimeField()

    class Meta:
        db_table = "mandate"
        constraints = [models.UniqueConstraint("tenant", "reference", name="mandate_reference")]


class MandateBlockRow(OfTenant):
    """A mandate that must not be used again, and why: the payer's bank, or the payer, said so."""

    mandate = models.UUIDField(primary_key=True)
    reason = models.CharField(max_length=35)
    at = models.DateTimeField()

    class Meta:
        db_table = "mandate_block"


class DebitRow(OfTenant):
    """A direct debit (Lastschrift) that an attempt is: by which mandate, and from which day on it may be collected."""

    attempt = models.UUIDField(primary_key=True)
    mandate = models.UUIDField()
    due_on = models.DateField()

    class Meta:
        db_table = "debit"
        indexes = [models.Index("tenant", "mandate", name="debit_mandate")]


class CollectionRow(OfTenant):
    """A collection (Einzug): the pain.008 that carries debits to the bank, kept as it was written."""

    id = models.UUIDField(primary_key=True)
    message_id = models.CharField(max_length=35)
    made_at = models.DateTimeField()
    made_by = models.TextField()
    count = models.IntegerField()
    cents = models.BigIntegerField()
    content = models.BinaryField()

    class Meta:
        db_table = "collection"
        constraints = [models.UniqueConstraint("tenant", "message_id", name="collection_message")]
        indexes = [models.Index("tenant", "made_at", name="collection_made")]


class CollectedDebitRow(OfTenant):
    """That a debit is part of a collection. Its key is the attempt: nothing is collected twice."""

    attempt = models.UUIDField(primary_key=True)
    collection = models.UUIDField()
    mandate = models.UUIDField()
    sequence = models.CharField(max_length=4)
    collect_on = models.DateField()

    class Meta:
        db_table = "collected_debit"
        indexes = [
            models.Index("tenant", "mandate", name="collected_debit_mandate"),
            models.Index("tenant", "collection", name="collected_debit_collection"),
        ]


class CollectionTakenRow(OfTenant):
    """That a collection's file was handed out, the first time (`again` false) or once more."""

    id = models.UUIDField(primary_key=True)
    collection = models.UUIDField()
    again = models.BooleanField()
    taken_at = models.DateTimeField()
    taken_by = models.TextField()

    class Meta:
        db_table = "collection_taken"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "collection"], condition=models.Q(again=False), name="collection_taken_once"
            )
        ]
