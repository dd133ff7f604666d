"""Uniform random numbers: SplitMix64 of seed, stream, step and position, the same bits as everywhere."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from tinygraph.backends.cupy.language import TYPES
from tinygraph.backends.cupy.launch import GUARD, GUARDED, NAME, Launch, compiled
from tinygraph.ops.random import GOLDEN, ROUNDS, key_of

THREADS = 256


def launch(xp: Any, step: Any, out: Any, seed: int, stream: int, first: int) -> Launch | None:
    """Return the launch that draws the numbers of a step; None for none, or if they stand apart."""
    if not out.size or not out.flags.c_contiguous:
        return None
    key = np.uint64(key_of(seed, stream))
    text = source(out.dtype.name, step.dtype.name)
    arguments = step, key, out, np.uint64(out.size), np.uint64(first)
    return Launch(compiled(xp, text), (-(-out.size // THREADS),), (THREADS,), arguments)


@lru_cache
def source(dtype: str, step: str) -> str:
    """The text of the kernel: what `tinygraph.ops.random.uniform` does, an element a thread."""
    digits = 24 if dtype == "float32" else 53
    rounds = "\n".join(f"    z = (z ^ (z >> {shift})) * {factor:#x}ull;" for shift, factor in ROUNDS)
    return f"""
typedef unsigned long long word;
typedef {TYPES[dtype]} number;

__device__ word mix(word z) {{
{rounds}
    return z ^ (z >> 31);
}}

extern "C" __global__ void {NAME}(
    {GUARD}, const {TYPES[step]}* step, const word key, number* y, const word size,
    const word first) {{
    {GUARDED}
    const word at = (word)blockIdx.x * blockDim.x + threadIdx.x;
    if (at >= size) return;
    const word bits = mix((first + at + 1) * {GOLDEN:#x}ull + mix(key + (word)*step * {GOLDEN:#x}ull));
    y[at] = (number)(bits >> {64 - digits}) * (number){2.0**-digits!r};
}}
"""
