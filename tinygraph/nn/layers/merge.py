"""Layers that make one value of several: Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn import registry
from tinygraph.nn.layer import Layer
from tinygraph.ops.rules import broadcast


class Merge(Layer):
    """The base of layers that combine inputs of shapes that broadcast, element by element."""

    several_inputs = True
    carries_mask = True
    #: combines two of the inputs; the layer goes through them from left to right
    combine: Callable[[Node, Node], Node]

    def call(self, x: list[Node], training: bool) -> Node:
        """The inputs combined."""
        return reduce(type(self).combine, x)

    def joint_mask(self, masks: Sequence[Node | None]) -> Node | None:
        """As in Keras a step counts if it counts in one input; an input without mask counts everywhere."""
        return any_of(masks)

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """At least two inputs, whose shapes broadcast."""
        super().check_inputs(shapes, several, batch)
        if len(shapes) < 2:
            raise GraphError(f"{self.title}: expected at least two inputs, got {len(shapes)}.")
        self.output_shape(shapes)

    def output_shape(self, shape: list[Shape]) -> Shape:
        """The shape that the inputs broadcast to."""
        try:
            return broadcast(*shape)
        except GraphError:
            came = " and ".join(str(("batch", *each)).replace("'", "") for each in shape)
            raise GraphError(f"{self.title}: expected inputs whose shapes broadcast, got {came}.") from None


@registry.register("layer")
class Add(Merge):
    """The sum of the inputs.

    >>> import numpy as np
    >>> from tinygraph.nn import Add
    >>> Add()([np.ones((1, 2)), np.ones((1, 2))]).tolist()
    [[2.0, 2.0]]
    """

    combine = ops.add


@registry.register("layer")
class Subtract(Merge):
    """The first of two inputs less the second."""

    combine = ops.subtract

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """Exactly two inputs."""
        super().check_inputs(shapes, several, batch)
        if len(shapes) != 2:
            raise GraphError(f"{self.title}: expected two inputs, got {len(shapes)}.")


@registry.register("layer")
class Multiply(Merge):
    """The product of the inputs, element by element."""

    combine = ops.multiply


@registry.register("layer")
class Average(Merge):
    """The mean of the inputs, element by element."""

    combine = ops.add

    def call(self, x: list[Node], training: bool) -> Node:
        """The sum divided by the number of inputs."""
        return super().call(x, training) / float(len(x))


@registry.register("layer")
class Maximum(Merge):
    """The largest of the inputs, element by element; two that tie share the gradient evenly."""

    combine = ops.maximum


@registry.register("layer")
class Minimum(Merge):
    """The smallest of the inputs, element by element; two that tie share the gradient evenly."""

    combine = ops.minimum


@registry.register("layer")
class Concatenate(Layer):
    """The inputs one after another along an axis, by default the last.

    Args:
        axis: -1, or counted with the batch as axis 0, as in Keras; not 0.

    >>> import numpy as np
    >>> from tinygraph.nn import Concatenate
    >>> Concatenate()([np.ones((2, 3)), np.ones((2, 1))]).shape
    (2, 4)
    """

    several_inputs = True
    carries_mask = True
    keeps_integers = True

    def __init__(self, axis: int = -1, **kwargs: Any):
        super().__init__(**kwargs)
        if isinstance(axis, bool) or not isinstance(axis, int) or axis == 0:
            raise ValueError(f"{self.title}: axis must be a whole number other than 0, got {axis!r}.")
        self.axis = axis

    def call(self, x: list[Node], training: bool) -> Node:
        """The inputs joined."""
        return ops.concat(x, axis=self.axis)

    def joint_mask(self, masks: Sequence[Node | None]) -> Node | None:
        """Sequences one after another keep their masks; side by side a step counts if it counts in one."""
        if self.axis == 1 and None not in masks:
            return ops.concat([mask for mask in masks if mask is not None], axis=1)
        return any_of(masks)

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """Inputs that differ along the axis only."""
        super().check_inputs(shapes, several, batch)
        self.output_shape(shapes)

    def output_shape(self, shape: list[Shape]) -> Shape:
        """The sizes along the axis add up."""
        first = shape[0]
        axis = self.axis - 1 if self.axis > 0 else len(first) + self.axis
        rest = {each[:axis] + each[axis + 1 :] for each in shape}
        if not 0 <= axis < len(first) or len(rest) != 1 or len({len(each) for each in shape}) != 1:
            came = " and ".join(str(("batch", *each)).replace("'", "") for each in shape)
            raise GraphError(
                f"{self.title}: expected inputs that differ along axis {self.axis} only, got {came}."
            )
        return (*first[:axis], sum(each[axis] for each in shape), *first[axis + 1 :])


def any_of(masks: Sequence[Node | None]) -> Node | None:
    """True where one mask is; None if an input has no mask, for then every step counts."""
    given = [mask for mask in masks if mask is not None]
    return reduce(ops.logical_or, given) if len(given) == len(masks) else None
