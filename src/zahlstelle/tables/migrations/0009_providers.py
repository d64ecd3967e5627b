"""What only one provider's adapter needs of a contract: its settings and further secrets."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add them to the contracts."""

    dependencies = [("tables", "0008_payouts")]

    operations = [
        migrations.AddField("provideraccessrow", "settings", models.JSONField(default=dict)),
        migrations.AddField("provideraccessrow", "secrets", models.JSONField(default=dict)),
    ]
