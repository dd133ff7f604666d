"""Random numbers that are a function of (seed, step): the same bits on every backend, at any time.

SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014) turns the
position of an element into 64 random bits; its key is mixed from the seed and a `counter`'s step.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from tinygraph.graph import GraphError, Node, Shape
from tinygraph.op import op
from tinygraph.ops.arithmetic import cast
from tinygraph.ops.exponential import cos, log1p, sqrt
from tinygraph.ops.join import concat
from tinygraph.ops.layout import reshape
from tinygraph.ops.leaf import Counter, zeros
from tinygraph.ops.rules import Inferred, integer_shape, known_dtype
from tinygraph.ops.samples import whole

GOLDEN = 0x9E3779B97F4A7C15
BITS = (1 << 64) - 1
ROUNDS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))  # of the finalizer: shift, factor


def stepped(inputs: tuple[Node, ...], attrs: dict[str, Any]) -> Inferred:
    """One whole number as step."""
    (step,) = inputs
    if step.shape != () or step.dtype.kind != "i":
        raise GraphError("needs one whole number as step")
    attrs["dtype"] = known_dtype(attrs["dtype"])
    return integer_shape(attrs["shape"]), attrs["dtype"]


@op(stepped, samples=[(whole(below=9), {"shape": (3, 4), "seed": 7, "dtype": "float64"})])
def uniform(xp, step, *, shape, seed, stream=0, dtype=None, first=0, out):
    """Uniform numbers from 0 up to 1: a function of the seed, the stream, the step and the position.

    ``first`` is the position of the first one: that much of a longer draw is left out.

    >>> import tinygraph as tg
    >>> draw = tg.compile(tg.uniform(tg.counter("step"), shape=(2,), seed=1))
    >>> bool((draw() == draw()).all())
    False
    """
    key = xp.asarray(key_of(seed, stream), dtype="uint64")
    key = mix(xp, key + step.astype("uint64") * xp.asarray(GOLDEN, dtype="uint64"))
    position = xp.arange(first + 1, first + out.size + 1, dtype="uint64")
    position *= xp.asarray(GOLDEN, dtype="uint64")
    position += key
    bits = mix(xp, position)
    digits = 24 if out.dtype.itemsize == 4 else 53
    bits >>= xp.asarray(64 - digits, dtype="uint64")
    xp.copyto(out, bits.view("int64").reshape(shape))  # a third faster than from unsigned ones
    out *= 2.0**-digits


def key_of(seed: int, stream: int) -> int:
    """64 bits of a seed and a stream; a step is mixed into them."""
    return mixed((seed & BITS) ^ mixed(stream + 1))


def mix(xp: Any, z: Any) -> Any:
    """SplitMix64's finalizer, on an array of 64-bit numbers, which it writes over."""
    for shift, factor in ROUNDS:
        z ^= z >> xp.asarray(shift, dtype="uint64")
        z *= xp.asarray(factor, dtype="uint64")
    z ^= z >> xp.asarray(31, dtype="uint64")
    return z


def mixed(z: int) -> int:
    """SplitMix64's finalizer, on one number."""
    for shift, factor in ROUNDS:
        z = ((z ^ (z >> shift)) * factor) & BITS
    return z ^ (z >> 31)


class Rows(NamedTuple):
    """Which rows of a batch there are: ``size`` of its ``whole`` ones, from ``first`` on."""

    first: int
    size: int
    whole: int


def drawn(step: Node, shape: Shape, rows: Rows | None, axis: int = 0, *, stream: int = 0, **how: Any) -> Node:
    """Uniform numbers: those that ``rows`` of a batch, at ``axis``, have in the draw for the whole batch."""
    if rows is None:
        return uniform(step, shape, stream=stream, **how)
    row = math.prod(shape[axis:]) // rows.size
    starts = [(block * rows.whole + rows.first) * row for block in range(math.prod(shape[:axis]))]
    blocks = [uniform(step, shape[axis:], stream=stream, first=start, **how) for start in starts]
    return blocks[0] if len(blocks) == 1 else reshape(concat(blocks, axis=0), shape=shape)


def normal(
    step: Node, shape: Any, *, seed: int, stream: int = 0, dtype: Any = None, rows: Rows | None = None
) -> Node:
    """Normal numbers of mean 0 and variance 1: a function of the seed, the stream, the step and the position.

    Box and Muller 1958: sqrt(-2 ln(1 - u)) cos(2 pi v) of two uniform numbers u and v. With ``rows`` they
    are those of some rows of a larger batch.

    >>> import tinygraph as tg
    >>> tg.normal(tg.counter("step"), (2, 3), seed=1).shape
    (2, 3)
    """
    u, v = drawn(step, (2, *integer_shape(shape)), rows, 1, seed=seed, stream=stream, dtype=dtype)
    return sqrt(-2.0 * log1p(-u)) * cos((2.0 * math.pi) * v)


def dropout_mask(
    step: Counter,
    shape: Shape,
    rate: float,
    *,
    seed: int,
    stream: int = 0,
    dtype: Any = None,
    rows: Rows | None = None,
    axis: int = 0,
) -> Node:
    """1 / (1 - rate) with probability 1 - rate, else 0: what dropout multiplies with. For rate 1 it is 0.

    Each step of ``step`` draws another mask; the same seed, stream and step give the same one. With ``rows``
    it is the mask of some rows, at ``axis``, of a larger batch.
    """
    if not 0 <= rate <= 1:
        raise GraphError(f"dropout_mask: needs 0 <= rate <= 1, got {rate!r}.")
    dtype = known_dtype(dtype)
    if rate == 1:
        return zeros(shape, dtype=dtype)
    kept = drawn(step, shape, rows, axis, seed=seed, stream=stream, dtype=dtype) >= rate
    return cast(kept, dtype=dtype) * (1.0 / (1.0 - rate))
