"""The wallet: citizens' passkeys, consents and stored cards, each within its town."""

import django.db.models.deletion
from django.db import migrations, models

# A stored card, a passkey, a device and a citizen are of one town together: a foreign key asks past row-level security,
# so it must carry the town. A consent is written once; later its end is written in, once.
_GUARDS = """
ALTER TABLE attempt ADD CONSTRAINT attempt_instrument_of_its_town FOREIGN KEY (tenant_id, instrument)
    REFERENCES stored_card (tenant_id, id) ON DELETE SET NULL (instrument);
ALTER TABLE passkey ADD CONSTRAINT passkey_of_its_town FOREIGN KEY (tenant_id, citizen_id)
    REFERENCES citizen (tenant_id, id);
ALTER TABLE stored_card ADD CONSTRAINT stored_card_of_its_town FOREIGN KEY (tenant_id, citizen_id)
    REFERENCES citizen (tenant_id, id);
ALTER TABLE device ADD CONSTRAINT device_of_its_town FOREIGN KEY (tenant_id, citizen_id)
    REFERENCES citizen (tenant_id, id);
CREATE FUNCTION zahlstelle_consent_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.withdrawn_at IS NOT NULL OR (to_jsonb(OLD) - 'withdrawn_at') <> (to_jsonb(NEW) - 'withdrawn_at') THEN
        RAISE EXCEPTION 'a consent stays as it was given' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER consent_stays AFTER UPDATE ON consent FOR EACH ROW EXECUTE FUNCTION zahlstelle_consent_stays();
CREATE TRIGGER consent_never_deleted BEFORE DELETE OR TRUNCATE ON consent
    FOR EACH STATEMENT EXECUTE FUNCTION zahlstelle_never_deleted();
CREATE INDEX attempt_instrument ON attempt (tenant_id, instrument) WHERE instrument IS NOT NULL;
"""


class Migration(migrations.Migration):
    """Add the tables of the wallet and what holds them together."""

    dependencies = [
        ("tables", "0014_letters"),
    ]

    operations = [
        migrations.AddField(
            model_name="attemptrow",
            name="instrument",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="attemptrow",
            name="keep",
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name="CitizenRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("email", models.TextField()),
                ("made_at", models.DateTimeField()),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tables.tenantrow",
                    ),
                ),
            ],
            options={
                "db_table": "citizen",
            },
        ),
        migrations.CreateModel(
            name="ConsentRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("citizen", models.UUIDField()),
                ("version", models.CharField(max_length=20)),
                ("words", models.TextField()),
                ("language", models.CharField(max_length=16)),
                ("given_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tables.tenantrow",
                    ),
                ),
            ],
            options={
                "db_table": "consent",
            },
        ),
        migrations.CreateModel(
            name="DeviceRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                (
                    "citizen",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tables.citizenrow"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tables.tenantrow",
                    ),
                ),
            ],
            options={
                "db_table": "device",
            },
        ),
        migrations.CreateModel(
            name="KeepingRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("version", models.CharField(max_length=20)),
                ("words", models.TextField()),
                ("language", models.CharField(max_length=16)),
                ("browser", models.CharField(max_length=64)),
                ("asked_at", models.DateTimeField()),
                ("returned_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(max_length=10, null=True)),
                ("check_at", models.DateTimeField(null=True)),
                (
                    "payment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tables.paymentrow",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tables.tenantrow",
                    ),
                ),
            ],
            options={
                "db_table": "keeping",
            },
        ),
        migrations.CreateModel(
            name="PasskeyRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("credential_id", models.TextField()),
                ("public_key", models.BinaryField()),
                ("sign_count", models.BigIntegerField()),
                ("made_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "citizen",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tables.citizenrow"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tables.tenantrow",
                    ),
                ),
            ],
            options={
                "db_table": "passkey",
            },
        ),
        migrations.CreateModel(
            name="StoredCardRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("attempt", models.UUIDField()),
                ("provider", models.SlugField(max_length=40)),
                ("merchant_id", models.TextField()),
                ("handle", models.TextField()),
                ("brand", models.CharField(max_length=20)),
                ("last_four", models.CharField(max_length=4)),
                ("expires_on", models.DateField()),
                ("kept_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("leaving_at", models.DateTimeField(null=True)),
                ("check_at", models.DateTimeField(null=True)),
                ("checks", models.SmallIntegerField(default=0)),
                (
                    "citizen",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tables.citizenrow"
                    ),
                ),
                (
                    "consent",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tables.consentrow",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tables.tenantrow",
                    ),
                ),
            ],
            options={
                "db_table": "stored_card",
            },
        ),
        migrations.CreateModel(
            name="ChallengeRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("purpose", models.CharField(max_length=10)),
                ("payment", models.UUIDField(null=True)),
                ("card", models.UUIDField(null=True)),
                ("email", models.TextField(null=True)),
                ("expires_at", models.DateTimeField()),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tables.tenantrow",
                    ),
                ),
            ],
            options={
                "db_table": "passkey_challenge",
                "indexes": [models.Index(models.F("tenant"), models.F("expires_at"), name="passkey_challenge_expires")],
            },
        ),
        migrations.AddConstraint(
            model_name="citizenrow",
            constraint=models.UniqueConstraint(models.F("tenant"), models.F("id"), name="citizen_of_tenant"),
        ),
        migrations.AddIndex(
            model_name="consentrow",
            index=models.Index(models.F("tenant"), models.F("citizen"), name="consent_citizen"),
        ),
        migrations.AddIndex(
            model_name="keepingrow",
            index=models.Index(
                condition=models.Q(("check_at__isnull", False)), fields=["tenant", "check_at"], name="keeping_check_at"
            ),
        ),
        migrations.AddConstraint(
            model_name="passkeyrow",
            constraint=models.UniqueConstraint(
                models.F("tenant"), models.F("credential_id"), name="passkey_credential"
            ),
        ),
        migrations.AddIndex(
            model_name="storedcardrow",
            index=models.Index(
                condition=models.Q(("check_at__isnull", False)),
                fields=["tenant", "check_at"],
                name="stored_card_check_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="storedcardrow",
            constraint=models.UniqueConstraint(models.F("tenant"), models.F("id"), name="stored_card_of_tenant"),
        ),
        migrations.AddConstraint(
            model_name="storedcardrow",
            constraint=models.UniqueConstraint(models.F("tenant"), models.F("attempt"), name="stored_card_attempt"),
        ),
        migrations.RunSQL(_GUARDS),
    ]
