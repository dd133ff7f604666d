"""Which passes are drawn: of a model, of a step of its training, and of nodes."""

import numpy as np
import pytest
from viz import models

import tinygraph as tg
from tinygraph.nn import LSTM, Dense, Dropout, Input, Sequential
from tinygraph.viz.draw import draw


def compiled(model, optimizer="sgd"):
    model.compile(optimizer, "mse")
    return model


def passes(outline):
    return {box.pass_ for box in outline.boxes}


def test_a_model_is_drawn_going_forward_and_without_what_only_training_does():
    model = compiled(Sequential([Input((4,)), Dropout(0.5), Dense(1)]))
    assert passes(model.draw("ops").outline) == {"forward"}
    assert "dropout" not in str(model.draw("ops").outline)
    assert model.draw("ops", pass_="forward").outline == model.draw("ops").outline


@pytest.mark.parametrize("level", ["unrolled", "ops"])
@pytest.mark.parametrize(
    "asked", ["backward", "update", ["forward", "backward"], ("backward", "update"), "all", ["all"]]
)
def test_the_passes_that_are_asked_for_are_drawn_and_no_other(level, asked):
    outline = compiled(models.one_lstm()).draw(level, pass_=asked).outline
    every = {"forward", "backward", "update"}
    expected = every if "all" in asked else ({asked} if isinstance(asked, str) else {*asked})
    assert passes(outline) == expected
    ids = {box.id for box in outline.boxes}
    assert all({edge.source, edge.target} <= ids for edge in outline.edges)
    groups = {group.id for group in outline.groups}
    assert {box.group for box in outline.boxes} - {""} <= groups


@pytest.mark.parametrize("asked", ["forward", "backward", "update", ["forward", "update"]])
def test_no_edge_goes_where_nothing_is_drawn(asked):
    outline = draw(models.update(), pass_=asked).outline
    ids = {box.id for box in outline.boxes}
    assert all({edge.source, edge.target} <= ids for edge in outline.edges)


def test_what_is_left_out_is_said():
    model = compiled(models.one_lstm())
    (note,) = model.draw("unrolled", pass_="backward").outline.notes
    assert note == "What is forward is left out; pass_='all' draws it too."
    assert model.draw("unrolled", pass_="all").outline.notes == ()


def test_gradients_have_the_names_of_their_weights_and_an_update_the_new_values():
    model = compiled(models.one_lstm())
    given = {name for box in model.draw("ops", pass_="backward").outline.boxes for name in box.outputs}
    assert given == {f"d {weight.label}" for weight in model.trainable_weights}
    given = {name for box in model.draw("ops", pass_="update").outline.boxes for name in box.outputs}
    assert given == {f"new {w.label}" for w in model.weights} | {"new optimizer/sgd/iterations"}


def test_an_update_alone_has_no_columns_of_time():
    outline = compiled(models.one_lstm(), "adam").draw("ops", pass_="update").outline
    assert (outline.columns, {box.column for box in outline.boxes}) == ((), {None})


def test_the_training_step_that_is_drawn_is_the_one_that_is_run():
    model = compiled(models.one_lstm(), "adam")
    x, y = np.random.default_rng(0).normal(size=(4, 3, 2)), np.ones((4, 1))
    step = model.training_step(4)
    weights = list(step.gradients)
    drawn = tg.compile({"loss": step.loss} | {w.label: step.updates[w] for w in weights})
    found = drawn(series=x.astype("float32"), **{"true dense": y.astype("float32")})
    loss = model.train_on_batch(x, y)
    np.testing.assert_allclose(found["loss"], loss, rtol=1e-6)
    for weight in weights:
        np.testing.assert_allclose(found[weight.label], weight.value, rtol=1e-5, atol=1e-7)


def test_an_output_without_a_loss_is_not_compared_with_anything():
    model = models.skip()
    model.compile("sgd", {"left": "mse", "right": None})
    inputs = {leaf.name for leaf in tg.Graph({"loss": model.training_step(2).loss}).inputs}
    assert inputs == {"series", "true left"}


def test_a_training_step_needs_shapes_and_a_batch():
    model = compiled(Sequential([Dense(1)], name="net"))
    with pytest.raises(tg.GraphError, match="its shapes are not known yet"):
        model.training_step(4)
    with pytest.raises(tg.GraphError, match="'net' is not built"):
        model.draw("ops", pass_="all")
    with pytest.raises(ValueError, match="batch"):
        compiled(models.one_lstm()).training_step(0)


def test_drawing_a_training_step_changes_nothing():
    model = compiled(models.one_lstm(), "adam")
    before = [weight.tolist() for weight in model.get_weights()]
    model.draw("ops", pass_="all").svg()
    assert [weight.tolist() for weight in model.get_weights()] == before
    assert int(model.optimizer.iterations.value) == 0


def test_a_model_takes_the_batch_that_it_is_made_for():
    model = Sequential([Input((4, 2), batch_size=7), LSTM(3), Dense(1)])
    assert "a batch of 7" in model.draw("unrolled").outline.title
    assert "a batch of 7" in compiled(model).draw("unrolled", pass_="all").outline.title


@pytest.mark.parametrize("pass_", ["backward", "update", "all"])
def test_a_model_must_be_compiled_for_more_than_the_forward_pass(pass_):
    with pytest.raises(RuntimeError, match=r"compile the model first: model.compile\('adam', 'mse'\)"):
        models.one_lstm().draw("unrolled", pass_=pass_)


@pytest.mark.parametrize("pass_", ["forwards", "", [], ["forward", "x"], "Backward", [3], 3, [["all"]]])
def test_a_pass_that_there_is_not_is_refused_with_those_that_there_are(pass_):
    with pytest.raises(
        ValueError, match="pass_ must be one of 'forward', 'backward', 'update', 'all', or several of them"
    ):
        draw(models.one_lstm(), level="ops", pass_=pass_)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"pass_": "backward"}, "has no other pass than the forward pass; take level 'unrolled'"),
        ({"steps": 3}, "level 'model' draws layers and has no time steps"),
        ({"layer": "lstm"}, "layer= chooses the layer of which level 'cell' draws a step, not 'model'"),
        ({"level": "ops", "layer": "lstm"}, "not 'ops'"),
    ],
)
def test_what_a_level_has_no_use_for_is_refused(how, message):
    with pytest.raises(ValueError, match=message):
        draw(models.one_lstm(), **how)


@pytest.mark.parametrize("level", ["unrolled", "ops"])
def test_nodes_are_drawn_in_every_pass_that_they_have(level):
    assert passes(draw(models.gradient(), level=level).outline) == {"forward", "backward"}
    assert passes(draw(models.gradient(), level=level, pass_="backward").outline) == {"backward"}
    with pytest.raises(ValueError, match="nothing here is of the update pass, only of forward and backward"):
        draw(models.gradient(), level=level, pass_="update")
