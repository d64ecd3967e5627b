"""Tries to log in, to slow down those who guess."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the table of log-in tries."""

    dependencies = [("tables", "0002_the_book_is_written_once")]
    operations = [
        migrations.CreateModel(
            name="LoginTryRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account_digest", models.CharField(max_length=64)),
                ("address", models.CharField(max_length=45)),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "login_try"},
        ),
        migrations.AddIndex(
            model_name="logintryrow",
            index=models.Index(models.F("account_digest"), models.F("at"), name="login_try_account"),
        ),
    ]
