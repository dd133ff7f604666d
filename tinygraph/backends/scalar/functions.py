"""Functions of one element that are choices between values; the others are the language's own."""

from __future__ import annotations

from tinygraph.backends.scalar.language import Language, Value

#: Functions of which whole numbers are made floats first.
FLOATS_ONLY = {"tanh", "exp", "expm1", "log", "log1p", "sin", "cos", "erf", "pow", "sqrt"}


def sign(v: Language, x: Value) -> Value:
    """-1, 0 or 1; NaN stays, and -0 becomes 0."""
    zero = v.number(0, x.dtype)
    below = v.select(v.compare("<", x, zero), v.number(-1, x.dtype), v.arithmetic("+", x, zero))
    return v.select(v.compare(">", x, zero), v.number(1, x.dtype), below)


def extreme(v: Language, relation: str, x: Value, y: Value) -> Value:
    """The larger or the smaller; NaN if one is NaN."""
    chosen = v.select(v.compare(relation, x, y), x, y)
    return v.select(v.compare("!=", x, x), x, chosen) if x.dtype.startswith("f") else chosen


def call(v: Language, name: str, args: list[Value]) -> Value:
    """The function ``name`` of values of one dtype."""
    x, *rest = args
    if name in ("fmaximum", "fminimum"):
        return extreme(v, ">" if name == "fmaximum" else "<", x, rest[0])
    if name == "sign":
        return sign(v, x)
    if name == "abs" and not x.dtype.startswith("f"):
        return x if x.dtype == "bool" else extreme(v, ">", x, v.negative(x))
    if name == "pow" and rest[0].number == 2.0:
        return v.arithmetic("*", x, x)
    if name not in FLOATS_ONLY | {"abs", "floor"}:
        raise ValueError(f"scalar: {name!r} is not a function that can be compiled.")
    return v.function(name, *args)
