"""Values that are put elsewhere as they are: copies, joined pieces, a piece with a number around it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np

from tinygraph.backends.fast import copying, elementwise
from tinygraph.backends.fast.call import Array, Call, Run, in_turn
from tinygraph.backends.fast.kernel import Host
from tinygraph.backends.fast.vectors import TYPES
from tinygraph.graph import Graph
from tinygraph.ops import copy, input


def moved(y: Array, x: Array, host: Host) -> Run:
    """Return what copies x into y, by NumPy where there is no machine code for how they lie."""
    run = copying.call(y, x, host)
    if run is None and x.dtype == y.dtype and y.dtype.name in TYPES:
        run = elementwise.call(_copy(y.shape, y.dtype.name), [x], [y], host)
    return run if isinstance(run, Call) else partial(np.copyto, y, x)


def joined(out: Array, places: Sequence[Any], inputs: Sequence[Array], host: Host) -> Run:
    """Return what copies each input to its place."""
    return in_turn([moved(out[place], x, host) for place, x in zip(places, inputs, strict=True)])


def surrounded(out: Array, place: Any, x: Array, number: float, host: Host) -> Run:
    """Return what copies x to its place, and fills the rest with a number."""
    around, inside = np.array(number, out.dtype), (*place, Ellipsis)  # of one element too a view
    return in_turn([moved(out, around, host), moved(out[inside], x, host)])


@lru_cache(maxsize=256)
def _copy(shape: tuple[int, ...], dtype: str) -> Graph:
    """A copy as an elementwise operation, which can repeat a number along its rows."""
    return Graph({"0": copy(input("0", shape, dtype))})
