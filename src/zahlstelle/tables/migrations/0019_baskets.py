"""Baskets: a payment pays one claim or several; the database holds each of them for one attempt at a time."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q


def _key(name: str, to: str, *, null: bool = False) -> tuple[str, models.Field]:  # type: ignore[type-arg]
    key = models.ForeignKey(
        db_index=False, null=null, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=f"tables.{to}"
    )
    return name, key


class Migration(migrations.Migration):
    """Add the claims of payments and attempts; refunds and disputes name theirs."""

    dependencies = [("tables", "0018_passkey_links")]
    operations = [
        migrations.RemoveIndex("paymentrow", "payment_claim"),
        migrations.RemoveConstraint("attemptrow", "attempt_one_per_claim"),
        migrations.CreateModel(
            name="PaymentClaimRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                _key("tenant", "tenantrow"),
                _key("payment", "paymentrow"),
                _key("claim", "claimrow"),
                ("number", models.SmallIntegerField()),
                ("amount_cents", models.BigIntegerField()),
            ],
            options={
                "db_table": "payment_claim",
                "indexes": [models.Index(F("tenant"), F("claim"), name="payment_claim_claim")],
                "constraints": [
                    models.UniqueConstraint(F("payment"), F("claim"), name="payment_claim_once"),
                    models.UniqueConstraint(F("payment"), F("number"), name="payment_claim_number"),
                    models.CheckConstraint(name="payment_claim_amount", condition=Q(amount_cents__gt=0)),
                ],
            },
        ),
        migrations.CreateModel(
            name="AttemptClaimRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                _key("tenant", "tenantrow"),
                _key("attempt", "attemptrow"),
                _key("claim", "claimrow"),
                ("number", models.SmallIntegerField()),
                ("amount_cents", models.BigIntegerField()),
                ("holding", models.BooleanField()),
                ("let_go", models.BooleanField(default=False)),
                ("surplus", models.BooleanField(default=False)),
                ("refunded_cents", models.BigIntegerField(default=0)),
                ("disputed_cents", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "attempt_claim",
                "indexes": [models.Index(F("tenant"), F("claim"), name="attempt_claim_claim")],
                "constraints": [
                    models.UniqueConstraint(F("attempt"), F("claim"), name="attempt_claim_once"),
                    models.CheckConstraint(
                        name="attempt_claim_given_back",
                        condition=Q(refunded_cents__gte=0, disputed_cents__gte=0)
                        & Q(amount_cents__gte=F("refunded_cents") + F("disputed_cents")),
                    ),
                    models.UniqueConstraint(
                        fields=["tenant", "claim"],
                        condition=Q(holding=True, let_go=False, surplus=False),
                        name="attempt_one_per_claim",
                    ),
                ],
            },
        ),
        migrations.AddField("refundrow", *_key("claim", "claimrow", null=True)),
        migrations.AddField("disputerow", *_key("claim", "claimrow", null=True)),
    ]
