"""Links by e-mail to the wallet of who has lost their passkey, and which passkeys came by one."""

import django.db.models.deletion
from django.db import migrations, models

_GUARDS = """
ALTER TABLE passkey_link ADD CONSTRAINT passkey_link_of_its_town FOREIGN KEY (tenant_id, citizen_id)
    REFERENCES citizen (tenant_id, id);
"""


class Migration(migrations.Migration):
    """Add the links and the wishes for them."""

    dependencies = [
        ("tables", "0017_released"),
    ]

    operations = [
        migrations.AddField(
            model_name="challengerow",
            name="by_link",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="challengerow",
            name="citizen",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="passkeyrow",
            name="by_link",
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name="LinkWishRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("email", models.TextField()),
                ("title", models.TextField()),
                ("text", models.TextField()),
                ("asked_at", models.DateTimeField()),
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
                "db_table": "link_wish",
            },
        ),
        migrations.CreateModel(
            name="PasskeyLinkRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
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
                "db_table": "passkey_link",
            },
        ),
        migrations.RunSQL(_GUARDS),
    ]
