"""How many details a line had of its own, where it was seen."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add it; of lines seen before nobody knows."""

    dependencies = [("tables", "0015_wallet")]
    operations = [migrations.AddField("sightingrow", "details", models.IntegerField(null=True))]
