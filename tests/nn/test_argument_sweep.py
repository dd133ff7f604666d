"""Every argument of every layer's constructor changes what its entry in `every_layer` says."""

import inspect

import numpy as np
import pytest
from nn.every_layer import ANYWHERE, ASPECTS, INERT, LAYERS, Use, change, changes, class_of, without_and_with
from nn.keras_cases import flat

from tinygraph import nn
from tinygraph.graph import GraphError
from tinygraph.nn import registry, signatures

NOTHING = [each for each in changes() if (entry := change(*each)) and entry.shows == "nothing"]


def same(a, b):
    """Whether two aspects are the same: lists of lists, arrays, numbers and strings."""
    a, b = flat(a), flat(b)
    return len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def first_difference(name, without, with_it):
    """The first aspect in which a layer differs when made with other arguments."""
    for aspect, seen in ASPECTS.items():
        if not same(*(seen(Use(name, arguments)) for arguments in (without, with_it))):
            return aspect
    return "nothing"


def test_every_layer_has_an_entry():
    assert set(LAYERS) == {cls.__name__ for cls in registry.KINDS["layer"].values()}


@pytest.mark.parametrize(("name", "argument"), changes())
def test_every_argument_changes_what_it_should(name, argument):
    assert change(name, argument) is not None, f"every_layer has no entry for {argument} of {name}"
    assert first_difference(name, *without_and_with(name, argument)) == change(name, argument).shows


@pytest.mark.parametrize(("name", "argument"), NOTHING)
def test_the_docstring_says_what_changes_nothing(name, argument):
    texts = [inspect.getdoc(base) or "" for base in class_of(name.removesuffix("Cell")).__mro__]
    said = " ".join(" ".join(texts).split())
    assert INERT[argument] in said[said.index(f"{argument}:") :]


def test_no_entry_is_left_over():
    known = {name: set(signatures.argument_names(class_of(name))) for name in LAYERS}
    assert all(set(case.changes) <= known[name] for name, case in LAYERS.items())
    assert set(ANYWHERE) <= set().union(*known.values())
    assert set(INERT) == {argument for _, argument in NOTHING}


@pytest.mark.parametrize("dtype", [None, "float32", "float64"])
@pytest.mark.parametrize(
    "wrapped",
    [
        lambda inner, dtype: nn.TimeDistributed(nn.Dense(2, dtype=inner), dtype=dtype),
        lambda inner, dtype: nn.Bidirectional(nn.LSTM(2, dtype=inner, return_state=True), dtype=dtype),
        lambda inner, dtype: nn.RNN(nn.LSTMCell(2, dtype=inner), return_state=True, dtype=dtype),
        lambda inner, dtype: nn.RNN([nn.GRUCell(2, dtype=inner)], return_state=True, dtype=dtype),
    ],
)
def test_the_results_of_a_wrapper_are_of_its_dtype_or_that_of_what_it_wraps(wrapped, dtype):
    """And symbols say so, which they did not."""
    results = flat(wrapped("float64", dtype)(np.ones((2, 4, 3))))
    symbols = flat(wrapped("float64", dtype)(nn.Input((4, 3))))
    assert {str(y.dtype) for y in [*results, *symbols]} == {dtype or "float64"}


def test_what_is_distributed_over_time_is_a_layer():
    with pytest.raises(GraphError, match="TimeDistributed 'time_distributed': expected a layer, got"):
        nn.TimeDistributed(np.tanh)


def test_a_cell_is_called_on_symbols():
    x, h, c = (nn.Input((n,)) for n in (3, 2, 2))
    output, (after_h, after_c) = nn.LSTMCell(2)(x, [h, c])
    model = nn.Model([x, h, c], [output, after_h, after_c])
    arrays = [np.ones((2, symbol.shape[0])) for symbol in model.inputs]
    assert [y.shape for y in model.predict(arrays)] == [(2, 2)] * 3


def test_the_table_of_an_embedding_may_be_given():
    table = np.arange(6.0).reshape(3, 2)
    for given in (table, [table], table.tolist()):
        layer = nn.Embedding(3, 2, weights=given)
        assert layer(np.array([[2, 0]])).tolist() == [[[4.0, 5.0], [0.0, 1.0]]]
    with pytest.raises(ValueError, match=r"embeddings expects shape \(3, 2\), got shape \(2, 3\)"):
        nn.Embedding(3, 2, weights=table.T)
    one = nn.Embedding(1, 2, weights=[[7.0, 8.0]])
    assert one(np.array([0])).tolist() == [[7.0, 8.0]]
