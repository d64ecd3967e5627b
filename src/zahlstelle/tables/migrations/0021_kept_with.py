"""A kept card knows the passkey with which it was kept."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Of cards kept before, nobody knows any more: None."""

    dependencies = [("tables", "0020_basket_shares")]
    operations = [migrations.AddField("storedcardrow", "kept_with", models.UUIDField(null=True))]
