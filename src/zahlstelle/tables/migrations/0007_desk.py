"""What the desk and its worker need: deliveries, and quick ways to what is to be delivered."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add deliveries of camt.054; find collective credits and decisions of people quickly."""

    dependencies = [("tables", "0006_bank")]
    operations = [
        migrations.CreateModel(
            name="DeliveryRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("entry", models.UUIDField()),
                ("account_iban", models.CharField(max_length=34)),
                ("currency", models.CharField(max_length=3)),
                ("day", models.DateField()),
                ("number", models.IntegerField()),
                ("name", models.TextField()),
                ("message_id", models.CharField(max_length=35, null=True)),
                ("waiting", models.IntegerField()),
                ("by_people", models.IntegerField()),
                ("numbered_at", models.DateTimeField()),
                ("delivered_at", models.DateTimeField(null=True)),
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
            options={"db_table": "delivery"},
        ),
        migrations.AddConstraint(
            model_name="deliveryrow",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                models.F("account_iban"),
                models.F("currency"),
                models.F("day"),
                models.F("number"),
                name="delivery_number",
            ),
        ),
        migrations.AddIndex(
            model_name="deliveryrow",
            index=models.Index(models.F("tenant"), models.F("entry"), models.F("numbered_at"), name="delivery_entry"),
        ),
        migrations.AddIndex(
            model_name="deliveryrow",
            index=models.Index(models.F("tenant"), models.F("numbered_at"), name="delivery_latest"),
        ),
        migrations.AddIndex(
            model_name="bankentryrow",
            index=models.Index(
                fields=["tenant", "booked_on"],
                condition=models.Q(breakdown="whole", side="credit"),
                name="bank_entry_collective",
            ),
        ),
        migrations.AddIndex(
            model_name="allocationrow",
            index=models.Index(
                fields=["tenant", "entry"],
                condition=~models.Q(decided_by="rule"),
                name="allocation_by_people",
            ),
        ),
    ]
