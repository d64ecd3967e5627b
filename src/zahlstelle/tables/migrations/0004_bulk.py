"""What makes a million rows in one transaction cheap, without giving a guard up.

A foreign key is checked row by row at the end of the transaction: for a collective entry of a million details that
is eight million questions whether the same town exists. Row-level security has answered it already for every row, and
the book's own guard compares accounts as a set; a town or an account that something names cannot go away, because a
town's accounts name the town, and accounts are never deleted. See docs/adr/0015-a-collective-entry-as-a-set.md.
"""

import django.db.models.deletion
from django.db import migrations, models

_BULK = ("bankdetailrow", "journalentryrow", "journallinerow", "allocationrow", "eventrow")

# Each entry is looked up by its id, as a question of its own: a join would be planned by statistics that know nothing
# of what this transaction has written, and once in a while read all of it for every row.
_GUARDS = """
CREATE OR REPLACE FUNCTION journal_line_sound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong uuid;
BEGIN
    SELECT min(entry::text)::uuid INTO wrong FROM (SELECT entry FROM new_lines GROUP BY tenant_id, entry, currency
        HAVING sum(CASE side WHEN 'SOLL' THEN amount_cents ELSE -amount_cents END) <> 0) unbalanced;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'entry % does not balance', wrong USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE 'SELECT min(n.entry::text)::uuid FROM (SELECT DISTINCT tenant_id, entry FROM new_lines) n
        WHERE (SELECT e.xid FROM journal_entry e WHERE e.id = n.entry AND e.tenant_id = n.tenant_id)
            IS DISTINCT FROM pg_current_xact_id()::text::bigint' INTO wrong;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'entry % is closed: lines come with their entry', wrong USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE 'SELECT min(n.entry::text)::uuid
        FROM (SELECT tenant_id, account_id, min(entry::text) AS entry FROM new_lines GROUP BY 1, 2) n
        LEFT JOIN account a ON a.id = n.account_id AND a.tenant_id = n.tenant_id WHERE a.id IS NULL' INTO wrong;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'entry % names an account of another town', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION journal_entry_sound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong uuid;
BEGIN
    SELECT min(id::text)::uuid INTO wrong FROM new_entries WHERE xid <> pg_current_xact_id()::text::bigint;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'entry % names a foreign transaction', wrong USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE 'SELECT min(n.id::text)::uuid FROM new_entries n
        WHERE (SELECT 1 FROM journal_line l WHERE l.entry = n.id AND l.tenant_id = n.tenant_id LIMIT 1) IS NULL'
        INTO wrong;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'entry % has no lines', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION zahlstelle_account_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'account % stays: the book names it', OLD.code USING ERRCODE = 'foreign_key_violation';
END $$;
CREATE TRIGGER account_stays BEFORE DELETE OR UPDATE OF id ON account
    FOR EACH ROW EXECUTE FUNCTION zahlstelle_account_stays();
"""


def _without_constraint(model: str, name: str, to: str) -> migrations.AlterField:
    return migrations.AlterField(
        model_name=model,
        name=name,
        field=models.ForeignKey(
            db_constraint=False,
            db_index=False,
            on_delete=django.db.models.deletion.PROTECT,
            related_name="+",
            to=f"tables.{to}",
        ),
    )


class Migration(migrations.Migration):
    """Check towns and accounts of bulk rows as sets; find attempts by what providers call them."""

    dependencies = [("tables", "0003_login_tries")]
    operations = [
        *(_without_constraint(model, "tenant", "tenantrow") for model in _BULK),
        _without_constraint("journallinerow", "account", "accountrow"),
        migrations.RemoveConstraint(model_name="attemptrow", name="attempt_provider_reference"),
        migrations.AddConstraint(
            model_name="attemptrow",
            constraint=models.UniqueConstraint(
                models.F("tenant"),
                models.F("provider_reference"),
                models.F("provider"),
                name="attempt_provider_reference",
            ),
        ),
        migrations.RunSQL(_GUARDS),
    ]
