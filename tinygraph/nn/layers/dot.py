"""`Dot`: products of two inputs, summed over an axis of each."""

from __future__ import annotations

from typing import Any

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn import registry
from tinygraph.nn.checks import check_batch, flag, shown
from tinygraph.nn.layer import Layer
from tinygraph.nn.losses.regression import unit


@registry.register("layer")
class Dot(Layer):
    """The dot products of two inputs along an axis of each, sample by sample: y_ij = sum_k a_ik b_kj.

    Args:
        axes: the axis that is summed over, or a pair of them, one for each input; counted with the batch
            as axis 0, as in Keras; not 0.
        normalize: whether to divide the vectors along those axes by their lengths first, so that y is the
            cosine of the angle between them.

    Shapes: the axes of the first input, then those of the second without its batch, each without the axis
    that is summed over; (batch, 1) if none are left.

    >>> import numpy as np
    >>> from tinygraph.nn import Dot
    >>> Dot(axes=(1, 2))([np.ones((2, 3, 5)), np.ones((2, 10, 3))]).shape
    (2, 5, 10)
    """

    several_inputs = True
    carries_mask = False

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        pair = tuple(axes) if isinstance(axes, (tuple, list)) else (axes, axes)
        if len(pair) != 2 or any(type(axis) is not int or axis == 0 for axis in pair):
            raise ValueError(
                f"{self.title}: axes must be a whole number other than 0, the batch, or a pair of them; "
                f"got {axes!r}."
            )
        self.summed = pair  # a layer's ``axes`` are the names of its input's axes
        self.normalize = flag(self.title, "normalize", normalize)

    def call(self, x: list[Node], training: bool) -> Node:
        """The products as those of matrices, (batch, i, k) @ (batch, k, j)."""
        check_batch(self, x)
        a, b = (axis % node.ndim for axis, node in zip(self.summed, x, strict=True))
        left, right = (unit(x[0], a), unit(x[1], b)) if self.normalize else x
        batch, k = left.shape[0], left.shape[a]
        rows = ops.transpose(left, axes=[n for n in range(left.ndim) if n != a] + [a])
        columns = ops.transpose(right, axes=[0, b] + [n for n in range(1, right.ndim) if n != b])
        product = ops.reshape(rows, shape=(batch, -1, k)) @ ops.reshape(columns, shape=(batch, k, -1))
        return ops.reshape(product, shape=(batch, *self.output_shape([node.shape[1:] for node in x])))

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """Two inputs, of one size along the axes."""
        super().check_inputs(shapes, several, batch)
        if len(shapes) != 2:
            raise GraphError(f"{self.title}: expected two inputs, got {len(shapes)}.")
        inputs = [(*batch, *shape) for shape in shapes]
        sizes = {
            shape[axis] if -len(shape) < axis < len(shape) else None
            for axis, shape in zip(self.summed, inputs, strict=True)
        }
        if None in sizes or len(sizes) > 1:
            raise GraphError(
                f"{self.title}: expected inputs of one size along axes {self.summed}, got "
                f"{shown(inputs[0])} and {shown(inputs[1])}."
            )

    def output_shape(self, shape: list[Shape]) -> Shape:
        """The axes that are not summed over."""
        rest: list[int] = []
        for axis, sizes in zip(self.summed, shape, strict=True):
            place = axis % (len(sizes) + 1) - 1
            rest += sizes[:place] + sizes[place + 1 :]
        return tuple(rest) or (1,)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data."""
        return super().get_config() | {"axes": list(self.summed)}
