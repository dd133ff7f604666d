"""What boxes say: names of operations with the numbers they take, of leaves, and of outputs."""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.graph import Graph, Node
from tinygraph.ops.leaf import Counter, Parameter
from tinygraph.viz.levels.scopes import without_use
from tinygraph.viz.outline import Weight
from tinygraph.viz.text import shape_text

#: Longer attributes are not said: a box is no place for a table.
_LONGEST = 28
#: Nor is the shape, which is shown anyway, or how an operation is differentiated, which its slope shows.
_UNTOLD = {"shape", "slope_of_y"}


def number_of(node: Node) -> str | None:
    """Return what a constant is if it is one number, or the same number everywhere; None otherwise.

    >>> import tinygraph as tg
    >>> number_of(tg.constant(0.125)), number_of(tg.zeros((2, 3))), number_of(tg.constant([1.0, 2.0]))
    ('0.125', '0', None)
    """
    if node.op.name != "constant":
        return None
    value: np.ndarray[Any, Any] = node.attrs["value"]
    if value.size == 0 or (value.size > 1 and any(value.strides)):
        return None
    number = value.flat[0]
    return str(number) if value.dtype.kind == "b" else f"{number:.6g}"


def folded(node: Node) -> bool:
    """Whether a leaf is so small that its readers say it themselves: ``multiply(·, 0.125)``."""
    return not node.shape and number_of(node) is not None


def operation(node: Node, said: Mapping[Node, str]) -> str:
    """Return an operation's name, with its operands where some of them, ``said``, have no box.

    >>> import tinygraph as tg
    >>> half = tg.constant(0.5)
    >>> operation(tg.multiply(tg.input("x", (2,)), half), {half: "0.5"})
    'multiply(·, 0.5)'
    """
    if not any(source in said for source in node.inputs):
        return str(node.op.name)
    operands = [said.get(source, "·") for source in node.inputs]
    if len(operands) > 4:
        operands = [*operands[:3], "…"]
    return f"{node.op.name}({', '.join(operands)})"


def attributes(node: Node) -> str:
    """Return the attributes of an operation that are neither its defaults nor the shape it shows anyway.

    >>> import tinygraph as tg
    >>> attributes(tg.input("x", (4, 6))[:, 0:3]), attributes(tg.mean(tg.input("x", (4, 6)), axis=1))
    ('[:, 0:3]', 'axis=(1,)')
    """
    defaults = getattr(node.op, "defaults", {})
    said = []
    for name, value in node.attrs.items():
        if name == "index" and not node.op.picks:
            said.append(f"[{', '.join(_item(item) for item in value)}]")
        elif name not in _UNTOLD and not isinstance(value, np.ndarray) and value != defaults.get(name):
            said.append(f"{name}={value}")
    text = ", ".join(said)
    return text if len(text) <= _LONGEST else ""


def result_shape(node: Node) -> str:
    """Return the shape of what a node computes: of several values the shapes in which they differ."""
    if "graph" not in node.attrs:
        return shape_text(node.shape)
    shapes = Count(shape_text(value.shape) for value in node.attrs["graph"].outputs.values())
    return ", ".join(shape if times == 1 else f"{times} × {shape}" for shape, times in shapes.items())


def _item(item: Any) -> str:
    if not isinstance(item, slice):
        return str(item)
    first, last, step = ("" if bound is None else str(bound) for bound in (item.start, item.stop, item.step))
    return f"{first}:{last}:{step}" if step and step != "1" else f"{first}:{last}"


def output_names(graph: Graph) -> dict[Node, tuple[str, ...]]:
    """Return the names under which each node is given out; a new value of a parameter is ``new w``."""
    names: dict[Node, tuple[str, ...]] = {}
    for name, node in graph.outputs.items():
        names[node] = (*names.get(node, ()), name)
    for leaf, node in graph.updates.items():
        if not isinstance(leaf, Counter):
            names[node] = (*names.get(node, ()), f"new {leaf.label}")
    return names


def weight_of(parameter: Parameter, layer: str) -> Weight:
    """Return a parameter as a badge of ``layer``: by its name in the layer if it is the layer's."""
    own = without_use(layer)
    if f"/{own}".endswith(f"/{parameter.scope}"):  # weights do not know the models that their layer is in
        return Weight(parameter.name, parameter.shape)
    inside = f"/{parameter.label}".partition(f"/{own}/")[2]
    return Weight(inside or parameter.label, parameter.shape)
