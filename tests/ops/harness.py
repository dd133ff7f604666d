"""What every operation promises, one check for each promise. A check raises if the promise is broken.

A kernel writes all of ``out``, in the declared shape and dtype; touches no input; reads arrays with any
strides; may be given an input as ``out`` where the op says so. Its view equals its copy. Its vjp equals
the finite differences, in the second order too; without a vjp it is piecewise constant.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from ops.gradcheck import check_gradients

import tinygraph as tg
from tinygraph import Node
from tinygraph.backends import Backend
from tinygraph.graph import OPS
from tinygraph.op import Op
from tinygraph.ops.samples import Draw


@dataclass(frozen=True, eq=False)
class Case:
    """An operation and the inputs that it is tried on."""

    op: Op
    values: tuple[np.ndarray, ...]
    attrs: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.op.name}({', '.join(str(value.shape) for value in self.values)}{self.attrs or ''})"

    @property
    def has_gradient(self) -> bool:
        return self.op.gradient is not None and self.node().dtype.kind == "f" and bool(self.floats)

    @property
    def floats(self) -> list[int]:
        """The places of the inputs that are differentiated."""
        return [place for place, value in enumerate(self.values) if value.dtype.kind == "f"]

    def node(self) -> Node:
        """Declare the operation on inputs."""
        return self.op(
            *(tg.input(f"x{i}", v.shape, v.dtype) for i, v in enumerate(self.values)), **self.attrs
        )

    def single(self) -> Case:
        """The same in float32, and whole numbers as wide."""
        attrs = {k: "float32" if v == "float64" else v for k, v in self.attrs.items()}
        values = [v if v.dtype.kind == "b" else v.astype(f"{v.dtype.kind}4") for v in self.values]
        return Case(self.op, tuple(values), attrs)


def cases() -> Iterator[Case]:
    """Every declared operation on every one of its samples."""
    for op in OPS.values():
        if isinstance(op, Op):
            for number, sample in enumerate(op.samples):
                yield case(op, sample, seed=zlib.crc32(f"{op.name}{number}".encode()))


def case(op: Op, sample: tuple, seed: int) -> Case:
    """Draw the inputs of one sample."""
    random = np.random.default_rng(seed)
    attrs = sample[-1] if isinstance(sample[-1], dict) else {}
    draws = [entry if isinstance(entry, Draw) else Draw(entry) for entry in sample if entry is not attrs]
    return Case(op, tuple(np.asarray(draw.draw(random)) for draw in draws), attrs)


def run_kernel(case: Case, backend: Backend, inputs: list[Any] | None = None, out: Any = None) -> Any:
    """Call the kernel as the executor does; ``out`` begins as what no kernel would leave."""
    node = case.node()
    if inputs is None:
        inputs = [on(backend, value) for value in case.values]
    if out is None:
        out = on(backend, spoiled(node))
    with np.errstate(all="ignore"):
        case.op.kernel(backend.xp, *inputs, out=out, **node.attrs)
    return out


def on(backend: Backend, value: np.ndarray) -> Any:
    """A copy of ``value`` on the backend's device; 0-d arrays stay arrays."""
    return backend.asarray(np.array(value))


def spoiled(node: Node, bits: int = 0xFF) -> np.ndarray:
    """An array of the node's shape and dtype full of NaN, or of any other bits."""
    memory = np.full(node.size * node.dtype.itemsize, bits, dtype=np.uint8)
    if node.dtype.kind == "b":
        memory &= 1
    return memory.view(node.dtype).reshape(node.shape)


def same(actual: Any, expected: Any, backend: Backend, why: str) -> None:
    """Bit for bit, NaN included."""
    actual, expected = backend.to_host(actual), backend.to_host(expected)
    np.testing.assert_array_equal(actual, expected, err_msg=why, strict=True)


def check_result(case: Case, backend: Backend) -> None:
    """The kernel writes every element of a result of the declared shape and dtype, and no input."""
    node = case.node()
    inputs = [on(backend, value) for value in case.values]
    for array in inputs:
        if isinstance(array, np.ndarray):
            array.flags.writeable = False  # a kernel that writes an input fails here, not later
    results = []
    for bits in (0xFF, 0x00):
        out = on(backend, spoiled(node, bits))
        run_kernel(case, backend, inputs, out)
        assert (out.shape, out.dtype) == (node.shape, node.dtype)
        results.append(out)
    same(results[0], results[1], backend, "an element of out is not written")
    for array, value in zip(inputs, case.values, strict=True):
        same(array, value, backend, "the kernel changed an input")


def check_natural_shape(case: Case) -> None:
    """What NumPy would return of its own accord has the declared shape: nothing is broadcast into out."""
    node = case.node()
    spy = Spy(np.array(spoiled(node)))
    with np.errstate(all="ignore"):
        case.op.kernel(spy, *map(np.array, case.values), out=spy.out, **node.attrs)


class Spy:
    """NumPy, except that a function told to write all of ``out`` must have a result of its shape."""

    def __init__(self, out: np.ndarray):
        self.out = out

    def __getattr__(self, name: str) -> Any:
        function = getattr(np, name)
        if name == "copyto" or not callable(function) or isinstance(function, type):
            return function

        def watched(*args: Any, **options: Any) -> Any:
            if options.get("out") is self.out:
                free = {key: value for key, value in options.items() if key not in ("out", "casting")}
                shape = np.shape(function(*args, **free))
                assert shape == self.out.shape, f"{name} has a result of {shape}, declared {self.out.shape}"
            return function(*args, **options)

        watched.at = getattr(function, "at", None)  # type: ignore[attr-defined]
        return watched


def check_aliased_out(case: Case, backend: Backend) -> None:
    """Written over any input that it may overwrite, the result is the same."""
    node = case.node()
    expected = run_kernel(case, backend)
    for place in range(min(case.op.inplace, len(case.values))):
        value = case.values[place]
        if (value.shape, value.dtype) == (node.shape, node.dtype):
            inputs = [on(backend, value) for value in case.values]
            out = run_kernel(case, backend, inputs, out=inputs[place])
            same(out, expected, backend, f"written over input {place}, the result differs")


def check_strided(case: Case, backend: Backend) -> None:
    """Inputs that stand in memory with gaps, backwards or transposed give the same as tidy ones."""
    expected = run_kernel(case, backend)
    for layout in (transposed, stepped, reversed_):
        inputs = [layout(backend.xp, on(backend, value)) for value in case.values]
        actual = backend.to_host(run_kernel(case, backend, inputs))
        # Sums may be added in another order, so not bit for bit.
        np.testing.assert_allclose(
            actual,
            backend.to_host(expected),
            rtol=1e-12,
            atol=1e-12,
            err_msg=f"{layout.__name__} inputs give another result",
        )


def transposed(xp: Any, array: Any) -> Any:
    """The same values, the first axis running fastest through memory."""
    return xp.ascontiguousarray(array.T).T if array.ndim > 1 else array


def stepped(xp: Any, array: Any) -> Any:
    """The same values, on every other place of a larger array."""
    if not array.ndim:
        return array
    wide = xp.zeros((*array.shape[:-1], 2 * array.shape[-1]), dtype=array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def reversed_(xp: Any, array: Any) -> Any:
    """The same values, each axis running backwards in memory."""
    if not array.ndim:
        return array
    back = (slice(None, None, -1),) * array.ndim
    return xp.ascontiguousarray(array[back]).reshape(array.shape)[back]


def check_view(case: Case, backend: Backend) -> None:
    """The view has the values of the kernel's copy, aliases the input, and is contiguous where it says so."""
    view, node = case.op.view, case.node()
    if view is None:
        return
    source = on(backend, case.values[0])
    made = view.make(backend.xp, source, **node.attrs)
    assert made.shape == node.shape
    same(made, run_kernel(case, backend), backend, "the view differs from the copy")
    assert not made.size or backend.xp.may_share_memory(made, source), "the view is a copy"
    if view.contiguous(source.shape, node.attrs):
        assert made.flags.c_contiguous, "the view has gaps, though it claims to have none"
    if view.of_strided:
        for layout in (transposed, stepped, reversed_):
            strided = layout(backend.xp, source)
            made = view.make(backend.xp, strided, **node.attrs)
            same(made, run_kernel(case, backend), backend, f"the view of a {layout.__name__} array differs")
            shares = backend.xp.may_share_memory(made, strided)
            assert not made.size or shares, f"the view of a {layout.__name__} array is a copy"


def check_gradient(case: Case, backend: Backend) -> None:
    """The vjp equals the finite differences, and so does the vjp of the vjp."""
    if case.has_gradient:
        check_gradients(lambda *x: case.op(*x, **case.attrs), *case.values, backend=backend.name)


def check_piecewise_constant(case: Case, backend: Backend) -> None:
    """An op without a vjp stays as it is when its float inputs move a little."""
    if case.op.gradient is not None:
        return
    expected = run_kernel(case, backend)
    for place, sign in itertools.product(case.floats, (-1e-6, 1e-6)):
        inputs = [on(backend, value) for value in case.values]
        inputs[place] = on(backend, case.values[place] + sign)
        same(run_kernel(case, backend, inputs), expected, backend, "no vjp, but the result moves")


def check_single_precision(case: Case, backend: Backend) -> None:
    """In float32 the result is that of float64, as far as float32 goes."""
    single = case.single()
    if single.node().dtype == "float32":
        np.testing.assert_allclose(
            backend.to_host(run_kernel(single, backend)),
            backend.to_host(run_kernel(case, backend)),
            rtol=2e-6,
            atol=2e-6,
        )


ON_BACKENDS: list[Callable[[Case, Backend], None]] = [
    check_result,
    check_aliased_out,
    check_strided,
    check_view,
    check_gradient,
    check_piecewise_constant,
    check_single_precision,
]


def check_everything(case: Case, backend: Backend) -> None:
    """Every promise at once."""
    check_natural_shape(case)
    for check in ON_BACKENDS:
        check(case, backend)
