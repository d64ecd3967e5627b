"""Details on their way: from the reader by COPY into the transaction's own table, from there into the book's as a set.

`seen_detail` holds every detail of the file, `placed` which of its entries take theirs. Both end with the transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, Self
from uuid import UUID

import psycopg
from django.db import connection

from zahlstelle.iso20022 import Detail
from zahlstelle.kernel import NUMBERED_FROM, numbered_id
from zahlstelle.tenancy import Tenant

# Tells of each detail the one Kassenzeichen that everything in it names, where there is no doubt; else None.
Name = Callable[[Sequence[Detail]], Sequence[str | None]]

AT_ONCE = 5_000  # details that leave memory together, and are named together

_TEXTS = (
    "currency", "side", "end_to_end_id", "mandate_id", "instruction_id", "tx_id", "uetr", "bank_ref", "party_name",
    "party_iban", "reference", "reference_type", "return_reason", "proprietary_code",
)  # fmt: skip
_CENTS = ("amount_cents", "original_cents", "charges_cents")
_SEEN = f"""
CREATE TEMP TABLE IF NOT EXISTS seen_detail (row integer, position integer, number integer, named text,
    remittance jsonb,
    {", ".join(f"{name} bigint" for name in _CENTS)}, {", ".join(f"{name} text" for name in _TEXTS)}) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS placed (position integer, entry uuid, before integer, single boolean,
    prefix text) ON COMMIT DROP;
TRUNCATE seen_detail, placed
"""
_COPY = "COPY seen_detail FROM STDIN (NULL '')"
_texts = itemgetter(*(Detail._fields.index(name) for name in _TEXTS))
_TABS = 4 + len(_CENTS) + len(_TEXTS)
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Seen:
    """Takes details in; they leave memory in batches, and the database takes one in while the next is read.

    Until then nobody may ask anything else of the connection: it waits before it names, at its end, and when reading
    fails.
    """

    def __init__(self, name: Name | None) -> None:
        self._name = name
        self._details: list[Detail] = []
        self._positions: list[int] = []
        self._sender = ThreadPoolExecutor(1)
        self._on_its_way: Future[None] | None = None
        self.rows = 0
        with connection.cursor() as cursor:
            cursor.execute(_SEEN)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        """Hand on what is left, unless reading failed."""
        with self._sender:  # waits for what is on its way
            if failed is None:
                self._send(self._next())
                self._arrived()

    def add(self, position: int, detail: Detail) -> None:
        """Take a detail of the entry at this position of the file."""
        self._details.append(detail)
        self._positions.append(position)
        if len(self._details) >= AT_ONCE:
            self._send(self._next())

    def _next(self) -> str:
        """Empty the memory into lines for the database; what is on its way has arrived before anything is named."""
        self._arrived()
        named = self._name(self._details) if self._name and self._details else [None] * len(self._details)
        given = zip(self._positions, self._details, named, strict=True)
        lines = [_line(row, *told) for row, told in enumerate(given, self.rows + 1)]
        self.rows += len(lines)
        self._details.clear()
        self._positions.clear()
        return "".join(lines)

    def _send(self, lines: str) -> None:
        if lines:
            self._on_its_way = self._sender.submit(_copy, connection.connection, lines)

    def _arrived(self) -> None:
        if self._on_its_way is not None:
            self._on_its_way.result()
            self._on_its_way = None


def _copy(database: psycopg.Connection, lines: str) -> None:
    with database.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(lines)


def _line(row: int, position: int, detail: Detail, named: str | None) -> str:
    """Write a line of COPY's text format; an empty field is a missing one."""
    cents, original, charges = detail.amount_cents, detail.original_cents, detail.charges_cents
    told = (
        f"{row}\t{position}\t{detail.number}\t{named or ''}\t{_json(detail)}\t{'' if cents is None else cents}"
        f"\t{'' if original is None else original}\t{'' if charges is None else charges}\t"
    )
    texts = [text or "" for text in _texts(detail)]
    line = told + "\t".join(texts) + "\n"
    if "\\" in line or line.count("\t") != _TABS or line.count("\n") != 1 or "\r" in line:
        fields = [*told[:-1].split("\t"), *texts]  # JSON has no bare tab, so the split is exact
        line = "\t".join(field.translate(_ESCAPES) for field in fields) + "\n"
    return line


def _json(detail: Detail) -> str:
    pieces = detail.remittance or [text for text in (detail.additional_info,) if text]
    return "[" + ",".join([encode_basestring(piece) for piece in pieces]) + "]"


def store(tenant: Tenant, entries: Mapping[int, UUID]) -> int:
    """Write the details down that explain these entries (position in the file -> entry). Gives their number.

    A better breakdown continues the numbers of the one that gives way. A single detail is the entry: whatever amount,
    side and currency the bank wrote into it, it moved the account as the entry says.
    """
    prefixes = [str(numbered_id(entry, 0))[:NUMBERED_FROM] for entry in entries.values()]
    given: dict[str, Any] = {"tenant": tenant.id, "p": list(entries), "e": list(entries.values()), "prefixes": prefixes}
    with connection.cursor() as cursor:
        cursor.execute(_PLACED, given)
        cursor.execute(_GIVE_WAY, given)
        cursor.execute("CREATE INDEX IF NOT EXISTS seen_detail_row ON seen_detail (row)")
        # How many rows there are is what matters; a small sample tells it.
        cursor.execute("SET LOCAL default_statistics_target = 10; ANALYZE seen_detail, placed")
        cursor.execute("RESET default_statistics_target")
        cursor.execute(_DETAILS, given)
        return int(cursor.rowcount)


def stand_alone(tenant: Tenant, entries: Sequence[UUID]) -> None:
    """Let entries without usable details stand for themselves, as their number 0."""
    with connection.cursor() as cursor:
        ids = [numbered_id(entry, 0) for entry in entries]
        cursor.execute(_NUMBER_ZERO, {"tenant": tenant.id, "e": list(entries), "ids": ids})


def unplace(entries: Sequence[UUID]) -> None:
    """Let entries no longer stand for what the file told of them: their details were replaced since."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM placed WHERE entry = ANY(%s::uuid[])", [list(entries)])


_PLACED = """
INSERT INTO placed SELECT g.position, g.entry,
    (SELECT coalesce(max(o.number), 0) FROM bank_detail o WHERE o.tenant_id = e.tenant_id AND o.entry = g.entry),
    e.breakdown = 'single', g.prefix
FROM unnest(%(p)s::integer[], %(e)s::uuid[], %(prefixes)s::text[]) g (position, entry, prefix)
JOIN bank_entry e ON e.id = g.entry AND e.tenant_id = %(tenant)s
"""
_GIVE_WAY = """
UPDATE bank_detail SET active = false WHERE tenant_id = %(tenant)s AND entry = ANY(%(e)s::uuid[]) AND active
"""
# The details of a file as they stand in the book: `d.id` follows from the entry and the number.
PLACED_DETAILS = """
SELECT s.row, (p.prefix || lpad(to_hex(s.number + p.before), 8, '0'))::uuid AS id, p.entry,
    s.number + p.before AS number,
    CASE WHEN p.single THEN e.amount_cents ELSE s.amount_cents END AS amount_cents,
    CASE WHEN p.single THEN e.side ELSE coalesce(s.side, e.side) END AS side,
    CASE WHEN p.single THEN e.currency ELSE coalesce(s.currency, e.currency) END AS currency,
    s.named, s.end_to_end_id, s.mandate_id, s.instruction_id, s.tx_id, s.uetr, s.bank_ref, s.party_name, s.party_iban,
    s.reference, s.reference_type, s.remittance, s.return_reason, s.original_cents, s.charges_cents, s.proprietary_code
FROM seen_detail s JOIN placed p ON p.position = s.position
JOIN bank_entry e ON e.id = p.entry AND e.tenant_id = %(tenant)s
"""
_DETAILS = f"""
INSERT INTO bank_detail (id, tenant_id, entry, number, active, amount_cents, side, currency, end_to_end_id, mandate_id,
    instruction_id, tx_id, uetr, bank_ref, party_name, party_iban, reference, reference_type, remittance, return_reason,
    original_cents, charges_cents, proprietary_code)
SELECT d.id, %(tenant)s, d.entry, d.number, true, d.amount_cents, d.side, d.currency, d.end_to_end_id, d.mandate_id,
    d.instruction_id, d.tx_id, d.uetr, d.bank_ref, d.party_name, d.party_iban, d.reference, d.reference_type,
    d.remittance, d.return_reason, d.original_cents, d.charges_cents, d.proprietary_code
FROM ({PLACED_DETAILS}) d
"""  # noqa: S608 - put together from our own words only
_NUMBER_ZERO = """
INSERT INTO bank_detail (id, tenant_id, entry, number, active, amount_cents, side, currency, remittance)
SELECT g.id, e.tenant_id, e.id, 0, true, e.amount_cents, e.side, e.currency,
    to_jsonb(array_remove(ARRAY[e.additional_info], NULL))
FROM unnest(%(e)s::uuid[], %(ids)s::uuid[]) g (entry, id)
JOIN bank_entry e ON e.tenant_id = %(tenant)s AND e.id = g.entry
ON CONFLICT DO NOTHING
"""
