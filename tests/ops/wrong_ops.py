"""Operations with one mistake each, and the words in which the harness must complain about it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import tinygraph as tg
from tinygraph.op import Op, op
from tinygraph.ops import rules
from tinygraph.ops.broadcast import summed
from tinygraph.ops.layout import permuted
from tinygraph.ops.samples import Draw, positive
from tinygraph.ops.slicing import sliced

WRONG: dict[str, tuple[Callable[[], Op], str]] = {}


def complaint(words: str) -> Callable[[Callable[[], Op]], Callable[[], Op]]:
    """Collect a function that declares a wrong operation."""

    def collect(make: Callable[[], Op]) -> Callable[[], Op]:
        WRONG[make.__name__] = (make, words)
        return make

    return collect


def declare(kernel, vjp=None, samples=(((3, 4),),), rule=rules.elementwise) -> Op:
    made = op(rule, samples=samples)(kernel)
    if vjp is not None:
        made.vjp(vjp)
    return made


def square(xp, x, *, out):
    """x squared."""
    xp.multiply(x, x, out=out)


def product(xp, x, y, *, out):
    """x times y."""
    xp.multiply(x, y, out=out)


def right_square() -> Op:
    return declare(square, lambda g, y, x: (2.0 * g * x,))


def right_product() -> Op:
    samples = [((3, 4), (3, 4)), ((3, 4), (4,)), ((2, 1), (3,))]
    return declare(
        product, lambda g, z, x, y: (tg.sum_to(g * y, x.shape), tg.sum_to(g * x, y.shape)), samples
    )


# -- gradients of the first order


@complaint("gradient of order 1")
def factor():
    return declare(square, lambda g, y, x: (g * x,))


@complaint("gradient of order 1")
def factor_a_little_off():
    return declare(square, lambda g, y, x: (2.00001 * g * x,))


@complaint("gradient of order 1")
def sign():
    return declare(square, lambda g, y, x: (-2.0 * g * x,))


@complaint("gradient of order 1")
def incoming_gradient_forgotten():
    return declare(square, lambda g, y, x: (2.0 * x,))


@complaint("gradient of order 1")
def dropped_term():
    def bent(xp, x, *, out):
        """x squared plus x."""
        out[...] = x * x + x

    return declare(bent, lambda g, y, x: (2.0 * g * x,))


@complaint("gradient of order 1")
def slope_of_a_step():
    def step(xp, x, *, out):
        """floor, with the gradient of the identity."""
        xp.floor(x, out=out)

    return declare(step, lambda g, y, x: (g,))


@complaint("no vjp, but the result moves")
def no_vjp_declared():
    return declare(square)


@complaint("input 1")
def none_for_an_input_that_matters():
    return declare(product, lambda g, z, x, y: (g * y, None), [((3,), (3,))])


@complaint("gradient of order 1")
def inputs_swapped():
    return declare(product, lambda g, z, x, y: (g * x, g * y), [((3,), (3,))])


@complaint("gradient .* of <x1")
def sum_to_missing():
    return declare(product, lambda g, z, x, y: (g * y, g * x), [((3, 4), (4,))])


@complaint("input 1")
def summed_over_the_wrong_axis():
    return declare(product, lambda g, z, x, y: (g * y, tg.sum(g * x, axis=1)), [((3, 3), (3,))])


@complaint("gradient of order 1")
def transposed_back_the_same_way():
    def turn(xp, x, *, axes, out):
        """The axes in another order."""
        xp.copyto(out, x.transpose(axes))

    def back(g, y, x, axes):
        return (tg.transpose(g, axes=axes),)  # right for two axes, wrong for a cycle of three

    return declare(turn, back, [((2, 2, 2), {"axes": (1, 2, 0)})], permuted)


@complaint("input 0")
def factor_not_transposed():
    def weigh(xp, x, y, *, out):
        """X Y of square matrices."""
        out[...] = x @ y

    return declare(weigh, lambda g, z, x, y: (g @ y, tg.matrix_transpose(x) @ g), [((3, 3), (3, 3))])


@complaint("gradient .* of <x0")
def gradient_of_another_shape():
    return declare(square, lambda g, y, x: (tg.expand_dims(2.0 * g * x, 0),))


# -- gradients of the second order


@complaint("gradient of order 2")
def second_order_wrong():
    def slope(xp, x, *, out):
        """2 x, with a gradient that is wrong."""
        xp.multiply(x, 2.0, out=out)

    twice = declare(slope, lambda g, y, x: (3.0 * g,))
    return declare(square, lambda g, y, x: (g * twice(x),))


@complaint("gradient of order 2")
def second_order_lost():
    def slope(xp, x, *, out):
        """2 x without a vjp."""
        xp.multiply(x, 2.0, out=out)

    seen = declare(slope)
    return declare(square, lambda g, y, x: (g * seen(x),))


# -- kernels


@complaint("written over input 0")
def out_written_before_the_input_is_read():
    def bent(xp, x, *, out):
        """x squared plus x."""
        xp.multiply(x, x, out=out)
        xp.add(out, x, out=out)

    return declare(bent, lambda g, y, x: (g * (2.0 * x + 1.0),))


@complaint("written over input 2")
def third_input_read_when_out_holds_a_sum():
    def total(xp, x, y, z, *, out):
        """x + y + z."""
        xp.add(x, y, out=out)
        xp.add(out, z, out=out)

    return declare(total, lambda g, y, *x: (g, g, g), [((3,),) * 3])


@complaint("read-only")
def input_changed():
    def greedy(xp, x, *, out):
        """x squared, kept in x."""
        xp.multiply(x, x, out=x)
        xp.copyto(out, x)

    return declare(greedy, lambda g, y, x: (2.0 * g * x,))


@complaint("an element of out is not written")
def element_not_written():
    def lazy(xp, x, *, out):
        """x squared but for the last row."""
        xp.multiply(x[:-1], x[:-1], out=out[:-1])

    return declare(lazy, lambda g, y, x: (2.0 * g * x,))


@complaint(r"add has a result of \(1, 4\), declared \(3, 4\)")
def shape_too_large():
    def total(xp, x, *, out):
        """A sum over the first axis, declared to have x's shape."""
        xp.add(x.sum(axis=0, keepdims=True), 0.0, out=out)

    return declare(total, lambda g, y, x: (tg.broadcast_to(tg.sum(g, 0), x.shape),))


@complaint("sum has a result of")
def shape_too_small():
    def total(xp, x, *, axis=None, keepdims=False, out):
        """A sum that keeps its axes, declared to drop them."""
        xp.sum(x, axis=axis, keepdims=True, out=out)

    return declare(total, None, [((3, 4), {"axis": 0})], summed)


@complaint("Cannot cast")
def whole_numbers_declared_for_floats():
    def half(xp, x, *, out):
        """x / 2, declared to be whole for whole numbers."""
        xp.divide(x, 2, out=out)

    return declare(half, lambda g, y, x: (0.5 * g,), [(Draw((3,), "whole", 5),)])


@complaint("inputs give another result")
def only_tidy_memory():
    def raw(xp, x, *, out):
        """x squared, of the memory that x begins in."""
        flat = np.lib.stride_tricks.as_strided(x, (x.size,), (abs(x.itemsize),))
        out[...] = (flat * flat).reshape(x.shape)

    return declare(raw, lambda g, y, x: (2.0 * g * x,), [(positive(2, 2),)])


@complaint("tolerance")
def half_the_digits_in_single_precision():
    def rough(xp, x, *, out):
        """x squared; of float32 by way of float16."""
        xp.multiply(x, x, out=out, dtype="float64" if x.dtype == "float64" else "float16", casting="unsafe")

    return declare(rough, lambda g, y, x: (2.0 * g * x,))


# -- views


def part(xp, x, *, index, out):
    """Part of x."""
    xp.copyto(out, x[index])


def part_with_view(make, index, **how) -> Op:
    made = declare(
        part,
        lambda g, y, x, index: (tg.place(g, shape=x.shape, index=index),),
        [((4,), {"index": index})],
        sliced,
    )
    made.view_of(**how)(make)
    return made


@complaint("the view differs from the copy")
def view_of_other_elements():
    return part_with_view(lambda xp, x, index: x[:2], slice(1, 3))


@complaint("the view is a copy")
def view_that_copies():
    return part_with_view(lambda xp, x, index: x[index].copy(), slice(1, 3))


@complaint("the view is a copy")
def view_of_one_element_is_a_number():
    return part_with_view(lambda xp, x, index: x[index], 1)


@complaint("the view has gaps")
def view_that_hides_its_gaps():
    return part_with_view(
        lambda xp, x, index: x[index], slice(None, None, 2), contiguous=lambda shape, attrs: True
    )


@complaint("array is a copy")
def view_that_needs_tidy_memory():
    def flatten(xp, x, *, axes, out):
        """The axes in another order."""
        xp.copyto(out, x.transpose(axes))

    made = declare(flatten, None, [((2, 3), {"axes": (0, 1)})], permuted)
    made.vjp(lambda g, y, x, axes: (g,))
    made.view_of()(lambda xp, x, axes: xp.ascontiguousarray(x))
    return made
