"""C = A B, or A B + Z, of small matrices: a kernel that can be captured, which CuPy's cuBLAS refuses to be.

A block computes a square tile of C. It goes along the depth in steps: a strip of A and one of B are read once
into shared memory, each element meets all of the other's, and each thread keeps some elements of C in
registers (Kirk and Hwu, "Programming Massively Parallel Processors"). Strides are arguments, so that Aᵀ needs
no copy, and Z may be one row, or one column, for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from tinygraph.backends.cupy.language import TYPES
from tinygraph.backends.cupy.launch import GUARD, GUARDED, NAME, Launch, compiled, fits

#: Products of more multiplications are left to cuBLAS, between captured stretches. Not measured yet: at this
#: size a recurrent step of 64 samples and 256 units is ours, and what is hoisted out of 50 steps is not.
MOST = 2**24
#: A tile is 16, 32 or 64 wide: the widest of which there are so many, or the narrowest. Small products are
#: spread over the device that way. Not measured yet.
TILES = 128
SIDE, DEPTH = 16, 16  # threads along each side of a block; how deep the strips are


def launch(xp: Any, inputs: Sequence[Any], out: Any) -> Launch | None:
    """Return the launch that computes A B of A and B, or A B + Z of A, B and Z; None if they are too large,
    or no matrices of numbers."""
    x, y, *added = inputs
    rows, depth = x.shape[-2:]
    columns = y.shape[-1]
    if max(x.ndim, y.ndim) > 2 or x.dtype.kind != "f" or not 0 < rows * columns * depth <= MOST:
        return None
    arrays = x, y, out, *(xp.broadcast_to(z, out.shape) for z in added)
    if any(array.dtype != out.dtype for array in arrays) or not fits(*map(_reach, arrays)):
        return None
    each = next((n for n in (4, 2) if _tiles(rows, n) * _tiles(columns, n) >= TILES), 1)
    arguments: list[Any] = [np.int32(size) for size in (rows, depth, columns)]
    for array in arrays:
        arguments += [array, *(np.int32(stride // array.itemsize) for stride in array.strides)]
    blocks = _tiles(columns, each), _tiles(rows, each)
    text = source(x.dtype.name, each, bool(added))
    return Launch(compiled(xp, text), blocks, (SIDE, SIDE), tuple(arguments))


def _tiles(size: int, each: int) -> int:
    return -(-size // (SIDE * each))


def _reach(array: Any) -> int:
    """How far from the first element another one may stand."""
    steps = zip(array.strides, array.shape, strict=True)
    return sum(abs(stride) // array.itemsize * n for stride, n in steps)


@lru_cache
def source(dtype: str, each: int, added: bool) -> str:
    """The text of the kernel in which a thread has ``each`` x ``each`` elements of C, with or without a Z.

    A strip is read along the axis that is contiguous in memory, so that neighbours are read together. Its
    rows have one element more, so that columns lie in different banks.
    """
    z, plus_z = "", ""
    if added:
        z = ",\n    const number* z, const int z_row, const int z_column"
        plus_z = " + z[row * z_row + column * z_column]"
    return f"""
typedef {TYPES[dtype]} number;
constexpr int SIDE = {SIDE}, EACH = {each}, TILE = SIDE * EACH, DEPTH = {DEPTH};

extern "C" __global__ void __launch_bounds__(SIDE * SIDE) {NAME}(
    {GUARD}, const int rows, const int depth, const int columns,
    const number* a, const int a_row, const int a_depth,
    const number* b, const int b_depth, const int b_column,
    number* c, const int c_row, const int c_column{z}) {{
    {GUARDED}
    __shared__ number left[DEPTH][TILE + 1], right[DEPTH][TILE + 1];
    const int row0 = blockIdx.y * TILE, column0 = blockIdx.x * TILE;
    const int thread = threadIdx.y * SIDE + threadIdx.x;
    number sum[EACH][EACH] = {{}};
    for (int depth0 = 0; depth0 < depth; depth0 += DEPTH) {{
        for (int n = thread; n < TILE * DEPTH; n += SIDE * SIDE) {{
            const int k = a_depth == 1 ? n % DEPTH : n / TILE, i = a_depth == 1 ? n / DEPTH : n % TILE;
            const bool inside = row0 + i < rows && depth0 + k < depth;
            left[k][i] = inside ? a[(row0 + i) * a_row + (depth0 + k) * a_depth] : 0;
        }}
        for (int n = thread; n < TILE * DEPTH; n += SIDE * SIDE) {{
            const int k = b_depth == 1 ? n % DEPTH : n / TILE, j = b_depth == 1 ? n / DEPTH : n % TILE;
            const bool inside = column0 + j < columns && depth0 + k < depth;
            right[k][j] = inside ? b[(depth0 + k) * b_depth + (column0 + j) * b_column] : 0;
        }}
        __syncthreads();
        for (int k = 0; k < DEPTH; k++) {{
            number x[EACH], y[EACH];
            for (int i = 0; i < EACH; i++) x[i] = left[k][threadIdx.y + i * SIDE];
            for (int j = 0; j < EACH; j++) y[j] = right[k][threadIdx.x + j * SIDE];
            for (int i = 0; i < EACH; i++)
                for (int j = 0; j < EACH; j++) sum[i][j] += x[i] * y[j];
        }}
        __syncthreads();
    }}
    for (int i = 0; i < EACH; i++)
        for (int j = 0; j < EACH; j++) {{
            const int row = row0 + threadIdx.y + i * SIDE, column = column0 + threadIdx.x + j * SIDE;
            if (row < rows && column < columns) c[row * c_row + column * c_column] = sum[i][j]{plus_z};
        }}
}}
"""
