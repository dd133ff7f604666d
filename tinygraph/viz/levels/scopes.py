"""Where a node belongs, read from its scope: the pass, the layer and the time step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from tinygraph.graph import Node

_USE = re.compile(r":\d{1,9}(?=/|$)")
_STEP = re.compile(r"t(\d{1,9})")


class Where(NamedTuple):
    """``backward/lstm/t3`` is the pass ``backward``, the layer ``lstm`` and the step 3."""

    pass_: str
    layer: str
    step: int | None


@lru_cache(maxsize=4096)
def where(scope: str) -> Where:
    """Read a scope. A step is a part ``t<number>`` below a layer; the outermost one counts.

    >>> where("backward/lstm/t3/gate"), where("t3")
    (Where(pass_='backward', layer='lstm', step=3), Where(pass_='forward', layer='t3', step=None))
    """
    parts = scope.split("/")
    pass_ = "forward"
    while parts[0] in ("backward", "update"):
        pass_ = parts.pop(0) if pass_ == "forward" else (parts.pop(0) and pass_)
        if not parts:
            return Where(pass_, "", None)
    for index, part in enumerate(parts[1:], start=1):
        if found := _STEP.fullmatch(part):
            return Where(pass_, "/".join(parts[:index]), int(found[1]))
    return Where(pass_, "/".join(parts), None)


@lru_cache(maxsize=4096)
def part(scope: str) -> str:
    """Return what of a time step a scope is: a gate or state that the cell has given a scope.

    >>> part("backward/lstm/t3/i"), part("rnn/t0/lstm_cell/c"), part("lstm/t3")
    ('i', 'lstm_cell/c', '')
    """
    _, layer, step = where(scope)
    _, _, below = scope.partition(f"{layer}/t{step}/")
    return "" if step is None else below


def without_use(layer: str) -> str:
    """Return the scope of a layer's first use: ``lstm`` for ``lstm:1``."""
    return _USE.sub("", layer)


def type_of(layer: str, types: Mapping[str, str]) -> str:
    """Return the type of a layer by its scope, without the numbers of second uses: "" if it is not known.

    >>> type_of("model:1/lstm:2", {"model/lstm": "LSTM"})
    'LSTM'
    """
    return types.get(layer) or types.get(without_use(layer), "")


def step_layers(nodes: Iterable[Node]) -> set[str]:
    """Return the layers that are unrolled: those with nodes in the scope of a step."""
    found = (where(node.scope) for node in nodes if node.inputs)
    return {place.layer for place in found if place.step is not None}
