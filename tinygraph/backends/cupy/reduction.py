"""Sums, means, largest and smallest over axes: some threads share each, and put theirs together at the end.

The order is fixed, so two runs give the same bits.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from tinygraph.backends.cupy.language import TYPES
from tinygraph.backends.cupy.launch import GUARD, GUARDED, NAME, Launch, compiled, fits
from tinygraph.backends.scalar.space import joined

THREADS = 256  # of a block; as many results as there are, up to a warp of them side by side
WARP = 32
#: How two values become one, and what changes no value. NaN stays.
COMBINED = {
    "sum": ("a + b", "0"),
    "mean": ("a + b", "0"),
    "max": ("a > b || a != a ? a : b", "-infinity"),
    "min": ("a < b || a != a ? a : b", "infinity"),
}


def launch(xp: Any, how: str, x: Any, axes: tuple[int, ...], out: Any) -> Launch | None:
    """Return the launch that reduces ``x`` over ``axes``: to what, says a name in `COMBINED`.

    None if there is nothing to reduce, or it is not of floats alone.
    """
    if x.dtype != out.dtype or x.dtype.kind != "f" or not x.size or not out.flags.c_contiguous:
        return None
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    inner, outer = (
        joined([x.shape[axis] for axis in those], [[x.strides[axis] for axis in those]])
        for those in (axes, kept)
    )
    reach = sum(abs(stride) // x.itemsize * n for stride, n in zip(x.strides, x.shape, strict=True))
    if not fits(reach, x.size):
        return None
    count, results = (math.prod(size for size, _ in those) for those in (inner, outer))
    across = min(WARP, 1 << (results - 1).bit_length())  # threads side by side, each with another sum
    numbers = [results, count, *(size for size, _ in (*outer, *inner))]
    numbers += [step // x.itemsize for _, (step,) in (*outer, *inner)]
    text = source(how, x.dtype.name, len(outer), len(inner))
    divisor = x.dtype.type(count if how == "mean" else 1)
    arguments = x, out, divisor, *map(np.int32, numbers)
    blocks, threads = (-(-results // across),), (across, THREADS // across)
    return Launch(compiled(xp, text), blocks, threads, arguments)


@lru_cache
def source(how: str, dtype: str, outer: int, inner: int) -> str:
    """The text of the kernel for so many axes that are kept, and so many that are reduced."""
    names = [*(f"outer{axis}" for axis in range(outer)), *(f"inner{axis}" for axis in range(inner))]
    sizes, steps = ("".join(f", const int {name}_{what}" for name in names) for what in ("size", "step"))
    combined, nothing = COMBINED[how]
    return f"""
typedef {TYPES[dtype]} number;
#define infinity (number)__longlong_as_double(0x7ff0000000000000ll)

__device__ number both(const number a, const number b) {{ return {combined}; }}

extern "C" __global__ void {NAME}(
    {GUARD}, const number* x, number* y, const number divisor,
    const int results, const int count{sizes}{steps}) {{
    {GUARDED}
    __shared__ number shared[{THREADS}];
    const int which = blockIdx.x * blockDim.x + threadIdx.x;
    number result = {nothing};
    if (which < results) {{
        int start = 0;
        {_walk("start", "which", names[:outer])}
        for (int n = threadIdx.y; n < count; n += blockDim.y) {{
            int place = start;
            {_walk("place", "n", names[outer:])}
            result = both(result, x[place]);
        }}
    }}
    number* mine = shared + threadIdx.y * blockDim.x + threadIdx.x;
    *mine = result;
    for (int half = blockDim.y / 2; half > 0; half /= 2) {{
        __syncthreads();
        if (threadIdx.y < half) *mine = both(*mine, mine[half * blockDim.x]);
    }}
    if (threadIdx.y == 0 && which < results) y[which] = *mine / divisor;
}}
"""


def _walk(place: str, number: str, names: list[str]) -> str:
    """Statements that add to ``place`` where the element of this number stands."""
    steps = [f"{place} += rest % {n}_size * {n}_step; rest /= {n}_size;" for n in reversed(names)]
    return " ".join([f"int rest = {number};", *steps] if steps else [])
