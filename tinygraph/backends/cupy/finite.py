"""Whether all numbers of some arrays are finite: one launch supposes it, one looks at all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.backends.cupy.launch import GUARD, GUARDED, NAME, Launch, compiled

THREADS = 256
MOST_BLOCKS = 64  # along an array: so many threads go over it in turns

SUPPOSE = f"""
extern "C" __global__ void {NAME}({GUARD}, bool* fine) {{
    {GUARDED}
    *fine = true;
}}
"""
#: Numbers that are not finite have all bits of their exponent set. Several threads may say so at once: all
#: write the same.
LOOK = f"""
typedef long long word;

extern "C" __global__ void {NAME}({GUARD}, bool* fine, const word* arrays) {{
    {GUARDED}
    const word* array = arrays + 3 * blockIdx.y;
    const word size = array[1], first = (word)blockIdx.x * blockDim.x + threadIdx.x;
    const word all = (word)gridDim.x * blockDim.x;
    bool bad = false;
    if (array[2] == 4) {{
        const int* x = (const int*)array[0];
        for (word n = first; n < size; n += all) bad |= (x[n] & 0x7f800000) == 0x7f800000;
    }} else {{
        const word* x = (const word*)array[0];
        for (word n = first; n < size; n += all) bad |= (x[n] & 0x7ff0000000000000ll) == 0x7ff0000000000000ll;
    }}
    if (bad) *fine = false;
}}
"""


def launches(xp: Any, arrays: Sequence[Any], out: Any) -> list[Launch] | None:
    """Return the launches that look at ``arrays``; None if one of them has gaps."""
    floats = [array for array in arrays if array.dtype.kind == "f" and array.size]
    if not all(array.flags.c_contiguous or array.flags.f_contiguous for array in floats):
        return None
    suppose = Launch(compiled(xp, SUPPOSE), (1,), (1,), (out,))
    if not floats:
        return [suppose]
    words = [word for array in floats for word in (array.data.ptr, array.size, array.itemsize)]
    table = xp.asarray(np.array(words, dtype=np.int64))
    largest = max(array.size for array in floats)
    blocks = min(MOST_BLOCKS, -(-largest // THREADS)), len(floats)
    return [suppose, Launch(compiled(xp, LOOK), blocks, (THREADS,), (out, table))]
