"""`gradcheck`: gradients against finite differences, in float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.compile import compile
from tinygraph.grad import gradients
from tinygraph.graph import Graph, GraphError, Node
from tinygraph.ops import Counter, Parameter, constant, input
from tinygraph.rewrites.retype import retype

Array = np.ndarray[Any, Any]

#: With four points the error of a difference is about STEP⁴ / 30, and rounding / STEP.
STEP = 2e-4
#: the points around a value, in steps, and the weight of each: the derivative, times 12 steps
STENCIL = ((-2, 1.0), (-1, -8.0), (1, 8.0), (2, -1.0))
#: A gradient counts as at least so much of the largest one: what should be 0 is judged beside the others.
LEAST = 1e-6


class GradientError(ArithmeticError):
    """A gradient is not the slope of the loss."""


@dataclass(frozen=True)
class GradCheck:
    """What `gradcheck` found: the largest error of each weight by its name, and the worst weight."""

    errors: Mapping[str, float]

    @property
    def worst(self) -> str:
        """The name of the weight whose gradient has the largest error."""
        return max(self.errors, key=self.errors.__getitem__)

    @property
    def error(self) -> float:
        """The largest error, as a share of the gradient."""
        return self.errors[self.worst]


def gradcheck(
    of: Any,
    x: Any = None,
    y: Any = None,
    sample_weight: Any = None,
    *,
    wrt: Sequence[Node] | None = None,
    feeds: Mapping[str, Any] | None = None,
    training: bool = True,
    elements: int = 10,
    tolerance: float = 1e-6,
) -> GradCheck:
    """Compare gradients with finite differences in float64, whatever the float type of the weights.

    Of each weight some elements are moved one by one, and all of them at once in a random direction. Dropout
    and noise draw the same at each point. Where a loss has a kink, as relu has at 0, differences are wrong.

    Args:
        of: a compiled model, whose loss is judged on ``x``, ``y`` and ``sample_weight`` as one batch; or a
            node of one number.
        x, y, sample_weight: as for `fit`.
        wrt: for a node, the parameters and inputs to differentiate by.
        feeds: for a node, the values of the inputs by name.
        training: for a model, whether layers act as in training.
        elements: how many elements of each weight are moved one by one, drawn at random.
        tolerance: the largest error that passes, as a share of the largest slope of that weight.

    Returns:
        a `GradCheck`: ``error``, ``worst``, the weight that has it, and ``errors`` of all weights by name.

    Raises:
        GradientError: an error above the tolerance; names the worst weight.
        GraphError: no node of one number, nothing to differentiate by.

    >>> import numpy as np, tinygraph as tg
    >>> from tinygraph.nn import LSTM, Dense, Sequential
    >>> model = Sequential([LSTM(3, input_shape=(4, 2)), Dense(1)])
    >>> model.compile("adam", "mse")
    >>> tg.gradcheck(model, np.ones((2, 4, 2)), np.ones((2, 1))).error < 1e-8
    True
    >>> w = tg.param("w", [1.0, 2.0])
    >>> list(tg.gradcheck(tg.sum(w * w * w), wrt=[w]).errors)
    ['w']
    """
    if isinstance(of, Node):
        loss, leaves, fed = of, list(wrt or ()), dict(feeds or {})
        for leaf in Graph({"loss": of}).inputs:
            if leaf.name not in fed:
                raise GraphError(f"gradcheck: the input {leaf.name!r} has no value in feeds.")
    elif hasattr(of, "loss_nodes"):
        loss, leaves, fed = of.loss_nodes(x, y, sample_weight, training)
    else:
        raise TypeError(f"gradcheck: expected a compiled model or a node, got {type(of).__name__}.")
    if loss.shape or not leaves:
        what = f"a node of one number, got {loss.shape}" if loss.shape else "wrt=[...] to differentiate by"
        raise GraphError(f"gradcheck: expected {what}.")
    at, measured, slopes = _functions(loss, leaves, fed)
    errors = _errors(at, measured, slopes, elements)
    found = GradCheck(_named(leaves, errors))
    if not found.error <= tolerance:
        raise GradientError(
            f"gradcheck: the gradient of {found.worst} is wrong by {found.error:.1e} of its largest slope; "
            f"{tolerance:.0e} would pass."
        )
    return found


Values = list[Array]


def _functions(
    loss: Node, leaves: Sequence[Node], feeds: Mapping[str, Any]
) -> tuple[Values, Callable[[Values], float], Values]:
    """Return the leaves' values, the loss as a function of them, and its gradients there; in float64."""
    graph = Graph({"loss": loss, **{f"slope {k}": g for k, g in enumerate(gradients(loss, leaves))}})
    new: dict[Node, Node] = {leaf: constant(leaf.value) for leaf in graph.leaves if isinstance(leaf, Counter)}
    names, at = [], []
    for k, leaf in enumerate(leaves):
        if isinstance(leaf, Parameter):
            new[leaf] = input(f"leaf {k}", leaf.shape, dtype=leaf.dtype)
            names.append(f"leaf {k}")
            at.append(leaf.value.astype("float64"))
        else:
            names.append(leaf.name)
            at.append(np.array(feeds[leaf.name], dtype="float64"))
    graph = retype(graph.substitute(new), np.dtype("float64"))

    def compiled(outputs: Mapping[str, Node]) -> Callable[[Values], dict[str, Array]]:
        function = compile(outputs, jit_compile=False)

        def run(values: Values) -> dict[str, Array]:
            given = {**feeds, **dict(zip(names, values, strict=True))}
            found: dict[str, Array] = function(**{name: given[name] for name in function.inputs})
            return found

        return run

    whole = compiled(graph.outputs)(at)
    forward = compiled({"loss": graph.outputs["loss"]})
    slopes = [whole[f"slope {k}"] for k in range(len(leaves))]
    return at, lambda values: float(forward(values)["loss"]), slopes


def _errors(at: Values, loss: Callable[[Values], float], slopes: Values, elements: int) -> list[float]:
    """Return the largest error of each gradient, as a share of its largest slope."""
    random = np.random.default_rng(0)
    least = LEAST * max(float(np.abs(slope).max(initial=0.0)) for slope in slopes)
    errors = []
    for k, slope in enumerate(slopes):
        scale, error = max(float(np.abs(slope).max(initial=0.0)), least, np.finfo(float).tiny), 0.0
        for direction in _directions(slope.shape, elements, random):
            difference = 0.0
            for steps, weight in STENCIL:
                moved = [*at[:k], at[k] + steps * STEP * direction, *at[k + 1 :]]
                difference += weight * loss(moved)
            difference /= 12 * STEP
            size = max(scale, abs(difference))
            error = max(error, abs(difference - float((slope * direction).sum())) / size)
        errors.append(error)
    return errors


def _directions(shape: tuple[int, ...], elements: int, random: np.random.Generator) -> list[Array]:
    """Return directions to move in: all elements at once, by one step together, and some one by one."""
    whole = random.normal(size=shape)
    found = [whole / max(float(np.sqrt((whole * whole).sum())), np.finfo(float).tiny)]
    size = int(np.prod(shape))
    for place in random.permutation(size)[:elements]:
        single = np.zeros(size)
        single[place] = 1.0
        found.append(single.reshape(shape))
    return found


def _named(leaves: Sequence[Node], errors: Sequence[float]) -> dict[str, float]:
    """Return the errors by the names of the leaves, numbered where two have one name."""
    named: dict[str, float] = {}
    for k, (leaf, error) in enumerate(zip(leaves, errors, strict=True)):
        named[leaf.label if leaf.label not in named else f"{leaf.label} ({k})"] = error
    return named
