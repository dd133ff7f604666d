"""Sums and means over axes: some threads share each sum, and add up theirs in shared memory.

The order of additions is fixed, so two runs give the same bits.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from tinygraph.backends.cupy.language import TYPES
from tinygraph.backends.cupy.launch import GUARD, GUARDED, NAME, Launch, compiled, fits
from tinygraph.backends.scalar.space import joined

THREADS = 256  # of a block; as many sums as there are, up to a warp of them side by side
WARP = 32


def launch(xp: Any, x: Any, axes: tuple[int, ...], out: Any, mean: bool) -> Launch | None:
    """Return the launch that adds ``x`` up over ``axes``, and divides by how many if it is for a mean.

    None if there is nothing to add, or what is added is of another dtype.
    """
    if x.dtype != out.dtype or x.dtype.kind != "f" or not x.size or not out.flags.c_contiguous:
        return None
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    inner = joined([x.shape[axis] for axis in axes], [[x.strides[axis] for axis in axes]])
    outer = joined([x.shape[axis] for axis in kept], [[x.strides[axis] for axis in kept]])
    reach = sum(abs(stride) // x.itemsize * n for stride, n in zip(x.strides, x.shape, strict=True))
    if not fits(reach, x.size):
        return None
    count, sums = math.prod(inner[0]), math.prod(outer[0])
    across = min(WARP, 1 << (sums - 1).bit_length())  # threads side by side, each with another sum
    numbers = [sums, count, *outer[0], *inner[0]]
    numbers += [step // x.itemsize for (step,) in (*outer[1], *inner[1])]
    text = source(x.dtype.name, len(outer[0]), len(inner[0]))
    factor = x.dtype.type(count if mean else 1)
    arguments = x, out, factor, *map(np.int32, numbers)
    blocks, threads = (-(-sums // across),), (across, THREADS // across)
    return Launch(compiled(xp, text), blocks, threads, arguments)


@lru_cache
def source(dtype: str, outer: int, inner: int) -> str:
    """The text of the kernel for so many axes that are kept, and so many that are added up."""
    names = [*(f"outer{axis}" for axis in range(outer)), *(f"inner{axis}" for axis in range(inner))]
    sizes, steps = ("".join(f", const int {name}_{what}" for name in names) for what in ("size", "step"))
    return f"""
typedef {TYPES[dtype]} number;

extern "C" __global__ void {NAME}(
    {GUARD}, const number* x, number* y, const number divisor,
    const int sums, const int count{sizes}{steps}) {{
    {GUARDED}
    __shared__ number shared[{THREADS}];
    const int which = blockIdx.x * blockDim.x + threadIdx.x;
    number sum = 0;
    if (which < sums) {{
        int start = 0;
        {_walk("start", "which", names[:outer])}
        for (int n = threadIdx.y; n < count; n += blockDim.y) {{
            int place = start;
            {_walk("place", "n", names[outer:])}
            sum += x[place];
        }}
    }}
    number* mine = shared + threadIdx.y * blockDim.x + threadIdx.x;
    *mine = sum;
    for (int half = blockDim.y / 2; half > 0; half /= 2) {{
        __syncthreads();
        if (threadIdx.y < half) *mine += mine[half * blockDim.x];
    }}
    if (threadIdx.y == 0 && which < sums) y[which] = *mine / divisor;
}}
"""


def _walk(place: str, number: str, names: list[str]) -> str:
    """Statements that add to ``place`` where the element of this number stands."""
    steps = [f"{place} += rest % {n}_size * {n}_step; rest /= {n}_size;" for n in reversed(names)]
    return " ".join([f"int rest = {number};", *steps] if steps else [])
