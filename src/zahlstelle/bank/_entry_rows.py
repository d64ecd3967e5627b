"""Entries as they stand in the database: found again, written, changed by what is learnt of them."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection

from zahlstelle.tables.bank import BankEntryRow, SightingRow
from zahlstelle.tenancy import Tenant

from ._rules import NEAR, NOTICE, Breakdown, Held, Known, Sighting, content, usable

_CANDIDATES = """
SELECT e.id, e.account_iban, e.side, e.amount_cents, e.currency, e.booked_on, e.booked, e.bank_ref, e.breakdown,
    e.held, e.confirmed, e.bookings, e.breakdown_message_id, e.difference_cents, e.reversal,
    e.part_of IS NOT NULL AND e.held = 'announced',
    d.end_to_end_id, d.party_iban, d.remittance, d.tx_id, d.uetr, d.number
FROM bank_entry e LEFT JOIN bank_detail d ON d.entry = e.id AND d.active AND e.breakdown = 'single'
WHERE e.tenant_id = %(tenant)s AND e.account_iban = ANY(%(accounts)s) AND e.amount_cents = ANY(%(amounts)s)
    AND (e.booked_on IS NULL OR e.booked_on BETWEEN %(first)s AND %(last)s)
ORDER BY e.booked_on, e.id
"""
_SEEN_IN = """
SELECT g.entry, g.message, g.statement_id, s.message_id
FROM sighting g JOIN statement s ON s.tenant_id = g.tenant_id AND s.id = g.statement_id
WHERE g.tenant_id = %s AND g.entry = ANY(%s)
"""


def known_near(tenant: Tenant, sightings: Sequence[Sighting]) -> Sequence[tuple[str, Known]]:
    """Give the entries that sightings may tell of, each with its account: of their amounts, on days near theirs."""
    days = [s.entry.booking_date for s in sightings if s.entry.booking_date]
    first, last = min(days, default=date.min), max(days, default=date.max)
    given: dict[str, Any] = {
        "tenant": tenant.id,
        "accounts": list({s.account for s in sightings}),
        "amounts": list({s.entry.amount_cents for s in sightings}),
        "first": first - NEAR if first > date.min else first,
        "last": last + NEAR if last < date.max else last,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, given)
        found = [(row[1], _known(row)) for row in cursor.fetchall()]
        by_id = {known.id: known for _, known in found}
        cursor.execute(_SEEN_IN, [tenant.id, list(by_id)])
        for entry, message, statement, message_id in cursor.fetchall():
            by_id[entry].seen_in.add((message, statement))
            if message == NOTICE:
                by_id[entry].notices.add(message_id)
    return found


def _known(row: tuple[Any, ...]) -> Known:
    id_, _, side, cents, currency, on, booked, ref, shape, held, confirmed, bookings, *told = row
    points, difference, reversal, spent, e2e, iban, text, tx, uetr, n = told
    said = content(e2e, iban, _loaded(text), (tx, uetr)) if n is not None and shape == Breakdown.SINGLE else None
    return Known(
        id_, side, cents, currency, on, booked, usable(ref), Breakdown(shape), said,
        held=Held(held) if held else None, confirmed=confirmed, bookings=max(bookings, int(booked)),
        points_to=points or "", difference=difference, reversal=reversal, spent=spent,
    )  # fmt: skip


def _loaded(text: object) -> Sequence[str]:
    value = json.loads(text) if isinstance(text, str) else text
    return value if isinstance(value, list) else []


def learn(row: BankEntryRow, known: Known) -> None:
    """Let a new row say what was learnt of its entry since it was made."""
    for name, value in _learnt(known).items():
        setattr(row, name, value)


def gain(row: BankEntryRow, known: Known) -> None:
    """Let a new row say what only a later message of the file says of its entry."""
    for name, value in _gained(known).items():
        if getattr(row, name) is None:
            setattr(row, name, value)


def store_learnt(tenant: Tenant, entries: Sequence[Known]) -> None:
    """Write down what was learnt of known entries."""
    _update(tenant, _LEARN, _learnt, entries)


def store_gained(tenant: Tenant, entries: Sequence[Known]) -> None:
    """Write down what no message said of known entries before."""
    _update(tenant, _GAIN, _gained, entries)


def _update(
    tenant: Tenant, sql: str, columns: Callable[[Known], Mapping[str, object]], entries: Sequence[Known]
) -> None:
    if not entries:
        return
    rows = [columns(known) for known in entries]
    values = {name: [row[name] for row in rows] for name in rows[0]}
    with connection.cursor() as cursor:
        cursor.execute(sql, {**values, "tenant": tenant.id, "ids": [known.id for known in entries]})


def store_sightings(tenant: Tenant, placed: Iterable[tuple[Sighting, Known]]) -> None:
    """Write down where each entry was seen."""
    SightingRow.objects.bulk_create(
        (
            SightingRow(
                tenant_id=tenant.id,
                statement_id=sighting.statement,
                position=sighting.entry.number,
                entry=known.id,
                message=sighting.message,
                said=sighting.said,
                details=sighting.details,
            )
            for sighting, known in placed
        ),
        batch_size=5000,
    )


# What no message has said of an entry before: column -> what the reader calls it, and its type.
_GAINED = {
    "value_on": ("value_date", "date"),
    "entry_ref": ("entry_ref", "text"),
    "btc": ("btc", "text"),
    "proprietary_code": ("proprietary_code", "text"),
    "batch_count": ("batch_count", "integer"),
    "batch_message_id": ("batch_message_id", "text"),
    "batch_payment_id": ("batch_payment_id", "text"),
    "breakdown_message_id": ("breakdown_message_id", "text"),
    "additional_info": ("additional_info", "text"),
    "charges_cents": ("charges_cents", "bigint"),
}
_LEARN = """
UPDATE bank_entry e SET booked = g.booked, booked_on = g.booked_on, bank_ref = g.bank_ref, breakdown = g.breakdown,
    held = g.held, confirmed = g.confirmed, bookings = g.bookings, difference_cents = g.difference_cents,
    part_of = CASE WHEN g.booked THEN NULL ELSE e.part_of END
FROM unnest(%(ids)s::uuid[], %(booked)s::boolean[], %(booked_on)s::date[], %(bank_ref)s::text[], %(breakdown)s::text[],
    %(held)s::text[], %(confirmed)s::boolean[], %(bookings)s::integer[], %(difference_cents)s::bigint[])
    AS g (id, booked, booked_on, bank_ref, breakdown, held, confirmed, bookings, difference_cents)
WHERE e.tenant_id = %(tenant)s AND e.id = g.id
"""
_GAIN = f"""
UPDATE bank_entry e SET {", ".join(f"{name} = coalesce(e.{name}, g.{name})" for name in _GAINED)}
FROM unnest(%(ids)s::uuid[], {", ".join(f"%({name})s::{type_}[]" for name, (_, type_) in _GAINED.items())})
    AS g (id, {", ".join(_GAINED)})
WHERE e.tenant_id = %(tenant)s AND e.id = g.id
    AND ({" OR ".join(f"e.{name} IS NULL AND g.{name} IS NOT NULL" for name in _GAINED)})
"""  # noqa: S608 - put together from our own words only


def _learnt(known: Known) -> dict[str, object]:
    return {
        "booked": known.booked,
        "booked_on": known.booked_on,
        "bank_ref": known.bank_ref or None,
        "breakdown": known.breakdown,
        "held": known.held,
        "confirmed": known.confirmed,
        "bookings": known.bookings,
        "difference_cents": known.difference,
    }


def _gained(known: Known) -> dict[str, object]:
    """Give what this file says of an entry, the first word that it says of each thing."""
    return {
        name: next((said for entry in known.told if (said := getattr(entry, word)) is not None), None)
        for name, (word, _) in _GAINED.items()
    }


def entry_row(known: Known, sighting: Sighting) -> BankEntryRow:
    """Make the row of a new entry."""
    entry = sighting.entry
    return BankEntryRow(
        id=known.id,
        account_iban=sighting.account,
        booked_on=entry.booking_date,
        value_on=entry.value_date,
        side=entry.side,
        reversal=entry.reversal,
        amount_cents=entry.amount_cents,
        currency=entry.currency or "",
        status=entry.status or "",
        booked=known.booked,
        bank_ref=usable(entry.bank_ref) or None,
        entry_ref=entry.entry_ref,
        btc=entry.btc,
        proprietary_code=entry.proprietary_code,
        batch_count=entry.batch_count,
        batch_message_id=entry.batch_message_id,
        batch_payment_id=entry.batch_payment_id,
        breakdown_message_id=entry.breakdown_message_id,
        additional_info=entry.additional_info,
        charges_cents=entry.charges_cents,
        breakdown=known.breakdown,
        confirmed=known.confirmed,
        held=known.held,
        bookings=known.bookings,
        difference_cents=known.difference,
    )
