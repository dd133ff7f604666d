"""What commands share: how one is declared, and the model that it is about."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tinygraph.saving.errors import ModelFormatError

if TYPE_CHECKING:
    from tinygraph.nn.training import Trainable


def command(
    commands: Any, run: Callable[[argparse.Namespace], None], about: str, examples: str
) -> argparse.ArgumentParser:
    """Declare a command, named as the module of ``run``; it is about a FILE."""
    parser: argparse.ArgumentParser = commands.add_parser(
        run.__module__.rpartition(".")[2],
        help=about,
        description=f"{about[0].upper()}{about[1:]}.",
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="the file of a model, such as m.tiny or m.keras")
    parser.set_defaults(run=run)
    return parser


def opened(path: str) -> Trainable:
    """Return the model of a file, compiled unless that needs losses or the like of the user's own.

    Raises:
        ModelFormatError: it is no model, or one with layers of the user's own.
    """
    from tinygraph.saving.model_file import load

    try:
        return load(path)
    except ModelFormatError as problem:
        uncompiled = problem
    try:
        model = load(path, compile=False)
    except ModelFormatError as problem:
        if "custom_objects" not in str(problem):
            raise
        raise ModelFormatError(
            f"{problem} The command line runs no code of yours: call tinygraph.load in Python."
        ) from None
    warnings.warn(f"read without what it is trained by: {uncompiled}", stacklevel=2)
    return model
