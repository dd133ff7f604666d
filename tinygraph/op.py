"""`Op`: one operation, declared in one place: its shape rule, its kernel, its gradient, its samples.

    @op(elementwise, scalar="tanh({0})", samples=[((3, 4),)])
    def tanh(xp, x, *, out):
        \"\"\"Hyperbolic tangent of each element.\"\"\"
        xp.tanh(x, out=out)

    @tanh.vjp
    def _(g, y, x):
        return (g * (1.0 - y * y),)

The declared name is the callable: calling it infers a shape and returns a `Node`; it never computes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tinygraph.defaults import floatx
from tinygraph.graph import OPS, GraphError, Node, Shape, absolute_scope, current_scope

#: A shape rule: ``rule(inputs, attrs) -> (shape, dtype)``. It may put ``attrs``, a fresh dict, into normal
#: form (axis -1 becomes axis 2), and raises `GraphError` saying what the operation needs.
Rule = Callable[[tuple[Node, ...], dict[str, Any]], tuple[Shape, np.dtype]]

#: Another way to a result: ``form(*inputs, **attrs)`` is a node of its value, or None where there is none.
Form = Callable[..., Node | None]


@dataclass(frozen=True)
class View:
    """How an operation can be had without computing: ``make(x, **attrs)`` aliases the array ``x``."""

    make: Callable[..., Any]
    #: whether it can be made of every array, or only of one without gaps between its elements
    of_strided: bool
    #: ``contiguous(shape, attrs)``: whether the view of an array without gaps has none either
    contiguous: Callable[[Shape, dict[str, Any]], bool]


class Op:
    """A declared operation. Call it with nodes, arrays or numbers to make a `Node`.

    ``scalar`` is the formula of one element in C-like form, which fusion compiles; ``samples`` are the
    inputs that it is tested on: shapes (or `tinygraph.ops.samples.Draw`) and, last, a dict of attributes.
    ``ufunc`` is the name of the function of the array module that is all the kernel calls, of as many inputs
    as that takes: a backend may bind that itself, as a Python frame costs as much as a small call. So is
    ``bitwise``, of one that takes the bits of its arrays, which are of one width, as whole numbers.
    """

    def __init__(
        self,
        kernel: Callable[..., None],
        rule: Rule,
        scalar: str,
        samples: Sequence,
        ufunc: str = "",
        bitwise: str = "",
    ):
        self.name = kernel.__name__.rstrip("_")
        self.kernel = kernel
        self.rule = rule
        self.scalar = scalar
        self.ufunc = ufunc
        self.bitwise = bitwise
        self.samples = samples
        #: of how many of its first inputs the kernel may write over one of the result's shape and dtype
        self.inplace: int = getattr(rule, "inplace", 0)
        self.view: View | None = None
        #: whether it picks one of the several values of its input, which that writes
        self.picks = False
        #: ``pieces(shapes, attrs)``: where each input stands in a result that is made of its inputs alone
        self.pieces: Callable[[Sequence[Shape], Mapping[str, Any]], Sequence[tuple[slice, ...]]] | None = None
        #: how many multiplications a use of it leaves to a BLAS, which may take several threads for them
        self.multiplications: Callable[[Node], int] | None = None
        self.gradient: Callable[..., Sequence[Node | None]] | None = None
        self.same: Form | None = None
        self.stable: Form | None = None
        #: ``formula(xp, *inputs, **attrs)``: the result, by functions of the array module or by ops
        self.formula: Callable[..., Any] | None = None
        self.__doc__ = kernel.__doc__
        self.__module__ = kernel.__module__
        self.__name__ = self.__qualname__ = self.name
        self._read_signature()
        if self.name in OPS:
            raise ValueError(f"op {self.name!r} is declared twice.")
        OPS[self.name] = self

    def _read_signature(self) -> None:
        """A kernel is ``(xp, *inputs, *, attributes, out)``: its signature says what a call takes."""
        parameters = list(inspect.signature(self.kernel).parameters.values())[1:]
        self.variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        self.arguments = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        attributes = [p for p in parameters if p.kind is p.KEYWORD_ONLY and p.name != "out"]
        self.attributes = [p.name for p in attributes]
        self.defaults = {p.name: p.default for p in attributes if p.default is not p.empty}
        shown = [p for p in parameters if p.name != "out"]
        self.__signature__ = inspect.Signature(shown)

    def vjp(self, gradient: Callable[..., Sequence[Node | None]]) -> None:
        """Declare the vector-Jacobian product ``gradient(g, y, *inputs, **attrs)``, made of ops.

        It returns the gradient of each input, None where there is none. An op that declares no vjp is
        piecewise constant: its gradient is zero.
        """
        self.gradient = gradient

    def made_of(self, pieces: Callable[..., Sequence[tuple[slice, ...]]]) -> None:
        """Declare that the result is its inputs side by side: ``pieces(shapes, attrs)`` says where each is.

        The planner then has the inputs written where they stand, and the kernel need not be called.
        """
        self.pieces = pieces

    def multiplies(self, count: Callable[[Node], int]) -> None:
        """Declare that it is a product of matrices; ``count(node)`` multiplications make one."""
        self.multiplications = count

    def same_as(self, form: Form) -> Form:
        """Declare where the result is, to the bit, a value that there is: ``form`` gives that node."""
        self.same = form
        return form

    def stable_as(self, form: Form) -> None:
        """Declare a form that stays finite, and keeps its digits, where this operation does not."""
        self.stable = form

    def written_as(self, formula: Callable[..., Any]) -> Callable[..., Any]:
        """Declare the formula that the kernel computes, of functions that `tinygraph.ops` has, too.

        A program then computes its parts, which other formulas of it may share, and which fuse.
        """
        self.formula = formula
        return formula

    def view_of(
        self,
        *,
        strided: bool = True,
        contiguous: Callable[[Shape, dict[str, Any]], bool] = lambda shape, attrs: False,
    ) -> Callable[[Callable[..., Any]], None]:
        """Declare how to alias the input instead of copying it; see `View`."""

        def declare(make: Callable[..., Any]) -> None:
            self.view = View(make, strided, contiguous)

        return declare

    def __call__(self, *args: Any, **attrs: Any) -> Node:
        """Declare one use of the operation; raises `GraphError` where the shape rule is broken."""
        simple = not (attrs or self.attributes or self.variadic) and len(args) == len(self.arguments)
        values, attrs = (args, attrs) if simple else self._split(args, attrs)
        try:
            inputs = lift(values)
        except GraphError as problem:
            raise GraphError(f"{self.name}: {problem}") from None
        try:
            shape, dtype = self.rule(inputs, attrs)
        except GraphError as problem:
            raise GraphError(self._complaint(str(problem), inputs)) from None
        return Node(self, inputs, attrs, shape, dtype)

    def _split(self, args: tuple[Any, ...], attrs: dict[str, Any]) -> tuple[Sequence, dict]:
        """Tell inputs from attributes, which may also be given by position."""
        if self.variadic:
            several = len(args) > 0 and isinstance(args[0], (list, tuple))
            inputs, rest = (args[0], args[1:]) if several else (args, ())
        else:
            count = len(self.arguments)
            inputs, rest = args[:count], args[count:]
            if len(inputs) < count:
                inputs += tuple(attrs.pop(name) for name in self.arguments[len(inputs) :] if name in attrs)
            if len(inputs) != count:
                needs = ", ".join(self.arguments)
                raise TypeError(f"{self.name}: needs {needs}, got {len(inputs)} of {count} inputs.")
        if rest or attrs or self.attributes:
            attrs = self._attributes(rest, attrs)
        return inputs, attrs

    def _attributes(self, rest: tuple[Any, ...], attrs: dict[str, Any]) -> dict[str, Any]:
        if len(rest) > len(self.attributes):
            raise TypeError(f"{self.name}: takes {self.__signature__}, got too many arguments.")
        given = self.defaults.copy()
        for name, value in zip(self.attributes, rest, strict=False):
            if name in attrs:
                raise TypeError(f"{self.name}: got {name!r} twice.")
            given[name] = value
        given |= attrs
        if given.keys() != set(self.attributes):
            unknown = [name for name in given if name not in self.attributes]
            missing = [name for name in self.attributes if name not in given]
            wrong = f"does not know {unknown[0]!r}" if unknown else f"needs {missing[0]!r}"
            raise TypeError(f"{self.name}: {wrong}; it takes {self.__signature__}.")
        return given

    def _complaint(self, problem: str, inputs: tuple[Node, ...]) -> str:
        if not inputs:
            return f"{self.name}: {problem}, got none."
        came = " and ".join(f"{node.shape}" for node in inputs[:4])
        names = ", ".join(node.label for node in inputs[:4])
        where = f"; at {current_scope()}" if current_scope() else ""
        return f"{self.name}: {problem}, got {came}; inputs {names}{where}."

    def __copy__(self) -> Op:
        return self

    def __deepcopy__(self, memo: dict) -> Op:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return declared, (self.name,)

    def __repr__(self) -> str:
        return f"<op {self.name}{self.__signature__}>"


def declared(name: str) -> Any:
    """Return the operation of this name."""
    return OPS[name]


def op(
    rule: Rule, *, scalar: str = "", samples: Sequence = (), ufunc: str = "", bitwise: str = ""
) -> Callable[[Callable], Op]:
    """Declare the decorated kernel as an operation: see the head of this file."""
    return lambda kernel: Op(kernel, rule, scalar, samples, ufunc, bitwise)


def lift(values: Sequence[Any]) -> tuple[Node, ...]:
    """Make constants of the numbers and arrays among ``values``.

    A Python number takes the dtype of the nodes beside it, so that ``2 * x`` stays float32.
    """
    nodes = [value for value in values if isinstance(value, Node)]
    if len(nodes) == len(values):
        return tuple(nodes)
    if not nodes and any(type(value) is bool for value in values):
        raise TypeError(
            "expected nodes, got True or False; == and != compare nodes by identity: use tg.equal."
        )
    dtypes = {node.dtype for node in nodes} or {floatx()}
    beside = np.result_type(*dtypes) if len(dtypes) > 1 else dtypes.pop()
    return tuple([v if isinstance(v, Node) else _constant(v, beside) for v in values])


def _constant(value: Any, beside: np.dtype) -> Node:
    if isinstance(value, np.floating):
        value = value.item()  # NumPy's numbers are as good as Python's, and keep their digits
    if type(value) in (float, int):
        return _number(repr(value), _beside(value, beside))
    try:
        array = np.asarray(value)
    except ValueError:
        raise GraphError("expected numbers, got rows of different lengths; pad them.") from None
    dtype = array.dtype
    if dtype.kind not in "fiub":
        came = f"an array of {dtype}" if isinstance(value, (list, tuple, np.ndarray)) else repr(value)
        raise GraphError(f"expected numbers, arrays of numbers or nodes, got {came}.")
    if dtype.kind == "f":
        dtype = beside if beside.kind == "f" else floatx()
    return OPS["constant"](array, dtype=dtype)


def _beside(value: float, beside: np.dtype) -> np.dtype:
    """A whole number beside floats is a float; a float beside whole numbers stays one."""
    fits = beside.kind == "i" and type(value) is int and abs(value) <= np.iinfo(beside).max
    if beside.kind == "f" or fits:
        return beside
    return floatx() if type(value) is float else np.dtype("int64")


@lru_cache(maxsize=1024)
def _number(digits: str, dtype: np.dtype) -> Node:
    """One node serves every use of a number: ``1.0 - y * y`` stands thousands of times in a graph."""
    with absolute_scope(""):
        return OPS["constant"](float(digits) if dtype.kind == "f" else int(digits), dtype=dtype)
