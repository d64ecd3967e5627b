"""Fill the demo: two towns with people of every role and a lived-in month, through the same doors as all else."""

import json
import secrets
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx

from zahlstelle import allocation, claims, payments, tenancy, treasury
from zahlstelle.kernel import BERLIN, CheckMethod, clock
from zahlstelle.simulation import Rates, Simulation, Town, simulate
from zahlstelle.tenancy import Tenant

from .claims_import import read_claim

_DAYS = 30
_CLAIMS = 200
_LINE = {"Musterstadt": "#1d4f91", "Nachbarstadt": "#7a3b12"}
# One town as a German bank shows a gross payout, the other as most card acquirers pay: net, in one transfer.
_PAYS_OUT: Mapping[str, Mapping[str, Any]] = {
    "musterstadt": {"pays_out": "gross"},
    "nachbarstadt": {"pays_out": "net", "fee_cents": 29},
}
_TOWNS = (
    Town(
        slug="musterstadt",
        name="Stadt Musterstadt",
        ags="05999002",
        iban="DE28999000000004711002",
        prefix="4711",
        check=CheckMethod.MOD11,
    ),
    Town(
        slug="nachbarstadt",
        name="Stadt Nachbarstadt",
        ags="05999003",
        iban="DE98999000000004711003",
        prefix="8150",
        check=CheckMethod.LUHN,
    ),
)


def seed(
    *, data_dir: Path, sandbox_dir: Path, base_url: str, sandbox_url: str, known: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Fill the demo's database, or only tell towns and sandbox their addresses where it is filled already.

    Returns what demo.json says of the towns.
    """
    told = {entry["slug"]: entry for entry in (known or {}).get("tenants", [])}
    tenants = []
    for number, town in enumerate(_TOWNS, 1):
        place = _Place(data_dir / "towns" / town.slug, sandbox_dir / "bank" / town.slug, base_url, sandbox_url)
        tenants.append(told.get(town.slug) or _live_through(town, number, place))
        tenant = _found(town, place, tenants[-1]["users"][0]["password"])
        _introduce(tenant, place, (sandbox_dir / "admin-token").read_text("utf-8").strip())
    return {"tenants": tenants}


class _Place:
    """Where a demo town lives."""

    def __init__(self, folder: Path, inbox: Path, base_url: str, sandbox_url: str) -> None:
        self.folder, self.inbox, self.base_url, self.sandbox_url = folder, inbox, base_url, sandbox_url
        self.outbox = folder / "camt054"


def _live_through(town: Town, number: int, place: _Place) -> dict[str, Any]:
    """Simulate a month, found the town, and take the month in."""
    files = _month_until_yesterday(town, number, place.folder, clock.today())
    password = secrets.token_urlsafe(9)
    tenant = _found(town, place, password)
    _open_claims(tenant, place.folder / "claims.jsonl")
    _take_over_payments(tenant, place.folder / "payments.jsonl")
    for path in files:
        allocation.import_bank_file(tenant=tenant, path=path, name=path.name, at=_evening(path.name), by="demo")
    _take_in_reports(tenant, place.folder)
    return _told(tenant, town, place, password, files)


def _month_until_yesterday(town: Town, number: int, folder: Path, today: date) -> list[Path]:
    """Simulate a month whose last bank file, also one that the bank delivers late, came yesterday or before.

    Giving what it wrote in the order of delivery. Nothing of a demo may lie in the future.
    """
    for earlier in range(_DAYS):
        start = today - timedelta(days=_DAYS + earlier)
        simulate(Simulation(number, _DAYS, _CLAIMS, start, town, Rates()), folder)
        files = sorted(path for path in (folder / "bank").iterdir() if path.is_file())
        if all(_day(path.name) < today for path in files):
            return files
    raise AssertionError("a bank is never a month late")


def _found(town: Town, place: _Place, password: str) -> Tenant:
    content = tomllib.loads((place.folder / "town.toml").read_text("utf-8"))
    place.outbox.mkdir(exist_ok=True)
    content["settings"] = {
        "colour": _LINE[town.name.removeprefix("Stadt ")],
        "bank_inbox": str(place.inbox),
        "bank_inbox_settle_seconds": 1,
        "notify_outbox": str(place.outbox),
        "direct_debit": {"creditor_id": "DE98ZZZ09999999999"},  # the Bundesbank's example
    }
    content["providers"][0] |= {"base_url": place.sandbox_url, "secret": _merchant_secret(place)}
    content["people"].append({"email": f"betrieb@{town.slug}.example", "name": "Bo Betrieb", "role": "operator"})
    content["services"].append(
        {
            "key": "spende",
            "unit": content["units"][0]["key"],
            "pool": content["pools"][0]["name"],
            "name": {"de": "Spende für die Stadtbücherei", "en": "Donation to the town library"},
        }
    )
    return treasury.found_town(town=tenancy.read_town_file(content), at=clock.now(), password=password)


def _merchant_secret(place: _Place) -> str:
    path = place.folder / "merchant-secret"
    if not path.exists():
        path.touch(0o600)
        path.write_text(secrets.token_urlsafe(32), "utf-8")
    return path.read_text("utf-8")


def _open_claims(tenant: Tenant, path: Path) -> None:
    """Open the month's claims, each day's together, at nine in the morning of its day."""
    days: dict[str, list[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        days.setdefault(json.loads(line)["opened_on"], []).append(line)
    for day, lines in sorted(days.items()):
        at = datetime.combine(date.fromisoformat(day), time(9), BERLIN)
        claims.open_claims(tenant=tenant, new=[read_claim(line, str(path)) for line in lines], at=at)


def _take_over_payments(tenant: Tenant, path: Path) -> None:
    for line in path.read_text("utf-8").splitlines():
        said = json.loads(line)
        claim = claims.claim_by_kassenzeichen(tenant=tenant, kassenzeichen=said["kassenzeichen"])
        if claim.open.is_zero:
            continue
        payments.take_over(
            tenant=tenant,
            claim_id=claim.id,
            provider=said["provider"],
            method=said["method"],
            provider_reference=said["provider_reference"],
            at=datetime.fromisoformat(said["captured_at"]),
        )


def _take_in_reports(tenant: Tenant, folder: Path) -> None:
    """Take in the provider's settlement reports of the month, in the form that reports from files have."""
    told = []
    for line in (folder / "payouts.jsonl").read_text("utf-8").splitlines():
        said = json.loads(line)
        items = [
            {"kind": item["kind"], "cents": item["cents"], "payment": item.get("provider_reference")}
            for item in said["items"]
        ]
        report = {"payout": said["payout"], "report": said["reference"], "day": said["day"]}
        told.append({**report, "currency": said["currency"], "total_cents": said["cents"], "items": items})
    path = folder / "reports.json"
    path.write_text(json.dumps(told), "utf-8")
    payments.take_in_reports(tenant=tenant, provider="sandbox", path=path, at=clock.now())
    allocation.break_up_payouts(tenant=tenant, at=clock.now())


def _evening(name: str) -> datetime:
    """Bank files come in the evening of the day in their name."""
    return datetime.combine(_day(name), time(20), BERLIN)


def _day(name: str) -> date:
    return date.fromisoformat(name[:10])


def _told(tenant: Tenant, town: Town, place: _Place, password: str, files: list[Path]) -> dict[str, Any]:
    key = tenancy.add_api_key(
        tenant=tenant, name="Demo-Fachverfahren", at=clock.now(), return_urls=[f"{place.base_url}/{town.slug}/"]
    )
    people = tomllib.loads((place.folder / "town.toml").read_text("utf-8"))["people"]
    people.append({"email": f"betrieb@{town.slug}.example", "role": "operator"})
    return {
        "slug": tenant.slug,
        "name": tenant.name,
        "ags": tenant.ags,
        "iban": town.iban,
        "api_key": key,
        "xbezahldienste": None,
        "webhook_secret": None,
        "users": [{"email": p["email"], "password": password, "role": p["role"]} for p in people],
        "bank_files": [str(path) for path in files],
    }


def _introduce(tenant: Tenant, place: _Place, admin_token: str) -> None:
    """Tell the sandbox's provider and bank who the town is and where it listens."""
    account = tenancy.bank_accounts(tenant=tenant)[0]
    body = {
        "name": account.holder,
        "iban": account.iban,
        "bic": account.bic,
        "secret": _merchant_secret(place),
        "notify_url": f"{place.base_url}/provider/{tenant.slug}/sandbox/notify",
        "opening_cents": json.loads((place.folder / "summary.json").read_text("utf-8"))["closing_balance_cents"],
        **_PAYS_OUT[tenant.slug],
    }
    answer = httpx.put(
        f"{place.sandbox_url}/admin/merchants/{tenant.slug}",
        json=body,
        headers={"Authorization": f"Bearer {admin_token}"},
        timeout=10,
    )
    answer.raise_for_status()
