"""Whether all numbers of some arrays are finite, in one call: NumPy needs two for each array."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from tinygraph.backends.fast.call import Array, Call
from tinygraph.backends.fast.kernel import NAME, Host
from tinygraph.backends.fast.library import function

#: The bits that infinities and NaN have set, and finite numbers have not all: in two words of 32 bits each.
EXPONENT = {"float32": 0x7F8000007F800000, "float64": 0x7FF0000000000000}


def call(arrays: Sequence[Array], out: Array, host: Host) -> Call | None:
    """Return the call of the function, on a block of: the address of ``out``, how many arrays, and for each
    its address, its words and their exponents' bits. None if an array has gaps."""
    floats = [array for array in arrays if array.dtype.kind == "f" and array.size]
    if not floats or not all(_dense(array) for array in floats):
        return None
    words = [out.ctypes.data, len(floats)]
    for array in floats:
        words += [array.ctypes.data, array.nbytes // 4, EXPONENT[array.dtype.name]]
    return Call(function(source(host)), words, [*floats, out])


def _dense(array: Array) -> bool:
    """Whether the elements stand next to one another, in whatever order."""
    return array.flags.c_contiguous or array.flags.f_contiguous


@cache
def source(host: Host) -> str:
    """The text of the function."""
    lanes = host.width // 4
    words, truths, pairs = f"<{lanes} x i32>", f"<{lanes} x i1>", f"<{lanes // 2} x i64>"
    return f"""
declare i1 @llvm.vector.reduce.or.v{lanes}i1({truths})
define void @{NAME}(ptr %block) nounwind "min-legal-vector-width"="{8 * host.width}" {{
entry:
  %out = load ptr, ptr %block
  %count.at = getelementptr i64, ptr %block, i64 1
  %count = load i64, ptr %count.at
  br label %array
array:
  %k = phi i64 [0, %entry], [%k.next, %next]
  %bad = phi i1 [false, %entry], [%bad.next, %next]
  %skip = mul i64 %k, 3
  %argument = getelementptr i64, ptr %block, i64 %skip
  %data.at = getelementptr i64, ptr %argument, i64 2
  %data = load ptr, ptr %data.at
  %size.at = getelementptr i64, ptr %argument, i64 3
  %size = load i64, ptr %size.at
  %exponent.at = getelementptr i64, ptr %argument, i64 4
  %exponent = load i64, ptr %exponent.at
  %lane = insertelement {pairs} poison, i64 %exponent, i32 0
  %all = shufflevector {pairs} %lane, {pairs} poison, <{lanes // 2} x i32> zeroinitializer
  %exponents = bitcast {pairs} %all to {words}
  %used = icmp ne {words} %exponents, zeroinitializer
  %whole = and i64 %size, {-lanes}
  %any = icmp sgt i64 %whole, 0
  br i1 %any, label %many, label %few
many:
  %j = phi i64 [0, %array], [%j.next, %many]
  %seen = phi {truths} [zeroinitializer, %array], [%seen.next, %many]
  %at = getelementptr i32, ptr %data, i64 %j
  %word = load {words}, ptr %at, align 4
  %masked = and {words} %word, %exponents
  %full = icmp eq {words} %masked, %exponents
  %wrong = and {truths} %full, %used
  %seen.next = or {truths} %seen, %wrong
  %j.next = add i64 %j, {lanes}
  %more = icmp slt i64 %j.next, %whole
  br i1 %more, label %many, label %few
few:
  %seen.all = phi {truths} [zeroinitializer, %array], [%seen.next, %many]
  %bad.many = call i1 @llvm.vector.reduce.or.v{lanes}i1({truths} %seen.all)
  %bad.few = or i1 %bad, %bad.many
  %left = icmp slt i64 %whole, %size
  br i1 %left, label %one, label %next
one:
  %i = phi i64 [%whole, %few], [%i.next, %one]
  %bad.one = phi i1 [%bad.few, %few], [%bad.one.next, %one]
  %one.at = getelementptr i32, ptr %data, i64 %i
  %one.word = load i32, ptr %one.at
  %half = and i64 %i, 1
  %shift = shl i64 %half, 5
  %shifted = lshr i64 %exponent, %shift
  %one.exponent = trunc i64 %shifted to i32
  %one.masked = and i32 %one.word, %one.exponent
  %one.full = icmp eq i32 %one.masked, %one.exponent
  %one.used = icmp ne i32 %one.exponent, 0
  %one.wrong = and i1 %one.full, %one.used
  %bad.one.next = or i1 %bad.one, %one.wrong
  %i.next = add i64 %i, 1
  %one.more = icmp slt i64 %i.next, %size
  br i1 %one.more, label %one, label %next
next:
  %bad.next = phi i1 [%bad.few, %few], [%bad.one.next, %one]
  %k.next = add i64 %k, 1
  %again = icmp slt i64 %k.next, %count
  br i1 %again, label %array, label %end
end:
  %fine = xor i1 %bad.next, true
  %byte = zext i1 %fine to i8
  store i8 %byte, ptr %out
  ret void
}}
"""
