"""Layers that make one value of several: Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn import registry
from tinygraph.nn.layer import Layer
from tinygraph.nn.masks import carry, chosen, mask_of
from tinygraph.ops.rules import broadcast


class Merge(Layer):
    """The base of layers that combine inputs of shapes that broadcast, element by element.

    Samples of fewer axes than others get axes of size 1 in front.
    """

    several_inputs = True
    carries_mask = True
    #: combines two of the inputs; the layer goes through them from left to right
    combine: Callable[[Node, Node], Node]

    def call(self, x: list[Node], training: bool) -> Node:
        """The inputs combined."""
        return reduce(self.joined, of_one_rank(x))

    def joined(self, one: Node, other: Node) -> Node:
        """Two of the inputs combined."""
        return type(self).combine(one, other)

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
    """The product of the inputs, element by element.

    A step that does not count is a factor of 1; one that counts in no input gives 0.
    """

    combine = ops.multiply

    def joined(self, one: Node, other: Node) -> Node:
        """The product of what counts."""
        mask, unit = any_of([mask_of(one), mask_of(other)]), ops.ones((), one.dtype)
        product = super().joined(counted(one, unit), counted(other, unit))
        return product if mask is None else carry(chosen(mask, product, ops.zeros((), one.dtype)), mask)


@registry.register("layer")
class Average(Merge):
    """The mean of the inputs, element by element."""

    combine = ops.add

    def call(self, x: list[Node], training: bool) -> Node:
        """The sum divided by the number of inputs."""
        return super().call(x, training) / float(len(x))


class Extreme(Merge):
    """The base of `Maximum` and `Minimum`: where a step of one input does not count, the other is taken."""

    def joined(self, one: Node, other: Node) -> Node:
        """The larger, or smaller, of what counts."""
        mask = any_of([mask_of(one), mask_of(other)])
        other = counted(other, one)
        return carry(super().joined(counted(one, other), other), mask)


@registry.register("layer")
class Maximum(Extreme):
    """The largest of the inputs, element by element; two that tie share the gradient evenly."""

    combine = ops.maximum


@registry.register("layer")
class Minimum(Extreme):
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
    carries_mask = False  # call sees to it
    keeps_integers = True

    def __init__(self, axis: int = -1, **kwargs: Any):
        super().__init__(**kwargs)
        if isinstance(axis, bool) or not isinstance(axis, int) or axis == 0:
            raise ValueError(f"{self.title}: axis must be a whole number other than 0, got {axis!r}.")
        self.axis = axis

    def call(self, x: list[Node], training: bool) -> Node:
        """The inputs joined, and their masks."""
        joined = ops.concat(x, axis=self.axis)
        masks = [mask_of(node) for node in x]
        along_time = self.axis % joined.ndim == 1 and any(mask is not None for mask in masks)
        return carry(joined, one_after_another(x) if along_time else any_of(masks))

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


def of_one_rank(x: Sequence[Node]) -> list[Node]:
    """The nodes with equally many axes: those that lack some get them behind the batch, of size 1."""
    rank = max(node.ndim for node in x)
    missing = [(1,) * (rank - node.ndim) for node in x]
    return [
        ops.reshape(node, shape=(node.shape[0], *ones, *node.shape[1:])) if ones else node
        for node, ones in zip(x, missing, strict=True)
    ]


def counted(x: Node, other: Node) -> Node:
    """x, and ``other`` where a step of x does not count."""
    mask = mask_of(x)
    return x if mask is None else chosen(mask, x, other)


def one_after_another(x: Sequence[Node]) -> Node:
    """The masks of sequences in a row; every step of one without a mask counts."""
    masks = [(node, mask_of(node)) for node in x]
    return ops.concat([ops.ones(n.shape[:2], bool) if m is None else m for n, m in masks], axis=1)


def any_of(masks: Sequence[Node | None]) -> Node | None:
    """True where one mask is; None if an input has no mask, for then every step counts."""
    given = [mask for mask in masks if mask is not None]
    return reduce(ops.logical_or, given) if len(given) == len(masks) else None
