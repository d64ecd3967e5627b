"""What the details of an entry say together, as the database sums it up: to tell entries of one amount apart."""

from collections import Counter
from collections.abc import Iterable, Sequence

from django.db import connection

from zahlstelle.tenancy import Tenant

from ._rules import NO_REFERENCE, NOTICE, Breakdown, Digest, Known, Sighting

# Two entries that tell other details are two, whatever their sum; asked only where it may matter. Sums of hashes need
# no order, and are compared only among themselves, within this transaction.
_SAID = """
    count(amount_cents), coalesce(sum(hashtextextended(amount_cents::text, 0)), 0),
    count(e2e), coalesce(sum(hashtextextended(e2e, 0)), 0), count(iban), coalesce(sum(hashtextextended(iban, 0)), 0),
    count(text), coalesce(sum(hashtextextended(text, 0)), 0), count(tx), coalesce(sum(hashtextextended(tx, 0)), 0)
FROM (SELECT {of} AS of, amount_cents, party_iban AS iban, nullif(concat(tx_id, '|', uetr), '|') AS tx,
        CASE WHEN upper(trim(end_to_end_id)) = ANY(%(nothing)s) THEN NULL ELSE end_to_end_id END AS e2e,
        nullif(upper(regexp_replace(remittance::text, '[\\s"\\[\\],]+', '', 'g')), '') AS text
    FROM {table}) said GROUP BY of
"""
_SEEN_DIGESTS = "SELECT of, " + _SAID.format(of="position", table="seen_detail WHERE position = ANY(%(of)s)")
_KNOWN_DIGESTS = "SELECT of, " + _SAID.format(
    of="entry", table="bank_detail WHERE tenant_id = %(tenant)s AND entry = ANY(%(of)s) AND active AND number > 0"
)


def digest(tenant: Tenant, sightings: Sequence[Sighting], known: Iterable[Known]) -> None:
    """Digest the details of collective entries, and of notifications, that have the same amount as another one."""
    ours = [s for s in sightings if s.entry.detail_count > (0 if s.message == NOTICE else 1)]
    theirs = [
        k
        for k in known
        if k.breakdown is Breakdown.WHOLE or (k.breakdown is Breakdown.SINGLE and k.told_only_by(NOTICE))
    ]
    amounts = Counter([*(s.entry.amount_cents for s in ours), *(k.amount_cents for k in theirs)])
    asked = [s for s in ours if amounts[s.entry.amount_cents] > 1]
    if not asked:
        return
    among = {s.entry.amount_cents for s in asked}
    seen = _digests(_SEEN_DIGESTS, tenant, [s.position for s in asked])
    told = _digests(_KNOWN_DIGESTS, tenant, [k.id for k in theirs if k.amount_cents in among])
    for sighting in asked:
        sighting.digest = seen.get(sighting.position)
    for entry in theirs:
        entry.digest = told.get(entry.id)


def _digests(sql: str, tenant: Tenant, of: Sequence[object]) -> dict[object, Digest]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"tenant": tenant.id, "of": list(of), "nothing": sorted(NO_REFERENCE)})
        return {
            key: Digest(*((count, int(told)) for count, told in zip(said[::2], said[1::2], strict=True)))
            for key, *said in cursor.fetchall()
        }
