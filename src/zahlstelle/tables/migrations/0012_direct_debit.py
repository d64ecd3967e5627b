"""SEPA direct debit of our own: mandates, the debits by them, and the collections that carry them to the bank."""

import django.db.models.deletion
from django.db import migrations, models

_ONCE = """
CREATE TRIGGER {table}_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION zahlstelle_written_once();
"""
_TABLES = ("mandate", "mandate_block", "debit", "collection", "collected_debit", "collection_taken")


def _of_tenant() -> tuple[str, models.Field]:  # type: ignore[type-arg]
    key = models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tables.tenantrow"
    )
    return "tenant", key


class Migration(migrations.Migration):
    """Add the tables of direct debit; all of them are written once."""

    dependencies = [("tables", "0011_desk")]
    operations = [
        migrations.CreateModel(
            name="MandateRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("reference", models.CharField(max_length=35)),
                ("creditor_id", models.CharField(max_length=35)),
                ("kind", models.CharField(max_length=10)),
                ("holder", models.CharField(max_length=70)),
                ("iban", models.CharField(max_length=34)),
                ("text", models.TextField()),
                ("signed_at", models.DateTimeField()),
                _of_tenant(),
            ],
            options={
                "db_table": "mandate",
                "constraints": [models.UniqueConstraint("tenant", "reference", name="mandate_reference")],
            },
        ),
        migrations.CreateModel(
            name="MandateBlockRow",
            fields=[
                ("mandate", models.UUIDField(primary_key=True, serialize=False)),
                ("reason", models.CharField(max_length=35)),
                ("at", models.DateTimeField()),
                _of_tenant(),
            ],
            options={"db_table": "mandate_block"},
        ),
        migrations.CreateModel(
            name="DebitRow",
            fields=[
                ("attempt", models.UUIDField(primary_key=True, serialize=False)),
                ("mandate", models.UUIDField()),
                ("due_on", models.DateField()),
                _of_tenant(),
            ],
            options={
                "db_table": "debit",
                "indexes": [models.Index("tenant", "mandate", name="debit_mandate")],
            },
        ),
        migrations.CreateModel(
            name="CollectionRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("message_id", models.CharField(max_length=35)),
                ("made_at", models.DateTimeField()),
                ("made_by", models.TextField()),
                ("count", models.IntegerField()),
                ("cents", models.BigIntegerField()),
                ("content", models.BinaryField()),
                _of_tenant(),
            ],
            options={
                "db_table": "collection",
                "indexes": [models.Index("tenant", "made_at", name="collection_made")],
                "constraints": [models.UniqueConstraint("tenant", "message_id", name="collection_message")],
            },
        ),
        migrations.CreateModel(
            name="CollectedDebitRow",
            fields=[
                ("attempt", models.UUIDField(primary_key=True, serialize=False)),
                ("collection", models.UUIDField()),
                ("mandate", models.UUIDField()),
                ("sequence", models.CharField(max_length=4)),
                ("collect_on", models.DateField()),
                _of_tenant(),
            ],
            options={
                "db_table": "collected_debit",
                "indexes": [
                    models.Index("tenant", "mandate", name="collected_debit_mandate"),
                    models.Index("tenant", "collection", name="collected_debit_collection"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CollectionTakenRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("collection", models.UUIDField()),
                ("again", models.BooleanField()),
                ("taken_at", models.DateTimeField()),
                ("taken_by", models.TextField()),
                _of_tenant(),
            ],
            options={
                "db_table": "collection_taken",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["tenant", "collection"],
                        condition=models.Q(("again", False)),
                        name="collection_taken_once",
                    ),
                ],
            },
        ),
        migrations.RunSQL("".join(_ONCE.format(table=table) for table in _TABLES)),
    ]
