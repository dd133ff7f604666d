"""Stages: they are what `compile` makes, two of them show what a rewrite did, and places are real."""

import re

import numpy as np
import pytest
from hypothesis import given
from viz import models, nasty
from viz.goldens import outlines_of
from viz.reading import size_of, strings_of, words_of
from viz.test_dot import edges_in

import tinygraph as tg
from tinygraph import backends
from tinygraph.run import Program
from tinygraph.viz.draw import draw
from tinygraph.viz.layout import layout
from tinygraph.viz.stages.beside import layouts
from tinygraph.viz.stages.places import Places
from tinygraph.viz.stages.same import same_nodes
from tinygraph.viz.stages.stage import STAGES, stages
from tinygraph.viz.subject import subject

ALL = ("forward", "backward", "update")


def training(steps=3):
    """The graph of a step of training."""
    return subject(models.compiled(steps), ALL).graph


def stage_of(graph, name):
    (found,) = stages(graph, [name])
    return found


def the(boxes, **wanted):
    """The one box that is as wanted."""
    (found,) = [box for box in boxes if all(getattr(box, key) == value for key, value in wanted.items())]
    return found


def test_stages_are_what_compile_makes():
    graph = training()
    function = tg.compile(graph.outputs, graph.updates, jit_compile=False)
    assert stage_of(graph, "rewritten").graph.count() == function.graph.count()
    last = stage_of(graph, "stacks")  # the last rewrite for backends that pay for each call
    assert (last.plan.calls, last.plan.arena) == (function.plan.calls, function.plan.arena)
    plain = tg.compile(graph.outputs, graph.updates, rewrite=False)
    given = stage_of(graph, "differentiated")
    assert (given.plan.calls, given.plan.arena) == (plain.plan.calls, plain.plan.arena)


def test_what_is_planned_is_what_machine_code_runs():
    pytest.importorskip("llvmlite")
    graph = training()
    function = tg.compile(graph.outputs, graph.updates, jit_compile=True)
    planned = stage_of(graph, "planned")
    assert planned.graph.count() == function.plan.graph.count()
    assert (planned.plan.calls, planned.plan.arena) == (function.plan.calls, function.plan.arena)


def test_every_stage_computes_the_same():
    graph = models.training(models.one_lstm(3), 5)
    rng = np.random.default_rng(0)
    feeds = {leaf.name: rng.normal(size=leaf.shape) for leaf in graph.inputs}
    found = [tg.compile(stage.graph.outputs, rewrite=False)(**feeds) for stage in stages(graph, STAGES[1:])]
    for values in found[1:]:
        assert values.keys() == found[0].keys()
        for name, value in values.items():
            np.testing.assert_allclose(value, found[0][name], rtol=2e-5, atol=1e-7)


def test_the_figures_are_those_of_the_graph():
    graph = models.one_lstm(4).trace(32)
    (note,) = draw(graph, stage="declared").outline.notes
    plain = tg.compile(graph.outputs, rewrite=False)
    count = sum(bool(node.inputs) for node in graph.nodes)
    assert note == (
        f"{count} operations, {graph.count()['matmul']} products among them; "
        f"{plain.plan.calls} kernel calls, {plain.plan.arena:,} bytes of buffers."
    )


def test_declared_is_the_forward_pass():
    graph = training()
    declared = stage_of(graph, "declared").graph
    assert list(declared.outputs) == ["loss"]
    assert not any(node.scope.startswith(("backward", "update")) for node in declared.nodes)


def test_declared_of_gradients_alone_is_what_they_are_of():
    w = tg.param("w", [1.0, 2.0])
    (slope,) = tg.gradients(tg.sum(tg.tanh(w)), [w])
    declared = stage_of(tg.Graph({"slope": slope}), "declared").graph
    assert set(declared.count()) == {"param", "tanh"}


def test_the_hoisted_product_is_new_and_those_of_the_steps_are_gone():
    before, after = draw(models.one_lstm(4), stage=("declared", "siblings"), level="ops").outlines
    gone = [box for box in before.boxes if box.mark]
    assert sorted((box.label, box.mark, box.column) for box in gone) == [
        ("matmul(·, kernel)", "gone", t) for t in range(4)
    ]
    come = sorted(box.label for box in after.boxes if box.mark == "new")
    assert come == ["concat", "matmul", "slice", "slice", "slice", "slice"]
    assert the(after.boxes, label="matmul", mark="new").shape == "(128, 16)"


def test_at_level_unrolled_a_box_says_what_it_lost_and_won():
    before, after = draw(models.compiled(4), stage=("differentiated", "rewritten")).outlines
    (one, other) = (the(o.boxes, kind="cell", pass_="forward", column=1) for o in (before, after))
    assert (one.id, one.mark, one.remarks) == (other.id, "changed", ("gone: matmul, add",))
    assert (other.mark, other.remarks) == ("changed", ())
    hoisted = the(after.boxes, kind="layer", pass_="forward", label="lstm")
    assert (hoisted.mark, hoisted.remarks) == ("new", ("matmul, add",))


@pytest.mark.parametrize("level", ["unrolled", "ops"])
@pytest.mark.parametrize("pair", [("differentiated", "rewritten"), ("rewritten", "planned")])
def test_what_both_have_stands_at_one_place_under_one_name(pair, level):
    left, right = layouts(*draw(models.compiled(3), stage=pair, level=level).outlines)
    one, other = ({placed.box.id: placed for placed in each.boxes} for each in (left, right))
    shared = one.keys() & other.keys()
    assert len(shared) > 10
    for id in shared:
        assert one[id].rect == other[id].rect
        assert (one[id].box.kind, one[id].box.pass_) == (other[id].box.kind, other[id].box.pass_)
        assert one[id].box.mark == other[id].box.mark != "new"
    assert all(
        placed.box.mark == "gone" for id, placed in one.items() if id not in shared and members(placed)
    )
    for each in (left, right):
        assert len(each.boxes) == len(each.outline.boxes)
        assert len(each.edges) == len(each.outline.edges)


def members(placed):
    """Whether a box stands for anything that is computed: a leaf may only be drawn in another way."""
    return placed.box.kind in ("op", "cell", "layer")


def test_steps_that_were_rewritten_alike_stand_in_one_row():
    for pair in (("declared", "siblings"), ("declared", "rewritten")):
        _, right = layouts(*draw(models.one_lstm(4), stage=pair, level="ops").outlines)
        rows = {p.rect.y for p in right.boxes if p.box.mark == "new" and p.box.column is not None}
        assert len(rows) == 1


def test_a_node_is_the_same_only_as_one_of_its_kind_and_no_two_are_one():
    before, after = (stage.graph for stage in stages(training(), ("differentiated", "rewritten")))
    found = same_nodes(before, after)
    assert len(set(found.values())) == len(found)
    for new, old in found.items():
        assert (new.op, new.shape, new.dtype, new.scope) == (old.op, old.shape, old.dtype, old.scope)
    assert set(before.leaves) & set(after.leaves) <= found.keys()


def test_stages_of_other_time_steps_are_laid_out_each_by_itself():
    x = tg.input("x", (2, 2))
    outlines = []
    for length in (2, 3):
        y = x
        for step in range(length):
            with tg.scope("cell"), tg.scope(f"t{step}"):
                y = tg.tanh(y)
        outlines.append(draw(y).outline)
    assert layouts(*outlines) == tuple(map(layout, outlines))


@pytest.mark.parametrize("graph", [training(), models.one_lstm(4).trace(32), models.update()])
def test_the_bytes_in_words_are_those_that_the_program_writes(graph):
    planned = stage_of(graph, "planned")
    program, places = Program(planned.plan, backends.get("numpy")), Places(planned.plan)
    base = program.arena.ctypes.data
    seen = 0
    for node in planned.graph.nodes:
        told_ = " ".join(places.remarks([node]))
        if found := re.search(r"bytes ([\d,]+) to ([\d,]+)", told_):
            first, last = (int(number.replace(",", "")) for number in found.groups())
            array = program.arrays[node]
            assert array.ctypes.data - base == first
            assert first + array.nbytes - 1 <= last < planned.plan.arena
            seen += 1
    assert seen == len(planned.plan.slots)


def test_places_are_said_in_words():
    x, w = tg.input("x", (16, 16)), tg.param("w", np.ones((16, 16)))
    h = x @ w
    joined = tg.concat([tg.exp(h @ w), tg.tanh(h), x], axis=0)
    graph = tg.Graph({"y": tg.exp(tg.tanh(x @ w) @ w), "j": joined, "v": tg.reshape(h, (256,))}, {w: w - 0.5})
    boxes = draw(graph, stage="planned").outline.boxes
    said = {remark for box in boxes for remark in box.remarks}
    for words in ("writes buffer", "writes its part of buffer", "view of buffer", "copies 1 of 3 parts into"):
        assert any(remark.startswith(words) for remark in said), words
    assert "writes w" in said
    (over,) = [box for box in boxes if any("in place" in remark for remark in box.remarks)]
    assert over.label.startswith("fused")


def test_a_fused_node_says_what_it_equals_and_has_one_box():
    outline = draw(models.one_lstm(4), stage="planned", level="ops").outline
    fused = [box for box in outline.boxes if box.label == "fused"]
    assert [box.remarks[:2] for box in fused] == [
        ("equals 3 sigmoid, 3 multiply,", "2 tanh, add"),
    ] * 4
    assert [box.shape for box in fused] == ["2 × (32, 4)"] * 3 + ["(32, 4)"]
    assert not any(box.label.startswith("part") for box in outline.boxes)


def test_stages_of_a_model_that_is_not_compiled_are_those_of_its_prediction():
    model = models.one_lstm()
    assert draw(model, stage="planned").outline.title == "one (Sequential), a batch of 32: planned"
    with pytest.raises(tg.GraphError, match=r"nothing differentiated here.*or compile the model first"):
        draw(model, stage="differentiated")
    assert not model.compiled
    assert models.compiled().compiled


@pytest.mark.parametrize("stage", ["fused", "", (), ("declared", "drawn"), STAGES, 3, ["planned", None]])
def test_an_unknown_stage_is_refused_with_the_real_ones(stage):
    with pytest.raises(
        ValueError, match=r"one of 'declared', 'differentiated', 'rewritten', 'planned'"
    ) as raised:
        draw(models.one_lstm(), stage=stage)
    assert "siblings" in str(raised.value)


@pytest.mark.parametrize("level", ["model", "cell", "layers"])
def test_a_stage_has_no_level_of_layers(level):
    with pytest.raises(ValueError, match=f"a stage has no level '{level}'; take one of 'unrolled', 'ops'"):
        draw(models.one_lstm(), stage="planned", level=level)


#: One stage, or two.
DRAWN = [
    (models.one_lstm, {"level": "ops", "stage": "planned"}),
    (models.compiled, {"stage": "planned"}),
    (models.compiled, {"level": "ops", "stage": "planned"}),
    (models.one_lstm, {"level": "ops", "stage": ("declared", "rewritten")}),
    (models.one_lstm, {"level": "ops", "stage": ("rewritten", "planned")}),
    (models.compiled, {"stage": ("differentiated", "rewritten")}),
    (models.compiled, {"stage": ("rewritten", "planned")}),
    (models.compiled, {"level": "ops", "stage": ("products", "planned")}),
    (lambda: models.chain(3000), {"stage": ("declared", "planned")}),
]


@pytest.fixture(params=DRAWN, ids=[f"{how['stage']}, {k}" for k, (_, how) in enumerate(DRAWN)])
def drawing(request):
    thing, how = request.param
    return draw(thing(), **how)


def test_each_stage_is_a_panel_and_no_text_lies_on_text(drawing):
    words = sorted(words_of(drawing.svg()), key=lambda word: word.top)
    for index, word in enumerate(words):
        for other in words[index + 1 :]:
            if other.top > word.bottom:
                break
            assert not word.overlaps(other), (word, other)
    wide, high = size_of(drawing.svg())
    assert all(word.left >= 0 and word.right <= wide and word.bottom <= high for word in words)
    titles = [word.text for word in words]
    assert all(outline.title in titles for outline in outlines_of(drawing))


def test_two_stages_are_two_clusters_of_one_dot(drawing):
    source, outlines = drawing.dot().source, outlines_of(drawing)
    several = len(outlines) > 1
    assert re.findall(r"subgraph (cluster_\d) ", source) == ["cluster_0", "cluster_1"] * several
    prefixes = [f"p{k}_" * several for k in range(len(outlines))]
    names = re.findall(r"^\s*((?:p\d_)?(?:b\d+n?|middlen?)) \[", source, flags=re.MULTILINE)
    expected = [
        f"{p}{box.id}" for p, outline in zip(prefixes, outlines, strict=True) for box in outline.boxes
    ]
    assert sorted(names) == sorted(expected)
    ends = {
        (f"{p}{e.source}", f"{p}{e.target}")
        for p, outline in zip(prefixes, outlines, strict=True)
        for e in outline.edges
    }
    assert {edge[:2] for edge in edges_in(source)} == ends


@pytest.mark.parametrize("suffix", [".svg", ".dot", ".tex"])
def test_two_stages_are_saved_as_one_file(suffix, tmp_path):
    pair = draw(models.one_lstm(2), stage=("declared", "rewritten"), path=tmp_path / f"pair{suffix}")
    text = (tmp_path / f"pair{suffix}").read_text(encoding="utf-8")
    assert "rewritten" in text
    assert repr(pair).startswith("<SideBySide 'one (Sequential), a batch of 32: declared | one")


def test_marks_are_told_by_words_and_shape_and_not_by_colour_alone():
    drawing = draw(models.one_lstm(2), stage=("declared", "siblings"), level="ops")
    words = [word.text for word in words_of(drawing.svg())]
    assert (words.count("gone"), words.count("new")) == (2, 4)
    assert drawing.dot().source.count("peripheries=2") == 4


@given(nasty.names, nasty.names)
def test_any_names_come_out_as_text(name, other):
    w = tg.param(other, [[1.0, 2.0]])
    x = [tg.input(f"{name}{k}", (2, 1)) for k in range(2)]
    with tg.scope(name):
        drawing = draw({other: tg.tanh(x[0] @ w) + x[1] @ w}, stage=("declared", "planned"))
    words_of(drawing.svg())
    strings_of(drawing.dot().source)


def test_a_graph_deeper_than_the_stack_is_drawn():
    drawing = draw(models.chain(100_000), stage=("declared", "planned"))
    assert "100,000 operations" in drawing.outlines[0].notes[0]
