"""`AlongAxes`: what layers share that work along an axis of one's choice."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn.checks import shown
from tinygraph.nn.layer import Layer
from tinygraph.ops.rules import axes_of


class AlongAxes(Layer):
    """The base of layers with an ``axis``: one or several, counted with the batch as axis 0; not 0."""

    carries_mask = True

    def __init__(self, axis: Any, **kwargs: Any):
        super().__init__(**kwargs)
        several = axis if isinstance(axis, (list, tuple)) else [axis]
        whole = all(isinstance(a, (int, np.integer)) and not isinstance(a, bool) for a in several)
        if not several or not whole or 0 in several:
            raise ValueError(
                f"{self.title}: axis must be a whole number other than 0, the batch, or a list of them, "
                f"got {axis!r}."
            )
        self.axis = axis

    def along(self, shape: Shape) -> tuple[int, ...]:
        """Return the axes from first to last, counted from the front, for samples of ``shape``."""
        try:
            axes = axes_of(self.axis, len(shape) + 1)
        except GraphError:
            axes = (0,)
        if 0 in axes:
            came = shown(["batch", *shape])
            raise GraphError(f"{self.title}: axis {self.axis} does not fit {came}; the batch is axis 0.")
        return axes

    def sizes(self, shape: Shape) -> Shape:
        """Return the sizes along the axes, which are those of the weights; from now on they are fixed."""
        several = self.axis if isinstance(self.axis, (list, tuple)) else [self.axis]
        self.fixed = {a - (a > 0): shape[a - (a > 0)] for a in several}
        return tuple(shape[a - 1] for a in self.along(shape))

    def spread(self, weight: Node, x: Node) -> Node:
        """Return ``weight``, which has the sizes along the axes, in a shape that broadcasts to x."""
        axes = self.along(x.shape[1:])
        shape = tuple(size if a in axes else 1 for a, size in enumerate(x.shape))[min(axes, default=0) :]
        return weight if weight.shape == shape else ops.reshape(weight, shape=shape)

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """x has the axes."""
        super().check_inputs(shapes, several, batch)
        self.along(shapes[0])

    def output_shape(self, shape: Shape) -> Shape:
        """The shape stays."""
        return shape
