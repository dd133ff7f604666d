"""Functions of one element, in vectors: float32 by polynomials without branches, float64 by the C library.

The reductions and polynomials are those of Cephes (Moshier 1989), good to 4 units in the last place at
every input, subnormal ones, infinities and NaN included.
"""

from __future__ import annotations

from tinygraph.backends.fast.vectors import Vectors
from tinygraph.backends.scalar.functions import FLOATS_ONLY
from tinygraph.backends.scalar.language import Value

EXPONENTIAL = (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5)
LOGARITHM = (
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
LOG2_E = 1.44269504088896341
LN2_HIGH, LN2_LOW = 0.693359375, -2.12194440e-4  # their sum; a multiple of the first is exact
ROUNDER = 12582912.0  # 1.5 * 2**23: adding it leaves the nearest whole number in the lowest bits
ROUNDER_BITS = 0x4B400000
#: Functions that the C library has, under their names there; in float32 with an "f" behind.
LIBRARY = FLOATS_ONLY - {"sqrt"}


def horner(v: Vectors, x: Value, coefficients: tuple[float, ...]) -> Value:
    """The polynomial with these coefficients, highest power first, at x."""
    result = v.number(coefficients[0], x.dtype)
    for coefficient in coefficients[1:]:
        result = v.fma(result, x, v.number(coefficient, x.dtype))
    return result


def at_most(v: Vectors, x: Value, bound: float) -> Value:
    """min(x, bound); NaN stays."""
    limit = v.number(bound, x.dtype)
    return v.select(v.compare(">", x, limit), limit, x)


def at_least(v: Vectors, x: Value, bound: float) -> Value:
    """max(x, bound); NaN stays."""
    limit = v.number(bound, x.dtype)
    return v.select(v.compare("<", x, limit), limit, x)


def reduced(v: Vectors, x: Value) -> tuple[Value, Value]:
    """n and exp(r) - 1 with x = n ln 2 + r, |r| <= ln(2) / 2."""
    rounder = v.number(ROUNDER, "float32")
    shifted = v.fma(x, v.number(LOG2_E, "float32"), rounder)
    n = v.arithmetic("-", v.bits(shifted, "int32"), v.number(ROUNDER_BITS, "int32"))
    whole = v.arithmetic("-", shifted, rounder)
    r = v.fma(whole, v.number(-LN2_HIGH, "float32"), x)
    r = v.fma(whole, v.number(-LN2_LOW, "float32"), r)
    return n, v.fma(v.arithmetic("*", r, r), horner(v, r, EXPONENTIAL), r)


def power_of_two(v: Vectors, n: Value) -> Value:
    """2**n for n from -126 to 127."""
    biased = v.arithmetic("+", n, v.number(127, "int32"))
    return v.bits(v.shift("shl", biased, 23), "float32")


def exp(v: Vectors, x: Value) -> Value:
    """2**n exp(r), in two factors, as 2**n alone may overflow or be subnormal."""
    n, q = reduced(v, at_least(v, at_most(v, x, 89.0), -104.0))
    half = v.shift("ashr", n, 1)
    rest = v.arithmetic("-", n, half)
    y = v.arithmetic("+", q, v.number(1.0, "float32"))
    y = v.arithmetic("*", y, power_of_two(v, half))
    return v.arithmetic("*", y, power_of_two(v, rest))


def expm1(v: Vectors, x: Value) -> Value:
    """2 (2**(n-1) (exp(r) - 1) + 2**(n-1) - 1/2)."""
    n, q = reduced(v, at_least(v, at_most(v, x, 89.0), -40.0))
    scale = power_of_two(v, v.arithmetic("-", n, v.number(1, "int32")))
    y = v.fma(scale, q, v.arithmetic("-", scale, v.number(0.5, "float32")))
    return v.intrinsic("copysign", v.arithmetic("+", y, y), x)


def tanh(v: Vectors, x: Value) -> Value:
    """e / (e + 2) with e = exp(2 |x|) - 1: exact near 0 as well."""
    t = v.intrinsic("fabs", x)
    t = at_most(v, v.arithmetic("+", t, t), 20.0)
    n, q = reduced(v, t)
    scale = power_of_two(v, n)
    e = v.fma(scale, q, v.arithmetic("-", scale, v.number(1.0, "float32")))
    y = v.arithmetic("/", e, v.arithmetic("+", e, v.number(2.0, "float32")))
    return v.intrinsic("copysign", y, x)


def log(v: Vectors, x: Value) -> Value:
    """n ln 2 + ln(m) with x = 2**n m, m from sqrt(1/2) to sqrt(2)."""
    number = v.number
    subnormal = v.compare("<", x, number(1.17549435e-38, "float32"))
    scaled = v.select(subnormal, v.arithmetic("*", x, number(8388608.0, "float32")), x)
    bits = v.arithmetic("-", v.bits(scaled, "int32"), number(0x3F3504F3, "int32"))  # sqrt(1/2)
    n = v.convert(v.shift("ashr", bits, 23), "float32")
    n = v.arithmetic("+", n, v.select(subnormal, number(-23.0, "float32"), number(0.0, "float32")))
    mantissa = v.logical("and", bits, number(0x007FFFFF, "int32"))
    m = v.bits(v.arithmetic("+", mantissa, number(0x3F3504F3, "int32")), "float32")
    f = v.arithmetic("-", m, number(1.0, "float32"))
    square = v.arithmetic("*", f, f)
    y = v.arithmetic("*", v.arithmetic("*", horner(v, f, LOGARITHM), f), square)
    y = v.fma(n, number(LN2_LOW, "float32"), y)
    y = v.fma(square, number(-0.5, "float32"), y)
    y = v.fma(n, number(LN2_HIGH, "float32"), v.arithmetic("+", f, y))
    infinity, zero = number(float("inf"), "float32"), number(0.0, "float32")
    y = v.select(v.compare("<", x, infinity), y, x)  # NaN and infinity are their own logarithms
    y = v.select(v.compare("==", x, zero), number(float("-inf"), "float32"), y)
    return v.select(v.compare("<", x, zero), number(float("nan"), "float32"), y)


def log1p(v: Vectors, x: Value) -> Value:
    """ln(u) + (1 + x - u) / u, where u is 1 + x rounded: the second term is what rounding lost."""
    one = v.number(1.0, "float32")
    u = v.arithmetic("+", x, one)
    small = v.compare("<", x, one)
    lost = v.select(
        small,
        v.arithmetic("-", x, v.arithmetic("-", u, one)),
        v.arithmetic("-", one, v.arithmetic("-", u, x)),
    )
    positive = v.compare(">", u, v.number(0.0, "float32"))
    finite = v.compare("<", u, v.number(float("inf"), "float32"))
    regular = v.logical("and", positive, finite)
    correction = v.select(regular, v.arithmetic("/", lost, u), v.number(0.0, "float32"))
    return v.intrinsic("copysign", v.arithmetic("+", log(v, u), correction), x)


POLYNOMIALS = {"exp": exp, "expm1": expm1, "tanh": tanh, "log": log, "log1p": log1p}


class Mathematics(Vectors):
    """Vectors, and functions of them."""

    def function(self, name: str, *args: Value) -> Value:
        """A function of floats: of the processor, a polynomial, or of the C library."""
        x = args[0]
        if name in ("abs", "sqrt", "floor"):
            return self.intrinsic("fabs" if name == "abs" else name, x)
        if name in POLYNOMIALS and x.dtype == "float32":
            return POLYNOMIALS[name](self, x)
        return self.lane_by_lane(name + ("f" if x.dtype == "float32" else ""), *args)
