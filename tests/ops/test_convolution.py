"""conv beside a loop over every element, its gradients, its one product, its messages."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from ops.drawn import SEEDS
from ops.gradcheck import check_gradients

import tinygraph as tg


def padded_by_hand(x, widths, strides, padding, dilation):
    """x between the zeros that ``padding`` means, said by the size of the result."""
    around = [(0, 0)]
    for size, width, stride, apart in zip(x.shape[1:-1], widths, strides, dilation, strict=True):
        last = (width - 1) * apart
        before = after = 0
        if padding == "causal":
            before = last
        if padding == "same":
            reach = (math.ceil(size / stride) - 1) * stride + last  # the last element that a kernel meets
            before, after = divmod(max(0, reach - (size - 1)), 2)[0], 0
            after = max(0, reach - (size - 1)) - before
        around.append((before, after))
    return np.pad(x, [*around, (0, 0)])


def conv_by_hand(x, kernel, strides, padding, dilation, groups):
    """The sum that `conv` is, one product of two numbers after the other."""
    *widths, depth, filters = kernel.shape
    x = padded_by_hand(x, widths, strides, padding, dilation)
    spans = [(w - 1) * d + 1 for w, d in zip(widths, dilation, strict=True)]
    where = [(n - s) // t + 1 for n, s, t in zip(x.shape[1:-1], spans, strides, strict=True)]
    y = np.zeros((len(x), *where, filters))
    for p in np.ndindex(*where):
        for k in np.ndindex(*widths):
            at = tuple(i * s + j * d for i, s, j, d in zip(p, strides, k, dilation, strict=True))
            for f, c in itertools.product(range(filters), range(depth)):
                channel = f // (filters // groups) * depth + c
                y[(slice(None), *p, f)] += x[(slice(None), *at, channel)] * kernel[(*k, c, f)]
    return y


@st.composite
def forms(draw):
    """Shapes and options that fit together, over one to three axes of space."""
    rank = draw(st.integers(1, 3))
    most = 3 if rank < 3 else 2
    axis = st.integers(1, most)
    widths, strides, dilation = (draw(st.tuples(*[axis] * rank)) for _ in range(3))
    padding = draw(st.sampled_from(["valid", "same", "causal"]))
    extra = draw(st.tuples(*[st.integers(0, 3 if rank < 3 else 1)] * rank))
    space = [(w - 1) * d + 1 + more for w, d, more in zip(widths, dilation, extra, strict=True)]
    if padding != "valid":
        space = [1 + more for more in extra]
    groups, depth, each = (draw(st.integers(1, 2)) for _ in range(3))
    batch = draw(st.integers(0, 2))
    x, kernel = (batch, *space, groups * depth), (*widths, depth, groups * each)
    return x, kernel, {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}


@settings(max_examples=150, deadline=None)
@given(form=forms(), seed=SEEDS)
def test_equals_the_sum_by_hand(form, seed):
    shape, kernel_shape, options = form
    random = np.random.default_rng(seed)
    x, kernel = random.normal(size=shape), random.normal(size=kernel_shape)
    node = tg.conv(tg.constant(x, "float64"), tg.constant(kernel, "float64"), **options)
    expected = conv_by_hand(x, kernel, **options)
    assert node.shape == expected.shape
    np.testing.assert_allclose(tg.compile(node)(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("x", "kernel", "options"),
    [
        ((2, 5, 2), (2, 2, 3), {}),
        ((1, 5, 2), (3, 2, 1), {"padding": "causal", "dilation": 2}),
        ((1, 5, 2), (2, 1, 4), {"strides": 2, "padding": "same", "groups": 2}),
        ((2, 3, 2), (1, 2, 2), {}),
        ((1, 3, 4, 2), (2, 2, 2, 1), {"strides": (1, 2), "padding": "same"}),
        ((1, 4, 3, 2), (2, 3, 1, 2), {"dilation": (2, 1), "groups": 2}),
        ((1, 2, 3, 2, 1), (2, 2, 1, 1, 2), {"padding": "same"}),
    ],
)
def test_gradients(x, kernel, options):
    random = np.random.default_rng(3)
    check_gradients(lambda *n: tg.conv(*n, **options), random.normal(size=x), random.normal(size=kernel))


@pytest.mark.parametrize("groups", [1, 3])
def test_is_one_product(groups):
    x, kernel = tg.input("x", (2, 9, 8, 6)), tg.input("kernel", (3, 2, 6 // groups, 12))
    y = tg.conv(x, kernel, strides=2, padding="same", groups=groups)
    both = tg.gradients(tg.sum(y), [x, kernel])
    assert tg.Graph({"y": y}).count()["matmul"] == 1
    assert tg.Graph({"dx": both[0], "dk": both[1]}).count()["matmul"] == 2


def test_a_kernel_of_one_element_copies_nothing():
    y = tg.conv(tg.input("x", (2, 9, 8, 6)), tg.input("kernel", (1, 1, 6, 4)))
    assert set(tg.Graph({"y": y}).count()) == {"input", "reshape", "matmul"}


@pytest.mark.parametrize(
    ("x", "kernel", "options", "words"),
    [
        ((2, 5, 3), (3, 3), {}, r"needs x \(batch, space.., channels\) and a kernel .*got \(2, 5, 3\) and"),
        ((2, 5, 5, 3), (3, 3, 4), {}, r"needs x \(batch, space.., channels\)"),
        ((2, 5, 3), (3, 2, 4), {}, "needs 1 equal groups of channels and filters"),
        ((2, 5, 4), (3, 2, 3), {"groups": 2}, "needs 2 equal groups of channels and filters"),
        ((2, 5, 3), (3, 3, 4), {"strides": (1, 2)}, r"needs 1 strides and dilations .* not \(1, 2\), "),
        (
            (2, 5, 3),
            (3, 3, 4),
            {"padding": "full"},
            "padding must be 'valid', 'same' or 'causal', got 'full'",
        ),
        ((2, 5, 3), (3, 3, 4), {"dilation": 3}, "needs at least 7 elements on axis 1"),
        ((2, 5, 3), (3, 3, 4), {"strides": 0}, "strides and dilations of at least 1"),
        ((2, 5, 3), (3, 3, 4), {"strides": 0, "padding": "same"}, "strides and dilations of at least 1"),
        ((2, 5, 3), (1, 3, 4), {"strides": -1}, "strides and dilations of at least 1"),
        ((2, 5, 3), (1, 3, 4), {"dilation": 0}, "strides and dilations of at least 1"),
        ((2, 5, 3), (3, 3, 4), {"groups": 0}, "1 or more groups"),
    ],
)
def test_messages(x, kernel, options, words):
    with pytest.raises(tg.GraphError, match=words):
        tg.conv(tg.input("x", x), tg.input("kernel", kernel), **options)
