"""Vectors in memory: one number in every lane, loads and stores, and those of some lanes only."""

from __future__ import annotations

from tinygraph.backends.fast.vectors import TYPES, Vectors
from tinygraph.backends.scalar.language import Value

#: bytes of an element of each type
SIZES = {"float": 4, "double": 8, "i32": 4, "i64": 8, "i8": 1}


def element(dtype: str) -> str:
    """LLVM's name of an element as it stands in memory: a truth value takes a byte."""
    return "i8" if dtype == "bool" else TYPES[dtype]


def lanes_up_to(v: Vectors, count: str) -> str:
    """Which lanes have a number below ``count``, a positive one."""
    v.declared["umin"] = "declare i64 @llvm.umin.i64(i64, i64)"
    few = v.write(f"trunc i64 {v.write(f'call i64 @llvm.umin.i64(i64 {count}, i64 {v.lanes})')} to i32")
    kind = f"<{v.lanes} x i32>"
    lane = v.write(f"insertelement {kind} poison, i32 {few}, i32 0")
    limit = v.write(f"shufflevector {kind} {lane}, {kind} poison, {kind} zeroinitializer")
    numbers = ", ".join(f"i32 {lane}" for lane in range(v.lanes))
    return v.write(f"icmp ult {kind} <{numbers}>, {limit}")


def splat(v: Vectors, dtype: str, address: str) -> Value:
    """The element at ``address`` in every lane."""
    one = v.write(f"load {element(dtype)}, ptr {address}")
    if dtype == "bool":
        one = v.write(f"icmp ne i8 {one}, 0")
    whole = v.type(dtype)
    lane = v.write(f"insertelement {whole} poison, {TYPES[dtype]} {one}, i32 0")
    mask = f"<{v.lanes} x i32> zeroinitializer"
    return Value(v.write(f"shufflevector {whole} {lane}, {whole} poison, {mask}"), dtype)


def load(v: Vectors, dtype: str, address: str, mask: str | None = None) -> Value:
    """The elements from ``address`` on, in the lanes of ``mask``."""
    kind, size = _kind(v, dtype)
    if mask is None:
        text = v.write(f"load {kind}, ptr {address}, align {size}")
    else:
        name = _masked(v, "load", kind, dtype)
        lanes = f"{v.type('bool')} {mask}"
        text = v.write(f"call {kind} {name}(ptr {address}, i32 {size}, {lanes}, {kind} zeroinitializer)")
    return Value(v.write(f"icmp ne {kind} {text}, zeroinitializer") if dtype == "bool" else text, dtype)


def store(v: Vectors, value: Value, address: str, mask: str | None = None) -> None:
    """Write the lanes of ``mask`` to ``address`` and on."""
    kind, size = _kind(v, value.dtype)
    text = value.text
    if value.dtype == "bool":
        text = v.write(f"zext {v.type('bool')} {text} to {kind}")
    if mask is None:
        v.lines.append(f"  store {kind} {text}, ptr {address}, align {size}")
    else:
        name = _masked(v, "store", kind, value.dtype)
        given = f"{kind} {text}, ptr {address}, i32 {size}, {v.type('bool')} {mask}"
        v.lines.append(f"  call void {name}({given})")


def _kind(v: Vectors, dtype: str) -> tuple[str, int]:
    return f"<{v.lanes} x {element(dtype)}>", SIZES[element(dtype)]


def _masked(v: Vectors, what: str, kind: str, dtype: str) -> str:
    """The name of LLVM's load or store of some lanes."""
    short = {"float32": "f32", "float64": "f64", "int32": "i32", "int64": "i64", "bool": "i8"}[dtype]
    name = f"@llvm.masked.{what}.v{v.lanes}{short}.p0"
    bools = v.type("bool")
    takes = f"ptr, i32, {bools}, {kind}" if what == "load" else f"{kind}, ptr, i32, {bools}"
    v.declared[name] = f"declare {kind if what == 'load' else 'void'} {name}({takes})"
    return name
