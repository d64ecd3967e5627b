"""The worker: asks providers, takes files in, tries doubts again, hands collective credits on, seals the book."""

from ._inbox import Watch, import_inbox
from ._received import import_received
from ._worker import run_forever, run_once

__all__ = ["Watch", "import_inbox", "import_received", "run_forever", "run_once"]
