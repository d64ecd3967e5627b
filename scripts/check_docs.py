"""Check what is written: no place of one machine in it, no dead link, no setting without its line.

Run by `make check`. Prints every finding as file:line and exits 1 if there is one.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
SETTINGS_PAGE = "docs/operating/configuration.md"
# Written so that this file does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:wo" r"rk|ro" r"ot|ho" r"me/\w+)(?=[/\s\"'`)]|$)")
REGISTRY = re.compile(
    r"(?:regis" r"try\.npmjs\.org|pypi\.or" r"g|files\.pythonho" r"sted\.org|https?://[\w.-]+/simple\b)"
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
SETTING = re.compile(r"\bZAHLSTELLE_[A-Z0-9_]+\b")
NO_SETTING = {"ZAHLSTELLE_WIRING"}  # a name of Django's settings, not read from the environment
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)

Finding = tuple[str, int, str]


def main() -> int:
    """Print all findings."""
    files = tracked_files()
    findings = [*machine_places(files), *dead_links(files), *unlisted_settings(files)]
    for name, line, what in sorted(findings):
        print(f"{name}:{line}: {what}")
    print(f"{len(findings)} findings in {len(files)} files")
    return 1 if findings else 0


def tracked_files() -> dict[str, str]:
    """Return every text file that git knows or would take, by its path."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    texts = {}
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and not path.is_symlink() and (text := text_of(path)) is not None:
            texts[name] = text
    return texts


def text_of(path: Path) -> str | None:
    """Return the text of a file, None for pictures and the like."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None


def machine_places(files: dict[str, str]) -> Iterator[Finding]:
    """A path of one machine, or the address of a package index, in a file that others will have."""
    for name, text in files.items():
        for pattern, what in ((MACHINE_PATH, "path of one machine"), (REGISTRY, "address of a package index")):
            for match in pattern.finditer(text):
                yield name, line_of(text, match.start()), f"{what}: {match[0]}"


def dead_links(files: dict[str, str]) -> Iterator[Finding]:
    """A link of a Markdown page to a file or heading that is not there."""
    for name, text in files.items():
        if not name.endswith(".md"):
            continue
        prose = FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)
        for match in LINK.finditer(prose):
            target = match[1] or match[2]
            if not re.match(r"[a-z]+:", target) and not leads_somewhere(name, target, files):
                yield name, line_of(prose, match.start()), f"dead link: {target}"


def leads_somewhere(page: str, target: str, files: dict[str, str]) -> bool:
    """Say whether a relative link leads to a file of the project and, where it names one, to a heading in it."""
    place, _, heading = unquote(target).partition("#")
    path = (ROOT / page).parent.joinpath(place).resolve() if place else ROOT / page
    if not path.exists() or not path.is_relative_to(ROOT):
        return False
    named = str(path.relative_to(ROOT))
    return not heading or named not in files or heading in anchors(files[named])


def anchors(text: str) -> set[str]:
    """Return the names under which a page's headings can be linked."""
    found = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def unlisted_settings(files: dict[str, str]) -> Iterator[Finding]:
    """A ZAHLSTELLE_* variable of the code that the operators' page does not list, or the other way round."""
    listed = set(SETTING.findall(files.get(SETTINGS_PAGE, "")))
    used = {}
    for name, text in files.items():
        if name.startswith("src/") and name.endswith(".py"):
            for match in SETTING.finditer(text):
                used.setdefault(match[0], (name, line_of(text, match.start())))
    for variable in sorted(used.keys() - listed - NO_SETTING):
        yield *used[variable], f"{variable} is not listed in {SETTINGS_PAGE}"
    for variable in sorted(listed - used.keys()):
        yield SETTINGS_PAGE, 1, f"{variable} is listed but nothing reads it"


def line_of(text: str, position: int) -> int:
    """Return the line number of a position."""
    return text.count("\n", 0, position) + 1


if __name__ == "__main__":
    sys.exit(main())
