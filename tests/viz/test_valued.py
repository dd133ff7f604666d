"""values= in draw: what boxes say and how thick arrows are follows from the engine's values."""

import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from viz import models

import tinygraph as tg
from tinygraph.nn import LSTM, DataError, Dense, Dropout, Input, Sequential
from tinygraph.viz.observe import norm
from tinygraph.viz.outline import Edge
from tinygraph.viz.strength import THICK, THIN, Thickness

RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(4, 3, 2)), RNG.normal(size=(4, 1))


@pytest.fixture
def model():
    tg.set_seed(5)
    made = models.one_lstm()
    made.compile("adam", "mse")
    return made


def note_of(drawing, **wanted):
    (box,) = [
        box
        for box in drawing.outline.boxes
        if all(getattr(box, name) == value for name, value in wanted.items())
    ]
    return box.note


def test_a_cell_says_its_state_and_the_loss_its_number(model):
    drawing = model.draw("unrolled", pass_=["forward", "backward"], values=(X, Y))
    h = model.layers[0].trace(X)["h"]
    for t in range(3):
        assert (
            note_of(drawing, kind="cell", pass_="forward", column=t) == f"t = {t}, norm {norm(h[:, t]):.4g}"
        )
    loss = model.evaluate(X, Y, verbose=0)
    assert f"= {loss:.4g}" in note_of(drawing, label="loss/mean_squared_error")
    assert "norm" not in note_of(drawing, kind="input", label="x₀")  # the whole series is no step of it
    assert drawing.outline.title.endswith("trained on a batch of 4")


def test_arrows_back_in_time_are_as_strong_as_the_gradient_of_the_state(model):
    drawing = model.draw("unrolled", pass_="all", values=(X, Y))
    box = {box.id: box for box in drawing.outline.boxes}
    kinds = {
        e.label: e.strength
        for e in drawing.outline.edges
        if box[e.source].kind == box[e.target].kind == "cell"
    }
    norms = tg.gradient_flow(model, X, Y).norms["lstm"]
    for t in range(2):
        assert kinds[f"∂h{'₀₁'[t]}"] == pytest.approx(norms["h"][t], rel=1e-6)
        assert kinds[f"h{'₀₁'[t]}"] is None  # a value, no gradient


def test_a_step_of_a_cell_says_every_value(model):
    drawing = model.draw("cell", pass_=["forward", "backward"], steps=1, values=(X, Y))
    trace = model.layers[0].trace(X)
    for name in "ifgo":
        said = note_of(drawing, label=f"{name}₁", pass_="forward")
        assert said.endswith(f"norm {norm(trace[name][:, 1]):.4g}")
    weights = [edge for edge in drawing.outline.edges if edge.pass_ == "backward" and edge.strength is None]
    source = {box.id: box.label for box in drawing.outline.boxes}
    assert {source[edge.source] for edge in weights} >= {"transpose(recurrent_kernel)"}  # no gradient


def test_nodes_take_a_dict():
    x, w = tg.input("x", (2, 2)), tg.param("w", np.eye(2))
    y = tg.log(x @ w)
    (dw,) = tg.gradients(tg.sum(y), [w])
    drawing = tg.draw({"y": y, "dw": dw}, values={"x": [[0.0, 1.0], [2.0, -1.0]]})
    assert note_of(drawing, label="log") == "norm NaN"
    assert note_of(drawing, label="x") == "norm 2.449"
    strengths = [edge.strength for edge in drawing.outline.edges if edge.strength is not None]
    assert any(math.isinf(strength) for strength in strengths)
    assert "norm Inf" in drawing.svg()


def test_thickness_is_on_a_log_scale_in_every_writer(model):
    drawing = model.draw("unrolled", pass_="all", values=(X, Y))
    root = ET.fromstring(drawing.svg())
    words = " ".join(element.text or "" for element in root.iter())
    thickness = Thickness(drawing.outline.edges)
    low, high = f"{thickness.low:.4g}", f"{thickness.high:.4g}"
    assert f"thickness: norm of the gradient, {low} to {high} on a log scale" in words
    widths = {float(found) for found in re.findall(r'stroke-width="([\d.]+)"', drawing.svg())}
    assert {THIN, THICK} <= widths
    pens = {float(found) for found in re.findall(r'penwidth="?([\d.]+)', drawing.dot().source)}
    assert max(pens) == THICK
    plain = model.draw("unrolled", pass_="all")
    assert "thickness" not in plain.svg()
    assert f'penwidth="{THICK}"' not in plain.dot().source


def test_half_way_on_the_scale_is_half_way_between_the_widths():
    edges = [Edge("a", "b", strength=strength) for strength in (1e-6, 1e-3, 1.0, 0.0, math.nan, math.inf)]
    widths = [Thickness(edges).of(edge, 9.9) for edge in edges]
    assert widths == [THIN, (THIN + THICK) / 2, THICK, THIN, THICK, THICK]
    assert Thickness(edges).of(Edge("a", "b"), 9.9) == 9.9
    assert not Thickness([Edge("a", "b")]).asked


def test_the_model_stays_as_it_is():
    layers = [LSTM(3, stateful=True, name="lstm"), Dropout(0.5), Dense(1)]
    model = Sequential([Input((3, 2)), *layers])
    model.compile("adam", "mse")
    weights = model.get_weights()
    drawing = model.draw("ops", pass_="all", values=(X, Y))
    assert model.layers[0].lasting.batch is None
    assert not model.layers[0].lasting._kept
    for now, before in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(now, before)
    assert model.draw("ops", pass_="all", values=(X, Y)).svg() == drawing.svg()


@pytest.mark.parametrize("stage", ["differentiated", "rewritten", "planned"])
def test_stages_have_values_too(model, stage):
    """A rewrite keeps values; a plan computes those of several steps in one, which is then stronger."""
    drawing = model.draw("unrolled", stage=stage, values=(X, Y))
    declared = model.draw("unrolled", pass_="all", values=(X, Y))
    assert f"= {model.evaluate(X, Y, verbose=0):.4g}" in " ".join(box.note for box in drawing.outline.boxes)
    highs = [Thickness(each.outline.edges).high for each in (drawing, declared)]
    assert highs[0] == pytest.approx(highs[1], rel=0.5) or (stage == "planned" and highs[0] > highs[1])


def test_the_forward_pass_needs_no_true_values(model):
    assert model.draw("unrolled", values=X).svg() == model.draw("unrolled", values=(X, Y)).svg()
    with pytest.raises(ValueError, match=r"gradients need true values as well: values=\(x, y\)"):
        model.draw("unrolled", pass_="backward", values=X)


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ({"level": "model", "values": X}, ValueError, "level 'model' draws layers and has no values"),
        ({"level": "unrolled", "values": X[:, :2]}, DataError, "x: expected"),
        ({"level": "unrolled", "values": (X, Y[:2])}, DataError, "x has 4, y has 2"),
    ],
)
def test_what_does_not_fit_is_refused(model, how, error, message):
    with pytest.raises(error, match=message):
        model.draw(**how)


def test_values_of_nodes_go_by_name():
    x = tg.input("x", (2,))
    with pytest.raises(TypeError, match="values of nodes are a dict of arrays by input name, got list"):
        tg.draw(tg.tanh(x), values=[1.0, 2.0])
    with pytest.raises(tg.GraphError, match="expected the inputs x"):
        tg.draw(tg.tanh(x), values={})
