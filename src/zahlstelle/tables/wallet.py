"""Tables of the wallet: a town's citizens with their passkeys, what they consented to, and cards kept at the provider.

Nothing here spans towns: each town answers for its own citizens, and no installation joins them.
"""

from django.db import models

from .base import OfTenant


class CitizenRow(OfTenant):
    """A citizen who let a town keep a card. Taken away whole when nothing is kept any more."""

    id = models.UUIDField(primary_key=True)
    email = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "citizen"
        constraints = [models.UniqueConstraint("tenant", "id", name="citizen_of_tenant")]


class PasskeyRow(OfTenant):
    """A citizen's passkey (WebAuthn): its public half, and how often its authenticator says it was used.

    `by_link`: made in a wallet that a link by e-mail opened, or a passkey that was made so.
    """

    id = models.UUIDField(primary_key=True)
    citizen = models.ForeignKey(CitizenRow, on_delete=models.PROTECT, related_name="+")
    credential_id = models.TextField()
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField()
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    by_link = models.BooleanField(default=False)

    class Meta:
        db_table = "passkey"
        constraints = [models.UniqueConstraint("tenant", "credential_id", name="passkey_credential")]


class ConsentRow(OfTenant):
    """What a citizen consented to, word for word (GDPR art. 7). Never deleted; only its end is written in later.

    `citizen` is a bare number without a foreign key: when the citizen is taken away, it leads to nobody.
    """

    id = models.UUIDField(primary_key=True)
    citizen = models.UUIDField()
    version = models.CharField(max_length=20)
    words = models.TextField()
    language = models.CharField(max_length=16)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "consent"
        indexes = [models.Index("tenant", "citizen", name="consent_citizen")]


class StoredCardRow(OfTenant):
    """A card that the provider keeps: its handle there, and what its holder knows it by. Never a number or a secret.

    `leaving_at`: it is to be forgotten, and nobody's any more; the row goes when the provider has forgotten it.
    `kept_with`: the passkey with which it was kept.
    """

    id = models.UUIDField(primary_key=True)
    citizen = models.ForeignKey(CitizenRow, on_delete=models.PROTECT, related_name="+", null=True)
    consent = models.ForeignKey(ConsentRow, on_delete=models.PROTECT, related_name="+", db_index=False)
    attempt = models.UUIDField()
    provider = models.SlugField(max_length=40)
    merchant_id = models.TextField()
    handle = models.TextField()
    brand = models.CharField(max_length=20)
    last_four = models.CharField(max_length=4)
    expires_on = models.DateField()
    kept_at = models.DateTimeField()
    kept_with = models.UUIDField(null=True)
    used_at = models.DateTimeField(null=True)
    leaving_at = models.DateTimeField(null=True)
    check_at = models.DateTimeField(null=True)
    checks = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "stored_card"
        constraints = [
            models.UniqueConstraint("tenant", "id", name="stored_card_of_tenant"),
            models.UniqueConstraint("tenant", "attempt", name="stored_card_attempt"),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "check_at"], condition=models.Q(check_at__isnull=False), name="stored_card_check_at"
            )
        ]


class KeepingRow(OfTenant):
    """A citizen wishes, while paying, that the card is kept: what they read then, and what became of the wish.

    `browser`: only the browser in which the box was ticked may finish it, whoever else has the payment's address; and
    only after the provider sent that browser back (`returned_at`), so that nobody keeps the card of another who paid.
    """

    id = models.UUIDField(primary_key=True)
    payment = models.OneToOneField("tables.PaymentRow", on_delete=models.PROTECT, related_name="+")
    version = models.CharField(max_length=20)
    words = models.TextField()
    language = models.CharField(max_length=16)
    browser = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, null=True)
    check_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "keeping"
        indexes = [
            models.Index(
                fields=["tenant", "check_at"], condition=models.Q(check_at__isnull=False), name="keeping_check_at"
            )
        ]


class ChallengeRow(OfTenant):
    """A question to a passkey: for what it may be answered, once, and until when. Kept as a digest."""

    id = models.UUIDField(primary_key=True)
    digest = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=10)
    payment = models.UUIDField(null=True)
    card = models.UUIDField(null=True)
    email = models.TextField(null=True)
    citizen = models.UUIDField(null=True)
    by_link = models.BooleanField(default=False)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "passkey_challenge"
        indexes = [models.Index("tenant", "expires_at", name="passkey_challenge_expires")]


class LinkWishRow(OfTenant):
    """Somebody wishes a link to an address: the same row whether anybody is known by it. Gone once it is looked at."""

    id = models.UUIDField(primary_key=True)
    email = models.TextField()
    title = models.TextField()
    text = models.TextField()
    asked_at = models.DateTimeField()

    class Meta:
        db_table = "link_wish"


class PasskeyLinkRow(OfTenant):
    """A link by e-mail to a citizen's wallet: opens it once, and until when. Kept as a digest."""

    id = models.UUIDField(primary_key=True)
    digest = models.CharField(max_length=64, unique=True)
    citizen = models.ForeignKey(CitizenRow, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "passkey_link"


class DeviceRow(OfTenant):
    """A device that may show a citizen's card before a passkey is asked for: the digest of its cookie."""

    id = models.UUIDField(primary_key=True)
    digest = models.CharField(max_length=64, unique=True)
    citizen = models.ForeignKey(CitizenRow, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        db_table = "device"
