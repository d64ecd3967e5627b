"""The payment page's own PDFs, set from the templates beside this file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zahlstelle.web import pdf
from zahlstelle.web.pdf import printable as printable


def write_pdf(name: str, data: Mapping[str, Any], *, timestamp: int = 0) -> bytes:
    """Set the template `name`. The same data gives the same bytes."""
    return pdf.write_pdf(Path(__file__).with_name(f"{name}.typ"), data, timestamp=timestamp)
