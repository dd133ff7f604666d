"""The error function, which NumPy lacks: Cody's rational approximations, exact to the last digits.

Source: W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969).
"""

from __future__ import annotations

import math

from tinygraph.op import op
from tinygraph.ops.exponential import exp
from tinygraph.ops.rules import elementwise_float

# Highest power first, as Horner's rule reads them.
SMALL = (
    (1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
     3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)  # fmt: skip
MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
LARGE = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
     1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242, 1.87295284992346047, 5.27905102951428412e-1, 6.05183413124413191e-2,
     2.33520497626869185e-3),
)  # fmt: skip


def ratio(coefficients, z):
    """The quotient of two polynomials at z."""
    above, below = coefficients
    p, q = above[0], below[0]
    for a, b in zip(above[1:], below[1:], strict=True):
        p, q = p * z + a, q * z + b
    return p / q


@op(elementwise_float, scalar="erf({0})", samples=[((3, 4),), ((),)])
def erf(xp, x, *, out):
    """The error function, 2/sqrt(pi) times the integral of exp(-t²) from 0 to x.

    >>> import tinygraph as tg
    >>> round(float(tg.compile(tg.erf(tg.constant(0.5)))()), 4)
    0.5205
    """
    t = xp.absolute(x)
    near = ratio(SMALL, xp.minimum(t, 0.5) ** 2) * x
    middle = xp.clip(t, 0.46875, 4.0)
    far = xp.clip(t, 4.0, 30.0)
    far_tail = (1 / math.sqrt(math.pi) - ratio(LARGE, 1 / far**2) / far**2) / far
    tail = xp.where(t <= 4.0, ratio(MIDDLE, middle), far_tail) * xp.exp(-(xp.minimum(t, 30.0) ** 2))
    out[...] = xp.where(t <= 0.46875, near, xp.copysign(1 - tail, x))


@erf.vjp
def _(g, y, x):
    return (g * (2.0 / math.sqrt(math.pi)) * exp(-(x * x)),)
