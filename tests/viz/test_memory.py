"""The memory chart: its rectangles are where the arrays are, none on another, and none is missing."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from viz import models, nasty
from viz.reading import SVG, size_of, tooltips_of, words_of

import tinygraph as tg
from tinygraph import backends
from tinygraph.nn import Dense, Sequential
from tinygraph.plan import nbytes, plan
from tinygraph.run import Program
from tinygraph.viz.memory.chart import MemoryChart, memory_chart
from tinygraph.viz.memory.lives import lives, most_alive, operations

THINGS = [
    models.one_lstm,
    models.compiled,
    models.skip,
    models.both_ways,
    models.gradient,
    models.update,
    lambda: models.training(models.stacked(12)),
    lambda: models.chain(5),
    lambda: tg.input("x", (2,)),
    lambda: {"a" * 50: tg.tanh(tg.input("x", (2,))), "W" * 50: tg.param("w", [1.0])},
]


@pytest.fixture(params=THINGS, ids=[str(k) for k in range(len(THINGS))])
def chart(request):
    return memory_chart(request.param())


def test_it_is_exported():
    assert tg.memory_chart is memory_chart


def test_no_two_values_have_one_byte_at_one_time(chart):
    for found in (chart.lives, chart.separate_lives):
        for k, one in enumerate(found):
            for other in found[k + 1 :]:
                together = max(one.first, other.first) < min(one.end, other.end)
                on_one = max(one.start, other.start) < min(one.start + one.size, other.start + other.size)
                assert not (together and on_one), (one, other)


def test_all_bytes_of_the_arena_are_used_and_no_others(chart):
    for found, planned in ((chart.lives, chart.reused), (chart.separate_lives, chart.separate)):
        assert max((life.start + life.size for life in found), default=0) == planned.arena
        assert len(found) == len(planned.slots)
    assert sum(life.size for life in chart.separate_lives) == chart.separate.arena


def test_what_is_needed_is_the_most_that_is_alive_at_once(chart):
    count = chart.operations[-1]
    alive = (sum(life.size for life in chart.lives if life.first <= k < life.end) for k in range(count))
    assert chart.needed == max(alive, default=0)
    assert chart.needed <= chart.reused.arena <= chart.separate.arena


def test_rectangles_are_where_the_arrays_are(chart):
    program = Program(chart.reused, backends.get("numpy"))
    base = program.arena.ctypes.data
    real = sorted((program.arrays[node].ctypes.data - base, nbytes(node)) for node in chart.reused.slots)
    assert sorted((life.start, life.size) for life in chart.lives) == real


def test_a_value_lives_from_what_writes_it_to_the_last_that_reads_it():
    x = tg.input("x", (8, 8))
    a = x @ x
    b = a @ x
    graph = tg.Graph({"y": tg.concat([b @ a, x], axis=0)})
    made = plan(graph, reuse=False)
    steps = operations(made)
    assert steps == [0, 0, 1, 2, 3, 4]  # x, a, b, b @ a, the concat
    assert [(life.first, life.end) for life in lives(made, steps)] == [(0, 3), (1, 3), (2, 4), (3, 4)]
    assert most_alive(lives(made, steps)) == 3 * 256


def test_a_value_written_over_another_begins_where_that_ends():
    x = tg.input("x", (8, 8))
    made = plan(tg.Graph({"y": tg.exp(tg.tanh(x @ x))}))
    found = lives(made, operations(made))
    assert [(life.first, life.end, life.start) for life in found] == [(0, 1, 0), (1, 2, 0), (2, 3, 0)]
    assert {life.buffer for life in found} == {1}


def test_a_function_shows_its_own_plan():
    x = tg.input("x", (8, 8))
    function = tg.compile({"y": tg.exp(tg.tanh(x @ x))}, rewrite=False)
    chart = memory_chart(function)
    assert chart.reused is function.plan
    assert [life.label for life in chart.lives] == ["matmul", "tanh", "exp"]


def test_a_model_that_is_compiled_shows_a_step_of_training():
    assert {life.pass_ for life in memory_chart(models.one_lstm()).lives} == {"forward"}
    chart = memory_chart(models.compiled())
    assert {life.pass_ for life in chart.separate_lives} == {"forward", "backward", "update"}
    sizes = f"{chart.reused.arena:,} bytes with reuse, {chart.separate.arena:,} without"
    assert repr(chart) == f"<MemoryChart 'one (Sequential), trained on a batch of 32': {sizes}>"


def rectangles(chart):
    return [
        r for r in ElementTree.fromstring(chart.svg()).iter(f"{SVG}g") if r.find(f"{SVG}rect") is not None
    ]


def test_every_value_has_a_rectangle_with_all_there_is_to_say(chart):
    tips = tooltips_of(chart.svg())[1:]
    assert len(tips) == len(rectangles(chart)) == len(chart.lives) + len(chart.separate_lives)
    for tip, life in zip(tips, (*chart.separate_lives, *chart.lives), strict=True):
        assert tip == (
            f"{life.label}, {life.size:,} bytes in buffer {life.buffer}: "
            f"bytes {life.start:,} to {life.start + life.size - 1:,}, "
            f"from operation {life.first} to {life.end - 1}"
        )


def test_rectangles_are_as_high_as_values_are_large():
    chart = memory_chart(models.one_lstm())
    drawn = [group.find(f"{SVG}rect") for group in rectangles(chart)]
    lives = (*chart.separate_lives, *chart.lives)
    scale = float(drawn[0].get("height")) / lives[0].size
    for rect, life in zip(drawn, lives, strict=True):
        assert float(rect.get("height")) == pytest.approx(life.size * scale, abs=0.6)


def test_text_is_whole_and_lies_on_no_other(chart):
    words = words_of(chart.svg())
    wide, high = size_of(chart.svg())
    for index, word in enumerate(words):
        assert min(word.left, word.top) >= 0
        assert word.right <= wide
        assert word.bottom <= high
        assert not any(word.overlaps(other) for other in words[index + 1 :])
    said = [word.text for word in words]
    assert f"with reuse: {chart.reused.arena:,} bytes" in " ".join(said)
    assert f"without reuse: {chart.separate.arena:,} bytes" in " ".join(said)


@pytest.mark.parametrize("suffix", [".svg", ".tex"])
def test_it_is_saved(suffix, tmp_path):
    chart = memory_chart(models.one_lstm())
    path = chart.save(tmp_path / f"memory{suffix}")
    assert "with reuse" in path.read_text(encoding="utf-8")
    assert chart._repr_svg_() == chart.svg()


def test_what_cannot_be_charted_or_saved_is_refused(tmp_path):
    with pytest.raises(TypeError, match="expected a model, a graph, a node"):
        memory_chart(3)
    with pytest.raises(tg.GraphError, match="'net' is not built"):
        memory_chart(Sequential([Dense(2)], name="net"))
    with pytest.raises(ValueError, match=r"cannot write \.dot; take one of '\.svg'"):
        memory_chart(models.update()).save(tmp_path / "memory.dot")
    assert not list(tmp_path.iterdir())


@given(nasty.names, nasty.names)
def test_any_names_come_out_as_text(name, other):
    x = tg.input(name, (16, 16))
    with tg.scope(other):
        chart = memory_chart({name: tg.tanh(x @ x) @ x})
    assert isinstance(chart, MemoryChart)
    assert re.search("with reuse", " ".join(word.text for word in words_of(chart.svg())))
