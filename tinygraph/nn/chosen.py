"""Layers of a model by name, by place, or by ranges of either."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.nn.signatures import did_you_mean

if TYPE_CHECKING:
    from tinygraph.nn.layer import Layer
    from tinygraph.nn.layered import Layered


def chosen(model: Layered, method: str, which: Iterable[Any]) -> list[Layer]:
    """Return the layers that are meant, each once; raises ValueError for one that there is not."""
    layers = model.layers
    places = {layer.name: place for place, layer in enumerate(layers)}

    def place(of: Any) -> int:
        if isinstance(of, str):
            if of not in places:
                raise ValueError(f"{model.title}: no layer {of!r}{did_you_mean(of, places)}")
            return places[of]
        if isinstance(of, bool) or not isinstance(of, (int, np.integer)):
            raise ValueError(f"{model.title}.{method}: expected a layer's name or place, got {of!r}.")
        if not -len(layers) <= of < len(layers):
            raise ValueError(f"{model.title}.{method}: no layer at {of}; there are {len(layers)} layers.")
        return int(of) % len(layers)

    def those(of: Any) -> Iterable[int]:
        if isinstance(of, range):
            return map(place, of)
        if not isinstance(of, slice):
            return [place(of)]
        stop = place(of.stop) + 1 if isinstance(of.stop, str) else of.stop
        start = place(of.start) if isinstance(of.start, str) else of.start
        return range(len(layers))[start : stop : of.step]

    return [layers[k] for k in dict.fromkeys(k for of in which for k in those(of))]
