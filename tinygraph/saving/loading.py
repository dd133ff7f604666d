"""Making a model of what a file says of it, which anyone may have written.

Meanwhile nothing is drawn: weights and the optimizer's state begin as zeros, which take memory only once they
are written, and all together they may have as many bytes as the arrays of the file. Whatever goes wrong is a
`ModelFormatError` that says in which part of the description.
"""

from __future__ import annotations

import math
import os
import reprlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from tinygraph.graph import GraphError, Shape, current_scope
from tinygraph.ops.leaf import Parameter, param_op
from tinygraph.saving.errors import ModelFormatError

#: how many layers, initializers and so on a description may have: some milliseconds for a hundred
MOST_PARTS = 15_000
#: how long what a message tells of an error may be: a description can be of any length, and so can its names
MOST_TOLD = 500


class Loading:
    """One model being made; ``left`` is how many bytes of parameters it may still have."""

    def __init__(self, left: int):
        self.left = left
        #: the parts of the description that are being made, each within the one before
        self.parts: list[str] = []
        self.count = 0

    def begin(self, part: str) -> None:
        """Go into a part of the description, or raise `GraphError` after too many."""
        self.parts.append(part)
        self.count += 1
        check_size(self.count)

    def zeros(self, name: str, shape: Shape, dtype: np.dtype) -> Parameter:
        """Return a parameter of zeros, or raise `GraphError` where the file cannot have its value."""
        size = math.prod(shape) * dtype.itemsize
        if size > self.left:
            label = "/".join(filter(None, [current_scope(), name]))
            raise GraphError(f"{label} of shape {shape} needs more bytes than the arrays of the file have.")
        self.left -= size
        return Parameter(param_op, np.zeros(shape, dtype), name)


def check_size(parts: int) -> None:
    """Raise `GraphError` for a description of too many parts."""
    if parts > MOST_PARTS:
        raise GraphError(f"its description has more than {MOST_PARTS} parts.")


_current: ContextVar[Loading | None] = ContextVar("loading", default=None)


@contextmanager
def loading(path: str | os.PathLike[str], size: int) -> Iterator[None]:
    """Make inside a model whose parameters have ``size`` bytes at most; ``path`` is for messages.

    Raises:
        ModelFormatError: for every error inside, which is its cause: in one of the caller's own classes it is
            perhaps no fault of the file.
    """
    current = Loading(size)
    token = _current.set(current)
    try:
        yield
    except ModelFormatError:
        raise
    except Exception as error:
        raise ModelFormatError(
            f"{os.fspath(path)}: no model can be made of it: {told(error, current.parts)} "
            "Classes and functions of your own go into custom_objects."
        ) from error
    finally:
        _current.reset(token)


@contextmanager
def part(description: Mapping[str, Any]) -> Iterator[None]:
    """While a model is loaded, let errors inside be told of this part of its description."""
    current = _current.get()
    if current is None:
        yield
        return
    config = description.get("config")
    name = config.get("name") if isinstance(config, Mapping) else None
    current.begin(f"{description['class_name']}{f' {name!r}' if isinstance(name, str) else ''}")
    yield
    current.parts.pop()  # not after an error, which is to be told of it


def blank(name: str, shape: Shape, dtype: np.dtype) -> Parameter | None:
    """Return a parameter of zeros while a model is loaded, whose values come from the file; else None."""
    current = _current.get()
    return None if current is None else current.zeros(name, shape, dtype)


def told(error: Exception, parts: list[str]) -> str:
    """Return what went wrong, and in which part of the description."""
    text = str(error)
    if not isinstance(error, ValueError) or not text:  # ours are ValueErrors and say it all
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    text = shortened(text if text[-1] in ".?" else f"{text}.")
    inner = parts[:-1] if parts and text.startswith(parts[-1]) else parts  # it says itself where it is
    return f"{shortened(' > '.join(inner))}: {text}" if inner else text


def shortened(text: str) -> str:
    """Return the beginning and the end of a text that is too long for a message."""
    return text if len(text) <= MOST_TOLD else f"{text[: MOST_TOLD - 100]} ... {text[-100:]}"


def brief(value: Any) -> str:
    """Return ``value`` as a message shows it, however large or deep it is."""
    return _brief.repr(value)


_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = _brief.maxlong = 80
_brief.maxdict = _brief.maxlist = 6
