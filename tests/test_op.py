"""Declaring and calling operations: what a signature allows, and what a call is told."""

from __future__ import annotations

import copy
import inspect
import pickle

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.graph import OPS
from tinygraph.op import Op, op
from tinygraph.ops.rules import elementwise


@pytest.fixture
def declare():
    """Declare operations that are forgotten after the test."""
    known = dict(OPS)
    yield lambda kernel, **options: op(elementwise, **options)(kernel)
    OPS.clear()
    OPS.update(known)


def twice(xp, x, *, out):
    """2 x."""
    xp.add(x, x, out=out)


def test_the_declared_name_is_the_callable(declare):
    made = declare(twice, scalar="2 * {0}", samples=[((3,),)])
    assert isinstance(made, Op)
    assert OPS["twice"] is made
    assert (made.name, made.__doc__, made.scalar, made.samples) == ("twice", "2 x.", "2 * {0}", [((3,),)])
    node = made(tg.input("x", (3,)))
    assert (node.op, node.shape, dict(node.attrs)) == (made, (3,), {})


def test_a_call_computes_nothing(declare):
    def explode(xp, x, *, out):
        raise AssertionError("a kernel ran at declaration")

    assert declare(explode)(tg.input("x", (3,))).shape == (3,)


def test_a_trailing_underscore_frees_a_builtin_name(declare):
    def pow_(xp, x, *, out):
        """x."""

    assert declare(pow_).name == "pow"


def test_a_name_is_declared_once(declare):
    first = declare(twice)
    with pytest.raises(ValueError, match="op 'twice' is declared twice"):
        declare(twice)
    assert OPS["twice"] is first


def test_the_signature_shows_inputs_and_attributes():
    assert str(inspect.signature(tg.sum)) == "(x, *, axis=None, keepdims=False)"
    assert repr(tg.matmul) == "<op matmul(x, y)>"


def test_inputs_and_attributes_by_name_and_by_position():
    x = tg.input("x", (2, 3, 4))
    by_name, by_position = tg.sum(x=x, axis=1, keepdims=True), tg.sum(x, 1, True)
    assert by_name.attrs == by_position.attrs == {"axis": (1,), "keepdims": True}
    assert tg.subtract(x, y=x).inputs == (x, x)


def test_defaults_are_filled_in():
    assert tg.sum(tg.input("x", (2, 3))).attrs == {"axis": (0, 1), "keepdims": False}


def test_several_inputs_come_one_by_one_or_as_a_list():
    x, y = tg.input("x", (2, 3)), tg.input("y", (2, 3))
    for node in (tg.concat(x, y, axis=1), tg.concat([x, y], axis=1), tg.concat((x, y), 1)):
        assert (node.inputs, node.attrs) == ((x, y), {"axis": 1})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: tg.tanh(), "tanh: needs x, got 0 of 1 inputs"),
        (lambda x: tg.add(x), "add: needs x, y, got 1 of 2 inputs"),
        (lambda x: tg.tanh(x, x), r"tanh: takes \(x\), got too many arguments"),
        (lambda x: tg.sum(x, 0, True, 1), "sum: takes .*, got too many arguments"),
        (lambda x: tg.sum(x, axes=0), r"sum: does not know 'axes'; it takes \(x, \*, axis=None"),
        (lambda x: tg.tanh(x, axis=0), "tanh: does not know 'axis'"),
        (lambda x: tg.reshape(x), "reshape: needs 'shape'"),
        (lambda x: tg.sum(x, 0, axis=1), "sum: got 'axis' twice"),
        (lambda x: tg.add(x, x, y=x), "add: does not know 'y'"),
        (lambda x: tg.concat([x, x], 0, axis=0), "concat: got 'axis' twice"),
    ],
)
def test_a_wrong_call_is_told_what_is_right(call, words):
    with pytest.raises(TypeError, match=words):
        call(tg.input("x", (2, 3)))


def test_attributes_of_one_call_are_not_those_of_the_next():
    x = tg.input("x", (2, 3))
    assert tg.sum(x).attrs["axis"] == (0, 1)
    assert tg.sum(tg.input("y", (2,))).attrs["axis"] == (0,)


def test_normal_attributes_are_a_fixed_point():
    # Passes declare a node again with the attributes that it has.
    x = tg.input("x", (2, 3, 4))
    for node in (tg.sum(x, -1), tg.transpose(x), x[..., -1], tg.reshape(x, (-1,)), tg.windows(x, 2, axis=-1)):
        again = node.op(*node.inputs, **node.attrs)
        assert (again.attrs, again.shape, again.dtype) == (node.attrs, node.shape, node.dtype)


def test_arrays_and_numbers_become_constants():
    node = tg.add(np.ones(3), 2.0)
    assert [source.op.name for source in node.inputs] == ["constant", "constant"]
    assert node.dtype == "float32"
    tg.set_floatx("float64")
    assert tg.add(np.ones(3), 2.0).dtype == "float64"


def test_what_is_no_number_is_no_input():
    for value in ("text", None, object()):
        with pytest.raises(tg.GraphError, match="expected numbers"):
            tg.add(tg.input("x", (2,)), value)


def test_a_message_shows_four_inputs_at_most():
    inputs = [tg.input(f"x{i}", (i + 1,)) for i in range(6)]
    with pytest.raises(tg.GraphError, match=r"inputs x0, x1, x2, x3\.$"):
        tg.add_n(*inputs)


def test_equality_of_nodes_is_not_taken_for_numbers():
    x = tg.input("x", (3,))
    with pytest.raises(TypeError, match=r"compare nodes by identity: use tg\.equal"):
        tg.mean(x == 0.0)


def test_a_literal_that_does_not_fit_the_dtype_widens_it():
    i = tg.input("i", (), dtype="int32")
    assert tg.compile(i * 3_000_000_000)(i=1) == 3_000_000_000
    assert (i * 3).dtype == np.int32


def test_numpy_numbers_keep_their_digits():
    x = tg.input("x", ())
    product = tg.compile(x * np.sqrt(2), dtype="float64")(x=1.0)
    assert product == np.sqrt(2)


def test_an_operation_of_a_number_alone_is_compiled_too(declare):
    pytest.importorskip("llvmlite")

    def half(xp, x, *, out):
        """One half, whatever x is."""
        out[...] = 0.5

    node = declare(half, scalar="0.5")(tg.exp(tg.input("x", (3,))))
    np.testing.assert_array_equal(
        tg.compile(tg.exp(node), jit_compile=True)(x=np.ones(3)), np.exp(np.float32(0.5))
    )


def test_operations_are_not_copied():
    assert copy.copy(tg.exp) is copy.deepcopy(tg.exp) is tg.exp


def test_operations_are_pickled_by_name():
    assert pickle.loads(pickle.dumps(tg.exp)) is tg.exp
    assert b"exp" in pickle.dumps(tg.exp)
