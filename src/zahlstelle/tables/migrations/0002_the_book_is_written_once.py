"""The database's own guards of the book and of every list that is written once.

An entry comes with its lines in one statement, and each statement's lines balance per entry and currency; lines come
only in the transaction that wrote their entry, so a pair added later to an old entry is refused too. The checks look
at a whole statement's rows at once: a batch of thousands costs little more than one.
"""

from django.db import migrations

_GUARDS = """
CREATE FUNCTION zahlstelle_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is written once: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

-- EXECUTE plans anew for each statement: a plan kept from when the book was empty would read all of it, row by row.
CREATE FUNCTION journal_line_sound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong uuid;
BEGIN
    SELECT min(entry::text)::uuid INTO wrong FROM (SELECT entry FROM new_lines GROUP BY tenant_id, entry, currency
        HAVING sum(CASE side WHEN 'SOLL' THEN amount_cents ELSE -amount_cents END) <> 0) unbalanced;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'entry % does not balance', wrong USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE 'SELECT min(n.entry::text)::uuid FROM new_lines n
        LEFT JOIN journal_entry e ON e.id = n.entry AND e.tenant_id = n.tenant_id
            AND e.xid = pg_current_xact_id()::text::bigint
        WHERE e.id IS NULL' INTO wrong;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'entry % is closed: lines come with their entry', wrong USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE 'SELECT min(n.entry::text)::uuid FROM new_lines n
        LEFT JOIN account a ON a.id = n.account_id AND a.tenant_id = n.tenant_id WHERE a.id IS NULL' INTO wrong;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'entry % names an account of another town', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION journal_entry_sound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong uuid;
BEGIN
    SELECT min(id::text)::uuid INTO wrong FROM new_entries WHERE xid <> pg_current_xact_id()::text::bigint;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'entry % names a foreign transaction', wrong USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE 'SELECT min(n.id::text)::uuid FROM new_entries n
        LEFT JOIN journal_line l ON l.entry = n.id AND l.tenant_id = n.tenant_id WHERE l.id IS NULL' INTO wrong;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'entry % has no lines', wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

ALTER TABLE journal_entry ALTER COLUMN xid SET DEFAULT pg_current_xact_id()::text::bigint;

CREATE TRIGGER journal_line_sound AFTER INSERT ON journal_line
    REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION journal_line_sound();
CREATE TRIGGER journal_entry_sound AFTER INSERT ON journal_entry
    REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION journal_entry_sound();

-- What a seal covers: every entry of the transactions from_xid <= xid < to_xid, with all its lines.
CREATE FUNCTION zahlstelle_digest(town uuid, from_xid bigint, to_xid bigint)
RETURNS TABLE (entries bigint, soll bigint, digest bytea) LANGUAGE sql STABLE AS $$
    WITH line AS (
        SELECT l.entry, string_agg(concat_ws('|', l.account_id, l.side, l.amount_cents, l.currency, l.subject), ';'
            ORDER BY l.id) AS said, sum(l.amount_cents) FILTER (WHERE l.side = 'SOLL') AS soll
        FROM journal_line l JOIN journal_entry e ON e.id = l.entry
        WHERE e.tenant_id = town AND e.xid >= from_xid AND e.xid < to_xid GROUP BY l.entry
    ), entry AS (
        SELECT e.id, sha256(convert_to(concat_ws('|', e.id, e.occasion, e.booked_on, extract(epoch FROM e.recorded_at),
            e.text, e.reverses, e.xid, line.said), 'UTF8')) AS digest, coalesce(line.soll, 0) AS soll
        FROM journal_entry e LEFT JOIN line ON line.entry = e.id
        WHERE e.tenant_id = town AND e.xid >= from_xid AND e.xid < to_xid
    )
    SELECT count(*), coalesce(sum(soll), 0)::bigint,
        sha256(coalesce(string_agg(digest, ''::bytea ORDER BY id), ''::bytea))
    FROM entry
$$;

ALTER TABLE claim_balance SET (fillfactor = 50);
"""

_ONCE = """
CREATE TRIGGER {table}_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION zahlstelle_written_once();
"""
_TABLES = (
    "journal_entry",
    "journal_line",
    "seal",
    "audit",
    "event",
    "allocation",
    "bank_file_part",
    "sighting",
)


class Migration(migrations.Migration):
    """Guards the database keeps by itself."""

    dependencies = [("tables", "0001_tables")]
    operations = [migrations.RunSQL(_GUARDS + "".join(_ONCE.format(table=table) for table in _TABLES))]
