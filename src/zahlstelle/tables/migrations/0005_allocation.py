"""Allocation in several shares, to accounts, by hand and back; kinds of claim lines, policies, learned payers."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

# Until now one decision allocated one detail, and what was taken back named the detail alone. The table is written
# once, for its owner too, and shows the owner no town's rows: both guards stand aside for this one statement.
_TAKEN_BACK = """
ALTER TABLE allocation NO FORCE ROW LEVEL SECURITY;
ALTER TABLE allocation DISABLE TRIGGER allocation_written_once;
UPDATE allocation t SET takes_back = a.id FROM allocation a
WHERE t.outcome = 'taken_back' AND t.takes_back IS NULL AND a.tenant_id = t.tenant_id AND a.detail = t.detail
    AND a.outcome = 'allocated';
ALTER TABLE allocation ENABLE TRIGGER allocation_written_once;
ALTER TABLE allocation FORCE ROW LEVEL SECURITY;
"""
_ONCE = """
CREATE TRIGGER {table}_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION zahlstelle_written_once();
"""
_GUARDS = "".join(_ONCE.format(table=table) for table in ("payer_trial", "payer_switch"))
# Small differences get an account of their own in every town's book.
_ACCOUNT = """
ALTER TABLE account NO FORCE ROW LEVEL SECURITY;
INSERT INTO account (tenant_id, code, name) SELECT id, 'small_differences', 'Kleinbetragsdifferenzen' FROM tenant
ON CONFLICT DO NOTHING;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE account FORCE ROW LEVEL SECURITY;
"""


def _of_tenant() -> tuple[str, "models.ForeignKey[Any, Any]"]:
    key = models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tables.tenantrow"
    )
    return "tenant", key


class Migration(migrations.Migration):
    """Add columns and tables, and say of each decision taken back which it was."""

    dependencies = [("tables", "0004_bulk")]
    operations = [
        migrations.AddField("allocationrow", "account", models.CharField(max_length=60, null=True)),
        migrations.AddField("allocationrow", "lines", models.JSONField(null=True)),
        migrations.AddField("allocationrow", "runner_up", models.JSONField(null=True)),
        migrations.AddField("allocationrow", "takes_back", models.UUIDField(null=True)),
        migrations.AddField(
            "claimlinerow", "kind", models.CharField(db_default="principal", default="principal", max_length=20)
        ),
        migrations.AddField(
            "servicerow", "policy", models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)
        ),
        migrations.CreateModel(
            name="PayerHabitRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("iban", models.CharField(max_length=34)),
                ("debtor", models.TextField()),
                ("times", models.IntegerField()),
                ("last_at", models.DateTimeField()),
                _of_tenant(),
            ],
            options={
                "db_table": "payer_habit",
                "constraints": [
                    models.UniqueConstraint(
                        models.F("tenant"), models.F("iban"), models.F("debtor"), name="payer_habit_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PayerLearnedRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("to_xid", models.BigIntegerField()),
                _of_tenant(),
            ],
            options={
                "db_table": "payer_learned",
                "constraints": [models.UniqueConstraint(models.F("tenant"), name="payer_learned_once")],
            },
        ),
        migrations.CreateModel(
            name="PayerSwitchRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("shown", models.BooleanField()),
                ("trials", models.IntegerField()),
                ("agreed", models.IntegerField()),
                ("switched_by", models.TextField()),
                ("switched_at", models.DateTimeField()),
                _of_tenant(),
            ],
            options={
                "db_table": "payer_switch",
                "indexes": [models.Index(models.F("tenant"), models.F("switched_at"), name="payer_switch_at")],
            },
        ),
        migrations.CreateModel(
            name="PayerTrialRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("detail", models.UUIDField()),
                ("agreed", models.BooleanField()),
                ("decided_at", models.DateTimeField()),
                _of_tenant(),
            ],
            options={
                "db_table": "payer_trial",
                "indexes": [models.Index(models.F("tenant"), models.F("decided_at"), name="payer_trial_at")],
            },
        ),
        migrations.AddIndex("claimrow", models.Index("tenant", "amount_cents", name="claim_of_amount")),
        migrations.AddIndex(
            "claimrow",
            models.Index(
                fields=["tenant", "debtor_name"],
                condition=models.Q(debtor_name__isnull=False),
                name="claim_of_debtor",
            ),
        ),
        migrations.AddIndex(
            "bankdetailrow",
            models.Index(
                fields=["tenant", "mandate_id"],
                condition=models.Q(mandate_id__isnull=False),
                name="bank_detail_mandate",
            ),
        ),
        migrations.RunSQL(_TAKEN_BACK + _ACCOUNT + _GUARDS),
    ]
