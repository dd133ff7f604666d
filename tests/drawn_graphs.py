"""Random graphs for planner, rewrites and backends: views of views, chains that go in place, joins, updates,
odd outputs, what an unrolled layer is made of, and gradients of all that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

import tinygraph as tg
from tinygraph import Node
from tinygraph.ops import Parameter
from tinygraph.ops.leaf import Part

SHAPES = [(), (3,), (2, 3), (3, 2), (2, 1, 3), (6,)]
#: Everything stays between -2 and 2 or so: no infinity hides a mistake.
UNARY: list[Callable[[Node], Node]] = [
    tg.tanh,
    tg.sin,
    lambda x: -x,
    lambda x: 0.5 * x,
    lambda x: tg.softmax(x) if x.ndim else x,
    lambda x: tg.cumsum(tg.tanh(x), axis=0) * 0.3 if x.ndim else tg.cos(x),
    lambda x: tg.mean(x, axis=0) if x.ndim and x.shape[0] else x,
    lambda x: tg.sum(x * 0.2, keepdims=True),
    lambda x: tg.pad(x, [(1, 0)] * x.ndim),
    lambda x: (x * tg.ones((), "float64")) ** 1.0 * (tg.exp(tg.constant(0.5, "float64")) - 1.0),
    lambda x: tg.where(tg.constant(np.arange(x.size).reshape(x.shape) % 2 == 0), x, 0.0),
    lambda x: tg.log(tg.softmax(x)) * 0.3 if x.ndim else tg.log(1.0 + tg.exp(x)) - 1.0 / (1.0 + tg.exp(-x)),
]
#: What makes much of the last bits, which a rewrite may change.
ROUGH: list[Callable[[Node], Node]] = [
    lambda x: tg.where(x > 0.1, x, -x),
    lambda x: tg.max(x) if x.size else x,
    lambda x: tg.cast(tg.cast(x * 2.0, "int64"), "float64"),
    lambda x: tg.cast(tg.cast(x, "float32"), "float64"),
    lambda x: tg.gather(x, tg.argmin(tg.reshape(x, (-1,))) * 0) if x.ndim and x.size else x,
]
VIEWS: list[Callable[[Node], Node]] = [
    tg.transpose,
    lambda x: tg.reshape(x, (-1,)),
    lambda x: tg.reshape(x, x.shape[::-1]),
    lambda x: tg.reshape(x, (1, *x.shape)),
    lambda x: x[0] if x.ndim and x.shape[0] else x,
    lambda x: x[..., ::2] if x.ndim else x,
    lambda x: x[::-1] if x.ndim else x,
    lambda x: x[1:] if x.ndim else x,
    lambda x: x[None, ...],
    lambda x: x[...],
    lambda x: tg.broadcast_to(x, (2, *x.shape)) if x.size < 40 else x,
    lambda x: tg.windows(x, 2) if x.ndim and x.shape[0] > 1 else x,
]


def _fits(x: Node, y: Node) -> bool:
    try:
        return np.prod(np.broadcast_shapes(x.shape, y.shape)) <= 200
    except ValueError:
        return False


def _product(x: Node, y: Node) -> Node:
    if x.ndim == y.ndim == 2:
        for left in (x, tg.transpose(x)):
            for right in (y, tg.transpose(y)):
                if left.shape[1] == right.shape[0]:
                    return left @ right * 0.2
    return tg.sin(x)


def _products(x: Node, y: Node) -> Node:
    """A batch of two products, added or side by side."""
    width = _common_width(x, y)
    if not width:
        return tg.sin(y)
    x, y = tg.reshape(x, (-1, width)), tg.reshape(y, (width, -1))
    batch = tg.stack([x, tg.cos(x)]) @ tg.stack([tg.sin(y), y]) * 0.2
    return tg.sum(batch, axis=0) if x.shape[0] % 2 else batch[0] * batch[1]


def _common_width(x: Node, y: Node) -> int:
    """In rows of how many elements x can be multiplied by y, or 0."""
    return next((k for k in (3, 2, 1) if x.size % k == y.size % k == 0 < x.size * y.size <= 36 * k), 0)


def _joined(x: Node, y: Node) -> Node:
    same_rest = x.ndim and x.ndim == y.ndim and x.shape[1:] == y.shape[1:]
    return tg.concat([x, y, x]) if same_rest and x.size < 60 else tg.cos(y)


def _recurrent(x: Node, y: Node) -> Node:
    """The rows of x one by one through one weight, as in a recurrent layer with two gates."""
    width = _common_width(x, y)
    if not width:
        return tg.tanh(x)
    x, y = tg.reshape(x, (-1, width)), tg.reshape(y, (width, -1))
    both, h = tg.concat([y, tg.sin(y)], axis=1), tg.zeros((1, y.shape[1]), "float64")
    bias = tg.sin(both[0])
    hidden = []
    for t in range(x.shape[0]):
        a, b = tg.split(x[t : t + 1] @ both + bias, 2, axis=1)
        h = tg.sigmoid(a) * tg.tanh(b) + h * tg.sigmoid(h)
        hidden.append(h)
    return tg.concat(hidden)


def _row_by_row(x: Node, y: Node) -> Node:
    """Each row of x with the same row, and some of them put together again."""
    if x.ndim < 2 or x.size == 0:
        return tg.cos(x)
    rows = [tg.tanh(x[t] * x[0]) + tg.sin(x[t]) for t in range(x.shape[0])]
    return tg.stack(rows[::-1]) if y.ndim % 2 else tg.concat([x[t : t + 1] for t in range(x.shape[0])])


BINARY: list[Callable[[Node, Node], Node]] = [
    lambda x, y: x + y if _fits(x, y) else x - 1.0,
    lambda x, y: x - y if _fits(x, y) else y * 0.7,
    lambda x, y: x * y if _fits(x, y) else tg.tanh(y),
    lambda x, y: tg.add_n(x, y, x) if x.shape == y.shape else tg.add_n(x, x),
    lambda x, y: tg.add_n(y, tg.sin(x), x) if x.shape == y.shape else tg.add_n(y),
    _product,
    _products,
    _joined,
    _recurrent,
    _row_by_row,
]
ROUGH_BINARY: list[Callable[[Node, Node], Node]] = [
    lambda x, y: tg.maximum(x, y) if _fits(x, y) else x,
    lambda x, y: tg.where(x > y, y, x) if _fits(x, y) else y,
]


@dataclass(frozen=True)
class Drawn:
    """Outputs, updates, and what to feed."""

    outputs: dict[str, Node]
    updates: dict[Parameter, Node]
    feeds: dict[str, np.ndarray]
    parameters: list[Parameter]


@st.composite
def graphs(draw: Any, smooth: bool = False) -> Drawn:
    """Draw leaves, let nodes grow on them, and pick outputs and updates among all of those.

    Where all of it is ``smooth``, gradients by the parameters are among the outputs.
    """
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shapes = st.sampled_from(SHAPES)
    inputs = [tg.input(f"x{i}", draw(shapes), "float64") for i in range(draw(st.integers(1, 2)))]
    sizes = draw(st.lists(shapes, min_size=1, max_size=3))
    parameters = [tg.param(f"w{i}", random.normal(size=size), "float64") for i, size in enumerate(sizes)]
    pool: list[Node] = [*inputs, *parameters, tg.constant(random.normal(size=(2, 3)), "float64")]
    for _ in range(draw(st.integers(1, 20))):
        pool.append(_grown(draw, pool, smooth))
    outputs = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=4))
    updates = {w: _new_value(draw, w, pool) for w in parameters if draw(st.booleans())}
    if smooth:
        slopes = tg.gradients(tg.add_n([tg.sum(tg.sin(y)) for y in outputs]), parameters)
        outputs += slopes
        if draw(st.booleans()):
            moments = _moments(draw, parameters, slopes)
            updates |= moments
            parameters += moments
    return Drawn(
        {f"y{i}": node for i, node in enumerate(outputs)},
        updates,
        {node.name: random.normal(size=node.shape) for node in inputs},
        parameters,
    )


def _grown(draw: Any, pool: list[Node], smooth: bool) -> Node:
    # The newest nodes are picked more often: that makes chains, whose values die at once.
    some = st.sampled_from(pool[-3:]) | st.sampled_from(pool)
    kind = draw(st.sampled_from(["unary", "view", "binary"]))
    if kind == "binary":
        made = draw(st.sampled_from(BINARY if smooth else BINARY + ROUGH_BINARY))(draw(some), draw(some))
        return made if made.size <= 200 else made[:1]
    node = draw(some)
    made = draw(st.sampled_from(VIEWS if kind == "view" else UNARY if smooth else UNARY + ROUGH))(node)
    return made if made.size <= 200 else node


def _moments(draw: Any, parameters: list[Parameter], slopes: list[Node]) -> dict[Parameter, Node]:
    """An optimizer's state, the parts of one parameter, and what it becomes."""
    whole = tg.param("m", np.linspace(-1.0, 1.0, sum(w.size for w in parameters)), "float64")
    steps = [lambda m, g: 0.5 * m + g, lambda m, g: m - 0.1 * (g * g * 0.1 + m), lambda m, g: tg.sin(m + 1.0)]
    step, new, start = draw(st.sampled_from(steps)), {}, 0
    for w, slope in zip(parameters, slopes, strict=True):
        part = Part(whole, slice(start, start + w.size), w.shape, f"m{start}")
        new[part] = step(part, slope)
        start += w.size
    return new


def _new_value(draw: Any, w: Parameter, pool: list[Node]) -> Node:
    """A node of the parameter's shape: some other parameter, a view, an output, or a step of descent."""
    fitting = [node for node in pool if (node.shape, node.dtype) == (w.shape, w.dtype)]
    steps = [
        lambda w, y: w - 0.1 * y,
        lambda w, y: 0.1 * y + w,
        lambda w, y: y,
        lambda w, y: tg.add_n(y, w, y),
        lambda w, y: tg.tanh(y) - w * w,
    ]
    return draw(st.sampled_from(steps))(w, draw(st.sampled_from(fitting)))
