"""Statements checked by balances, details cut off at a cap, own orders; what is known of each entry's booking."""

import django.db.models.deletion
from django.db import migrations, models

_NOTHING = models.Value([], output_field=models.JSONField())
_TABLES = ("bank_fragment", "bank_order", "bank_order_transaction", "bank_reject")
_ONCE = """
CREATE TRIGGER {table}_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION zahlstelle_written_once();
"""
# What entries of before were told by, town by town: row-level security binds the owner too.
_BEFORE = """
DO $$ DECLARE town uuid; BEGIN
    FOR town IN SELECT id FROM tenant LOOP
        PERFORM set_config('zahlstelle.tenant', town::text, true);
        UPDATE bank_entry e SET bookings = CASE WHEN booked THEN 1 ELSE 0 END,
            held = CASE WHEN booked THEN NULL WHEN status = 'BOOK' AND booked_on IS NOT NULL THEN 'may_be_repeated'
                ELSE 'announced' END,
            confirmed = EXISTS (SELECT 1 FROM sighting s WHERE s.tenant_id = town AND s.entry = e.id
                AND s.message = 'camt.053')
        WHERE tenant_id = town;
    END LOOP;
    PERFORM set_config('zahlstelle.tenant', '', true);
END $$;
"""


class Migration(migrations.Migration):
    """Add what the bank room must know to say each fact once."""

    dependencies = [
        ("tables", "0005_allocation"),
    ]

    operations = [
        migrations.CreateModel(
            name="FragmentRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("entry", models.UUIDField(db_index=True)),
                ("signed_cents", models.BigIntegerField()),
                ("count", models.IntegerField()),
                ("message_id", models.TextField()),
                ("told_on", models.DateField(null=True)),
            ],
            options={
                "db_table": "bank_fragment",
            },
        ),
        migrations.CreateModel(
            name="OrderRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("message_id", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("name", models.TextField()),
                ("registered_at", models.DateTimeField()),
            ],
            options={
                "db_table": "bank_order",
            },
        ),
        migrations.CreateModel(
            name="OrderTransactionRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("number", models.IntegerField()),
                ("payment_id", models.TextField()),
                ("end_to_end_id", models.TextField(null=True)),
                ("instruction_id", models.TextField(null=True)),
                ("amount_cents", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("mandate_id", models.TextField(null=True)),
                ("party_name", models.TextField(null=True)),
                ("party_iban", models.TextField(null=True)),
                ("reference", models.TextField(null=True)),
                ("remittance", models.JSONField(default=list)),
            ],
            options={
                "db_table": "bank_order_transaction",
            },
        ),
        migrations.CreateModel(
            name="RejectRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("message_id", models.TextField()),
                ("payment_id", models.TextField(null=True)),
                ("end_to_end_id", models.TextField(null=True)),
                ("instruction_id", models.TextField(null=True)),
                ("reason", models.TextField(null=True)),
                ("told_at", models.DateTimeField()),
            ],
            options={
                "db_table": "bank_reject",
            },
        ),
        migrations.AddField(
            model_name="bankentryrow",
            name="bookings",
            field=models.IntegerField(default=0, db_default=0),
        ),
        migrations.AddField(
            model_name="bankentryrow",
            name="confirmed",
            field=models.BooleanField(default=False, db_default=False),
        ),
        migrations.AddField(
            model_name="bankentryrow",
            name="difference_cents",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="bankentryrow",
            name="held",
            field=models.CharField(max_length=20, null=True),
        ),
        migrations.AddField(
            model_name="bankentryrow",
            name="part_of",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="sightingrow",
            name="said",
            field=models.CharField(default="", db_default="", max_length=32),
        ),
        migrations.AddField(
            model_name="statementrow",
            name="balanced",
            field=models.BooleanField(null=True),
        ),
        migrations.AddField(
            model_name="statementrow",
            name="booked_cents",
            field=models.BigIntegerField(default=0, db_default=0),
        ),
        migrations.AddField(
            model_name="statementrow",
            name="closing_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="statementrow",
            name="covered",
            field=models.JSONField(default=list, db_default=_NOTHING),
        ),
        migrations.AddField(
            model_name="statementrow",
            name="day_sums",
            field=models.JSONField(default=list, db_default=_NOTHING),
        ),
        migrations.AddField(
            model_name="statementrow",
            name="deviation_count",
            field=models.IntegerField(default=0, db_default=0),
        ),
        migrations.AddField(
            model_name="statementrow",
            name="deviations",
            field=models.JSONField(default=list, db_default=_NOTHING),
        ),
        migrations.AddField(model_name="statementrow", name="first_on", field=models.DateField(null=True)),
        migrations.AddField(model_name="statementrow", name="last_on", field=models.DateField(null=True)),
        migrations.AddField(
            model_name="statementrow",
            name="opening_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="statementrow",
            name="repeats",
            field=models.UUIDField(null=True),
        ),
        migrations.AddIndex(
            model_name="bankentryrow",
            index=models.Index(models.F("tenant"), models.F("bank_ref"), name="bank_entry_reference"),
        ),
        migrations.AddIndex(
            model_name="bankentryrow",
            index=models.Index(
                models.F("tenant"),
                models.F("account_iban"),
                models.F("booked_on"),
                condition=models.Q(("confirmed", False)),
                name="bank_entry_unconfirmed",
            ),
        ),
        migrations.AddIndex(
            model_name="bankentryrow",
            index=models.Index(
                models.F("tenant"),
                models.F("batch_message_id"),
                condition=models.Q(("batch_message_id__isnull", False)),
                name="bank_entry_batch",
            ),
        ),
        migrations.AddIndex(
            model_name="statementrow",
            index=models.Index(models.F("tenant"), models.F("message_id"), name="statement_message_id"),
        ),
        migrations.AddIndex(
            model_name="statementrow",
            index=models.Index(
                models.F("tenant"), models.F("account_iban"), models.F("last_on"), name="statement_account"
            ),
        ),
        migrations.AddField(
            model_name="fragmentrow",
            name="tenant",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tables.tenantrow"
            ),
        ),
        migrations.AddField(
            model_name="orderrow",
            name="tenant",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tables.tenantrow"
            ),
        ),
        migrations.AddField(
            model_name="ordertransactionrow",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tables.orderrow"
            ),
        ),
        migrations.AddField(
            model_name="ordertransactionrow",
            name="tenant",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tables.tenantrow"
            ),
        ),
        migrations.AddField(
            model_name="rejectrow",
            name="tenant",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tables.tenantrow"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderrow",
            constraint=models.UniqueConstraint(models.F("tenant"), models.F("message_id"), name="bank_order_once"),
        ),
        migrations.AddConstraint(
            model_name="ordertransactionrow",
            constraint=models.UniqueConstraint(
                models.F("order"), models.F("number"), name="bank_order_transaction_number"
            ),
        ),
        migrations.AddIndex(
            model_name="rejectrow",
            index=models.Index(models.F("tenant"), models.F("message_id"), name="bank_reject_message"),
        ),
        migrations.RunSQL("".join(_ONCE.format(table=table) for table in _TABLES)),
        migrations.RunSQL(_BEFORE),
    ]
