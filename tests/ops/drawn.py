"""Shapes, axes and values that hypothesis draws: rank 0 to 4, with axes of size 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from ops.harness import Case

from tinygraph.op import Op
from tinygraph.ops.samples import Draw

MOST = 24  # elements of one input: finite differences try each of them
SEEDS = st.integers(0, 2**32 - 1)


def shapes(least: int = 0, min_dims: int = 0, max_dims: int = 4) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes with sizes from ``least`` to 3."""
    return npst.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=least, max_side=3).filter(
        lambda shape: math.prod(shape) <= MOST
    )


def broadcasting(count: int) -> st.SearchStrategy[tuple[tuple[int, ...], ...]]:
    """Several shapes that broadcast together."""
    together = npst.mutually_broadcastable_shapes(num_shapes=count, max_dims=4, min_side=0, max_side=3)
    return together.filter(lambda drawn: math.prod(drawn.result_shape) <= MOST).map(
        lambda drawn: drawn.input_shapes
    )


def axes(ndim: int) -> st.SearchStrategy[Any]:
    """All axes, one, or several, counted from the front or the back."""
    one = st.integers(-ndim, ndim - 1) if ndim else st.nothing()
    several = st.permutations(range(ndim)).flatmap(
        lambda order: st.integers(0, ndim).map(lambda count: tuple(order[:count]))
    )
    return st.none() | one | several


def like_its_sample(op: Op, shapes: Sequence[tuple[int, ...]], seed: int, **attrs: Any) -> Case:
    """A case of other shapes, with inputs of the kinds that the op's sample asks for."""
    sample = op.samples[0]
    usual = sample[-1] if isinstance(sample[-1], dict) else {}
    draws = [entry if isinstance(entry, Draw) else Draw(entry) for entry in sample if entry is not usual]
    return draw_case(
        op,
        [replace(draw, shape=shape) for draw, shape in zip(draws, shapes, strict=True)],
        seed,
        usual | attrs,
    )


def draw_case(op: Op, draws: Sequence[Draw], seed: int, attrs: dict[str, Any]) -> Case:
    """A case whose normal floats lie apart from each other and from 0, where an op may have a kink."""
    random = np.random.default_rng(seed)
    values = [np.asarray(draw.draw(random)) for draw in draws]
    normal = [place for place, draw in enumerate(draws) if draw.kind == "normal"]
    flat = np.concatenate([values[place].ravel() for place in normal] or [np.zeros(0)])
    ranks = np.argsort(np.argsort(flat))
    apart = (ranks - flat.size // 2 + 1 / math.pi) * (3.97 / max(1, flat.size))
    for place in normal:
        size = values[place].size
        values[place], apart = apart[:size].reshape(values[place].shape), apart[size:]
    return Case(op, tuple(values), attrs)
