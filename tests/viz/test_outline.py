"""Outlines: what is drawn at each level, and how it is connected. The golden files have some whole."""

import pytest
from viz import models
from viz.told import told

import tinygraph as tg
from tinygraph.viz.draw import draw


def test_a_layer_that_goes_back_in_time_takes_its_steps_from_the_last():
    outline = draw(models.both_ways(), level="unrolled").outline
    lines = [line for line in told(outline) if "backward" in line and "forward" not in line]
    assert {"both/backward_lstm: LSTM @ t = 3 -> both/backward_lstm: LSTM @ t = 2 h₃"} <= {
        line.replace("backward_lstm @", "LSTM @") for line in lines
    }
    (start,) = [box for box in outline.boxes if box.note == "initial state" and box.column == 4]
    assert start.shape == "(32, 3)"


def edges_of(outline, **wanted):
    """The edges whose ends' attributes are as wanted: ``pass_=("backward", "backward")``."""
    box = {box.id: box for box in outline.boxes}
    return [
        (box[e.source], box[e.target], e)
        for e in outline.edges
        if all((getattr(box[e.source], k), getattr(box[e.target], k)) == ends for k, ends in wanted.items())
    ]


def test_backpropagation_through_time_goes_from_each_step_to_the_one_before():
    outline = draw(models.training(models.one_lstm(4)), level="unrolled").outline
    found = edges_of(outline, pass_=("backward", "backward"), kind=("cell", "cell"))
    steps = sorted((source.column, target.column, edge.label) for source, target, edge in found)
    assert steps == [
        (1, 0, "∂c₀"), (1, 0, "∂h₀"), (2, 1, "∂c₁"), (2, 1, "∂h₁"), (3, 2, "∂c₂"), (3, 2, "∂h₂"),
    ]  # fmt: skip


def test_the_gradient_of_a_shared_weight_adds_up_over_all_steps():
    outline = draw(models.training(models.one_lstm(4)), level="unrolled").outline
    (total,) = [box for box in outline.boxes if "d lstm/kernel" in box.outputs]
    steps = [s.column for s, _, e in edges_of(outline, pass_=("backward",) * 2) if e.target == total.id]
    assert (total.pass_, sorted(steps)) == ("backward", [0, 1, 2, 3])
    assert "add_n" in total.note


def test_values_that_the_backward_pass_reads_again_are_told_apart():
    outline = draw(models.training(models.one_lstm(3)), level="unrolled").outline
    read_again = edges_of(outline, pass_=("forward", "backward"))
    assert read_again
    assert all(edge.saved for _, _, edge in read_again)
    assert not any(
        e.saved for pass_ in ("forward", "backward") for *_, e in edges_of(outline, pass_=(pass_,) * 2)
    )


@pytest.mark.parametrize("level", ["unrolled", "ops"])
@pytest.mark.parametrize(
    "thing", [models.gradient, models.update, lambda: models.training(models.one_lstm(3))]
)
def test_every_pass_of_a_graph_is_its_boxes_pass(level, thing):
    graph = thing()
    passes = {node.scope.split("/")[0] for node in graph.nodes} & {"backward", "update"}
    assert {box.pass_ for box in draw(graph, level=level).outline.boxes} == passes | {"forward"}


def test_every_operation_has_a_box_at_level_ops():
    graph = models.training(models.one_lstm(3))
    boxes = draw(graph, level="ops").outline.boxes
    assert sum(box.kind == "op" for box in boxes) == sum(bool(node.inputs) for node in graph.nodes)


def test_shared_weights_are_drawn_once_and_without_edges():
    for level in ("unrolled", "ops"):
        outline = draw(models.one_lstm(), level=level).outline
        (lstm,) = [group for group in outline.groups if group.label == "lstm"]
        assert [weight.name for weight in lstm.weights] == ["kernel", "bias", "recurrent_kernel"]
        assert not any(box.kind == "param" and box.label.startswith("lstm") for box in outline.boxes)


@pytest.mark.parametrize(
    ("total", "steps", "headings"),
    [
        (1, None, ["t = 0"]),
        (12, None, [f"t = {t}" for t in range(12)]),
        (13, None, ["t = 0", "t = 1", "…", "t = 11", "t = 12"]),
        (13, 13, [f"t = {t}" for t in range(13)]),
        (13, 5, ["t = 0", "t = 1", "t = 2", "…", "t = 11", "t = 12"]),
        (13, 12, [f"t = {t}" for t in range(13)]),  # an ellipsis for one step would be no shorter
        (13, 1, ["t = 0", "…"]),
        (5, 2, ["t = 0", "…", "t = 4"]),
    ],
)
def test_steps(total, steps, headings):
    outline = draw(models.one_lstm(total), level="unrolled", steps=steps).outline
    assert list(outline.columns) == headings
    cells = [box for box in outline.boxes if box.kind == "cell"]
    left_out = sum(int(box.note.split()[0]) for box in outline.boxes if box.kind == "ellipsis") // 2
    assert len(cells) + left_out == total
    assert bool(outline.notes) == ("…" in headings)


def test_a_note_says_what_is_left_out_and_how_to_see_it():
    (note,) = draw(models.stacked(), level="unrolled").outline.notes
    assert note == "Steps 2 to 27 are left out; steps=30 draws all."


def test_layers_of_different_length_show_the_ends_of_both():
    x = tg.input("x", (1, 2))
    for layer, length in (("long", 30), ("short", 20)):
        with tg.scope(layer):
            for step in range(length):
                with tg.scope(f"t{step}"):
                    x = tg.tanh(x)
    outline = draw(x, level="unrolled").outline
    shown = ["t = 0", "t = 1", "…", "t = 18", "t = 19", "…", "t = 28", "t = 29"]
    assert list(outline.columns) == shown


@pytest.mark.parametrize("level", ["unrolled", "ops"])
def test_more_boxes_than_the_limit_are_shown_by_fewer_steps_where_there_are_steps(level):
    model = models.stacked()
    whole = draw(model, level=level, steps=30).outline
    count = len(whole.boxes)
    outline = draw(model, level=level, steps=30, limit=count - 1).outline
    assert outline.columns == ("t = 0", "t = 1", "…", "t = 28", "t = 29")
    assert outline.boxes == draw(model, level=level).outline.boxes
    assert f"{count:,} boxes; limit={count} draws them" in outline.notes[-1]
    assert draw(model, level=level, steps=30, limit=count).outline == whole
    assert draw(model, level=level, steps=30, limit=10).outline.columns == ()


def test_more_boxes_than_the_limit_are_collapsed_and_the_note_says_how_to_see_them():
    chain = models.chain(3000)
    outline = draw(chain).outline
    (middle,) = [box for box in outline.boxes if box.kind == "ellipsis"]
    assert len(outline.boxes) == 25
    assert middle.note == "2,977 operations and leaves"
    assert "limit=3001 draws all" in outline.notes[0]
    assert len(draw(chain, limit=3001).outline.boxes) == 3001
    assert len(outline.edges) == 24
