"""Values as Python writes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.exchange.script.lines import Use, Value


def as_code(value: Any) -> str:
    """Return an option's value as code."""
    if isinstance(value, (Value, Use)):
        return str(value)
    if isinstance(value, np.ufunc):
        return f"np.{value.__name__}"
    if callable(value):
        return str(value.__name__)
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(as_code, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, float) and not np.isfinite(value):
        return f'float("{value}")'
    assert isinstance(value, (bool, int, float))
    return repr(value)


def shape_of(value: Value) -> str:
    """The shape of a value, for a comment."""
    if value.shape is None:
        return ""
    return f"({', '.join(map(str, (value.batch, *value.shape)))})" if value.shape else f"({value.batch},)"


def dtype_of(value: Value) -> str:
    """The dtype of a value, as code."""
    return "bool" if value.dtype.kind == "b" else f"np.{value.dtype.name}"


def quoted(text: str) -> str:
    """Return text as Python writes it, in double quotes."""
    inner = repr("'" + text)[2:-1]
    return f'"{inner}"' if '"' not in inner else repr(text)
