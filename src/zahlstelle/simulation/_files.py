"""The files a simulation writes. The same content gives the same bytes: containers carry the bank's time."""

import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import IO

from zahlstelle.kernel import InputRefused

MADE_BY = "zahlstelle simulate"
_BANK_FILE = re.compile(r"\d{4}-\d\d-\d\d_C5[234N]_DE\d{20}_EUR_\d{6}\.(zip|xml)")


class FolderNotEmpty(InputRefused):
    """The folder holds something that no simulation wrote; nothing in it is touched."""

    code = "simulation_folder_not_empty"


def prepare(folder: Path) -> None:
    """Make the folder, or clear away what an earlier simulation wrote there."""
    if folder.exists() and any(folder.iterdir()):
        if not _made_here(folder):
            raise FolderNotEmpty(f"{folder} is not empty and was not written by a simulation")
        for file in (folder / "bank").iterdir():
            if _BANK_FILE.fullmatch(file.name):
                file.unlink()
        (folder / "summary.json").unlink()
    (folder / "bank").mkdir(parents=True, exist_ok=True)


def _made_here(folder: Path) -> bool:
    summary = folder / "summary.json"
    if not summary.is_file() or not (folder / "bank").is_dir():
        return False
    try:
        found = json.loads(summary.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("made_by") == MADE_BY


def write_summary(folder: Path, summary: dict[str, object]) -> None:
    """Write `summary.json`, last of all: its presence says that the folder is whole."""
    text = json.dumps(summary, ensure_ascii=False, indent=2)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def row(values: object) -> str:
    """Write one JSON line."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n"


class Lines:
    """A file of JSON lines that grows day by day."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8", newline="\n")

    def add(self, rows: Iterable[object]) -> None:
        """Write further lines."""
        self._file.writelines(row(values) for values in rows)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class BankFolder:
    """The folder of bank files: day, order type, account, currency, number, as German banks name them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers: Counter[tuple[date, str]] = Counter()
        self.written = 0

    def write(self, day: date, order: str, iban: str, documents: list[bytes], plain: bool, at: datetime) -> str:
        """Write one delivery, a container or (one document only) a bare file, and give its name."""
        names = [self._name(day, order, iban) for _ in documents]
        self.written += 1
        if plain:
            (self._folder / f"{names[0]}.xml").write_bytes(documents[0])
            return f"{names[0]}.xml"
        with zipfile.ZipFile(self._folder / f"{names[0]}.zip", "w") as container:
            for name, document in zip(names, documents, strict=True):
                container.writestr(_member(f"{name}.xml", at), document)
        return f"{names[0]}.zip"

    def _name(self, day: date, order: str, iban: str) -> str:
        self._numbers[day, order] += 1
        return f"{day}_{order}_{iban}_EUR_{self._numbers[day, order]:06d}"


def _member(name: str, at: datetime) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, at.timetuple()[:6])
    member.compress_type = zipfile.ZIP_DEFLATED
    member.create_system = 3  # the same bytes on every system
    member.external_attr = 0o600 << 16
    return member
