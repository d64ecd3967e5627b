"""The pages' words in other languages: collect what needs translating, and make what the pages read.

    python scripts/messages.py update     add new German words to locale/*/django.po, drop those nobody uses
    python scripts/messages.py compile    write the .mo files; gettext's own tools are not needed

German is the language of the sources. Both files are committed; a test says when they no longer agree.
"""

import ast
import re
import struct
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "zahlstelle"
LOCALE = SOURCE / "locale"
PLACES = ("web", "payment_page")
HEADER = "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\nLanguage: {language}\n"

_TRANSLATE = re.compile(r"""{%\s*translate\s+(?:"([^"]+)"|'([^']+)')\s*(?:as\s+\w+\s*)?%}""")
_BLOCK = re.compile(r"{%\s*blocktranslate\b[^%]*%}(.*?){%\s*endblocktranslate\s*%}", re.DOTALL)
_VARIABLE = re.compile(r"{{\s*(\w+)\s*}}")
_CALLS = frozenset({"_", "gettext", "gettext_lazy"})


def used() -> list[str]:
    """Collect every text the pages ask a translation for, in the order of the files."""
    found: dict[str, None] = {}
    for place in PLACES:
        for path in sorted((SOURCE / place).rglob("*")):
            texts = {".html": _in_template, ".py": _in_code}.get(path.suffix)
            found.update(dict.fromkeys(texts(path.read_text("utf-8"))) if texts else {})
    return list(found)


def _in_template(text: str) -> Iterator[str]:
    for match in _TRANSLATE.finditer(text):
        yield match[1] or match[2]
    for match in _BLOCK.finditer(text):
        yield _VARIABLE.sub(r"%(\1)s", match[1])


def _in_code(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
            argument = node.args[0]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value


def read_po(path: Path) -> dict[str, str]:
    """Read our own plain kind of .po: `msgid`, `msgstr`, and quoted lines that go on."""
    entries: dict[str, str] = {}
    parts = {"msgid": "", "msgstr": ""}
    now = ""
    for line in [*path.read_text("utf-8").splitlines(), 'msgid ""']:
        word, _, rest = line.partition(" ")
        if word in parts:
            if word == "msgid" and parts["msgid"]:
                entries[parts["msgid"]] = parts["msgstr"]
            parts |= {"msgid": "", "msgstr": ""} if word == "msgid" else {}
            now, line = word, rest
        if line.startswith('"'):
            parts[now] += ast.literal_eval(line)
    return entries


def write_po(path: Path, entries: Mapping[str, str], language: str) -> None:
    """Write a .po with one line per text."""
    head = "".join(f"{_quoted(line)}\n" for line in HEADER.format(language=language).splitlines(keepends=True))
    body = "".join(f"\nmsgid {_quoted(said)}\nmsgstr {_quoted(there)}\n" for said, there in entries.items())
    path.write_text(f'msgid ""\nmsgstr ""\n{head}{body}', "utf-8")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def mo_of(entries: Mapping[str, str], language: str) -> bytes:
    """Make a .mo (GNU gettext manual, "The Format of GNU MO Files"): sorted, without a hash table."""
    texts = {"": HEADER.format(language=language), **{said: there for said, there in entries.items() if there}}
    pairs = sorted((said.encode(), there.encode()) for said, there in texts.items())
    start = 28 + 16 * len(pairs)
    tables, strings = [b"", b""], b""
    for column in (0, 1):
        for pair in pairs:
            tables[column] += struct.pack("<II", len(pair[column]), start + len(strings))
            strings += pair[column] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + tables[0] + tables[1] + strings


def main(word: str) -> None:
    """Do what the command line says, for every language."""
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        language, known = path.parent.parent.name, read_po(path)
        if word == "update":
            write_po(path, {said: known.get(said, "") for said in used()}, language)
        elif word == "compile":
            path.with_suffix(".mo").write_bytes(mo_of(known, language))
        else:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
