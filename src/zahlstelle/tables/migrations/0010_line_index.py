"""Lines of an entry are found by one index, whatever the statistics of a town that was empty a moment ago say."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Put the tenant into the index of a line's entry."""

    dependencies = [("tables", "0009_providers")]

    operations = [
        migrations.AddIndex(
            "journallinerow", models.Index(models.F("entry"), models.F("tenant"), name="journal_line_entry_tenant")
        ),
        migrations.RemoveIndex("journallinerow", "journal_line_entry"),
    ]
