"""What this room refuses, each with a stable code and a place."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a file cannot be read. The words are stable: they appear in `docs/errors.md`."""

    EMPTY = "empty"
    NOT_XML = "not_xml"
    TRUNCATED = "truncated"
    NOT_CAMT = "not_camt"
    NOT_PAIN = "not_pain"
    ENCODING_UNREADABLE = "encoding_unreadable"
    DOCTYPE_REFUSED = "doctype_refused"
    ENTITY_REFUSED = "entity_refused"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    AMOUNT_UNREADABLE = "amount_unreadable"
    SIDE_UNREADABLE = "side_unreadable"
    CONTROL_SUM_DIFFERS = "control_sum_differs"
    ZIP_REFUSED = "zip_refused"
    ZIP_BOMB = "zip_bomb"
    NOT_FOUND = "not_found"


class Unreadable(Exception):
    """A bank file that cannot be read, with the place where reading ended. Never half a file, never `0.00`.

    `code` is a word of `Reason`; `line` counts from one (None: the file as a whole); `element` is the
    path below the message, e.g. `Ntry/NtryDtls/TxDtls/Amt`.
    """

    def __init__(self, code: Reason, file: str, line: int | None, element: str | None, reason: str) -> None:
        super().__init__(code, file, line, element, reason)
        self.code, self.file, self.line = code, file, line
        self.element, self.reason = element, reason

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        where = f" in {self.element}" if self.element else ""
        return f"{place}: {self.code}{where}: {self.reason}"


class Unwritable(ValueError):
    """A payment that cannot be said in a camt.054 or pain.008 without changing its meaning."""

    def __init__(self, code: str, element: str, reason: str) -> None:
        super().__init__(f"{code} in {element}: {reason}")
        self.code, self.element, self.reason = code, element, reason
