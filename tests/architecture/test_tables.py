"""The second guard, seen from inside the database: every table of a town, one town at a time, written once.

Everything is walked by the catalogue of PostgreSQL, so that a table nobody thought of is found.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import Error, connection, models, transaction
from tests.support.towns import AT, a_claim, found_town

from zahlstelle import allocation, audit, ledger, payments, tenancy
from zahlstelle.kernel import new_id
from zahlstelle.simulation import Town, collective_file
from zahlstelle.tables.base import OfTenant
from zahlstelle.tables.guards import NEVER_DELETED, WRITTEN_ONCE
from zahlstelle.tenancy import Tenant, inside

pytestmark = pytest.mark.prove("other_town")

# Tables of no town, each with its reason. Whatever else there is must carry its town.
OF_NO_TOWN = {
    "tenant": "the register of towns",
    "person": "someone who logs in; what they may do stands in `membership`, town by town",
    "login_try": "counts tries of people who have not logged in yet",
    "django_migrations": "which migrations were done; the application only reads it",
    "django_content_type": "Django's own list of models",
    "django_session": "a logged-in person's session; holds no row of a town",
    "auth_group": "comes with Django's log-in, empty",
    "auth_group_permissions": "comes with Django's log-in, empty",
    "auth_permission": "comes with Django's log-in",
}
# Rows that a presented secret shows before the town is known (tables/guards.py).
PRESENTED = {"api_key", "payment", "membership"}
# Rows that are one citizen's: a step taken for that citizen shows no other's.
OF_CITIZENS = {"citizen", "passkey", "consent", "stored_card", "device", "passkey_link"}
REFUSED = "42501"  # insufficient_privilege: by rights, by row-level security, or by the written-once trigger


def ask(sql: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def town_tables() -> list[str]:
    """Name every table that has a column for its town, from the catalogue."""
    rows = ask(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'"
        " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped ORDER BY 1"
    )
    return [name for (name,) in rows]


def written_columns(table: str) -> list[str]:
    """Name the columns that are written, without those the database makes of others."""
    rows = ask(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' ORDER BY attnum",
        table,
    )
    return [name for (name,) in rows]


@contextmanager
def refused(why: str = "") -> Iterator[None]:
    """Expect the database to refuse, with the right code and words."""
    with pytest.raises(Error) as caught, transaction.atomic():
        yield
    assert getattr(caught.value.__cause__, "sqlstate", None) == REFUSED, caught.value
    assert why in str(caught.value)


# --- a town that has a row in every table --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Tenant:
    """A lived-in town; tables the rooms did not reach get a row of anything."""
    own = found_town(pools=[{"name": "standard", "prefix": "4711", "digits": 8, "check": "mod11"}])
    account = tenancy.bank_accounts(tenant=own)[0]
    path = tmp_path_factory.mktemp("bank") / "collective.xml"
    collective_file(3, path, family="053", town=Town(iban=account.iban, bic=account.bic), day=date(2026, 10, 2))
    live_in(own, path)
    with inside(own):
        for model in apps.get_app_config("tables").get_models():
            if issubclass(model, OfTenant) and not model.objects.filter(tenant_id=own.id).exists():
                anything(model, own).save(force_insert=True)
    return own


def live_in(own: Tenant, bank_file: Path) -> None:
    claim = a_claim(own)
    tenancy.add_api_key(tenant=own, name="Fachverfahren", at=AT)
    payments.take_over(
        tenant=own, claim_id=claim.id, provider="sandbox", method="card", provider_reference="before", at=AT
    )
    allocation.import_bank_file(tenant=own, name="collective.xml", path=bank_file, at=AT)
    audit.write(tenant=own, at=AT, actor="test", action="looked", subject="everything")
    ledger.seal(tenant=own, at=AT)


def anything(model: type[OfTenant], own: Tenant) -> OfTenant:
    """Make a row that fits the columns' types, related to rows of the same town."""
    values = {
        field.attname: something(field, own)
        for field in model._meta.concrete_fields
        if not field.has_default() and not field.null and not isinstance(field, models.AutoField)
    }
    return model(**{**values, "tenant_id": own.id})


def something(field: "models.Field[Any, Any]", own: Tenant) -> object:
    if isinstance(field, models.ForeignKey):
        related = field.related_model
        known = related.objects.filter(tenant_id=own.id) if issubclass(related, OfTenant) else related.objects.all()
        return known.values_list("pk", flat=True).first()
    if field.name == "currency":
        return "EUR"
    for kind, value in {
        models.UUIDField: new_id(),
        models.DateTimeField: AT,
        models.DateField: AT.date(),
        models.BinaryField: b"x",
        models.JSONField: {},
        models.BooleanField: True,
        models.IntegerField: 1,
        models.CharField: "x",
        models.TextField: "x",
    }.items():
        if isinstance(field, kind):
            return value
    raise TypeError(f"nobody said what stands in {field}")


# --- every table belongs to a town, or says why not ----------------------------------------------------------------


def test_every_table_belongs_to_a_town_or_has_a_reason_not_to() -> None:
    everything = {name for (name,) in ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert everything - set(town_tables()) - set(OF_NO_TOWN) == set()
    assert set(town_tables()) & set(OF_NO_TOWN) == set()
    assert len(town_tables()) >= 27


def test_row_level_security_is_on_and_forced_on_every_table() -> None:
    states = ask(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = ANY(%s)", town_tables()
    )
    assert len(states) == len(town_tables())
    assert [name for name, on, forced in states if not (on and forced)] == []


def test_every_table_has_its_one_policy_for_reading_and_writing() -> None:
    mine = "(tenant_id = ( SELECT (NULLIF(current_setting('zahlstelle.tenant'::text, true), ''::text))::uuid AS"
    policies = ask(
        "SELECT tablename, cmd, permissive, roles::text, qual, with_check FROM pg_policies"
        " WHERE schemaname = 'public' AND policyname = 'of_tenant'"
    )
    assert sorted(row[0] for row in policies) == town_tables()
    for table, command, permissive, roles, using, check in policies:
        assert (command, permissive, roles) == ("ALL", "PERMISSIVE", "{public}"), table
        assert using.startswith(mine), table
        assert check.startswith(mine), table


def test_no_other_policy_opens_a_table_but_what_a_secret_shows() -> None:
    others = ask(
        "SELECT tablename, policyname, cmd, with_check FROM pg_policies"
        " WHERE policyname <> 'of_tenant' AND permissive = 'PERMISSIVE'"
    )
    assert sorted(others) == sorted((table, "presented", "SELECT", None) for table in PRESENTED)


def test_where_a_step_is_taken_for_one_citizen_nobody_elses_rows_are_there() -> None:
    closing = ask("SELECT tablename, policyname, cmd FROM pg_policies WHERE permissive = 'RESTRICTIVE'")
    assert sorted(closing) == sorted((table, "of_citizen", "ALL") for table in OF_CITIZENS)


# --- the application's role ----------------------------------------------------------------------------------------


def test_the_application_is_a_role_without_powers() -> None:
    powers = ask(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
        " FROM pg_roles WHERE rolname = current_user"
    )
    assert powers == [("zahlstelle_app", False, False, False, False, False)]
    owned = "SELECT count(*) FROM pg_class WHERE pg_has_role(current_user, relowner, 'USAGE')"
    assert ask(owned) == [(0,)]
    assert ask("SELECT rolname FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER')") == [("zahlstelle_app",)]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE mine (id int)",
        "CREATE VIEW mine AS SELECT 1 AS one",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA mine",
        "ALTER TABLE claim DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE claim NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY of_tenant ON claim",
        "ALTER TABLE journal_line DISABLE TRIGGER ALL",
        "DROP TRIGGER journal_line_written_once ON journal_line",
        "SET ROLE zahlstelle_owner",
        "SET session_replication_role = replica",
        "DELETE FROM django_migrations",
    ],
)
def test_the_application_cannot(sql: str) -> None:
    with refused():
        ask(sql)


# --- one town at a time --------------------------------------------------------------------------------------------


def count(table: str, where: str = "", *values: object) -> int:
    return int(ask(f"SELECT count(*) FROM {table} {where}", *values)[0][0])


def test_every_table_has_a_row_of_the_town(full: Tenant) -> None:
    with inside(full):
        assert [table for table in town_tables() if not count(table, "WHERE tenant_id = %s", full.id)] == []
        assert [table for table in town_tables() if count(table) != count(table, "WHERE tenant_id = %s", full.id)] == []


def test_without_a_town_no_table_shows_anything(full: Tenant) -> None:
    assert [table for table in town_tables() if count(table)] == []


def test_the_neighbour_sees_nothing_of_it(full: Tenant, neighbour: Tenant) -> None:
    with inside(neighbour):
        assert [table for table in town_tables() if count(table, "WHERE tenant_id = %s", full.id)] == []


def test_the_neighbour_cannot_change_or_delete_what_it_does_not_see(full: Tenant, neighbour: Tenant) -> None:
    for table in sorted(set(town_tables()) - set(WRITTEN_ONCE)):
        with inside(neighbour), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET tenant_id = tenant_id WHERE tenant_id = %s", [full.id])
            assert cursor.rowcount == 0, table
            if table not in NEVER_DELETED:
                cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [full.id])
                assert cursor.rowcount == 0, table


@pytest.mark.parametrize("table", NEVER_DELETED)
def test_nobody_deletes_what_is_never_deleted(table: str, full: Tenant) -> None:
    for sql in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with refused(), inside(full):
            ask(sql)


def test_no_row_can_be_written_into_another_town(full: Tenant, neighbour: Tenant) -> None:
    for table in town_tables():
        columns = ", ".join(written_columns(table))
        with inside(full):
            (row,) = ask(f"SELECT to_jsonb(t)::text FROM {table} t LIMIT 1")
        with refused("row-level security"), inside(neighbour):
            copy = f"SELECT {columns} FROM jsonb_populate_record(NULL::{table}, %s::jsonb)"
            ask(f"INSERT INTO {table} ({columns}) {copy} RETURNING 1", *row)


def test_no_row_can_be_moved_to_another_town(full: Tenant, neighbour: Tenant) -> None:
    for table in sorted(set(town_tables()) - set(WRITTEN_ONCE)):
        with refused("row-level security"), inside(full):
            ask(f"UPDATE {table} SET tenant_id = %s RETURNING 1", neighbour.id)


def test_a_town_ends_with_its_transaction(full: Tenant) -> None:
    with inside(full):
        assert count("claim")
    assert count("claim") == 0


def test_one_transaction_is_of_one_town(full: Tenant, neighbour: Tenant) -> None:
    with pytest.raises(RuntimeError, match="one town"), inside(full), inside(neighbour):
        pass


def test_a_wrong_secret_shows_nothing(full: Tenant) -> None:
    with tenancy.opened_with("guessed"):
        assert [table for table in town_tables() if count(table)] == []


# --- written once --------------------------------------------------------------------------------------------------


def test_what_is_written_once_is_guarded_twice() -> None:
    """By rights, and by a trigger that binds the owner too."""
    triggers = ask(
        "SELECT tgrelid::regclass::text FROM pg_trigger"
        " WHERE tgfoid = 'zahlstelle_written_once'::regproc AND tgenabled = 'O'"
    )
    assert sorted(name for (name,) in triggers) == sorted(WRITTEN_ONCE)
    rights = ask(
        "SELECT t, has_table_privilege(t, 'UPDATE'), has_table_privilege(t, 'DELETE'),"
        " has_table_privilege(t, 'TRUNCATE'), has_any_column_privilege(t, 'UPDATE') FROM unnest(%s::text[]) t",
        list(WRITTEN_ONCE),
    )
    assert [table for table, *given in rights if any(given)] == []


@pytest.mark.parametrize("table", WRITTEN_ONCE)
@pytest.mark.parametrize("what", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_changes_nothing_that_is_written_once(table: str, what: str, full: Tenant) -> None:
    with inside(full):
        before = count(table)
    with refused(), inside(full):
        ask(what.format(table))
    with inside(full):
        assert count(table) == before > 0


def test_no_table_of_a_town_can_be_emptied_at_once(full: Tenant) -> None:
    for table in town_tables():
        with refused(), inside(full):
            ask(f"TRUNCATE {table} CASCADE")


def test_every_moment_is_kept_with_its_time_zone() -> None:
    naive = ask(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'timestamp without time zone'"
    )
    assert naive == []


def test_no_column_holds_a_float_and_every_amount_is_whole_cents() -> None:
    columns = ask(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
    )
    assert [c for c in columns if c[2] in ("real", "double precision", "money", "numeric")] == []
    assert [c for c in columns if c[1].endswith("cents") and c[2] != "bigint"] == []
