"""y = x: copies of arrays, run by run where both have runs of elements in common, else turned in squares."""

from __future__ import annotations

from functools import cache

import numpy as np

from tinygraph.backends.fast import turning
from tinygraph.backends.fast.call import Array, Call, Run, nothing
from tinygraph.backends.fast.kernel import NAME, Host, attributes
from tinygraph.backends.fast.library import function
from tinygraph.backends.fast.tile import words
from tinygraph.backends.fast.vectors import FLOATS
from tinygraph.backends.scalar.space import joined

AXES = 3  # beside the one that runs lie along


def call(y: Array, x: Array, host: Host) -> Run | None:
    """Return what copies x into y; None where there is no machine code for how they lie."""
    if y.dtype != x.dtype:
        return None
    if not y.size:
        return nothing
    arrays = (y, np.broadcast_to(x, y.shape))
    addresses = [array.ctypes.data for array in arrays]
    axes = joined(y.shape, [array.strides for array in arrays])
    run = axes.pop()[0] if axes and axes[-1][1] == [y.itemsize] * 2 else 1
    if (run > 1 or not axes) and len(axes) <= AXES:
        outer = [(1, [0, 0])] * (AXES - len(axes)) + axes
        block = [*addresses, run * y.itemsize, *(word for size, steps in outer for word in (size, *steps))]
        return Call(function(runs(host)), block, arrays)
    if len(axes) == 2 and y.dtype.name in FLOATS:
        (rows, (y_row, across)), (columns, (along, x_row)) = axes
        if across == along == y.itemsize:
            block = [*addresses, rows, y_row, columns, x_row]
            return Call(function(turning.source(y.dtype.name, host)), block, arrays)
    return None


@cache
def runs(host: Host) -> str:
    """The text of a function: loops over three axes, and in them a run of so many bytes."""
    lines = [
        "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)",
        f"define void @{NAME}(ptr %block) {attributes(host)} {{\nentry:",
        words(y=0, x=1, bytes=2),
        words(**{f"{what}{axis}": 3 + 3 * axis + n for axis in range(AXES) for n, what in enumerate("nyx")}),
        "  %y.at = inttoptr i64 %y to ptr\n  %x.at = inttoptr i64 %x to ptr\n  br label %axis0",
    ]
    before, outer = "entry", ""
    for axis in range(AXES):
        lines.append(f"axis{axis}:\n  %i{axis} = phi i64 [0, %{before}], [%i{axis}.next, %end{axis}]")
        for array in "yx":
            at = f"%{array}{axis}.at"
            lines.append(f"  {at} = phi ptr [%{array}{outer}.at, %{before}], [{at}.next, %end{axis}]")
        lines.append(f"  br label %{f'axis{axis + 1}' if axis < AXES - 1 else 'run'}")
        before, outer = f"axis{axis}", str(axis)
    given = f"ptr %y{outer}.at, ptr %x{outer}.at, i64 %bytes, i1 false"
    lines.append(f"run:\n  call void @llvm.memcpy.p0.p0.i64({given})\n  br label %end{outer}")
    for axis in reversed(range(AXES)):
        lines.append(f"end{axis}:\n  %i{axis}.next = add i64 %i{axis}, 1")
        for array in "yx":
            at = f"%{array}{axis}.at"
            lines.append(f"  {at}.next = getelementptr i8, ptr {at}, i64 %{array}{axis}")
        lines.append(f"  %more{axis} = icmp slt i64 %i{axis}.next, %n{axis}")
        lines.append(f"  br i1 %more{axis}, label %axis{axis}, label %{f'end{axis - 1}' if axis else 'done'}")
    return "\n".join([*lines, "done:\n  ret void\n}", ""])
