"""Sums, means, largest and smallest: along rows by a function of vectors, and sums over rows as a product
with ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from tinygraph.backends.fast import memory, product
from tinygraph.backends.fast.call import Array, Call, Run
from tinygraph.backends.fast.kernel import NAME, Host, attributes
from tinygraph.backends.fast.library import function
from tinygraph.backends.fast.tile import words
from tinygraph.backends.fast.vectors import FLOATS, TYPES, Vectors
from tinygraph.backends.scalar.space import Axis, joined

#: The most numbers in a row. NumPy adds up in pairs, whose error grows with the logarithm of how many there
#: are, not with how many; and among so many the call is no matter.
LONGEST = 2**14


#: What changes no number, and LLVM's functions of two numbers, and of all of a vector. NaN stays.
COMBINED = {
    "sum": (0.0, "", "fadd"),
    "max": (-math.inf, "maximum", "fmaximum"),
    "min": (math.inf, "minimum", "fminimum"),
}


def call(how: str, x: Array, out: Array, reduced: Sequence[int], divisor: int, host: Host) -> Run | None:
    """Return what writes the sums, or what ``how`` says, of x over the ``reduced`` axes, divided, to ``out``;
    None if x cannot be walked.

    The block: the addresses of x and out, rows and the bytes between them, columns, and the divisor.
    """
    if x.dtype != out.dtype or x.dtype.name not in FLOATS or not x.size or not out.flags.c_contiguous:
        return None
    kept = [axis for axis in range(x.ndim) if axis not in reduced]
    along, across = _axis(x, kept), _axis(x, reduced)
    if along is None or across is None:
        return None
    (rows, (row,)), (columns, (step,)) = along, across
    if (columns == 1 or step == x.itemsize) and columns <= LONGEST:
        block = [x.ctypes.data, out.ctypes.data, rows, row, columns, divisor]
        return Call(function(source(how, x.dtype.name, host)), block, (x, out))
    if how == "sum" and divisor == 1 and (rows == 1 or row == x.itemsize):
        ones = np.broadcast_to(np.ones((), x.dtype), (1, columns))
        matrix = x.transpose(*reduced, *kept).reshape(columns, rows)
        return product.call([ones, matrix], out.reshape(1, rows), host)
    return None


def _axis(x: Array, axes: Sequence[int]) -> Axis | None:
    """Some axes of x as one, or None."""
    part = x[tuple(slice(None) if axis in axes else 0 for axis in range(x.ndim))]
    found = joined(part.shape, [part.strides]) or [(1, [0])]
    return found[0] if len(found) == 1 else None


@cache
def source(how: str, dtype: str, host: Host) -> str:
    """The text of the function that reduces each row."""
    v = Vectors(host.width // np.dtype(dtype).itemsize, host.fma)
    number, whole = TYPES[dtype], v.type(dtype)
    start, pair, every = COMBINED[how]
    short = "f32" if dtype == "float32" else "f64"
    first = f"{number} 0.0, " if how == "sum" else ""
    total = f"@llvm.vector.reduce.{every}.v{v.lanes}{short}"
    declared = [f"declare {number} {total}({first.replace('0.0', '')}{whole})"]

    def two(kind: str, name: str, x: str, y: str) -> str:
        if how == "sum":
            return f"fadd {kind} {x}, {y}"
        declared.append(f"declare {kind} @llvm.{pair}.{name}({kind}, {kind})")
        return f"call {kind} @llvm.{pair}.{name}({kind} {x}, {kind} {y})"

    some = memory.load(v, dtype, "%at").text
    load = "\n".join(v.lines)
    next_all = two(whole, f"v{v.lanes}{short}", "%all", some)
    next_one = two(number, short, "%total", "%one.x")
    nothing, declarations = v.number(start, dtype).text, "\n".join(declared)
    return f"""
{declarations}
define void @{NAME}(ptr %block) {attributes(host)} {{
entry:
{words(x=0, out=1, rows=2, row=3, columns=4, divisor=5)}
  %x.first = inttoptr i64 %x to ptr
  %out.first = inttoptr i64 %out to ptr
  %by = sitofp i64 %divisor to {number}
  %whole = and i64 %columns, {-v.lanes}
  br label %next
next:
  %r = phi i64 [0, %entry], [%r.next, %done]
  %offset = mul i64 %r, %row
  %x.at = getelementptr i8, ptr %x.first, i64 %offset
  br label %many
many:
  %j = phi i64 [0, %next], [%j.next, %some]
  %all = phi {whole} [{nothing}, %next], [%all.next, %some]
  %fits = icmp slt i64 %j, %whole
  br i1 %fits, label %some, label %few
some:
  %at = getelementptr {number}, ptr %x.at, i64 %j
{load}
  %all.next = {next_all}
  %j.next = add i64 %j, {v.lanes}
  br label %many
few:
  %lanes = call reassoc {number} {total}({first}{whole} %all)
  br label %rest
rest:
  %i = phi i64 [%whole, %few], [%i.next, %one]
  %total = phi {number} [%lanes, %few], [%total.next, %one]
  %left = icmp slt i64 %i, %columns
  br i1 %left, label %one, label %done
one:
  %one.at = getelementptr {number}, ptr %x.at, i64 %i
  %one.x = load {number}, ptr %one.at
  %total.next = {next_one}
  %i.next = add i64 %i, 1
  br label %rest
done:
  %result = fdiv {number} %total, %by
  %out.at = getelementptr {number}, ptr %out.first, i64 %r
  store {number} %result, ptr %out.at
  %r.next = add i64 %r, 1
  %more = icmp slt i64 %r.next, %rows
  br i1 %more, label %next, label %end
end:
  ret void
}}
"""
