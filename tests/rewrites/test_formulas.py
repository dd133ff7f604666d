"""formulas: an operation as the parts of its formula, which others share."""

import numpy as np
import pytest
from rewrites.equal import check_kept

import tinygraph as tg
from tinygraph.rewrites.dedupe import dedupe
from tinygraph.rewrites.formulas import formulas

T, Z = (tg.input(name, (3, 4), dtype="float64") for name in "tz")
EACH = {
    "softmax": tg.softmax(Z),
    "log_softmax": tg.log_softmax(Z, axis=0),
    "softmax_error": tg.softmax_error(T, Z),
    "softmax_cross_entropy": tg.softmax_cross_entropy(T, Z),
}


@pytest.mark.parametrize("name", EACH)
def test_an_operation_becomes_its_parts(name):
    graph = tg.Graph({"y": EACH[name] * 2.0})
    rewritten = formulas(graph)
    assert name in graph.count()
    assert name not in rewritten.count()
    check_kept(graph, rewritten)


def test_a_loss_and_its_slope_share_exponentials():
    loss = tg.sum(tg.softmax_cross_entropy(T, Z))
    graph = tg.Graph({"loss": loss, "slope": tg.gradients(loss, [Z])[0]})
    rewritten = dedupe(formulas(graph))
    assert rewritten.count()["exp"] == 1
    assert rewritten.count()["max"] == 2  # of the logits, and of the exponentials
    check_kept(graph, rewritten)


@pytest.mark.parametrize(
    "y",
    [tg.softmax(tg.input("k", (3, 4), dtype="int32")), tg.softmax(tg.input("x", (0, 4))), tg.tanh(Z)],
    ids=["whole numbers", "nothing", "no formula"],
)
def test_what_stays(y):
    graph = tg.Graph({"y": y})
    assert formulas(graph) is graph


def test_a_kernel_computes_the_formula():
    z = np.random.default_rng(0).normal(size=(3, 4))
    out = np.empty_like(z)
    tg.ops.softmax.kernel(np, z, axis=1, out=out)
    np.testing.assert_allclose(out, np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), rtol=1e-14)
