"""Rows are found by their keys, whatever statistics say of a town that was empty a moment ago.

A town's first large file comes before the database has counted its rows. Told that a town has next to none, it would
find the lines of an entry, or one claim, by reading everything the town has: once for each of 100,000 details. So it
is told nothing about how many rows a town has, and assumes one in two hundred.
"""

from django.db import migrations, models

_IN_BULK = (
    "allocation",
    "attempt",
    "bank_detail",
    "bank_entry",
    "claim",
    "claim_balance",
    "event",
    "journal_entry",
    "journal_line",
    "payment",
)


class Migration(migrations.Migration):
    """Put the town into the index of a line's entry, and keep no statistics of towns."""

    dependencies = [("tables", "0009_providers")]

    operations = [
        migrations.AddIndex(
            "journallinerow", models.Index(models.F("entry"), models.F("tenant"), name="journal_line_entry_tenant")
        ),
        migrations.RemoveIndex("journallinerow", "journal_line_entry"),
        migrations.RunSQL(
            "".join(f"ALTER TABLE {table} ALTER COLUMN tenant_id SET STATISTICS 0;" for table in _IN_BULK),
            "".join(f"ALTER TABLE {table} ALTER COLUMN tenant_id SET STATISTICS -1;" for table in _IN_BULK),
        ),
    ]
