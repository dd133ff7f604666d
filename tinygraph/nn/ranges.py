"""Numbers that constructors take, and the interval that each must lie in."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

Number = TypeVar("Number", bound=float)


def number_in(interval: str, owner: object, name: str, value: Number) -> Number:
    """Return ``value``, a number in ``interval``, written as in mathematics: ``"[0, 1)"``, ``"(0, inf)"``.

    Raises ValueError that says whose argument it is and what came, for NaN and for what is no number too.

    >>> from tinygraph.nn.ranges import number_in
    >>> number_in("[0, 1)", object(), "momentum", 0.9)
    0.9
    """
    low, high = (float(end) for end in interval[1:-1].split(","))
    is_number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    if is_number:
        above = value > low or (value == low and interval[0] == "[")
        below = value < high or (value == high and interval[-1] == "]")
        if above and below:
            return value
    title = owner if isinstance(owner, str) else getattr(owner, "title", type(owner).__name__)
    raise ValueError(f"{title}: {name} must be a number in {interval}, got {value!r}.")
