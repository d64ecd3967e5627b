"""Releases: what a person says became of a payment or refund that nobody knows of, guarded by the database."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

# What was said stays as it was said; it ends once, the provider's answer is kept once, and it is dealt with once.
_GUARDS = """
CREATE FUNCTION zahlstelle_release_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (
        (OLD.id, OLD.tenant_id, OLD.attempt_id, OLD.refund_id, OLD.word, OLD.provider_reference, OLD.reason,
            OLD.made_by, OLD.made_at)
            IS DISTINCT FROM (NEW.id, NEW.tenant_id, NEW.attempt_id, NEW.refund_id, NEW.word, NEW.provider_reference,
                NEW.reason, NEW.made_by, NEW.made_at)
        OR OLD.state <> 'waiting' AND (OLD.state, OLD.ended_by, OLD.ended_at)
            IS DISTINCT FROM (NEW.state, NEW.ended_by, NEW.ended_at)
        OR OLD.answer IS NOT NULL AND (OLD.answer, OLD.answer_word, OLD.answered_at)
            IS DISTINCT FROM (NEW.answer, NEW.answer_word, NEW.answered_at)
        OR OLD.seen_at IS NOT NULL AND (OLD.seen_by, OLD.seen_at, OLD.seen_note)
            IS DISTINCT FROM (NEW.seen_by, NEW.seen_at, NEW.seen_note)
    ) THEN
        RAISE EXCEPTION 'what was said of a payment stays as it was said' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM attempt a WHERE a.tenant_id = NEW.tenant_id AND a.id = NEW.attempt_id)
        OR NEW.refund_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM refund r
            WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.refund_id AND r.attempt_id = NEW.attempt_id) THEN
        RAISE EXCEPTION 'a release is of a payment of its town, or of a refund of that payment'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER release_stays AFTER INSERT OR UPDATE ON release
    FOR EACH ROW EXECUTE FUNCTION zahlstelle_release_stays();
CREATE TRIGGER release_never_deleted BEFORE DELETE OR TRUNCATE ON release
    FOR EACH STATEMENT EXECUTE FUNCTION zahlstelle_never_deleted();
"""


def _to(table: str, **more: Any) -> models.Field:  # type: ignore[type-arg]
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=f"tables.{table}", **more
    )


class Migration(migrations.Migration):
    """Add the table, its guards, and the mark at attempts and refunds."""

    dependencies = [("tables", "0016_sighting_details")]
    operations = [
        migrations.AddField("attemptrow", "released", models.UUIDField(null=True)),
        migrations.AddField("refundrow", "released", models.UUIDField(null=True)),
        migrations.CreateModel(
            name="ReleaseRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("word", models.CharField(max_length=20)),
                ("provider_reference", models.TextField(null=True)),
                ("reason", models.TextField()),
                ("made_by", models.TextField()),
                ("made_at", models.DateTimeField()),
                ("state", models.CharField(max_length=20)),
                ("ended_by", models.TextField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("answer", models.CharField(max_length=20, null=True)),
                ("answer_word", models.TextField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("seen_by", models.TextField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                ("seen_note", models.TextField(null=True)),
                ("attempt", _to("attemptrow")),
                ("refund", _to("refundrow", null=True)),
                ("tenant", _to("tenantrow", db_index=False)),
            ],
            options={
                "db_table": "release",
                "indexes": [
                    models.Index(
                        fields=["tenant"],
                        condition=Q(answer="contradicts", seen_at__isnull=True),
                        name="release_contradicted",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        name="release_by_two",
                        condition=~Q(state="applied", word__in=["paid", "not_given_back"])
                        | (Q(ended_by__isnull=False) & ~Q(ended_by=F("made_by"))),
                    ),
                    models.CheckConstraint(
                        name="release_ended",
                        condition=(~Q(state="waiting") | Q(ended_by__isnull=True, ended_at__isnull=True))
                        & (
                            ~Q(state__in=["applied", "withdrawn", "overtaken"])
                            | Q(ended_by__isnull=False, ended_at__isnull=False)
                        ),
                    ),
                    models.CheckConstraint(name="release_reason", condition=~Q(reason="")),
                    models.UniqueConstraint(
                        fields=["tenant", "attempt"],
                        condition=Q(state="waiting", refund__isnull=True),
                        name="release_of_attempt_waiting",
                    ),
                    models.UniqueConstraint(
                        fields=["tenant", "refund"], condition=Q(state="waiting"), name="release_of_refund_waiting"
                    ),
                ],
            },
        ),
        migrations.RunSQL(_GUARDS),
    ]
