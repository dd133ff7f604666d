"""The data of an explore page: every number in it is the engine's, and so is what the page makes of it."""

import numpy as np
import pytest
from viz.unpacked import Unpacked

import tinygraph as tg
from tinygraph import nn
from tinygraph.nn import (
    GRU,
    LSTM,
    Bidirectional,
    Dense,
    Dropout,
    Embedding,
    Input,
    Masking,
    Model,
    Sequential,
)
from tinygraph.rewrites.passes import rewrite
from tinygraph.viz.backprop import backprop
from tinygraph.viz.explore.payload import packed, payload
from tinygraph.viz.explore.simple import simplified

RNG = np.random.default_rng(7)


@pytest.fixture(autouse=True)
def _same_weights():
    tg.set_seed(11)
    yield
    tg.set_floatx("float32")


def series(steps, features=2, batch=1):
    return RNG.normal(size=(batch, steps, features))


def lstm(steps=5, units=4, **options):
    model = Sequential([Input((steps, 2), name="series"), LSTM(units, name="lstm", **options), Dense(1)])
    model.compile("adam", "mse")
    return model


def stacked():
    layers = [LSTM(4, return_sequences=True), GRU(3, return_sequences=True), LSTM(2)]
    return Sequential([Input((6, 2)), Masking(), *layers, Dropout(0.5), Dense(1)])


def both_ways():
    layers = [Bidirectional(GRU(3, reset_after=False, kernel_regularizer="l2")), Dense(2, "softmax")]
    model = Sequential([Input((4,), dtype="int64"), Embedding(5, 3, mask_zero=True), *layers])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def shared():
    a, b = Input((3, 2), name="a"), Input((3, 2), name="b")
    layer = LSTM(3, name="lstm")
    return Model([a, b], Dense(1)(nn.Concatenate()([layer(a), layer(b)])))


def convolutional():
    return Sequential([Input((3, 4, 1)), nn.ConvLSTM1D(2, 3, padding="same"), nn.Flatten(), Dense(1)])


CASES = {
    "lstm": lambda: (lstm(), series(5), [[0.5]]),
    "several samples": lambda: (lstm(), series(5, batch=3), np.ones((3, 1))),
    "stacked": lambda: (stacked(), series(6), [[0.5]]),
    "both ways": lambda: (both_ways(), [[1, 3, 2, 0]], [1]),
    "shared": lambda: (shared(), [series(3), series(3)], [[0.5]]),
    "convolutional": lambda: (convolutional(), RNG.normal(size=(1, 3, 4, 1)), [[0.5]]),
    "no recurrence": lambda: (Sequential([Input((2,)), Dense(1)]), [[1.0, 2.0]], [[0.5]]),
}


@pytest.fixture(params=["float32", "float64"])
def floats(request):
    tg.set_floatx(request.param)
    return request.param


@pytest.mark.parametrize("case", CASES)
def test_every_value_is_the_engines_bit_for_bit(case, floats):
    model, x, y = CASES[case]()
    page = Unpacked(packed(payload(model, x, y)))
    passes = backprop(model, x, y)
    graphs = {"declared": passes.graph, "rewritten": rewrite(passes.graph)}
    for stage, graph in graphs.items():
        run = tg.compile({str(k): node for k, node in enumerate(graph.nodes)}, rewrite=False)
        expected = run(**{name: passes.feeds[name] for name in run.inputs})
        nodes = page.nodes(stage)
        assert len(graph.nodes) == len(nodes["op"])
        for k, node in enumerate(graph.nodes):
            value = page.value(stage, k)
            assert value.dtype == node.dtype
            np.testing.assert_array_equal(value, expected[str(k)], err_msg=f"{stage}: {node}")
            assert nodes["inputs"][k] == [graph.nodes.index(source) for source in node.inputs]
            assert page.place(stage, k)["scope"] == node.scope
            assert page.op(stage, k)["name"] == node.op.name


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_those_of_tg_gradients(case):
    tg.set_floatx("float64")
    model, x, y = CASES[case]()
    page = Unpacked(packed(payload(model, x, y)))
    passes = backprop(model, x, y)
    nodes = page.nodes("declared")
    found = [k for k, slope in enumerate(nodes["gradient"]) if slope >= 0]
    order = passes.graph.nodes
    expected = tg.gradients(passes.loss, [order[k] for k in found])
    run = tg.compile(expected, rewrite=False)
    values = run(**{name: passes.feeds[name] for name in run.inputs})
    for k, value in zip(found, values, strict=True):
        mine = page.value("declared", nodes["gradient"][k])
        np.testing.assert_allclose(mine, value, rtol=1e-12, atol=1e-15)
    weights = {order.index(weight) for weight in passes.weights if weight in order}
    assert weights <= set(found)
    assert order.index(passes.loss) in found


@pytest.mark.parametrize("case", CASES)
def test_the_steps_parts_add_up_to_dw(case, floats):
    """As the page plays it: rounded after each addition, which ends at the very bits of dW."""
    model, x, y = CASES[case]()
    page = Unpacked(packed(payload(model, x, y)))
    for weight in page.data["weights"]:
        total = None
        for part, size in zip(weight["parts"], page.referred(weight["norms"]), strict=True):
            values = [page.value("declared", node) for node in part["nodes"]]
            assert np.linalg.norm(sum(values).astype("float64")) == pytest.approx(size, rel=1e-6)
            for value in values:
                total = value if total is None else total + value
        np.testing.assert_array_equal(total, page.value("declared", weight["gradient"]))
    layers = {each["label"] for each in page.data["weights"]}
    shown = {"lstm": {"lstm/kernel", "lstm/recurrent_kernel", "lstm/bias"}, "no recurrence": set()}
    assert case not in shown or layers == shown[case]


def test_each_step_has_its_part_in_each_weight():
    page = Unpacked(packed(payload(lstm(), series(5), [[0.5]])))
    for weight in page.data["weights"]:
        assert sorted(part["step"] for part in weight["parts"]) == [0, 1, 2, 3, 4]
        assert {part["layer"] for part in weight["parts"]} == {"lstm"}


def test_penalties_and_further_uses_are_parts_too():
    page = Unpacked(packed(payload(*CASES["both ways"]())))
    parts = {weight["label"]: weight["parts"] for weight in page.data["weights"]}
    kernel = next(
        found for label, found in parts.items() if label.endswith("kernel") and "recur" not in label
    )
    assert None in [part["step"] for part in kernel]  # that of the regularizer
    page = Unpacked(packed(payload(*CASES["shared"]())))
    assert {part["layer"] for part in page.data["weights"][0]["parts"]} == {"lstm", "lstm:1"}


def test_series_norms_and_saturation_are_those_of_the_layer():
    model, x = lstm(), series(5)
    page = Unpacked(packed(payload(model, x, [[0.5]])))
    (layer,) = page.data["recurrent"]
    trace = model.layers[0].trace(x)
    assert list(layer["series"]) == list(trace) == ["i", "f", "g", "o", "c", "h"]
    for name, ids in layer["series"].items():
        values = np.stack([page.value("declared", k) for k in ids], axis=1)
        np.testing.assert_array_equal(values, trace[name])
        assert [page.nodes("declared")["name"][k] for k in ids] == [name] * 5
        assert [page.place("declared", k)["step"] for k in ids] == [0, 1, 2, 3, 4]
    norms = tg.gradient_flow(model, x, [[0.5]]).norms["lstm"]
    for name, expected in norms.items():
        np.testing.assert_array_equal(page.referred(layer["norms"][name]), expected)
    gates = {name: (trace[name] < 0.1) | (trace[name] > 0.9) for name in "ifo"}
    assert set(layer["saturation"]) == {"i", "f", "g", "o"}
    for name, full in (gates | {"g": np.abs(trace["g"]) > 0.9}).items():
        found = page.referred(layer["saturation"][name])
        np.testing.assert_allclose(found, full.mean(axis=(0, 2)))


def test_saturated_gates_are_counted():
    model = lstm()
    model.layers[0].set_weights([w * 40 for w in model.layers[0].get_weights()])
    page = Unpacked(packed(payload(model, series(5), [[0.5]])))
    (layer,) = page.data["recurrent"]
    assert page.referred(layer["saturation"]["f"]).min() > 0.5


def test_a_simple_rnn_of_the_same_seed_stands_beside_it():
    model, x = lstm(), series(5)
    page = Unpacked(packed(payload(model, x, [[0.5]])))
    (found,) = page.data["comparison"]["recurrent"]
    simple = simplified(model)
    assert [type(layer).__name__ for layer in simple.layers] == ["SimpleRNN", "Dense"]
    assert [weight.shape for weight in simple.weights] == [(2, 4), (4, 4), (4,), (4, 1), (1,)]
    np.testing.assert_array_equal(simple.weights[3].value, model.weights[3].value)
    expected = tg.gradient_flow(simple, x, [[0.5]]).norms["lstm"]["h"]
    np.testing.assert_array_equal(page.referred(found["norms"]["h"]), expected)
    tg.set_seed(12)
    assert not np.array_equal(simplified(model).weights[0].value, simple.weights[0].value)


def test_where_no_simple_rnn_can_stand_the_reason_does():
    assert payload(*CASES["no recurrence"]())["comparison"] == {
        "type": "SimpleRNN", "why": "the model has no LSTM or GRU layer", "recurrent": [],
    }  # fmt: skip
    sequence = Input((5, 2))
    output, *_ = LSTM(3, return_state=True)(sequence)
    why = payload(Model(sequence, Dense(1)(output)), series(5), [[0.5]])["comparison"]["why"]
    assert why == "a layer returns its states, and a SimpleRNN has others"


def test_boxes_and_edges_stand_for_nodes_of_their_stage():
    page = Unpacked(packed(payload(*CASES["stacked"]())))
    for stage, record in page.data["stages"].items():
        drawing = record["drawings"]["unrolled"]
        count = len(page.nodes(stage)["op"])
        shown = {node for box in drawing["boxes"] for node in box["nodes"]}
        assert shown <= set(range(count))
        cells = {(box["layer"], box["step"]) for box in drawing["boxes"] if box["kind"] == "cell"}
        assert {("lstm", 5), ("gru", 0)} <= cells
        assert {(step["layer"], step["step"]) for step in record["cells"]["steps"]} >= cells
        for step in record["cells"]["steps"]:
            boxes = record["cells"]["drawings"][step["drawing"]]["boxes"]
            assert len(boxes) == len(step["nodes"])
            for box, ids in zip(boxes, step["nodes"], strict=True):
                if box["kind"] == "op":
                    (node,) = ids
                    assert page.place(stage, node)["step"] == step["step"]
        for edge in drawing["edges"]:
            assert edge["nodes"]
            assert len(edge["points"]) >= 4


def test_formulas_hold_a_place_for_each_input():
    page = Unpacked(packed(payload(*CASES["lstm"]())))
    nodes = page.nodes("declared")
    formulas = {page.data["formulas"][k] for k in nodes["formula"]}
    assert {"{0} @ {1}", "{0} + {1}", "{0} * {1}", "tanh({0})", "sigmoid({0})", "{0}[:, 0:4]"} <= formulas
    for formula, inputs in zip(nodes["formula"], nodes["inputs"], strict=True):
        text = page.data["formulas"][formula]
        assert all(f"{{{k}}}" in text for k in range(len(inputs)))
        assert f"{{{len(inputs)}}}" not in text


def test_nan_and_infinity_come_through():
    model = lstm()
    kernel, recurrent, bias = model.layers[0].get_weights()
    kernel[0, 0], bias[-1] = np.nan, np.inf
    model.layers[0].set_weights([kernel, recurrent, bias])
    page = Unpacked(packed(payload(model, series(5), [[0.5]])))
    (layer,) = page.data["recurrent"]
    assert np.isnan(page.referred(layer["norms"]["h"])).all()
    assert np.isnan(page.value("declared", page.data["stages"]["declared"]["loss"]))
    assert np.isinf(np.concatenate([page.buffers["float32"]])).any()


def test_the_model_and_the_random_state_stay_as_they_are():
    model, x = lstm(stateful=True, dropout=0.5), series(5)
    model.fit(x, [[0.5]], epochs=2, verbose=0)
    layer = model.layers[0]

    def state():
        slots = (
            [value.value for value in model.optimizer.weights] if hasattr(model.optimizer, "weights") else []
        )
        kept = [each.value for states in layer.lasting._kept.values() for each in states]
        return [*model.get_weights(), *slots, *kept, layer.cell.drawn.value, np.array(layer.lasting.batch)]

    before = state()
    first = payload(model, x, [[0.5]])
    for now, then in zip(state(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    seed = tg.defaults.next_seed()
    tg.set_seed(11)
    again = lstm(stateful=True, dropout=0.5)
    again.fit(x, [[0.5]], epochs=2, verbose=0)
    assert tg.defaults.next_seed() == seed
    assert packed(payload(model, x, [[0.5]])) == packed(first)


def test_fifty_steps_of_sixteen_units_leave_room_for_the_page():
    text = packed(payload(lstm(50, 16), series(50), [[0.5]]))
    assert len(text) < 850_000


def test_data_that_do_not_fit_are_refused():
    with pytest.raises(nn.DataError, match="x: expected"):
        payload(lstm(), series(4), [[0.5]])
    with pytest.raises(tg.GraphError, match="explore: Sequential 'late' is not built"):
        payload(Sequential([LSTM(3)], name="late"), series(4), [[0.5]])
