"""`LearningRateSchedule`: a learning rate that is a function of the step."""

from __future__ import annotations

from typing import overload

from tinygraph.compile import compile
from tinygraph.defaults import floatx
from tinygraph.graph import Node, scope
from tinygraph.nn.registry import Configurable, snake_case
from tinygraph.ops import cast, constant


class LearningRateSchedule(Configurable):
    """The base of all schedules: a subclass has ``call(step)``, made of ops.

    Called on a node, which counts steps, it returns a node; called on a number, the learning rate of that
    step as a float.

    Args:
        name: the scope of its nodes; made from the class if not given.

    >>> from tinygraph.nn.schedules import LearningRateSchedule
    >>> class Halving(LearningRateSchedule):
    ...     def call(self, step):
    ...         return 0.5 ** step
    >>> Halving()(3)
    0.125
    """

    def __init__(self, name: str | None = None):
        self.name = name or snake_case(type(self).__name__)
        #: the float type that it computes in, whatever `floatx` becomes later
        self.dtype = floatx()

    def call(self, step: Node) -> Node:
        """Return the learning rate of ``step``, a float node, in its dtype."""
        raise NotImplementedError(f"{type(self).__name__} must define call(self, step).")

    @overload
    def __call__(self, step: Node) -> Node: ...

    @overload
    def __call__(self, step: int) -> float: ...

    def __call__(self, step: Node | int) -> Node | float:
        """Return the learning rate of ``step``: a node of a node, a float of a number."""
        if not isinstance(step, Node):
            return float(compile(self.call(constant(float(step), dtype="float64")))())
        with scope(self.name):
            return self.call(step if step.dtype.kind == "f" else cast(step, dtype=self.dtype))
