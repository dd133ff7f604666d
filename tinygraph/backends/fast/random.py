"""Uniform random numbers: SplitMix64 of seed, stream, step and position, the same bits as everywhere."""

from __future__ import annotations

from functools import cache

import numpy as np

from tinygraph.backends.fast.call import Array, Call, Run, nothing
from tinygraph.backends.fast.kernel import NAME, Host, attributes
from tinygraph.backends.fast.library import function
from tinygraph.backends.fast.tile import words
from tinygraph.backends.fast.vectors import TYPES
from tinygraph.ops.random import GOLDEN, ROUNDS, key_of


def call(step: Array, out: Array, seed: int, stream: int, first: int, host: Host) -> Run | None:
    """Return what draws the numbers of a step; None if they stand apart.

    The block: the addresses of the step and of the numbers, how many there are, the key, and the first one's
    position.
    """
    if step.dtype != np.int64 or not out.flags.c_contiguous:
        return None
    if not out.size:
        return nothing
    key = _signed(key_of(seed, stream))
    block = [step.ctypes.data, out.ctypes.data, out.size, key, first]
    return Call(function(source(out.dtype.name, host)), block, (step, out))


@cache
def source(dtype: str, host: Host) -> str:
    """The text of the function: what `tinygraph.ops.random.uniform` does, so many positions at a time."""
    lanes = host.width // 8
    number, digits = TYPES[dtype], 24 if dtype == "float32" else 53
    one, many = _Words("i64"), _Words(f"<{lanes} x i64>")
    positions = ", ".join(f"i64 {lane + 1}" for lane in range(lanes))
    scale = np.float64(2.0**-digits).view(np.uint64)
    return f"""
define void @{NAME}(ptr %block) {attributes(host)} {{
entry:
{words(step=0, out=1, size=2, seed=3, first=4)}
  %step.at = inttoptr i64 %step to ptr
  %out.at = inttoptr i64 %out to ptr
  %count = load i64, ptr %step.at
  %ahead = mul i64 %count, {_signed(GOLDEN)}
  %start = add i64 %seed, %ahead
{one.mixed("%start", "%key")}
  %key.lane = insertelement {many.kind} poison, i64 %key, i32 0
  %keys = shufflevector {many.kind} %key.lane, {many.kind} poison, <{lanes} x i32> zeroinitializer
  br label %next
next:
  %j = phi i64 [0, %entry], [%j.next, %store]
  %passed = add i64 %first, %j
  %lane = insertelement {many.kind} poison, i64 %passed, i32 0
  %before = shufflevector {many.kind} %lane, {many.kind} poison, <{lanes} x i32> zeroinitializer
  %position = add {many.kind} %before, <{positions}>
  %walk = mul {many.kind} %position, {many.splat(GOLDEN)}
  %z = add {many.kind} %walk, %keys
{many.mixed("%z", "%bits")}
  %digits = lshr {many.kind} %bits, {many.splat(64 - digits)}
  %number = sitofp {many.kind} %digits to <{lanes} x {number}>
  %y = fmul <{lanes} x {number}> %number, splat ({number} 0x{scale:016X})
  %y.at = getelementptr {number}, ptr %out.at, i64 %j
  %j.next = add i64 %j, {lanes}
  %fits = icmp sle i64 %j.next, %size
  br i1 %fits, label %all, label %few
all:
  store <{lanes} x {number}> %y, ptr %y.at, align {np.dtype(dtype).itemsize}
  br label %store
few:
  %i = phi i64 [0, %next], [%i.next, %few]
  %element = extractelement <{lanes} x {number}> %y, i64 %i
  %element.at = getelementptr {number}, ptr %y.at, i64 %i
  store {number} %element, ptr %element.at
  %i.next = add i64 %i, 1
  %at = add i64 %j, %i.next
  %left = icmp slt i64 %at, %size
  br i1 %left, label %few, label %store
store:
  %more = icmp slt i64 %j.next, %size
  br i1 %more, label %next, label %end
end:
  ret void
}}
"""


class _Words:
    """Whole numbers of 64 bits, one or a vector of them."""

    def __init__(self, kind: str):
        self.kind = kind

    def splat(self, number: int) -> str:
        """A constant."""
        return str(_signed(number)) if self.kind == "i64" else f"splat (i64 {_signed(number)})"

    def mixed(self, z: str, result: str) -> str:
        """SplitMix64's finalizer."""
        lines = []
        for n, (shift, factor) in enumerate((*ROUNDS, (31, 0))):
            end = result if not factor else f"{result}.x{n}"
            lines.append(f"  {result}.s{n} = lshr {self.kind} {z}, {self.splat(shift)}")
            lines.append(f"  {end} = xor {self.kind} {z}, {result}.s{n}")
            if factor:
                z = f"{result}.z{n}"
                lines.append(f"  {z} = mul {self.kind} {end}, {self.splat(factor)}")
        return "\n".join(lines)


def _signed(number: int) -> int:
    """The same 64 bits as a signed number."""
    return number - (number >> 63 << 64)
