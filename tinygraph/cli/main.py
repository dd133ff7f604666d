"""`main`: which command is asked for, and how what goes wrong is told: one line, and a code."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from tinygraph.cli import convert, draw, info, predict
from tinygraph.version import __version__

COMMANDS = (info, draw, predict, convert)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code: 0 done, 1 a file or data that will not do, 2 wrong usage.

    >>> main(["--version"])  # doctest: +ELLIPSIS
    tinygraph ...
    0
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # an ASCII terminal gets what it cannot show as \\u escapes
            stream.reconfigure(errors="backslashreplace")
    try:
        given = _parser().parse_args(arguments)
    except SystemExit as done:  # argparse has said why
        return int(done.code or 0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = _warn  # type: ignore[assignment]
            given.run(given)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads, such as head, has enough; Python would complain at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except (OSError, ValueError, ImportError, RuntimeError, MemoryError) as problem:
        _tell(_said(problem))
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tinygraph", description="Look at the file of a model, draw it, predict with it, convert it."
    )
    parser.add_argument("--version", action="version", version=f"tinygraph {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return parser


def _said(problem: BaseException) -> str:
    """What a problem says, in one line."""
    if isinstance(problem, OSError) and problem.filename is not None:
        return f"{os.fsdecode(problem.filename)}: {problem.strerror}"
    return " ".join(str(problem).split()) or type(problem).__name__


def _warn(message: Warning | str, *details: Any) -> None:
    _tell(f"warning: {' '.join(str(message).split())}")


def _tell(message: str) -> None:
    print(f"tinygraph: {message}", file=sys.stderr)
