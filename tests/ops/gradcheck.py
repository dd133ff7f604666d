"""Does a gradient equal its finite differences? In float64, of the first order and the second.

Use it on anything that is made of nodes:

    check_gradients(lambda x, w: tg.tanh(x @ w), x_value, w_value)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

import tinygraph as tg
from tinygraph import Node

STEP = 2e-4  # with four points the error is about STEP**4 / 30 and rounding / STEP: both below 1e-11
TOLERANCE = 1e-7


def check_gradients(
    build: Callable[..., Node], *values: np.ndarray, orders: int = 2, backend: str = "numpy"
) -> None:
    """Raise AssertionError unless the gradients of ``build(*inputs)`` equal its finite differences.

    Float values are differentiated; whole numbers and truth values are handed on. The second order is
    the gradient of the first gradients, so a vjp that cannot be differentiated again is found too.
    """
    inputs = [tg.input(f"x{i}", value.shape, dtype=value.dtype) for i, value in enumerate(values)]
    outputs = [build(*inputs)]
    for order in range(1, orders + 1):
        outputs = _check_order(order, outputs, inputs, values, backend)


def _check_order(
    order: int, outputs: list[Node], inputs: list[Node], values: Sequence[np.ndarray], backend: str
) -> list[Node]:
    """Check d (sum of seed * output) / d input; return the nodes of it, which the next order checks."""
    random = np.random.default_rng(order)
    wrt = [node for node in inputs if node.dtype.kind == "f"]
    seeds = [random.normal(size=output.shape) for output in outputs]
    parts = [
        tg.gradients(output, wrt, seed=tg.constant(seed, dtype=output.dtype))
        for output, seed in zip(outputs, seeds, strict=True)
    ]
    for part in parts:
        for node, slope in zip(wrt, part, strict=True):
            assert (slope.shape, slope.dtype) == (node.shape, node.dtype), f"gradient {slope!r} of {node!r}"
    slopes = [slope for part in parts for slope in part]
    declared = _function(slopes, inputs, backend)(values)
    for place, node in enumerate(wrt):
        total = sum(declared[place :: len(wrt)])
        measured = differences(_function(outputs, inputs, backend), seeds, values, inputs.index(node))
        scale = max(1.0, float(np.max(np.abs(measured), initial=0.0)))
        np.testing.assert_allclose(
            total,
            measured,
            rtol=TOLERANCE,
            atol=TOLERANCE * scale,
            err_msg=f"gradient of order {order} with respect to input {inputs.index(node)}",
        )
    return slopes


def differences(
    function: Callable[[Sequence[np.ndarray]], list[np.ndarray]],
    seeds: Sequence[np.ndarray],
    values: Sequence[np.ndarray],
    place: int,
) -> np.ndarray:
    """The slope of sum(seed * output) by each element of ``values[place]``, from four points around it."""
    slope = np.empty(values[place].shape)
    for index in np.ndindex(slope.shape):
        total = 0.0
        for steps, weight in ((-2, 1), (-1, -8), (1, 8), (2, -1)):
            moved = values[place].copy()
            moved[index] += steps * STEP
            outputs = function([*values[:place], moved, *values[place + 1 :]])
            total += weight * sum(float((s * y).sum()) for s, y in zip(seeds, outputs, strict=True))
        slope[index] = total / (12 * STEP)
    return slope


def _function(
    outputs: list[Node], inputs: list[Node], backend: str
) -> Callable[[Sequence[np.ndarray]], list[np.ndarray]]:
    """Compile what is declared, with a buffer for each value: gradients are judged, no pass or planner."""
    compiled = tg.compile(outputs, backend=backend, rewrite=False, reuse=False)

    def run(values: Sequence[np.ndarray]) -> list[np.ndarray]:
        named = {node.name: value for node, value in zip(inputs, values, strict=True)}
        return compiled(**{name: value for name, value in named.items() if name in compiled.inputs})

    return run
