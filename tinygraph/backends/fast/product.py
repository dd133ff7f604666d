"""C = A B, or A B + Z: a product of matrices as one function, which walks C in tiles.

A tile of C stays in registers while k runs: each row of B is read once and each element of A meets all of it
(the inner kernel of Goto & van de Geijn 2008). Nothing is packed: A's elements may stand anywhere, so that
Aᵀ needs no copy; rows of B, C and Z have no gaps within, and Z may be one row for all. Sums are taken in
another order than a BLAS takes them in.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from tinygraph.backends.fast import tile
from tinygraph.backends.fast.call import Array, Call, Run, nothing
from tinygraph.backends.fast.kernel import NAME, Host, attributes
from tinygraph.backends.fast.library import function
from tinygraph.backends.fast.tile import Tile, words
from tinygraph.backends.fast.vectors import FLOATS

ROWS = (6, 2, 1)  # of a tile; a product of one row has tiles of many columns, as it only reads B once
#: So many rows of B meet all of A before the next ones do: 32 to 256 rows of A, and 320 to 6400 of B with
#: 256 to 1024 columns ran at 200 to 270 GFLOP/s with 256, at 150 to 250 with 64 or with all.
DEPTH = 256


def call(inputs: Sequence[Array], c: Array, host: Host) -> Run | None:
    """Return what computes C of A and B, or of A, B and Z; None if the function cannot walk these arrays.

    The block: the sizes of C, then A's columns; A's address and the bytes between its rows and between its
    columns; the addresses of B, C and Z, if any, each with the bytes between its rows.
    """
    a, b, *start = inputs
    name = c.dtype.name
    if not a.ndim == b.ndim == c.ndim == 2 or name not in FLOATS or any(x.dtype != c.dtype for x in inputs):
        return None
    if not c.size:
        return nothing
    walked = [b, c, *(z if z.shape == c.shape else np.broadcast_to(z, c.shape) for z in start)]
    if not all(map(_walks, walked)):
        return None
    words = [*c.shape, a.shape[1], a.ctypes.data, *a.strides]
    for array in walked:
        words += [array.ctypes.data, array.strides[0]]
    words += [] if start else [0, 0]
    return Call(function(source(name, len(c) == 1, host)), words, (a, *walked))


def _walks(array: Array) -> bool:
    """Whether rows have no gaps within."""
    return array.shape[1] == 1 or not array.size or array.strides[1] == array.itemsize


class Step(NamedTuple):
    """While ``least`` are left: call ``name``, and go on by ``advance``."""

    least: int
    advance: int
    name: str


@cache
def source(dtype: str, one_row: bool, host: Host) -> str:
    """The text of the function for matrices of ``dtype``, of one row or of any number."""
    size = np.dtype(dtype).itemsize
    lanes = host.width // size
    most = 4 if host.registers == 32 else 2  # vectors: six rows of them, and one row of B
    widths = [
        (vectors, lanes, False) for vectors in ((4 * most, most, 1) if one_row else (most, most // 2, 1))
    ]
    widths[-1:] = [(1, lanes, True)] if host.masks else [(1, lanes, False), (1, 1, False)]
    functions, panels = [], []
    declared = {"umin": "declare i64 @llvm.umin.i64(i64, i64)"}
    for number, (vectors, width, masked) in enumerate(widths):
        tiles = [Step(rows, rows, f"@tile{number}_{rows}") for rows in ((1,) if one_row else ROWS)]
        for rows, _, name in tiles:
            text, needed = tile.source(name, Tile(rows, vectors, width, masked, dtype), host)
            functions.append(text)
            declared |= needed
        moved = {"a": "%a_row", "c": "%c_row", "z": "%z_row"}
        functions.append(_walk(f"@panel{number}", tiles, "%rows", moved, "%columns", host))
        panels.append(Step(1 if masked else vectors * width, vectors * width, f"@panel{number}"))
    functions.append(_walk("@rows_of_b", panels, "%columns", dict.fromkeys("bcz", str(size)), "", host))
    return "\n".join([*sorted(declared.values()), *functions, _whole(host)])


def _walk(name: str, steps: list[Step], total: str, moved: dict[str, str], columns: str, host: Host) -> str:
    """A function that goes along rows or columns up to ``total``, in large steps while they fit.

    ``moved`` are the addresses that go along, and by how many bytes.
    """
    lines = [f"define internal void {name}({tile.ARGUMENTS}) {attributes(host)} {{"]
    lines += ["entry:", words(rows=0, a_row=4, c_row=9), "  br label %at0"]
    before = "[0, %entry]"
    for n, (least, advance, callee) in enumerate(steps):
        lines.append(f"at{n}:\n  %i{n} = phi i64 {before}, [%i{n}.next, %do{n}]")
        lines.append(f"  %left{n} = sub i64 {total}, %i{n}\n  %fits{n} = icmp sge i64 %left{n}, {least}")
        lines.append(f"  br i1 %fits{n}, label %do{n}, label %at{n + 1}\ndo{n}:")
        for pointer, by in moved.items():
            lines.append(f"  %{pointer}{n}.by = mul i64 %i{n}, {by}")
            lines.append(f"  %{pointer}{n} = getelementptr i8, ptr %{pointer}, i64 %{pointer}{n}.by")
        given = ", ".join(f"ptr %{pointer}{n if pointer in moved else ''}" for pointer in "abcz")
        given += f", i64 %z_row, i1 %zero, i64 %depth, i64 {columns or f'%left{n}'}"
        lines.append(f"  call void {callee}(ptr %block, {given})")
        lines.append(f"  %i{n}.next = add i64 %i{n}, {advance}\n  br label %at{n}")
        before = f"[%i{n}, %at{n}]"
    return "\n".join([*lines, f"at{len(steps)}:\n  ret void\n}}", ""])


def _whole(host: Host) -> str:
    """The function itself: so many rows of B at a time, all but the first added to what C holds by then."""
    given = ", ".join(f"ptr %{matrix}" for matrix in ("block", "a.at", "b.at", "c.at", "from.at"))
    given += ", i64 %from.row, i1 %zero, i64 %few, i64 %columns"
    return f"""
define void @{NAME}(ptr %block) {attributes(host)} {{
entry:
{words(columns=1, depth=2, a=3, a_step=5, b=6, b_row=7, c=8, c_row=9, z=10, z_row=11)}
  %none = icmp eq i64 %z, 0
  br label %rows
rows:
  %k = phi i64 [0, %entry], [%k.next, %rows]
  %left = sub i64 %depth, %k
  %few = call i64 @llvm.umin.i64(i64 %left, i64 {DEPTH})
  %a.by = mul i64 %k, %a_step
  %a.now = add i64 %a, %a.by
  %a.at = inttoptr i64 %a.now to ptr
  %b.by = mul i64 %k, %b_row
  %b.now = add i64 %b, %b.by
  %b.at = inttoptr i64 %b.now to ptr
  %c.at = inttoptr i64 %c to ptr
  %first = icmp eq i64 %k, 0
  %zero = and i1 %first, %none
  %from = select i1 %first, i64 %z, i64 %c
  %from.at = inttoptr i64 %from to ptr
  %from.row = select i1 %first, i64 %z_row, i64 %c_row
  call void @rows_of_b({given})
  %k.next = add i64 %k, {DEPTH}
  %more = icmp slt i64 %k.next, %depth
  br i1 %more, label %rows, label %end
end:
  ret void
}}
"""
