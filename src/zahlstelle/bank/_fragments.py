"""Details cut off at the bank's cap: stretches of one entry in several messages, which complete each other."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from zahlstelle.kernel import fact_id
from zahlstelle.tables.bank import FragmentRow
from zahlstelle.tenancy import Tenant

from ._rules import Breakdown, Known, Sighting

_WAITING = (Breakdown.PENDING, Breakdown.BROKEN)
# A stretch told twice, under whatever names, is one: the same details have the same digest.
_DIGESTS = """
SELECT position, md5(string_agg(said, '' ORDER BY said)) FROM (SELECT position, md5(concat_ws('|', amount_cents,
    end_to_end_id, tx_id, uetr, party_iban, remittance)) AS said FROM seen_detail WHERE position = ANY(%s)) line
GROUP BY 1
"""
_KEEP = """
INSERT INTO bank_detail (id, tenant_id, entry, number, active, amount_cents, side, currency, end_to_end_id, mandate_id,
    instruction_id, tx_id, uetr, bank_ref, party_name, party_iban, reference, reference_type, remittance, return_reason,
    original_cents, charges_cents, proprietary_code)
SELECT md5(g.fragment || ':' || d.number)::uuid, %(tenant)s, g.fragment, d.number, true, d.amount_cents,
    coalesce(d.side, g.side), coalesce(d.currency, g.currency), d.end_to_end_id, d.mandate_id, d.instruction_id,
    d.tx_id, d.uetr, d.bank_ref, d.party_name, d.party_iban, d.reference, d.reference_type, d.remittance,
    d.return_reason, d.original_cents, d.charges_cents, d.proprietary_code
FROM unnest(%(positions)s::integer[], %(fragments)s::uuid[], %(sides)s::text[], %(currencies)s::text[])
    AS g (position, fragment, side, currency)
JOIN seen_detail d ON d.position = g.position
ON CONFLICT DO NOTHING
"""


def complete_fragments(tenant: Tenant, placed: Sequence[tuple[Sighting, Known]]) -> Mapping[UUID, Sequence[UUID]]:
    """Keep stretches of details, and give the entries that theirs come to, to the cent: entry -> fragments."""
    cut = [(sighting, known) for sighting, known in placed if _is_stretch(sighting, known)]
    if not cut:
        return {}
    _keep(tenant, cut)
    return _complete(tenant, {known.id: known for _, known in cut})


def _is_stretch(sighting: Sighting, known: Known) -> bool:
    entry = sighting.entry
    if known.breakdown not in _WAITING or not entry.detail_count or entry.unsized_count:
        return False
    return entry.details_signed_cents != entry.signed_cents


def _keep(tenant: Tenant, cut: Sequence[tuple[Sighting, Known]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_DIGESTS, [[sighting.position for sighting, _ in cut]])
        digests = dict(cursor.fetchall())
    rows: dict[UUID, tuple[Sighting, FragmentRow]] = {}
    for sighting, known in cut:
        fragment = fact_id("fragment", known.id, digests[sighting.position])
        entry = sighting.entry
        rows[fragment] = (
            sighting,
            FragmentRow(
                id=fragment,
                tenant_id=tenant.id,
                entry=known.id,
                signed_cents=entry.details_signed_cents,
                count=entry.detail_count,
                message_id=sighting.message_id,
                told_on=entry.booking_date,
            ),
        )
    known_before = set(FragmentRow.objects.filter(tenant_id=tenant.id, id__in=rows).values_list("id", flat=True))
    fresh = {fragment: told for fragment, told in rows.items() if fragment not in known_before}
    FragmentRow.objects.bulk_create(row for _, row in fresh.values())
    given: dict[str, Any] = {
        "tenant": tenant.id,
        "positions": [sighting.position for sighting, _ in fresh.values()],
        "fragments": list(fresh),
        "sides": [sighting.entry.side for sighting, _ in fresh.values()],
        "currencies": [sighting.entry.currency or "" for sighting, _ in fresh.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, given)


def _complete(tenant: Tenant, entries: Mapping[UUID, Known]) -> Mapping[UUID, Sequence[UUID]]:
    stretches: dict[UUID, list[FragmentRow]] = defaultdict(list)
    for row in FragmentRow.objects.filter(tenant_id=tenant.id, entry__in=entries).order_by("id"):
        stretches[row.entry].append(row)
    complete = {}
    for entry, rows in stretches.items():
        known = entries[entry]
        groups = _groups(rows, known)
        found = next((g for g in groups if len(g) > 1 and sum(r.signed_cents for r in g) == _signed(known)), None)
        if found:
            complete[entry] = [row.id for row in found]
    return complete


def _groups(rows: Sequence[FragmentRow], known: Known) -> Sequence[Sequence[FragmentRow]]:
    """Join stretches that were told of the entry's own day, or under one message id; a name alone may be used again."""
    own = [row for row in rows if row.told_on is not None and row.told_on == known.booked_on]
    by_message: dict[str, list[FragmentRow]] = defaultdict(list)
    for row in rows:
        if row.told_on in (None, known.booked_on):
            by_message[row.message_id].append(row)
    return [own, *by_message.values()]


def _signed(known: Known) -> int:
    return known.amount_cents if known.side == "credit" else -known.amount_cents
