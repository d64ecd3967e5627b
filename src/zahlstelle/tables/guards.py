"""The second guard of every table: row-level security and the rights of the application's role.

Run by the owner after each migration, over all tables there are, so that a new table is never forgotten.
"""

from collections.abc import Set
from typing import Any

from django.apps import apps
from django.db import connection

from .base import OfTenant

APPLICATION_ROLE = "zahlstelle_app"

# Written once: the application may add rows and read them, nothing else.
WRITTEN_ONCE = (
    "journal_entry",
    "journal_line",
    "seal",
    "audit",
    "event",
    "allocation",
    "bank_file_part",
    "sighting",
    "payout_report",
    "payout_item",
    "payout_share",
    "dispute",
    "payment_claim",
    "payer_trial",
    "payer_switch",
    "bank_fragment",
    "bank_order",
    "bank_order_transaction",
    "bank_reject",
    "mandate",
    "mandate_block",
    "debit",
    "collection",
    "collected_debit",
    "collection_taken",
)

# Changed along its life, but never taken away.
NEVER_DELETED = ("refund", "consent", "release", "attempt_claim")

# Who shows the right digest sees that one row before it is known which town it belongs to.
_PRESENTED = {
    "api_key": "key_digest = nullif(current_setting('zahlstelle.presented', true), '')",
    "payment": "token_digest = nullif(current_setting('zahlstelle.presented', true), '')",
    "membership": "person_id = nullif(current_setting('zahlstelle.person', true), '')::uuid",
}
# Where a step is taken for one citizen, nobody else's rows are there; where none is named, the town's are.
_OF_CITIZEN = {
    "citizen": "id",
    "passkey": "citizen_id",
    "consent": "citizen",
    "stored_card": "citizen_id",
    "device": "citizen_id",
    "passkey_link": "citizen_id",
}
_CITIZEN = "(SELECT nullif(current_setting('zahlstelle.citizen', true), '')::uuid)"
_MINE = "tenant_id = (SELECT nullif(current_setting('zahlstelle.tenant', true), '')::uuid)"


def tenant_tables() -> list[str]:
    """Name every table that belongs to a town."""
    models = apps.get_app_config("tables").get_models()
    return sorted(model._meta.db_table for model in models if issubclass(model, OfTenant))


def apply(**_signal: Any) -> None:
    """Force row-level security on every table of a town and grant the application what it needs.

    Somebody may migrate to a state of before, in which not every table is there.
    """
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        for table in tenant_tables():
            if table in there:
                cursor.execute(_security(table))
        cursor.execute(_rights(there))


def _security(table: str) -> str:
    shown = _PRESENTED.get(table)
    more = f"CREATE POLICY presented ON {table} FOR SELECT USING ({shown});" if shown else ""
    column = _OF_CITIZEN.get(table)
    if column:
        theirs = f"coalesce({column} = {_CITIZEN}, {_CITIZEN} IS NULL)"
        more += f"CREATE POLICY of_citizen ON {table} AS RESTRICTIVE USING ({theirs});"
    return f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        DROP POLICY IF EXISTS of_tenant ON {table};
        DROP POLICY IF EXISTS presented ON {table};
        DROP POLICY IF EXISTS of_citizen ON {table};
        CREATE POLICY of_tenant ON {table} USING ({_MINE}) WITH CHECK ({_MINE});
        {more}
    """


def _rights(there: Set[str]) -> str:
    once = ", ".join(table for table in WRITTEN_ONCE if table in there)
    never = ", ".join(table for table in NEVER_DELETED if table in there)
    return f"""
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APPLICATION_ROLE};
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION_ROLE};
        REVOKE DELETE, TRUNCATE ON {never} FROM {APPLICATION_ROLE};
        REVOKE UPDATE, DELETE, TRUNCATE ON {once} FROM {APPLICATION_ROLE};
        REVOKE ALL ON django_migrations FROM {APPLICATION_ROLE};
        GRANT SELECT ON django_migrations TO {APPLICATION_ROLE};
    """
