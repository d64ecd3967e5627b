"""A town's folder for bank files (SFTP drop): what lies there whole is imported and put away."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import structlog

from zahlstelle import allocation
from zahlstelle.iso20022 import Unreadable
from zahlstelle.kernel import Refusal
from zahlstelle.tenancy import Tenant

_log = structlog.get_logger(__name__)
_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")


def import_inbox(*, tenant: Tenant, at: datetime) -> int:
    """Import every file in the town's folder (setting `bank_inbox`) and move it to `imported/` or `refused/` there.

    Hidden files and names of unfinished uploads are left alone. Returns how many files were taken from the folder.
    A file that is imported but not yet moved when the worker ends is found again and brings nothing.
    """
    folder = Path(str(tenant.settings.get("bank_inbox", "")))
    if not folder.name or not folder.is_dir():
        return 0
    taken = 0
    for path in _waiting(folder):
        _put_away(path, folder / _import(tenant, path, at))
        taken += 1
    return taken


def _waiting(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith(".") and path.suffix.lower() not in _UNFINISHED:
            yield path


def _import(tenant: Tenant, path: Path, at: datetime) -> str:
    try:
        result = allocation.import_bank_file(tenant=tenant, path=path, name=path.name, at=at, by="worker")
    except (Unreadable, Refusal) as refused:
        _log.warning("bank_file_refused", tenant=tenant.slug, code=refused.code)
        return "refused"
    _log.info("bank_file_imported", tenant=tenant.slug, entries=result.entries, allocated=result.allocated)
    return "imported"


def _put_away(path: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    goal = folder / path.name
    number = 1
    while goal.exists():
        number += 1
        goal = folder / f"{path.stem}-{number}{path.suffix}"
    path.rename(goal)
