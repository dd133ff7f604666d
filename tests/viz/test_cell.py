"""The level cell: the operations of one time step, its gates by name, and what comes in and goes out."""

import pytest
from viz import models

import tinygraph as tg
from tinygraph.nn import (
    GRU,
    LSTM,
    RNN,
    Bidirectional,
    ConvLSTM1D,
    Dense,
    Embedding,
    GRUCell,
    Input,
    LSTMCell,
    Masking,
    Model,
    Sequential,
    SimpleRNN,
)
from tinygraph.nn.layer import Layer
from tinygraph.viz.draw import draw
from tinygraph.viz.levels.parts import parts


def drawn(layer, **how):
    return Sequential([Input((5, 2), name="series"), layer], name="net").draw("cell", **how).outline


def labels(outline, kind):
    return {box.label for box in outline.boxes if box.kind == kind}


def reads(outline, label, kind="op"):
    """What the box of this label reads, by label."""
    box = {b.id: b for b in outline.boxes}
    return sorted(
        box[e.source].label
        for e in outline.edges
        if (box[e.target].label, box[e.target].kind) == (label, kind)
    )


def test_an_lstm_is_the_picture_of_the_textbook():
    outline = drawn(LSTM(3, name="lstm"))
    assert outline.columns == ("t = 2",)
    assert labels(outline, "input") == {"x₂", "h₁", "c₁"}
    assert labels(outline, "output") == {"h₂", "c₂"}
    assert {"i₂", "f₂", "g₂", "o₂", "c₂", "h₂"} <= labels(outline, "op")
    assert reads(outline, "h₂") == ["o₂", "tanh"]
    assert reads(outline, "tanh") == ["c₂"]
    assert reads(outline, "matmul(·, kernel)") == ["x₂"]
    assert reads(outline, "matmul(·, recurrent_kernel)") == ["h₁"]
    assert sorted(reads(outline, "multiply")) == ["c₁", "f₂", "g₂", "i₂"]
    assert reads(outline, "c₂") == ["multiply", "multiply"]
    (group,) = outline.groups
    assert [weight.name for weight in group.weights] == ["kernel", "bias", "recurrent_kernel"]
    assert {box.label for box in outline.boxes if box.shared} == {
        "matmul(·, kernel)", "add(·, bias)", "matmul(·, recurrent_kernel)",
    }  # fmt: skip


def test_states_come_from_the_left_and_leave_to_the_right():
    outline = drawn(LSTM(3))
    places = {(box.kind, box.label): (box.column, box.note) for box in outline.boxes if box.kind != "op"}
    assert places == {
        ("input", "x₂"): (None, "from series"),
        ("input", "h₁"): (-1, "from t = 1"),
        ("input", "c₁"): (-1, "from t = 1"),
        ("output", "h₂"): (1, "to t = 3"),
        ("output", "c₂"): (1, "to t = 3"),
    }


class Leaky(Layer):
    """A cell of one's own: it names its gate by a scope, and one state not at all."""

    state_size = (2,)

    def build(self, shape):
        self.kernel = self.add_weight("kernel", (shape[-1], 2))

    def output_shape(self, shape):
        return [(2,), [(2,)]]

    def call(self, inputs, states):
        with tg.scope("gate"):
            gate = tg.sigmoid(inputs @ self.kernel)
        h = gate * states[0]
        return h, [h]


@pytest.mark.parametrize(
    ("layer", "named"),
    [
        (GRU(3), {"z₂", "r₂", "g₂", "h₂"}),
        (GRU(3, reset_after=False), {"z₂", "r₂", "g₂", "h₂"}),
        (SimpleRNN(3), {"h₂"}),
        (RNN([LSTMCell(3), GRUCell(3)]), {"i₂", "f₂", "o₂", "c₂", "z₂", "r₂"}),
        (Bidirectional(LSTM(3)), {"i₂", "f₂", "g₂", "o₂", "c₂", "h₂"}),
        (RNN(Leaky()), {"gate₂"}),
    ],
    ids=lambda each: type(each).__name__,
)
def test_gates_have_names_in_every_cell(layer, named):
    outline = drawn(layer)
    assert named <= labels(outline, "op")
    assert labels(outline, "input") >= {"x₂"}
    assert labels(outline, "output")


def test_gates_of_several_cells_are_told_apart():
    outline = drawn(RNN([LSTMCell(3, name="low"), GRUCell(3, name="high")], name="rnn"))
    assert {"low/g₂", "low/h₂", "high/g₂", "high/h₂"} <= labels(outline, "op")
    assert not any("low₂" in box.label for box in outline.boxes)
    assert labels(outline, "input") == {"x₂", "low/h₁", "c₁", "high/h₁"}
    assert labels(outline, "output") == {"low/h₂", "c₂", "high/h₂"}
    names = {weight.name for weight in outline.groups[0].weights}
    assert {"low/kernel", "high/recurrent_kernel"} <= names


def test_a_mask_of_dropout_comes_from_the_layer():
    model = Sequential([Input((5, 2)), LSTM(3, dropout=0.5, recurrent_dropout=0.5, name="lstm"), Dense(1)])
    model.compile("sgd", "mse")
    outline = model.draw("cell", pass_=["forward", "backward"]).outline
    masks = [(box.label, box.shape) for box in outline.boxes if box.note == "the same at every step"]
    assert masks == [("lstm", "(4, 32, 2)"), ("lstm", "(4, 32, 3)")]
    assert {"∂h₂", "∂c₂"} <= labels(outline, "input")


def test_a_convolution_is_a_product_too():
    model = Sequential([Input((3, 8, 1), name="series"), ConvLSTM1D(2, 3, name="conv")])
    outline = model.draw("cell").outline
    assert {"i₁", "f₁", "g₁", "o₁", "c₁", "h₁"} <= labels(outline, "op")
    assert labels(outline, "input") == {"x₁", "h₀", "c₀"}


@pytest.mark.parametrize("step", [0, 1, 4])
def test_the_step_that_is_asked_for(step):
    outline = drawn(LSTM(3), steps=step)
    assert outline.columns == (f"t = {step}",)
    first = {"x₀", "0"}
    assert labels(outline, "input") == (first if step == 0 else {f"x{'₀₁₂₃₄'[step]}", *states(step - 1)})
    assert labels(outline, "output") == (set() if step == 4 else states(step))


def states(step):
    return {f"h{'₀₁₂₃₄'[step]}", f"c{'₀₁₂₃₄'[step]}"}


def test_an_initial_state_says_so():
    (start,) = [box for box in drawn(LSTM(3), steps=0).boxes if box.label == "0"]
    assert (start.note, start.column) == ("initial state", -1)


def test_going_backwards_the_state_comes_from_the_step_after():
    outline = drawn(LSTM(3, go_backwards=True))
    assert {box.note for box in outline.boxes if box.label in ("h₃", "c₃")} == {"from t = 3"}


def test_a_masked_step_keeps_its_states():
    model = Sequential([Input((5, 2), name="series"), Masking(), LSTM(3, name="lstm")])
    outline = model.draw("cell").outline
    assert {"h₁", "c₁"} <= labels(outline, "input")
    assert labels(outline, "output") == {"h₂", "c₂"}
    ops = [box.label for box in outline.boxes if box.kind == "op"]
    assert (ops.count("h₂"), ops.count("c₂"), ops.count("where")) == (1, 1, 2)
    assert reads(outline, "h₂", "output") == reads(outline, "c₂", "output") == ["where"]


def test_the_layer_that_is_asked_for_and_where_its_values_go():
    outline = models.stacked(5).draw("cell", layer="upper", steps=4).outline
    notes = {box.label: box.note for box in outline.boxes}
    assert (outline.groups[0].label, notes["x₄"]) == ("upper", "from lower at t = 4")
    (out,) = [box for box in outline.boxes if box.kind == "output"]
    assert (out.label, out.note) == ("h₄", "to dense")
    lower = models.stacked(5).draw("cell").outline
    assert "to t = 3, upper at t = 2" in {box.note for box in lower.boxes}
    assert lower.notes == ("Step 2 of the steps 0 to 4 of lower; steps=4 or layer='upper' draws another.",)


def test_a_layer_in_a_layer_or_in_a_model_goes_by_its_own_name():
    outline = models.both_ways().draw("cell", layer="backward_lstm").outline
    assert (outline.groups[0].label, outline.groups[0].type) == ("both/backward_lstm", "LSTM")
    series = Input((5, 2), name="series")
    outer = Model(series, Dense(1)(Sequential([Input((5, 2)), LSTM(3, name="deep")], name="inner")(series)))
    outline = outer.draw("cell", layer="deep").outline
    assert (outline.groups[0].label, outline.groups[0].type) == ("inner/deep", "LSTM")
    assert [weight.name for weight in outline.groups[0].weights] == ["kernel", "bias", "recurrent_kernel"]


def test_the_backward_pass_of_a_step():
    outline = draw(models.training(models.one_lstm(5)), level="cell").outline
    ports = {(box.kind, box.label): (box.column, box.note) for box in outline.boxes if box.kind != "op"}
    assert ports["input", "∂h₂"] == ports["input", "∂c₂"] == (1, "from ∂ t = 3")
    assert ports["output", "∂h₁"] == ports["output", "∂c₁"] == (-1, "to ∂ t = 1")
    assert ports["output", "∂ lstm"] == (-1, "sums over all steps")
    (sums,) = [box.id for box in outline.boxes if box.label == "∂ lstm"]
    assert sum(edge.target == sums for edge in outline.edges) == 3  # kernel, recurrent kernel, bias
    assert {box.note for box in outline.boxes} >= {"at i₂", "at f₂", "at g₂", "at o₂", "at c₂", "at h₂"}
    assert {edge.pass_ for edge in outline.edges if edge.target == sums} == {"backward"}


def test_where_a_value_goes_in_a_pass_that_is_not_drawn_is_not_said():
    graph = models.training(models.one_lstm(5))
    both, forward = (draw(graph, level="cell", pass_=p).outline.boxes for p in ("all", "forward"))
    (h,) = [box for box in both if (box.kind, box.label) == ("output", "h₂")]
    assert h.note == "to t = 3, ∂ t = 3"
    (h,) = [box for box in forward if (box.kind, box.label) == ("output", "h₂")]
    assert h.note == "to t = 3"


def test_an_update_belongs_to_no_step_and_a_note_says_so():
    model = models.stacked(5)
    model.compile("sgd", "mse")
    note = "The update belongs to no step; level='unrolled' draws it."
    assert note in model.draw("cell", pass_="all").outline.notes
    assert note not in model.draw("cell", pass_=["forward", "backward"]).outline.notes
    assert note not in draw(models.training(models.one_lstm()), level="cell").outline.notes


def test_states_that_another_layer_left_have_their_names():
    series, text = Input((5, 2), name="series"), Input((4, 2), name="text")
    _, h, c = LSTM(3, return_state=True, name="encoder")(series)
    model = Model([series, text], LSTM(3, name="decoder")(text, initial_state=[h, c]))
    assert model.draw("cell").outline.groups[0].label == "encoder"  # it is done first
    outline = model.draw("cell", layer="decoder", steps=0).outline
    ports = {box.label: box.note for box in outline.boxes if box.kind == "input"}
    assert ports == {
        "x₀": "from text",
        "h₄": "from encoder at t = 4",
        "c₄": "from encoder at t = 4",
    }


def test_a_layer_cuts_its_inputs_out_of_what_the_one_before_it_made():
    model = Sequential([Input((5,), dtype="int64"), Embedding(10, 3, name="embedding"), LSTM(2)])
    outline = model.draw("cell").outline
    assert ("x₂", "from embedding") in {(box.label, box.note) for box in outline.boxes}


def test_the_backward_pass_alone_says_what_it_reads_of_the_forward_pass():
    outline = draw(models.training(models.one_lstm(5)), level="cell", pass_="backward").outline
    assert {box.pass_ for box in outline.boxes if box.kind == "op"} == {"backward"}
    read = {box.label for box in outline.boxes if box.note == "of the forward pass"}
    assert read == {"i₂", "f₂", "g₂", "o₂", "tanh"}


@pytest.mark.parametrize("pass_", ["forward", "backward", "all"])
def test_every_operation_of_the_step_has_a_box_and_every_box_an_edge(pass_):
    graph = models.training(models.one_lstm(5))
    outline = draw(graph, level="cell", pass_=pass_).outline
    wanted = {"forward": ("lstm/t2",), "backward": ("backward/lstm/t2",)}
    scopes = wanted.get(pass_, ("lstm/t2", "backward/lstm/t2"))
    nodes = [n for n in graph.nodes if n.inputs and n.scope.startswith(scopes)]
    assert sum(box.kind == "op" for box in outline.boxes) == len(nodes)
    ends = {end for edge in outline.edges for end in (edge.source, edge.target)}
    assert ends == {box.id for box in outline.boxes}


def test_a_cell_names_its_parts_by_scopes():
    nodes = [n for n in models.one_lstm(3).trace(4).nodes if n.scope.startswith("lstm/t1")]
    named = parts(nodes)
    assert {name: node.op.name for name, node in named.items()} == {
        "i": "sigmoid", "f": "sigmoid", "g": "tanh", "o": "sigmoid", "c": "add", "h": "multiply",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"layer": "gru"}, "no recurrent layer is called 'gru'; take one of 'lower', 'upper'"),
        ({"layer": "dense"}, "no recurrent layer is called 'dense'"),
        ({"steps": 5}, "steps=5 is no step of 'lower', which has the steps 0 to 4"),
        ({"steps": -1}, "steps must be a whole number of at least 0, got -1"),
        ({"steps": True}, "got True"),
        ({"pass_": "update"}, "have nothing of the update pass; see level 'unrolled'"),
    ],
)
def test_what_a_step_has_not_is_refused(how, message):
    model = models.stacked(5)
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=message):
        model.draw("cell", **how)


def test_without_time_steps_there_is_no_cell():
    with pytest.raises(ValueError, match="nothing here has time steps; take level 'ops'"):
        draw(tg.tanh(tg.input("x", (2,))), level="cell")
