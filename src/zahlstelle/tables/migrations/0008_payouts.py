"""Settlement reports of providers, their items, and which bank detail each item is."""

import django.db.models.deletion
from django.db import migrations, models

_ONCE = """
CREATE TRIGGER {table}_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION zahlstelle_written_once();
"""
# What providers gave back for the town gets an account of its own in every town's book.
_ACCOUNT = """
ALTER TABLE account NO FORCE ROW LEVEL SECURITY;
INSERT INTO account (tenant_id, code, name) SELECT id, 'refunded', 'Erstattungen' FROM tenant
ON CONFLICT DO NOTHING;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE account FORCE ROW LEVEL SECURITY;
"""
_TABLES = ("payout_report", "payout_item", "payout_share")


def _of_tenant() -> tuple[str, models.Field]:  # type: ignore[type-arg]
    key = models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tables.tenantrow"
    )
    return "tenant", key


class Migration(migrations.Migration):
    """Add the tables of payouts, and find decisions by the attempt they are about."""

    dependencies = [("tables", "0007_desk")]
    operations = [
        migrations.CreateModel(
            name="PayoutRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("provider", models.SlugField(max_length=40)),
                ("reference", models.TextField()),
                ("report", models.UUIDField()),
                ("compare_at", models.DateTimeField(null=True)),
                ("settled", models.BooleanField()),
                _of_tenant(),
            ],
            options={
                "db_table": "payout",
                "indexes": [
                    models.Index(fields=["tenant"], condition=models.Q(("settled", False)), name="payout_open"),
                ],
                "constraints": [
                    models.UniqueConstraint("tenant", "provider", "reference", name="payout_reference"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PayoutReportRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("provider", models.SlugField(max_length=40)),
                ("reference", models.TextField()),
                ("payout", models.UUIDField()),
                ("day", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("cents", models.BigIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("source", models.CharField(max_length=10)),
                ("received_at", models.DateTimeField()),
                _of_tenant(),
            ],
            options={
                "db_table": "payout_report",
                "indexes": [models.Index("tenant", "payout", name="payout_report_payout")],
                "constraints": [
                    models.UniqueConstraint("tenant", "provider", "reference", name="payout_report_reference"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PayoutItemRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("report", models.UUIDField()),
                ("number", models.IntegerField()),
                ("kind", models.CharField(max_length=20)),
                ("cents", models.BigIntegerField()),
                ("provider_reference", models.TextField(null=True)),
                ("reference", models.TextField(null=True)),
                ("item_reference", models.TextField(null=True)),
                ("text", models.TextField()),
                _of_tenant(),
            ],
            options={
                "db_table": "payout_item",
                "indexes": [models.Index("tenant", "provider_reference", name="payout_item_provider")],
                "constraints": [models.UniqueConstraint("report", "number", name="payout_item_number")],
            },
        ),
        migrations.CreateModel(
            name="ReportCallRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.SlugField(max_length=40)),
                ("check_at", models.DateTimeField()),
                ("tries", models.SmallIntegerField(default=0)),
                _of_tenant(),
            ],
            options={
                "db_table": "report_call",
                "constraints": [models.UniqueConstraint("tenant", "provider", name="report_call_once")],
            },
        ),
        migrations.CreateModel(
            name="PayoutShareRow",
            fields=[
                ("item", models.UUIDField(primary_key=True, serialize=False)),
                ("payout", models.UUIDField()),
                ("detail", models.UUIDField()),
                ("entry", models.UUIDField()),
                ("at", models.DateTimeField()),
                _of_tenant(),
            ],
            options={
                "db_table": "payout_share",
                "indexes": [
                    models.Index("tenant", "payout", name="payout_share_payout"),
                    models.Index("tenant", "entry", name="payout_share_entry"),
                ],
                "constraints": [models.UniqueConstraint("tenant", "detail", name="payout_share_detail")],
            },
        ),
        migrations.AddIndex(
            model_name="allocationrow",
            index=models.Index(
                fields=["tenant", "attempt"],
                condition=models.Q(("attempt__isnull", False)),
                name="allocation_attempt",
            ),
        ),
        migrations.RunSQL("".join(_ONCE.format(table=table) for table in _TABLES) + _ACCOUNT),
    ]
