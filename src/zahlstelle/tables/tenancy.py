"""Tables of tenancy: towns, their units, accounts, providers, people and keys."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from .base import OfTenant


class TenantRow(models.Model):
    """A town (Mandant). The register of towns is the one list that is not itself inside a town."""

    id = models.UUIDField(primary_key=True)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.TextField()
    ags = models.CharField(max_length=12)
    mode = models.CharField(max_length=4)
    settings = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "tenant"
        constraints = [
            models.CheckConstraint(name="tenant_mode", condition=models.Q(mode__in=["test", "live"])),
        ]


class UnitRow(OfTenant):
    """An organisational unit (Organisationseinheit)."""

    id = models.UUIDField(primary_key=True)
    key = models.SlugField(max_length=60)
    name = models.TextField()

    class Meta:
        db_table = "unit"
        constraints = [models.UniqueConstraint("tenant", "key", name="unit_key")]


class BankAccountRow(OfTenant):
    """A bank account of the town; only entries of these accounts are taken in."""

    id = models.UUIDField(primary_key=True)
    iban = models.CharField(max_length=34)
    bic = models.CharField(max_length=11)
    holder = models.TextField()
    position = models.SmallIntegerField()

    class Meta:
        db_table = "bank_account"
        constraints = [models.UniqueConstraint("tenant", "iban", name="bank_account_iban")]


class ProviderAccessRow(OfTenant):
    """A town's contract with a provider: merchant id, secret, address, methods in the town's order."""

    id = models.UUIDField(primary_key=True)
    provider = models.SlugField(max_length=40)
    merchant_id = models.TextField()
    secret = models.TextField()
    base_url = models.TextField()
    methods = models.JSONField()
    settings = models.JSONField(default=dict)
    secrets = models.JSONField(default=dict)
    position = models.SmallIntegerField()

    class Meta:
        db_table = "provider_access"
        constraints = [models.UniqueConstraint("tenant", "provider", name="provider_access_provider")]


class ApiKeyRow(OfTenant):
    """A key of an online service; kept as a digest."""

    id = models.UUIDField(primary_key=True)
    name = models.TextField()
    prefix = models.CharField(max_length=24)
    key_digest = models.CharField(max_length=64, unique=True)
    mode = models.CharField(max_length=4)
    return_urls = models.JSONField(default=list)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_key"


class People(BaseUserManager["Person"]):
    """Find a person by e-mail, as the log-in does."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """Someone who logs in. What a person may do stands in memberships, town by town."""

    id = models.UUIDField(primary_key=True)
    email = models.EmailField(unique=True)
    name = models.TextField()
    is_active = models.BooleanField(default=True)

    objects: ClassVar[People] = People()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        db_table = "person"


class MembershipRow(OfTenant):
    """A person's role in a town."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)

    class Meta:
        db_table = "membership"
        constraints = [models.UniqueConstraint("tenant", "person", "role", name="membership_once")]


class LoginTryRow(models.Model):
    """A log-in that was tried; kept a day, as digest and address, to slow down those who guess."""

    account_digest = models.CharField(max_length=64)
    address = models.CharField(max_length=45)
    at = models.DateTimeField()

    class Meta:
        db_table = "login_try"
        indexes = [models.Index("account_digest", "at", name="login_try_account")]
