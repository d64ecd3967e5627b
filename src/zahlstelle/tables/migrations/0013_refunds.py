"""Refunds and disputes: the database itself never lets more be given back than was captured."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

_HOLDING = ["intended", "started", "pending", "unknown", "contradicted", "paid"]

# What is given back is counted at the attempt by the row that gives it back, under the attempt's row lock; the check
# constraints of the attempt refuse what would be too much. Nobody else writes the counters.
_GUARDS = """
CREATE FUNCTION zahlstelle_count_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before bigint := 0;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.id, OLD.tenant_id, OLD.attempt_id, OLD.amount_cents, OLD.currency, OLD.wish, OLD.requested_at)
            IS DISTINCT FROM (NEW.id, NEW.tenant_id, NEW.attempt_id, NEW.amount_cents, NEW.currency, NEW.wish,
                NEW.requested_at) THEN
            RAISE EXCEPTION 'what a refund is stays as it was asked for' USING ERRCODE = 'insufficient_privilege';
        END IF;
        before := CASE OLD.status WHEN 'refused' THEN 0 ELSE OLD.amount_cents END;
    END IF;
    UPDATE attempt
    SET refunded_cents = refunded_cents - before + CASE NEW.status WHEN 'refused' THEN 0 ELSE NEW.amount_cents END
    WHERE tenant_id = NEW.tenant_id AND id = NEW.attempt_id AND currency = NEW.currency;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a refund is of an attempt of its town and its currency'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION zahlstelle_count_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE attempt SET disputed_cents = disputed_cents + NEW.amount_cents
    WHERE tenant_id = NEW.tenant_id AND id = NEW.attempt_id AND currency = NEW.currency;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a dispute is of an attempt of its town and its currency'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION zahlstelle_given_back_is_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'what is given back is counted by refunds and disputes alone'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION zahlstelle_never_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never deleted', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER refund_counts AFTER INSERT OR UPDATE ON refund
    FOR EACH ROW EXECUTE FUNCTION zahlstelle_count_refund();
CREATE TRIGGER dispute_counts AFTER INSERT ON dispute
    FOR EACH ROW EXECUTE FUNCTION zahlstelle_count_dispute();
CREATE TRIGGER attempt_given_back_is_counted BEFORE UPDATE OF refunded_cents, disputed_cents ON attempt FOR EACH ROW
    WHEN (OLD.refunded_cents <> NEW.refunded_cents OR OLD.disputed_cents <> NEW.disputed_cents)
    EXECUTE FUNCTION zahlstelle_given_back_is_counted();
CREATE TRIGGER dispute_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON dispute
    FOR EACH STATEMENT EXECUTE FUNCTION zahlstelle_written_once();
CREATE TRIGGER refund_never_deleted BEFORE DELETE OR TRUNCATE ON refund
    FOR EACH STATEMENT EXECUTE FUNCTION zahlstelle_never_deleted();
"""

# What reports have told of before counts too.
TOLD_BEFORE = """
SELECT i.tenant_id, i.id, i.kind, -i.cents AS cents, i.item_reference, i.text, a.attempt, a.decided_at, t.currency,
    CASE t.status WHEN 'surplus' THEN 'surplus' ELSE 'cancelled' END AS wish,
    row_number() OVER (PARTITION BY a.attempt, i.kind ORDER BY a.decided_at, i.id) AS number
FROM payout_share s JOIN payout_item i ON i.tenant_id = s.tenant_id AND i.id = s.item
JOIN allocation a ON a.tenant_id = s.tenant_id AND a.detail = s.detail AND a.outcome = 'allocated'
JOIN attempt t ON t.tenant_id = a.tenant_id AND t.id = a.attempt
WHERE i.kind IN ('refund', 'chargeback') AND i.cents < 0 AND NOT EXISTS (SELECT 1 FROM allocation b
    WHERE b.tenant_id = a.tenant_id AND b.detail = a.detail AND b.takes_back = a.id)
"""
_UNFORCED = """
ALTER TABLE attempt NO FORCE ROW LEVEL SECURITY;
ALTER TABLE allocation NO FORCE ROW LEVEL SECURITY;
ALTER TABLE payout_item NO FORCE ROW LEVEL SECURITY;
ALTER TABLE payout_share NO FORCE ROW LEVEL SECURITY;
CREATE TEMPORARY TABLE given_back_before ON COMMIT DROP AS
"""
_KEPT = """;
INSERT INTO refund (tenant_id, id, attempt_id, number, status, amount_cents, currency, wish, text, made_by,
    provider_reference, requested_at, changed_at, checks, item)
SELECT tenant_id, id, attempt, number, 'done', cents, currency, wish, text, 'report', item_reference,
    decided_at, decided_at, 0, id FROM given_back_before WHERE kind = 'refund';
INSERT INTO dispute (tenant_id, id, attempt_id, amount_cents, currency, provider_reference, text, item, at)
SELECT tenant_id, id, attempt, cents, currency, item_reference, text, id, decided_at FROM given_back_before
WHERE kind = 'chargeback';
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE attempt FORCE ROW LEVEL SECURITY;
ALTER TABLE allocation FORCE ROW LEVEL SECURITY;
ALTER TABLE payout_item FORCE ROW LEVEL SECURITY;
ALTER TABLE payout_share FORCE ROW LEVEL SECURITY;
"""


def _of_tenant() -> tuple[str, models.Field]:  # type: ignore[type-arg]
    key = models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tables.tenantrow"
    )
    return "tenant", key


def _of_attempt(*, db_index: bool) -> tuple[str, models.Field]:  # type: ignore[type-arg]
    key = models.ForeignKey(
        db_index=db_index, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tables.attemptrow"
    )
    return "attempt", key


class Migration(migrations.Migration):
    """Add refunds and disputes, what is kept of an authentication, and the guards."""

    dependencies = [("tables", "0012_direct_debit")]
    operations = [
        migrations.AddField("attemptrow", "authentication", models.JSONField(null=True)),
        migrations.AddField("attemptrow", "challenge", models.BooleanField(default=False)),
        migrations.AddField("attemptrow", "retry_of", models.UUIDField(null=True, unique=True)),
        migrations.AddField("attemptrow", "return_url", models.TextField(null=True)),
        migrations.AddField("attemptrow", "notify_url", models.TextField(null=True)),
        migrations.AddField("attemptrow", "refunded_cents", models.BigIntegerField(default=0)),
        migrations.AddField("attemptrow", "disputed_cents", models.BigIntegerField(default=0)),
        migrations.AddField("attemptrow", "let_go", models.BooleanField(default=False)),
        migrations.AddField("payoutitemrow", "answer_by", models.DateField(null=True)),
        migrations.RemoveConstraint("attemptrow", "attempt_one_per_claim"),
        migrations.AddConstraint(
            "attemptrow",
            models.UniqueConstraint(
                fields=["tenant", "claim"],
                condition=Q(status__in=_HOLDING, let_go=False),
                name="attempt_one_per_claim",
            ),
        ),
        migrations.AddConstraint(
            "attemptrow",
            models.CheckConstraint(
                name="attempt_given_back",
                condition=Q(refunded_cents__gte=0, disputed_cents__gte=0)
                & Q(amount_cents__gte=F("refunded_cents") + F("disputed_cents")),
            ),
        ),
        migrations.AddConstraint(
            "attemptrow",
            models.CheckConstraint(
                name="attempt_given_back_captured",
                condition=Q(refunded_cents=0, disputed_cents=0) | Q(status__in=["paid", "surplus", "charged_back"]),
            ),
        ),
        migrations.CreateModel(
            name="RefundRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                _of_attempt(db_index=False),
                ("number", models.IntegerField()),
                ("status", models.CharField(max_length=20)),
                ("amount_cents", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("wish", models.CharField(max_length=20)),
                ("text", models.TextField()),
                ("made_by", models.TextField()),
                ("provider_reference", models.TextField(null=True)),
                ("vendor_word", models.TextField(null=True)),
                ("requested_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("check_at", models.DateTimeField(null=True)),
                ("checks", models.SmallIntegerField(default=0)),
                ("item", models.UUIDField(null=True)),
                _of_tenant(),
            ],
            options={
                "db_table": "refund",
                "indexes": [
                    models.Index(
                        fields=["tenant", "check_at"], condition=Q(check_at__isnull=False), name="refund_check_at"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint("attempt", "number", name="refund_number"),
                    models.UniqueConstraint("attempt", "provider_reference", name="refund_provider_reference"),
                    models.CheckConstraint(name="refund_amount", condition=Q(amount_cents__gt=0)),
                ],
            },
        ),
        migrations.CreateModel(
            name="DisputeRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                _of_attempt(db_index=True),
                ("amount_cents", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("provider_reference", models.TextField(null=True)),
                ("text", models.TextField()),
                ("answer_by", models.DateField(null=True)),
                ("item", models.UUIDField()),
                ("at", models.DateTimeField()),
                _of_tenant(),
            ],
            options={
                "db_table": "dispute",
                "constraints": [models.CheckConstraint(name="dispute_amount", condition=Q(amount_cents__gt=0))],
            },
        ),
        migrations.RunSQL(_GUARDS + _UNFORCED + TOLD_BEFORE + _KEPT),
    ]
