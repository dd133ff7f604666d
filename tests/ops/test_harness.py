"""The harness itself: it must catch every one of `wrong_ops`, in the right words, and pass right ones."""

from __future__ import annotations

import numpy as np
import pytest
from ops.gradcheck import check_gradients
from ops.harness import case, check_everything
from ops.wrong_ops import WRONG, declare, right_product, right_square

import tinygraph as tg
from tinygraph import backends
from tinygraph.graph import OPS
from tinygraph.op import Op


@pytest.fixture(autouse=True)
def _no_new_ops():
    """What is declared here is forgotten again."""
    known = dict(OPS)
    yield
    OPS.clear()
    OPS.update(known)


def check(op: Op) -> None:
    for number, sample in enumerate(op.samples):
        check_everything(case(op, sample, seed=number), backends.get("numpy"))


@pytest.mark.parametrize("name", WRONG)
def test_mistake_is_caught(name):
    make, words = WRONG[name]
    made = make()
    with pytest.raises((AssertionError, ValueError, TypeError), match=words):
        check(made)


@pytest.mark.parametrize("make", [right_square, right_product])
def test_right_op_passes(make):
    check(make())


def test_gradcheck_catches_a_wrong_op_inside_a_composite():
    def identity(xp, x, *, out):
        """x."""
        xp.copyto(out, x)

    almost = declare(identity, lambda g, y, x: (g * 1.001,))
    x = np.array([0.5, -1.5])
    check_gradients(lambda x: tg.exp(tg.sin(x)), x)
    with pytest.raises(AssertionError, match="gradient of order 1"):
        check_gradients(lambda x: tg.exp(almost(x)), x)
