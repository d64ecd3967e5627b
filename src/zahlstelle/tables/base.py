"""What every table of a town has: its town. Row-level security hangs on this column."""

from django.db import models


class OfTenant(models.Model):
    """A row that belongs to one town and is seen only inside it."""

    tenant = models.ForeignKey("tables.TenantRow", on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        abstract = True


class OfTenantInBulk(OfTenant):
    """A row that comes by the million: row-level security answers for its town, no foreign key asks again."""

    tenant = models.ForeignKey(
        "tables.TenantRow", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        abstract = True
