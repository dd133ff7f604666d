"""`TimeDistributed`: a layer applied to every time step."""

from __future__ import annotations

from typing import Any

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape, scope
from tinygraph.nn import registry
from tinygraph.nn.checks import check_mask
from tinygraph.nn.layer import Layer
from tinygraph.nn.recurrent.unroll import time_first


@registry.register("layer")
class TimeDistributed(Layer):
    """Applies one layer, with one set of weights, to every time step of (batch, time, ...).

    A mask (batch, time) goes step by step to a layer that takes one. ``dtype`` is that of the results, by
    default the layer's.

    >>> import numpy as np
    >>> from tinygraph.nn import Dense, TimeDistributed
    >>> TimeDistributed(Dense(4))(np.ones((2, 5, 3))).shape
    (2, 5, 4)
    """

    least_axes = 2
    carries_mask = True

    def __init__(self, layer: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.layer = registry.get("layer", layer)
        if not isinstance(self.layer, Layer):
            raise GraphError(f"{self.title}: expected a layer, got {layer!r}.")
        self.float = self.float if self.dtype else self.layer.float

    @property
    def sublayers(self) -> list[Layer]:
        """The layer."""
        return [self.layer]

    def build(self, shape: Shape) -> None:
        """Build the layer for one time step."""
        with scope(self.name):
            self.layer.ensure_built(shape[1:])

    def call(self, x: Node, training: bool, mask: Node | None = None) -> Node:
        """The layer's results, side by side along time."""
        if mask is not None:
            check_mask(self, mask, x.shape[: max(2, mask.ndim)])
        results = []
        for t, step in enumerate(time_first(x)):
            given = {"mask": mask[:, t]} if mask is not None and self.layer.takes("mask") else {}
            with scope(f"t{t}"):
                results.append(self.layer.lower(step, training=training, **given))
        return self.typed(0, time_first(ops.stack(results)))

    def output_shape(self, shape: Shape) -> Shape:
        """Time in front of the layer's."""
        return (shape[0], *self.layer.output_shape(shape[1:]))
