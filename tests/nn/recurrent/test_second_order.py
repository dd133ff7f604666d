"""Second derivatives through recurrences: a Hessian times a vector, against differences of gradients.

With respect to inputs, initial states and all weights at once: H v is the slope of the gradient along v.
"""

import numpy as np
import pytest
from nn.keras_cases import flat

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn.masks import carry
from tinygraph.ops import Counter

pytestmark = pytest.mark.usefixtures("float64")

BATCH, STEPS, FEATURES, UNITS = 3, 4, 2, 2
STEP, TOLERANCE = 2e-4, 1e-7  # as for single ops: with four points the error is far below

LAYERS = {
    "lstm": (nn.LSTM, {}),
    "gru": (nn.GRU, {}),
    "gru before": (nn.GRU, {"reset_after": False}),
    "simple": (nn.SimpleRNN, {}),
}
MASKS = {
    "no mask": np.ones((BATCH, STEPS)),
    "right": [[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]],
    "left": [[1, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]],
    "holes": [[1, 0, 1, 1], [0, 1, 0, 1], [1, 0, 0, 1]],
    "a row": [[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 0, 0]],
}
DROPOUT = {"dropout": 0.3, "recurrent_dropout": 0.3, "seed": 5}


def check(layer, mask="no mask", states=0, training=False):
    """Raise AssertionError unless H v equals the differences of the gradient, all dropout masks fixed."""
    random = np.random.default_rng(0)
    shapes = {"x": (BATCH, STEPS, FEATURES)} | {f"s{k}": (BATCH, UNITS) for k in range(states)}
    feeds = {name: random.normal(size=shape) for name, shape in shapes.items()}
    x, *initial = inputs = [tg.input(name, shape) for name, shape in shapes.items()]
    if mask != "no mask":
        carry(x, tg.constant(np.array(MASKS[mask], bool)))
    outputs = flat(layer(x, training=training, **({"initial_state": initial} if states else {})))
    weights = layer.trainable_weights
    starts = [random.normal(size=w.shape) for w in weights]
    sources = [*inputs, *weights]
    first = tg.gradients(tg.add_n([tg.sum(y * random.normal(size=y.shape)) for y in outputs]), sources)
    along = [random.normal(size=source.shape) for source in sources]
    slope = tg.add_n([tg.sum(g * v) for g, v in zip(first, along, strict=True)])
    run = tg.compile([*first, *tg.gradients(slope, sources)])
    counters = [leaf for leaf in run.graph.leaves if isinstance(leaf, Counter)]
    assert bool(counters) == training

    def at(t):
        """Gradient, and Hessian times v, at a distance of t along v."""
        for counter in counters:
            counter.assign(3)
        for weight, start, v in zip(weights, starts, along[len(inputs) :], strict=True):
            weight.assign(start + t * v)
        moved = zip(feeds.items(), along, strict=False)
        return run(**{name: value + t * v for (name, value), v in moved})

    points = [(weight, at(step * STEP)) for step, weight in ((-2, 1), (-1, -8), (1, 8), (2, -1))]
    for k, found in enumerate(at(0.0)[len(sources) :]):
        measured = sum(weight * values[k] for weight, values in points) / (12 * STEP)
        scale = np.abs(measured).max()
        assert scale > 1e-3, f"nothing depends on {sources[k]!r}"
        np.testing.assert_allclose(
            found, measured, rtol=TOLERANCE, atol=TOLERANCE * scale, err_msg=f"{sources[k]!r}"
        )


@pytest.mark.parametrize("training", [False, True], ids=["inference", "dropout"])
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, mask, training):
    cls, arguments = LAYERS[name]
    layer = cls(UNITS, return_sequences=True, return_state=True, **arguments, **DROPOUT)
    check(layer, mask, states=len(layer.cell.state_size), training=training)


@pytest.mark.parametrize(
    "arguments",
    [
        {"return_sequences": False},
        {"go_backwards": True},
        {"zero_output_for_mask": True},
        {"use_bias": False},
        {"implementation": 1, "recurrent_dropout": 0.0},
        {"activation": "elu", "recurrent_activation": "softmax"},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["lstm", "gru", "gru before"])
def test_arguments(name, arguments):
    cls, own = LAYERS[name]
    check(cls(UNITS, **own, **{"return_sequences": True, **DROPOUT, **arguments}), "holes", training=True)


@pytest.mark.parametrize("merge", ["concat", "sum", "mul", "ave", None])
@pytest.mark.parametrize("name", LAYERS)
def test_both_directions(name, merge):
    cls, arguments = LAYERS[name]
    layer = cls(UNITS, return_sequences=True, return_state=True, **arguments, **DROPOUT)
    check(nn.Bidirectional(layer, merge), "right", states=2 * len(layer.cell.state_size), training=True)


@pytest.mark.parametrize("mask", ["left", "a row"])
def test_stacked_cells(mask):
    cells = [nn.LSTMCell(UNITS, **DROPOUT), nn.GRUCell(UNITS, **DROPOUT), nn.SimpleRNNCell(UNITS)]
    check(nn.RNN(cells, return_sequences=True, return_state=True), mask, states=4, training=True)


@pytest.mark.parametrize("mask", MASKS)
def test_stacked_layers(mask):
    stack = [
        nn.LSTM(UNITS, return_sequences=True, **DROPOUT),
        nn.Bidirectional(nn.GRU(UNITS, return_sequences=True, **DROPOUT)),
        nn.SimpleRNN(UNITS),
    ]
    check(nn.Sequential([nn.Input((STEPS, FEATURES)), *stack]), mask, training=True)
