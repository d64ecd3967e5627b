"""From the words of a command line to an exit status."""

import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from zahlstelle import __version__
from zahlstelle.kernel import Refusal

from ._registry import Command, commands

USAGE = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command: 0 done, 1 refused or something found, 2 the command line cannot be understood."""
    words = list(sys.argv[1:] if argv is None else argv)
    known = commands()
    if not words or words[0] in ("-h", "--help", "help"):
        print(overview(known))
        return 0 if words else USAGE
    if words[0] == "--version":
        print(__version__)
        return 0
    for count in (2, 1):
        command = known.get(" ".join(words[:count]))
        if command and len(words) >= count:
            return _call(command, words[count:])
    return _unknown(words, known)


def overview(known: Mapping[str, Command]) -> str:
    """Write the list of commands."""
    width = max(map(len, known)) + 2
    rows = "\n".join(f"  {command.words:{width}}{command.does}" for command in known.values())
    return f"usage: zahlstelle COMMAND ...\n\n{rows}\n\nzahlstelle COMMAND --help says more."


def _call(command: Command, words: list[str]) -> int:
    module = command.load()
    parser = ArgumentParser(
        prog=f"zahlstelle {command.words}",
        description=module.__doc__,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    try:
        return module.run(parser.parse_args(words))
    except Refusal as refusal:
        print(f"zahlstelle {command.words}: {refusal.reason} [{refusal.code}]", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED + 11


def _unknown(words: list[str], known: Mapping[str, Command]) -> int:
    asked = " ".join(words[:2]) if len(words) > 1 and not words[1].startswith("-") else words[0]
    group = [name for name in known if name.split()[0] == words[0]]
    near = group or get_close_matches(asked, known, cutoff=0.5)
    hint = f"; did you mean: {', '.join(near)}?" if near else "; zahlstelle help lists what there is"
    print(f"zahlstelle: there is no command {asked!r}{hint}", file=sys.stderr)
    return USAGE
