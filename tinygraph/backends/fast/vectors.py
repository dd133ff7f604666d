"""Vectors of numbers in LLVM's language: values, constants, conversions, arithmetic, comparisons."""

from __future__ import annotations

import struct

import numpy as np

from tinygraph.backends.scalar.language import Value

#: LLVM's name of each dtype's elements.
TYPES = {"float32": "float", "float64": "double", "int32": "i32", "int64": "i64", "bool": "i1"}
FLOATS = ("float32", "float64")
_COMPARISONS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "/": "div"}


class Vectors:
    """Writes instructions, each once: the same operation on the same values is the same value."""

    def __init__(self, lanes: int, fma: bool):
        self.lanes = lanes
        self.has_fma = fma
        self.lines: list[str] = []
        self.declared: dict[str, str] = {}
        self._known: dict[str, str] = {}
        self._names = 0

    def type(self, dtype: str) -> str:
        """LLVM's name of a vector of ``dtype``."""
        return f"<{self.lanes} x {TYPES[dtype]}>"

    def name(self) -> str:
        """A name not used before."""
        self._names += 1
        return f"%v{self._names}"

    def write(self, instruction: str) -> str:
        """Write an instruction without effects, unless it stands already, and return its result's name."""
        if instruction not in self._known:
            self._known[instruction] = self.name()
            self.lines.append(f"  {self._known[instruction]} = {instruction}")
        return self._known[instruction]

    def forget(self) -> None:
        """What is written from now on stands in another block, where the values so far cannot be used."""
        self._known.clear()

    def number(self, number: float, dtype: str) -> Value:
        """The same number in every lane."""
        if dtype.startswith("float"):
            rounded = float(np.dtype(dtype).type(number))
            bits = struct.unpack("<Q", struct.pack("<d", rounded))[0]
            return Value(f"splat ({TYPES[dtype]} 0x{bits:016X})", dtype, rounded)
        text = str(bool(number)).lower() if dtype == "bool" else str(int(number))
        return Value(f"splat ({TYPES[dtype]} {text})", dtype, number)

    def convert(self, value: Value, dtype: str) -> Value:
        """``value`` in another dtype; there is none from floats to whole numbers."""
        old = value.dtype
        if old == dtype:
            return value
        if value.number is not None and not (old.startswith("float") and dtype.startswith("int")):
            return self.number(value.number, dtype)
        if dtype == "bool":
            return self.compare("!=", value, self.number(0, old))
        kinds = (old[0], dtype[0])
        narrower = np.dtype(dtype).itemsize < np.dtype(old).itemsize
        instruction = {
            ("f", "f"): "fptrunc" if narrower else "fpext",
            ("i", "i"): "trunc" if narrower else "sext",
            ("i", "f"): "sitofp",
            ("b", "f"): "uitofp",
            ("b", "i"): "zext",
        }[kinds]
        return Value(self.write(f"{instruction} {self.type(old)} {value.text} to {self.type(dtype)}"), dtype)

    def arithmetic(self, operator: str, x: Value, y: Value) -> Value:
        """+, -, * or / of two values of one dtype; + and * of truth values are "or" and "and"."""
        if x.dtype == "bool":
            instruction = {"+": "or", "*": "and"}[operator]
        else:
            instruction = ("f" if x.dtype.startswith("f") else "") + _ARITHMETIC[operator]
        return self._binary(instruction, x, y)

    def logical(self, instruction: str, x: Value, y: Value) -> Value:
        """``and``, ``or`` or ``xor`` of truth values or of whole numbers."""
        return self._binary(instruction, x, y)

    def _binary(self, instruction: str, x: Value, y: Value) -> Value:
        return Value(self.write(f"{instruction} {self.type(x.dtype)} {x.text}, {y.text}"), x.dtype)

    def compare(self, operator: str, x: Value, y: Value) -> Value:
        """A comparison; with NaN each but != is false."""
        relation = _COMPARISONS[operator]
        if x.dtype.startswith("f"):
            how = f"fcmp {'u' if operator == '!=' else 'o'}{relation}"
        else:
            signed = "" if relation in ("eq", "ne") else "u" if x.dtype == "bool" else "s"
            how = f"icmp {signed}{relation}"
        return Value(self.write(f"{how} {self.type(x.dtype)} {x.text}, {y.text}"), "bool")

    def select(self, condition: Value, x: Value, y: Value) -> Value:
        """x where the condition holds, else y."""
        one, other = (f"{self.type(v.dtype)} {v.text}" for v in (x, y))
        return Value(self.write(f"select {self.type('bool')} {condition.text}, {one}, {other}"), x.dtype)

    def negative(self, x: Value) -> Value:
        """-x."""
        if x.dtype.startswith("f"):
            return Value(self.write(f"fneg {self.type(x.dtype)} {x.text}"), x.dtype)
        return self.arithmetic("-", self.number(0, x.dtype), x)

    def intrinsic(self, name: str, *args: Value) -> Value:
        """One of LLVM's own functions, such as ``sqrt``."""
        kind = self.type(args[0].dtype)
        short = {"float32": "f32", "float64": "f64", "int32": "i32", "int64": "i64"}[args[0].dtype]
        full = f"@llvm.{name}.v{self.lanes}{short}"
        self.declared[full] = f"declare {kind} {full}({', '.join([kind] * len(args))})"
        given = ", ".join(f"{kind} {arg.text}" for arg in args)
        return Value(self.write(f"call {kind} {full}({given})"), args[0].dtype)

    def fma(self, x: Value, y: Value, z: Value) -> Value:
        """x y + z, rounded once where the processor can."""
        if self.has_fma:
            return self.intrinsic("fma", x, y, z)
        return self.arithmetic("+", self.arithmetic("*", x, y), z)

    def bits(self, x: Value, dtype: str) -> Value:
        """The same bits taken as another dtype of the same size."""
        return Value(self.write(f"bitcast {self.type(x.dtype)} {x.text} to {self.type(dtype)}"), dtype)

    def shift(self, instruction: str, x: Value, count: int) -> Value:
        """``shl``, ``lshr`` or ``ashr`` by so many bits."""
        return self._binary(instruction, x, self.number(count, x.dtype))

    def lane_by_lane(self, function: str, *args: Value) -> Value:
        """A function of the C library, called for each lane."""
        dtype = args[0].dtype
        element, whole = TYPES[dtype], self.type(dtype)
        self.declared[f"@{function}"] = (
            f"declare {element} @{function}({', '.join([element] * len(args))}) memory(none)"
        )
        result = "poison"
        for lane in range(self.lanes):
            given = [self.write(f"extractelement {whole} {arg.text}, i32 {lane}") for arg in args]
            called = ", ".join(f"{element} {one}" for one in given)
            one = self.write(f"call {element} @{function}({called})")
            result = self.write(f"insertelement {whole} {result}, {element} {one}, i32 {lane}")
        return Value(result, dtype)
