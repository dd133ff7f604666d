"""Several arrays copied in one launch: all new weights and moments of an optimizer, say."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from tinygraph.backends.cupy import elementwise
from tinygraph.backends.cupy.launch import GUARD, GUARDED, NAME, Launch, compiled
from tinygraph.graph import Graph
from tinygraph.ops import copy, input

THREADS = 256
MOST_BLOCKS = 64  # along an array: so many threads go over it in turns

TEXT = f"""
typedef long long word;

extern "C" __global__ void {NAME}({GUARD}, const word* copies) {{
    {GUARDED}
    const word* copy = copies + 3 * blockIdx.y;
    const word first = (word)blockIdx.x * blockDim.x + threadIdx.x, all = (word)gridDim.x * blockDim.x;
    const word whole = ((copy[0] | copy[1]) & 3) == 0 ? copy[2] / 4 : 0;  // numbers, not truth values
    for (word n = first; n < whole; n += all) ((int*)copy[1])[n] = ((const int*)copy[0])[n];
    for (word n = 4 * whole + first; n < copy[2]; n += all) ((char*)copy[1])[n] = ((const char*)copy[0])[n];
}}
"""


def launches(xp: Any, pairs: Sequence[tuple[Any, Any]]) -> list[Launch]:
    """Return the launches that copy the first array of each pair into the second: one, if without gaps."""
    dense: list[tuple[Any, Any]] = []
    others: list[tuple[Any, Any]] = []
    for value, out in pairs:
        if out.size:
            without_gaps = value.flags.c_contiguous and out.flags.c_contiguous
            (dense if without_gaps else others).append((value, out))
    found = [elementwise.launch(xp, _copied(value.dtype.name), [value], [out]) for value, out in others]
    return [each for each in found if each is not None] + ([_dense(xp, dense)] if dense else [])


def _dense(xp: Any, pairs: Sequence[tuple[Any, Any]]) -> Launch:
    words = [word for value, out in pairs for word in (value.data.ptr, out.data.ptr, out.nbytes)]
    table = xp.asarray(np.array(words, dtype=np.int64))
    largest = max(out.nbytes for _, out in pairs) // 4
    blocks = max(1, min(MOST_BLOCKS, -(-largest // THREADS))), len(pairs)
    return Launch(compiled(xp, TEXT), blocks, (THREADS,), (table,))


@lru_cache
def _copied(dtype: str) -> Graph:
    """A copy of one element, which stands for any number of them."""
    return Graph({"0": copy(input("0", (), dtype))})
