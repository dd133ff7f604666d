"""C = A B: a product of matrices as one function, which walks C in tiles.

A tile of C stays in registers while k runs: each row of B is read once and each element of A meets all of it
(the inner kernel of Goto & van de Geijn 2008). Nothing is packed: A's elements may stand anywhere, so that
Aᵀ needs no copy; rows of B and C have no gaps within. A sum is taken in another order than a BLAS takes it.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from tinygraph.backends.fast import tile
from tinygraph.backends.fast.call import Array, Call, Run, nothing
from tinygraph.backends.fast.kernel import NAME, Host, attributes
from tinygraph.backends.fast.library import function
from tinygraph.backends.fast.tile import Tile, words

DTYPES = ({"float32"}, {"float64"})
ROWS = (6, 2, 1)  # of a tile
#: So many rows of B meet all of A before the next ones do: 32 to 256 rows of A, and 320 to 6400 of B with
#: 256 to 1024 columns ran at 200 to 270 GFLOP/s with 256, at 150 to 250 with 64 or with all.
DEPTH = 256


def call(a: Array, b: Array, c: Array, host: Host) -> Run | None:
    """Return what multiplies these arrays; None if they are no matrices that the function can walk.

    The block: the sizes of C, then A's columns; A's address and the bytes between its rows and between its
    columns; the addresses of B and C, each with the bytes between its rows; whether C is added to.
    """
    matrices = a.ndim == b.ndim == c.ndim == 2 and {a.dtype.name, b.dtype.name, c.dtype.name} in DTYPES
    if not matrices or not all(y.shape[1] == 1 or y.strides[1] == y.itemsize for y in (b, c)):
        return None
    if not c.size:
        return nothing
    words = [*c.shape, a.shape[1], a.ctypes.data, *a.strides]
    words += [b.ctypes.data, b.strides[0], c.ctypes.data, c.strides[0]]
    return Call(function(source(c.dtype.name, host)), words, (a, b, c))


class Step(NamedTuple):
    """While ``least`` are left: call ``name``, and go on by ``advance``."""

    least: int
    advance: int
    name: str


@cache
def source(dtype: str, host: Host) -> str:
    """The text of the function for matrices of ``dtype``."""
    size = np.dtype(dtype).itemsize
    lanes = host.width // size
    most = 4 if host.registers == 32 else 2  # vectors: six rows of them, and one row of B
    widths = [(vectors, lanes, False) for vectors in (4, 2, 1) if vectors <= most]
    widths[-1:] = [(1, lanes, True)] if host.masks else [(1, lanes, False), (1, 1, False)]
    functions, panels = [], []
    declared = {"umin": "declare i64 @llvm.umin.i64(i64, i64)"}
    for number, (vectors, width, masked) in enumerate(widths):
        tiles = [Step(rows, rows, f"@tile{number}_{rows}") for rows in ROWS]
        for rows, _, name in tiles:
            text, needed = tile.source(name, Tile(rows, vectors, width, masked, dtype), host)
            functions.append(text)
            declared |= needed
        moved = {"a": "%a_row", "c": "%c_row"}
        functions.append(_walk(f"@panel{number}", tiles, "%rows", moved, "%columns", host))
        panels.append(Step(1 if masked else vectors * width, vectors * width, f"@panel{number}"))
    functions.append(_walk("@rows_of_b", panels, "%columns", {"b": str(size), "c": str(size)}, "", host))
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
        given = ", ".join(f"ptr %{pointer}{n if pointer in moved else ''}" for pointer in "abc")
        given += f", i64 %depth, i1 %begins, i64 {columns or f'%left{n}'}"
        lines.append(f"  call void {callee}(ptr %block, {given})")
        lines.append(f"  %i{n}.next = add i64 %i{n}, {advance}\n  br label %at{n}")
        before = f"[%i{n}, %at{n}]"
    return "\n".join([*lines, f"at{len(steps)}:\n  ret void\n}}", ""])


def _whole(host: Host) -> str:
    """The function itself: so many rows of B at a time; of none, zeros."""
    return f"""
define void @{NAME}(ptr %block) {attributes(host)} {{
entry:
{words(columns=1, depth=2, a=3, a_step=5, b=6, b_row=7, c=8)}
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
  %begins = icmp eq i64 %k, 0
  call void @rows_of_b(ptr %block, ptr %a.at, ptr %b.at, ptr %c.at, i64 %few, i1 %begins, i64 %columns)
  %k.next = add i64 %k, {DEPTH}
  %more = icmp slt i64 %k.next, %depth
  br i1 %more, label %rows, label %end
end:
  ret void
}}
"""
