"""CUDA's C as a language for formulas: one line for each operation on one element."""

from __future__ import annotations

import math
import struct

import numpy as np

from tinygraph.backends.scalar.language import Value

#: C's name of each dtype.
TYPES = {"float32": "float", "float64": "double", "int32": "int", "int64": "long long", "bool": "bool"}
_LOGICAL = {"and": "&&", "or": "||", "xor": "!="}


class Statements:
    """Writes statements, each once: the same operation on the same values is the same value."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._known: dict[tuple[str, str], str] = {}

    def write(self, expression: str, dtype: str) -> Value:
        """Give an expression a name, unless it has one."""
        key = expression, dtype
        if key not in self._known:
            self._known[key] = f"v{len(self._known)}"
            self.lines.append(f"const {TYPES[dtype]} {self._known[key]} = {expression};")
        return Value(self._known[key], dtype)

    def number(self, number: float, dtype: str) -> Value:
        """A literal."""
        if dtype.startswith("float"):
            rounded = float(np.dtype(dtype).type(number))
            return Value(_float(rounded, dtype), dtype, rounded)
        if dtype == "bool":
            return Value(str(bool(number)).lower(), dtype, number)
        whole, suffix = int(number), "ll" if dtype == "int64" else ""
        # The lowest number has no literal: it would be minus one that is too large.
        text = f"{whole}{suffix}" if whole >= 0 else f"({whole + 1}{suffix} - 1)"
        return Value(text, dtype, number)

    def convert(self, value: Value, dtype: str) -> Value:
        """``value`` in another dtype; there is none from floats to whole numbers."""
        if value.dtype == dtype:
            return value
        if value.number is not None:
            return self.number(value.number, dtype)
        if dtype == "bool":
            return self.compare("!=", value, self.number(0, value.dtype))
        return self.write(f"({TYPES[dtype]}){value.text}", dtype)

    def arithmetic(self, operator: str, x: Value, y: Value) -> Value:
        """+, -, * or / of two values of one dtype; + and * of truth values are "or" and "and"."""
        if x.dtype == "bool":
            operator = {"+": "||", "*": "&&"}[operator]
        return self.write(f"{x.text} {operator} {y.text}", x.dtype)

    def logical(self, instruction: str, x: Value, y: Value) -> Value:
        """``and``, ``or`` or ``xor`` of truth values."""
        return self.write(f"{x.text} {_LOGICAL[instruction]} {y.text}", "bool")

    def compare(self, operator: str, x: Value, y: Value) -> Value:
        """A comparison; with NaN each but != is false."""
        return self.write(f"{x.text} {operator} {y.text}", "bool")

    def select(self, condition: Value, x: Value, y: Value) -> Value:
        """x where the condition holds, else y."""
        return self.write(f"{condition.text} ? {x.text} : {y.text}", x.dtype)

    def negative(self, x: Value) -> Value:
        """-x."""
        return self.write(f"-{x.text}", x.dtype)

    def function(self, name: str, *args: Value) -> Value:
        """A function of CUDA's mathematics; those of float32 end in f."""
        dtype = args[0].dtype
        called = {"abs": "fabs"}.get(name, name) + ("f" if dtype == "float32" else "")
        return self.write(f"{called}({', '.join(arg.text for arg in args)})", dtype)


def _float(number: float, dtype: str) -> str:
    """A literal that is read as exactly this number."""
    single = dtype == "float32"
    if math.isfinite(number):
        text = f"{number!r}f" if single else repr(number)
        return text if number >= 0 and not text.startswith("-") else f"({text})"
    if single:
        return f"__int_as_float({struct.unpack('<i', struct.pack('<f', number))[0]:#x})"
    return f"__longlong_as_double({struct.unpack('<q', struct.pack('<d', number))[0]:#x}ll)"
