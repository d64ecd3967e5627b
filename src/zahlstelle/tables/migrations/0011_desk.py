"""Parts of debtors' names as columns, so that proposals find claims of an amount by an index; and the worker's rounds.

Columns and not an expression: below row-level security PostgreSQL looks only such conditions up in an index whose
functions cannot leak a row, and only its own count as such. Adding them rewrites the table of claims.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Func, Value

# The same parts as `allocation._names.parts_of`, of each the first five letters; a test compares the two.
_PART = r"""
CREATE FUNCTION debtor_part(name text, place integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    plain text := replace(replace(replace(replace(name, 'ß', 'ss'), 'ẞ', 'ss'), 'Ä', 'ä'), 'Ö', 'ö');
    parts text[] := '{}';
    part text;
BEGIN
    plain := replace(replace(replace(replace(plain, 'Ü', 'ü'), 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue');
    plain := lower(regexp_replace(normalize(plain, NFKD), '[^\x01-\x7f]', '', 'g'));
    FOREACH part IN ARRAY regexp_split_to_array(plain, '[^a-z0-9]+') LOOP
        IF length(part) > 1 AND part NOT IN ('herr', 'frau', 'familie', 'fam', 'eheleute', 'dr', 'prof', 'dipl', 'ing',
            'geb', 'und', 'oder', 'von', 'zu')
        THEN
            part := left(regexp_replace(part, '([aou])e', '\1', 'g'), 5);
            parts := parts || part;
        END IF;
    END LOOP;
    RETURN CASE
        WHEN place = 1 THEN parts[1]
        WHEN place = -1 AND cardinality(parts) > 1 THEN parts[cardinality(parts)]
    END;
END $$
"""


def _part(place: int) -> models.GeneratedField:
    expression = Func(F("debtor_name"), Value(place), function="debtor_part")
    return models.GeneratedField(
        expression=expression, output_field=models.TextField(null=True), db_persist=True, null=True
    )


class Migration(migrations.Migration):
    """Add them. The index of the amount alone is the beginning of the first of the new ones."""

    dependencies = [("tables", "0010_plans")]

    operations = [
        migrations.RunSQL(_PART, "DROP FUNCTION debtor_part(text, integer)"),
        migrations.AddField("claimrow", "debtor_first", _part(1)),
        migrations.AddField("claimrow", "debtor_last", _part(-1)),
        migrations.RemoveIndex("claimrow", "claim_of_amount"),
        migrations.AddIndex(
            "claimrow", models.Index("tenant", "amount_cents", "debtor_first", "id", name="claim_of_debtor_first")
        ),
        migrations.AddIndex(
            "claimrow",
            models.Index(
                fields=["tenant", "amount_cents", "debtor_last", "debtor_first"],
                condition=models.Q(debtor_last__isnull=False),
                name="claim_of_debtor_parts",
            ),
        ),
        migrations.AddIndex(
            "claimrow",
            models.Index(
                fields=["tenant", "amount_cents", "debtor_last", "id"],
                condition=models.Q(debtor_last__isnull=False),
                name="claim_of_debtor_last",
            ),
        ),
        migrations.CreateModel(
            name="WorkerRoundRow",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("ended_at", models.DateTimeField()),
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
            options={"db_table": "worker_round"},
        ),
        migrations.AddConstraint(
            "workerroundrow", models.UniqueConstraint(models.F("tenant"), name="worker_round_of_tenant")
        ),
    ]
