"""What every table of a town has: its town. Row-level security hangs on this column."""

from django.db import models


class OfTenant(models.Model):
    """A row that belongs to one town and is seen only inside it."""

    tenant = models.ForeignKey("tables.TenantRow", on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        abstract = True
