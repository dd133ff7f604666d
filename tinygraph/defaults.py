"""The two process-wide defaults: the float type of new leaves, and the seed of everything random."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

import numpy as np

_FLOATS = ("float32", "float64")
_floatx = np.dtype("float32")
_seed: int | None = None
_draws = itertools.count()
#: the float type of `floats`, where one is open in this thread
_inner_floatx: ContextVar[np.dtype | None] = ContextVar("floatx", default=None)
#: the seed and the count of draws of `seeded`, where one is open in this thread
_inner: ContextVar[tuple[int, Iterator[int]] | None] = ContextVar("seeded", default=None)


def floatx() -> np.dtype:
    """Return the float type that inputs, parameters and constants get when none is asked for."""
    return _inner_floatx.get() or _floatx


def set_floatx(dtype: str) -> None:
    """Set the float type of leaves made from now on: ``"float32"`` (the default) or ``"float64"``.

    >>> import tinygraph as tg
    >>> tg.set_floatx("float64"); tg.input("x", (2,)).dtype.name
    'float64'
    >>> tg.set_floatx("float32")
    """
    global _floatx
    _floatx = _float("set_floatx", dtype)


@contextmanager
def floats(dtype: str) -> Iterator[None]:
    """Let what this thread makes inside have this float type.

    >>> from tinygraph.defaults import floats, floatx
    >>> with floats("float64"):
    ...     floatx().name
    'float64'
    """
    token = _inner_floatx.set(_float("floats", dtype))
    try:
        yield
    finally:
        _inner_floatx.reset(token)


def _float(owner: str, dtype: str) -> np.dtype:
    if dtype not in _FLOATS:
        raise ValueError(f"{owner}: expected one of {', '.join(_FLOATS)}, got {dtype!r}.")
    return np.dtype(dtype)


def set_seed(seed: int) -> None:
    """Seed everything random that is made from now on: weights, shuffles and dropout masks.

    Two processes that set the same seed and run the same code get the same bits.

    >>> import tinygraph as tg
    >>> tg.set_seed(7)
    """
    global _seed, _draws
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"set_seed: expected a whole number >= 0, got {seed!r}.")
    _seed = int(seed)
    _draws = itertools.count()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed what this thread makes inside, and leave what comes after as if nothing had been drawn.

    >>> from tinygraph.defaults import next_seed, seeded
    >>> with seeded(7):
    ...     first = next_seed()
    >>> with seeded(7):
    ...     first == next_seed()
    True
    """
    token = _inner.set((seed, itertools.count()))
    try:
        yield
    finally:
        _inner.reset(token)


def reseeded() -> AbstractContextManager[None]:
    """Draw seeds inside as if `set_seed` had just been called; where it has never been, the seed is 0."""
    return seeded(_seed or 0)


def next_seed() -> int:
    """Return a seed not used before: a function of `set_seed`, or `seeded`, and how many were taken since."""
    global _seed
    if _seed is None:
        _seed = int(np.random.SeedSequence().generate_state(1)[0])
    seed, draws = _inner.get() or (_seed, _draws)
    sequence = np.random.SeedSequence([seed, next(draws)])
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))
