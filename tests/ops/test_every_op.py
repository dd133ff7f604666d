"""Every declared operation x its samples x every backend keeps what `harness` says an op promises."""

from __future__ import annotations

import doctest

import pytest
from ops.harness import ON_BACKENDS, Case, cases, check_natural_shape

import tinygraph as tg
from tinygraph.graph import OPS
from tinygraph.op import Op

OPERATIONS = [op for op in OPS.values() if isinstance(op, Op)]
CASES = list(cases())


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("check", ON_BACKENDS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_promise_is_kept(check, case: Case, backend):
    check(case, backend)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_shape_is_not_broadcast_into(case: Case):
    check_natural_shape(case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_declaring_a_node_again_gives_the_same(case: Case):
    # Rewrites do so: the attributes that a rule has put in normal form must be in normal form.
    node = case.node()
    again = node.op(*node.inputs, **node.attrs)
    assert (again.shape, again.dtype, again.attrs) == (node.shape, node.dtype, node.attrs)


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_op_is_documented_and_sampled(op: Op):
    assert op.__doc__, "says nothing"
    assert op.__doc__.strip().splitlines()[0].endswith((".", ":")), "the first line is no sentence"
    assert op.samples, "is tested on nothing"


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_scalar_formula_names_every_input(op: Op):
    for place in range(len(op.arguments) if op.scalar else 0):
        assert f"{{{place}}}" in op.scalar


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_some_sample_is_differentiated(op: Op):
    if op.gradient is not None:
        assert any(case.has_gradient and case.node().size for case in CASES if case.op is op)


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_examples_run(op: Op):
    # doctest finds functions and classes by itself, but not Op objects.
    example = doctest.DocTestParser().get_doctest(op.__doc__ or "", {"tg": tg}, op.name, None, 0)
    report: list[str] = []
    failed = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example, out=report.append)
    assert not failed.failed, "".join(report)
