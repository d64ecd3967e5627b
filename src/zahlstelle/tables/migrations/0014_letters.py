"""Codes of letters, payments that do not say what for, tries that are counted, reported barriers, mail."""

import django.db.models.deletion
from django.db import migrations, models


def _of_tenant() -> tuple[str, models.Field]:  # type: ignore[type-arg]
    key = models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tables.tenantrow"
    )
    return "tenant", key


def _id() -> tuple[str, models.Field]:  # type: ignore[type-arg]
    return "id", models.UUIDField(primary_key=True, serialize=False)


class Migration(migrations.Migration):
    """Add them."""

    dependencies = [("tables", "0013_refunds")]
    operations = [
        migrations.AddField("paymentrow", "discreet", models.BooleanField(default=False, db_default=False)),
        migrations.CreateModel(
            name="LetterKeyRow",
            fields=[_id(), ("key", models.BinaryField()), _of_tenant()],
            options={
                "db_table": "letter_key",
                "constraints": [models.UniqueConstraint("tenant", name="letter_key_of_tenant")],
            },
        ),
        migrations.CreateModel(
            name="TryRow",
            fields=[
                _id(),
                ("what", models.CharField(max_length=10)),
                ("address", models.CharField(max_length=64)),
                ("subject", models.CharField(max_length=64)),
                ("missed", models.BooleanField(default=True)),
                ("payment", models.UUIDField(null=True)),
                ("at", models.DateTimeField()),
                _of_tenant(),
            ],
            options={
                "db_table": "try",
                "indexes": [
                    models.Index("tenant", "what", "address", "at", name="try_address"),
                    models.Index("tenant", "what", "subject", "at", name="try_subject"),
                    models.Index("tenant", "what", "at", name="try_at"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FeedbackRow",
            fields=[
                _id(),
                ("text", models.TextField()),
                ("place", models.TextField()),
                ("name", models.TextField()),
                ("email", models.TextField()),
                ("language", models.CharField(max_length=16)),
                ("at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                ("answered_by", models.TextField(null=True)),
                _of_tenant(),
            ],
            options={"db_table": "feedback", "indexes": [models.Index("tenant", "at", name="feedback_at")]},
        ),
        migrations.CreateModel(
            name="MailRow",
            fields=[
                _id(),
                ("about", models.UUIDField()),
                ("recipient", models.TextField()),
                ("title", models.TextField()),
                ("text", models.TextField()),
                ("file_name", models.TextField()),
                ("file", models.BinaryField()),
                ("written_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("tries", models.SmallIntegerField(default=0)),
                ("sending_at", models.DateTimeField(null=True)),
                _of_tenant(),
            ],
            options={"db_table": "mail", "indexes": [models.Index("tenant", "due_at", name="mail_due")]},
        ),
        # `de-x-leicht` is longer than the languages before it.
        migrations.AlterField("paymentrow", "language", models.CharField(max_length=16)),
    ]
