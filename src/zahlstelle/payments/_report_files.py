"""Take in settlement reports from a file: CSV with one line for each item, or JSON. Nothing is guessed."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from zahlstelle.tenancy import Tenant, inside, provider_accesses

from ._refusals import MethodUnknown
from ._reports import ReportWrong, record_report
from ._socket import ItemKind, PayoutReport, ReportedItem

HEAD = ("payout", "report", "day", "currency", "total_cents")
ITEM = ("kind", "cents", "payment", "reference", "item", "text")
_WHOLE = re.compile(r"-?\d{1,15}")


def take_in_reports(*, tenant: Tenant, provider: str, path: Path, at: datetime) -> int:
    """Keep every report of a file, all or none. Returns how many are new.

    Raises MethodUnknown for a provider the town has no contract with, ReportWrong, ReportTaken.
    """
    if provider not in {access.provider for access in provider_accesses(tenant=tenant)}:
        raise MethodUnknown(f"the town has no contract with {provider!r}")
    reports = reports_in(path)
    with inside(tenant):
        kept = [record_report(tenant=tenant, provider=provider, report=each, at=at, source="file") for each in reports]
    return sum(kept)


def reports_in(path: Path) -> Sequence[PayoutReport]:
    """Read every report of a file. Raises ReportWrong with the place of what cannot be read."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReportWrong(f"{path.name}: not UTF-8") from error
    found = list(_of_json(path.name, text) if text.lstrip().startswith(("{", "[")) else _of_csv(path.name, text))
    if not found:
        raise ReportWrong(f"{path.name}: no report in it")
    return found


def _of_json(name: str, text: str) -> Iterator[PayoutReport]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReportWrong(f"{name}: no JSON") from error
    for number, each in enumerate(said if isinstance(said, list) else [said], 1):
        place = f"{name}: report {number}"
        items = each.get("items") if isinstance(each, dict) else None
        if not isinstance(items, list):
            raise ReportWrong(f"{place}: no list of items")
        yield _report(place, each, [_item(f"{place}, item {n}", item) for n, item in enumerate(items, 1)])


def _of_csv(name: str, text: str) -> Iterator[PayoutReport]:
    first = text.partition("\n")[0]
    rows = csv.DictReader(text.splitlines(), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
    heads: dict[str, tuple[str, dict[str, Any]]] = {}
    items: dict[str, list[ReportedItem]] = {}
    try:
        if missing := set(HEAD + ITEM) - {"report", "reference", "item", "text"} - set(rows.fieldnames or ()):
            raise ReportWrong(f"{name}: the first line lacks {', '.join(sorted(missing))}")
        for line, row in enumerate(rows, 2):
            place = f"{name}:{line}"
            head: dict[str, Any] = {column: row.get(column) for column in HEAD}
            key = f"{head['payout']}\x1f{head['report']}"
            if heads.setdefault(key, (place, head))[1] != head:
                raise ReportWrong(f"{place}: says something else of report {head['report']} than {heads[key][0]}")
            items.setdefault(key, []).append(_item(place, row))
    except csv.Error as error:
        raise ReportWrong(f"{name}: {error}") from error
    for key, (place, head) in heads.items():
        yield _report(place, head, items[key])


def _report(place: str, said: Mapping[str, Any], items: Sequence[ReportedItem]) -> PayoutReport:
    """Make a report; without a name of its own it has the payout's."""
    payout, day = said.get("payout"), str(said.get("day"))
    if not isinstance(payout, str) or not payout.strip():
        raise ReportWrong(f"{place}: payout is missing")
    currency = said.get("currency") or "EUR"
    if not isinstance(currency, str) or not re.fullmatch(r"[A-Z]{3}", currency):
        raise ReportWrong(f"{place}: {currency!r} is no currency")
    try:
        on = date.fromisoformat(day)
    except ValueError as error:
        raise ReportWrong(f"{place}: {day!r} is no day, YYYY-MM-DD") from error
    reference = _text(place, said, "report") or payout.strip()
    return PayoutReport(payout.strip(), reference, on, currency, _cents(place, said, "total_cents"), items)


def _item(place: str, said: Any) -> ReportedItem:
    if not isinstance(said, Mapping) or None in said:
        raise ReportWrong(f"{place}: is no item")
    kind = said.get("kind")
    if kind not in set(ItemKind):
        raise ReportWrong(f"{place}: kind is none of {', '.join(ItemKind)}")
    return ReportedItem(
        kind=ItemKind(kind),
        cents=_cents(place, said, "cents"),
        provider_reference=_text(place, said, "payment"),
        reference=_text(place, said, "reference"),
        item_reference=_text(place, said, "item"),
        text=_text(place, said, "text") or "",
    )


def _cents(place: str, said: Mapping[str, Any], name: str) -> int:
    value = said.get(name)
    if type(value) is int:
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    raise ReportWrong(f"{place}: {name} is no whole number of cents")


def _text(place: str, said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    if value is not None and not isinstance(value, str):
        raise ReportWrong(f"{place}: {name} is no text")
    return value or None
