"""A town's folder for bank files (SFTP drop): what lies there whole is imported and put away."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from zahlstelle import allocation, iso20022
from zahlstelle.iso20022 import Unreadable
from zahlstelle.kernel import Refusal
from zahlstelle.tenancy import Tenant

_log = structlog.get_logger(__name__)
_UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload", ".upload", ".uploading", ".swp")
_SETTLE_SECONDS, _PATIENCE_MINUTES = 5, 15
_TRY_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Seen:
    """How a file looked, and since when it has looked so."""

    looks: tuple[int, int, int]  # inode, bytes, nanoseconds of its last change
    since: datetime


class Watch:
    """What a worker has seen lying in folders. It ends with the worker; the next one looks anew."""

    def __init__(self) -> None:
        self._seen: dict[Path, _Seen] = {}
        self._not_before: dict[Path, datetime] = {}

    def unchanged_for(self, path: Path, looks: tuple[int, int, int], at: datetime) -> timedelta:
        """Look at a file; tell for how long it has looked like this."""
        seen = self._seen.get(path)
        if seen is None or seen.looks != looks:
            seen = self._seen[path] = _Seen(looks, at)
        return at - seen.since

    def failed(self, path: Path, at: datetime) -> None:
        """Leave a file alone for a while: something of ours went wrong with it."""
        self._not_before[path] = at + _TRY_AGAIN

    def resting(self, path: Path, at: datetime) -> bool:
        """Say whether a file is left alone for now."""
        return at < self._not_before.get(path, at)

    def forget_others(self, folder: Path, there: set[Path]) -> None:
        """Forget files of the folder that are no longer there."""
        for known in (self._seen, self._not_before):
            for path in [path for path in known if path.parent == folder and path not in there]:
                del known[path]


_WATCH = Watch()


def import_inbox(*, tenant: Tenant, at: datetime, watch: Watch = _WATCH) -> int:
    """Import what lies whole in the town's folder (setting `bank_inbox`); move it to `imported/` or `refused/` there.

    Left alone: hidden files, names of unfinished uploads, links, and whatever changed in the last
    `bank_inbox_settle_seconds`. What looks cut off (a ZIP without its directory, XML without its end) is given
    `bank_inbox_patience_minutes` before it is read and refused. Returns how many files were taken from the folder.
    A file that is imported but not yet moved when the worker ends is found again and brings nothing.
    """
    folder = Path(str(tenant.settings.get("bank_inbox", "")))
    if not folder.name or not folder.is_dir():
        return 0
    return sum(_take(tenant, path, at, watch) for path in _ready(tenant, folder, at, watch))


def _take(tenant: Tenant, path: Path, at: datetime, watch: Watch) -> bool:
    """Import one file; whatever goes wrong with it, the others go on."""
    try:
        before = _looks(path)
        outcome = _import(tenant, path, at)
        if _looks(path) != before:  # written on while it was read: what it is now is another file
            return False
        _put_away(path, path.parent / outcome)
    except FileNotFoundError:  # another worker was faster, or its sender took it back
        return False
    except Exception:
        _log.exception("bank_file_failed", tenant=tenant.slug)
        watch.failed(path, at)
        return False
    return True


def _ready(tenant: Tenant, folder: Path, at: datetime, watch: Watch) -> Iterator[Path]:
    settle = timedelta(seconds=_number(tenant, "bank_inbox_settle_seconds", _SETTLE_SECONDS))
    patience = timedelta(minutes=_number(tenant, "bank_inbox_patience_minutes", _PATIENCE_MINUTES))
    there = sorted(_waiting(folder))
    watch.forget_others(folder, set(there))
    for path in there:
        try:
            unchanged = watch.unchanged_for(path, _looks(path), at)
            whole = unchanged >= settle and (unchanged >= patience or iso20022.looks_whole(path))
        except OSError as error:
            _log.warning("bank_file_not_seen", tenant=tenant.slug, error=error.strerror)
            continue
        if whole and not watch.resting(path, at):
            yield path


def _waiting(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name.lower()
            if entry.is_file(follow_symlinks=False) and not name.startswith(".") and not name.endswith(_UNFINISHED):
                yield folder / entry.name


def _looks(path: Path) -> tuple[int, int, int]:
    told = path.lstat()
    return told.st_ino, told.st_size, told.st_mtime_ns


def _number(tenant: Tenant, setting: str, otherwise: int) -> int:
    value = tenant.settings.get(setting)
    return value if isinstance(value, int) and value >= 0 else otherwise


def _import(tenant: Tenant, path: Path, at: datetime) -> str:
    try:
        result = allocation.import_bank_file(tenant=tenant, path=path, name=path.name, at=at, by="worker")
    except (Unreadable, Refusal) as refused:
        _log.warning("bank_file_refused", tenant=tenant.slug, code=refused.code)
        return "refused"
    _log.info("bank_file_imported", tenant=tenant.slug, entries=result.entries, allocated=result.allocated)
    return "imported"


def _put_away(path: Path, folder: Path) -> None:
    """Move a file, unchanged, beside those before it; never over one of the same name, never through a link."""
    folder.mkdir(exist_ok=True)
    if folder.is_symlink():
        raise NotADirectoryError(f"{folder.name} is a link")
    goal = folder / path.name
    number = 1
    while goal.exists():
        number += 1
        goal = folder / f"{path.stem}-{number}{path.suffix}"
    path.rename(goal)
