"""From the words of a command line to an exit status."""

import os
import sys
import traceback
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from zahlstelle import __version__
from zahlstelle.environment import NotSetUp
from zahlstelle.kernel import Refusal

from ._registry import Command, CommandModule, commands

REFUSED = 1
USAGE = 2
DEFECT = 70  # not 1: for a program, "the book differs" and "the checker broke" must be two things
INTERRUPTED = 130
_HELP = ("-h", "--help", "help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    0 done; 1 refused, or something found; 2 it could not begin: the command line cannot be understood, a setting is
    missing or wrong, the database does not answer; 70 a defect of ours. Commands that read files say what theirs is.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    known = commands()
    if words == ["--version"]:
        print(__version__)
        return 0
    if words and words[0] in _HELP:
        return _help(words[1:], known)
    if not words:
        print(overview(known))
        return USAGE
    command, rest = _command(words, known)
    if command is not None:
        return _call(command, rest)
    if words[1:] and words[1] in _HELP:
        return _help(words[:1], known)
    return _unknown(words, known)


def overview(known: Mapping[str, Command]) -> str:
    """Write the list of commands."""
    width = max(map(len, known)) + 2
    rows = "\n".join(f"  {command.words:{width}}{command.does}" for command in known.values())
    return f"usage: zahlstelle COMMAND ...\n\n{rows}\n\nzahlstelle COMMAND --help says more."


def _command(words: Sequence[str], known: Mapping[str, Command]) -> tuple[Command | None, list[str]]:
    for count in (2, 1):
        command = known.get(" ".join(words[:count]))
        if command and len(words) >= count:
            return command, list(words[count:])
    return None, list(words)


def _help(words: Sequence[str], known: Mapping[str, Command]) -> int:
    """Tell of everything, of a group of commands, or of one command."""
    words = [word for word in words if word not in _HELP]
    if not words:
        print(overview(known))
        return 0
    command, _ = _command(words, known)
    if command is not None:
        parser, _module = _parser(command)
        parser.print_help()
        return 0
    group = _group(words[0], known)
    if len(words) > 1 or not group:
        return _unknown(words, known)
    print(overview(group))
    return 0


def _group(word: str, known: Mapping[str, Command]) -> Mapping[str, Command]:
    return {name: command for name, command in known.items() if name.split()[0] == word}


def _parser(command: Command) -> tuple[ArgumentParser, CommandModule]:
    module = command.load()
    parser = ArgumentParser(
        prog=f"zahlstelle {command.words}",
        description=module.__doc__,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    return parser, module


def _call(command: Command, words: list[str]) -> int:
    parser, module = _parser(command)
    try:
        return module.run(parser.parse_args(words))
    except Refusal as refusal:
        print(f"zahlstelle {command.words}: {refusal.reason} [{refusal.code}]", file=sys.stderr)
        return USAGE if isinstance(refusal, NotSetUp) else REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED + 11
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:  # a path on the command line, or a full disk
            print(f"zahlstelle {command.words}: {error.filename}: {error.strerror}", file=sys.stderr)
            return USAGE
        if _database_is_gone(error):
            print(f"zahlstelle {command.words}: the database went away meanwhile; run it again", file=sys.stderr)
            return USAGE
        traceback.print_exc()
        return DEFECT


def _database_is_gone(error: BaseException | None) -> bool:
    """Say whether the driver lost, or never got, its connection; it is looked at only where it was loaded."""
    driver = sys.modules.get("psycopg")
    while driver is not None and error is not None:
        if isinstance(error, driver.OperationalError) and getattr(error, "sqlstate", None) in _GONE:
            return True
        error = error.__cause__
    return False


# No state: the connection broke or the pool gave none. 57P01-03: shut down, crashed, starting. 08: connection lost.
_GONE = (None, "57P01", "57P02", "57P03", "08000", "08003", "08006")


def _unknown(words: Sequence[str], known: Mapping[str, Command]) -> int:
    asked = " ".join(words[:2]) if len(words) > 1 and not words[1].startswith("-") else words[0]
    near = list(_group(words[0], known)) or get_close_matches(asked, known, cutoff=0.5)
    hint = f"; did you mean: {', '.join(near)}?" if near else "; zahlstelle help lists what there is"
    print(f"zahlstelle: there is no command {asked!r}{hint}", file=sys.stderr)
    return USAGE
