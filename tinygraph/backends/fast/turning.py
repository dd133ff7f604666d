"""y = xᵀ: rows of x become columns, in squares that registers hold; the rest element by element."""

from __future__ import annotations

from functools import cache

import numpy as np

from tinygraph.backends.fast import memory
from tinygraph.backends.fast.kernel import NAME, Host, attributes
from tinygraph.backends.fast.tile import words
from tinygraph.backends.fast.vectors import TYPES, Vectors
from tinygraph.backends.scalar.language import Value


@cache
def source(dtype: str, host: Host) -> str:
    """The text of a function: y[i, j] = x[j, i], where i runs along rows of x and j along rows of y.

    Its block: the addresses of y and x; the rows of y and the bytes between them; the same of x.
    """
    size = np.dtype(dtype).itemsize
    v = Vectors(host.width // size, host.fma)
    _square(v, dtype, size)
    return f"""
declare i64 @llvm.umin.i64(i64, i64)
define void @{NAME}(ptr %block) {attributes(host)} {{
entry:
{words(y=0, x=1, rows=2, y_row=3, columns=4, x_row=5)}
  br label %down
down:
  %i = phi i64 [0, %entry], [%i.next, %down.end]
  %i.next = add i64 %i, {v.lanes}
  br label %right
right:
  %j = phi i64 [0, %down], [%j.next, %right.end]
  %j.next = add i64 %j, {v.lanes}
  %y.down = mul i64 %i, %y_row
  %y.right = mul i64 %j, {size}
  %y.offset = add i64 %y.down, %y.right
  %y.number = add i64 %y, %y.offset
  %y.at = inttoptr i64 %y.number to ptr
  %x.down = mul i64 %j, %x_row
  %x.right = mul i64 %i, {size}
  %x.offset = add i64 %x.down, %x.right
  %x.number = add i64 %x, %x.offset
  %x.at = inttoptr i64 %x.number to ptr
  %i.fits = icmp sle i64 %i.next, %rows
  %j.fits = icmp sle i64 %j.next, %columns
  %fits = and i1 %i.fits, %j.fits
  br i1 %fits, label %square, label %rest
square:
{chr(10).join(v.lines)}
  br label %right.end
rest:
  %i.left = sub i64 %rows, %i
  %high = call i64 @llvm.umin.i64(i64 %i.left, i64 {v.lanes})
  %j.left = sub i64 %columns, %j
  %wide = call i64 @llvm.umin.i64(i64 %j.left, i64 {v.lanes})
  br label %row
row:
  %r = phi i64 [0, %rest], [%r.next, %row.end]
  br label %one
one:
  %c = phi i64 [0, %row], [%c.next, %one]
  %from.down = mul i64 %c, %x_row
  %from.row = getelementptr i8, ptr %x.at, i64 %from.down
  %from = getelementptr {TYPES[dtype]}, ptr %from.row, i64 %r
  %element = load {TYPES[dtype]}, ptr %from
  %to.down = mul i64 %r, %y_row
  %to.row = getelementptr i8, ptr %y.at, i64 %to.down
  %to = getelementptr {TYPES[dtype]}, ptr %to.row, i64 %c
  store {TYPES[dtype]} %element, ptr %to
  %c.next = add i64 %c, 1
  %c.more = icmp slt i64 %c.next, %wide
  br i1 %c.more, label %one, label %row.end
row.end:
  %r.next = add i64 %r, 1
  %r.more = icmp slt i64 %r.next, %high
  br i1 %r.more, label %row, label %right.end
right.end:
  %right.more = icmp slt i64 %j.next, %columns
  br i1 %right.more, label %right, label %down.end
down.end:
  %down.more = icmp slt i64 %i.next, %rows
  br i1 %down.more, label %down, label %end
end:
  ret void
}}
"""


def _square(v: Vectors, dtype: str, size: int) -> None:
    """As many rows as a row has lanes; to take halves of them in turns, as one shuffles cards, log2 lanes
    times, turns them."""
    lanes, kind = v.lanes, v.type(dtype)
    rows = []
    for row in range(lanes):
        offset = v.write(f"mul i64 %x_row, {row}")
        rows.append(memory.load(v, dtype, v.write(f"getelementptr i8, ptr %x.at, i64 {offset}")).text)
    halves = [[half + lane // 2 + lane % 2 * lanes for lane in range(lanes)] for half in (0, lanes // 2)]
    masks = [f"<{lanes} x i32> <{', '.join(f'i32 {lane}' for lane in half)}>" for half in halves]
    for _ in range(lanes.bit_length() - 1):
        pairs = zip(rows[: lanes // 2], rows[lanes // 2 :], strict=True)
        rows = [
            v.write(f"shufflevector {kind} {one}, {kind} {other}, {mask}")
            for one, other in pairs
            for mask in masks
        ]
    for row, text in enumerate(rows):
        offset = v.write(f"mul i64 %y_row, {row}")
        memory.store(v, Value(text, dtype), v.write(f"getelementptr i8, ptr %y.at, i64 {offset}"))
