"""Read the text of a PDF as a reader would: glyphs back to characters by the fonts' ToUnicode maps."""

import re
from io import BytesIO

import pikepdf


def text_of(content: bytes) -> str:
    """Give the text of all pages, in the order it is drawn, without blanks between pieces."""
    with pikepdf.open(BytesIO(content)) as pdf:
        return "".join(_page_text(page) for page in pdf.pages)


def _page_text(page: pikepdf.Page) -> str:
    fonts = {name: _to_unicode(font) for name, font in page.Resources.Font.items()}
    said, font = "", {}
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "Tf":
                font = fonts[str(operands[0])]
            case "Tj":
                said += _decoded(bytes(operands[0]), font)
            case "TJ":
                said += "".join(_decoded(bytes(part), font) for part in operands[0] if isinstance(part, pikepdf.String))
    return said


def _decoded(codes: bytes, font: dict[int, str]) -> str:
    return "".join(font[int.from_bytes(codes[n : n + 2])] for n in range(0, len(codes), 2))


def _to_unicode(font: pikepdf.Object) -> dict[int, str]:
    table = font.ToUnicode.read_bytes().decode("latin-1")
    pairs = re.findall(r"^<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>\s*$", table, re.MULTILINE)
    return {int(code, 16): bytes.fromhex(text).decode("utf-16-be") for code, text in pairs}
