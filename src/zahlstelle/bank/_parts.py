"""A collective credit whose details are told as entries of their own: the same money, told in parts.

Banks cut long notifications (500 details an entry) and tell single payments apart. A statement's entry points to such
a notification by its message id (AddtlInfInd), or both carry the bank's reference. Whichever is
booked first is the money; the other is kept, and never booked.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection

from zahlstelle.tenancy import Tenant

from ._rules import Sighting, usable

_NOTICE = "camt.054"
_NEAR = timedelta(days=10)

_WHOLES = """
SELECT account_iban, side, breakdown_message_id, bank_ref, amount_cents, booked_on FROM bank_entry
WHERE tenant_id = %(tenant)s AND account_iban = ANY(%(accounts)s) AND booked
    AND booked_on BETWEEN %(first)s AND %(last)s
    AND (breakdown_message_id = ANY(%(messages)s) OR (bank_ref = ANY(%(refs)s) AND EXISTS (
        SELECT 1 FROM sighting g WHERE g.tenant_id = bank_entry.tenant_id AND g.entry = bank_entry.id
            AND g.message <> 'camt.054')))
"""
_TOLD_IN = """
SELECT e.account_iban, e.side, s.message_id, sum(e.amount_cents)::bigint
FROM statement s JOIN sighting g ON g.tenant_id = s.tenant_id AND g.statement_id = s.id
JOIN bank_entry e ON e.tenant_id = s.tenant_id AND e.id = g.entry
WHERE s.tenant_id = %(tenant)s AND s.message = 'camt.054' AND s.message_id = ANY(%(messages)s) AND e.booked
    AND e.account_iban = ANY(%(accounts)s) AND e.booked_on BETWEEN %(first)s AND %(last)s
    AND NOT EXISTS (SELECT 1 FROM sighting o
        WHERE o.tenant_id = e.tenant_id AND o.entry = e.id AND o.message <> 'camt.054')
GROUP BY 1, 2, 3
"""


class Parts:
    """What is known of wholes that are told in parts, and of parts whose whole is told later."""

    def __init__(self, tenant: Tenant, sightings: Sequence[Sighting]) -> None:
        self._pointed: set[tuple[str, str, str]] = set()  # account, side, the notification a booked whole points to
        self._named: dict[tuple[str, str, str], list[tuple[int, date | None]]] = defaultdict(list)  # by reference
        self._told: dict[tuple[str, str, str], int] = defaultdict(int)  # cents booked from a notification
        notices = [s for s in sightings if s.message == _NOTICE]
        wholes = [s for s in sightings if s.message != _NOTICE and s.entry.breakdown_message_id]
        if notices:
            self._load_wholes(tenant, notices)
        if wholes:
            self._load_told(tenant, wholes)

    def tell_again(self, sighting: Sighting) -> bool:
        """Say whether a new entry's money is booked already: as the whole of this part, or as this whole's parts."""
        entry = sighting.entry
        if sighting.message != _NOTICE:
            told = self._told.get((sighting.account, entry.side, entry.breakdown_message_id or ""), 0)
            return bool(entry.breakdown_message_id) and told == entry.amount_cents
        if (sighting.account, entry.side, sighting.message_id) in self._pointed:
            return True
        return any(
            cents > entry.amount_cents and _close(entry.booking_date, on)
            for cents, on in self._named.get((sighting.account, entry.side, usable(entry.bank_ref)), ())
        )

    def note(self, sighting: Sighting) -> None:
        """Remember an entry that has just been booked."""
        entry = sighting.entry
        if sighting.message == _NOTICE:
            self._told[sighting.account, entry.side, sighting.message_id] += entry.amount_cents
            return
        if entry.breakdown_message_id:
            self._pointed.add((sighting.account, entry.side, entry.breakdown_message_id))
        if reference := usable(entry.bank_ref):
            place = (entry.amount_cents, entry.booking_date)
            self._named[sighting.account, entry.side, reference].append(place)

    def _load_wholes(self, tenant: Tenant, notices: Sequence[Sighting]) -> None:
        messages = list({s.message_id for s in notices} - {""})
        refs = list({usable(s.entry.bank_ref) for s in notices} - {""})
        for account, side, message, reference, cents, on in _found(tenant, _WHOLES, notices, messages, refs):
            if message:
                self._pointed.add((account, side, message))
            if reference:
                self._named[account, side, reference].append((cents, on))

    def _load_told(self, tenant: Tenant, wholes: Sequence[Sighting]) -> None:
        messages = list({s.entry.breakdown_message_id or "" for s in wholes})
        for account, side, message, cents in _found(tenant, _TOLD_IN, wholes, messages, []):
            self._told[account, side, message] = cents


def _found(
    tenant: Tenant, sql: str, sightings: Sequence[Sighting], messages: list[str], refs: list[str]
) -> Sequence[Any]:
    """Ask for entries of these accounts about these days: banks use their names again in other years."""
    days = [s.entry.booking_date for s in sightings if s.entry.booking_date]
    if not days:
        return []
    given: dict[str, Any] = {
        "tenant": tenant.id,
        "accounts": list({s.account for s in sightings}),
        "messages": messages,
        "refs": refs,
        "first": min(days) - _NEAR,
        "last": max(days) + _NEAR,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return list(cursor.fetchall())


def _close(day: date | None, other: date | None) -> bool:
    return day is None or other is None or abs(day - other) <= _NEAR
