"""DOT: the same boxes and edges, in clusters, with every name quoted; no ``dot`` program is asked for."""

import re
import shutil
from collections import defaultdict

import graphviz
import pytest
from hypothesis import given
from viz import models, nasty
from viz.reading import strings_of
from viz.test_svg import named_everywhere

from tinygraph.viz.draw import draw
from tinygraph.viz.text import visible

#: What remains of DOT source when quoted strings are taken out: words, numbers and signs.
UNQUOTED = re.compile(r"[\w\s.=\-\[\]{}>,#]*")


EDGE = re.compile(r"^\s*(\w+) -> (\w+)((?: \[.*\])?)", re.MULTILINE)


@pytest.fixture(params=models.DRAWN, ids=[case[0] for case in models.DRAWN])
def drawing(request):
    _, thing, how = request.param
    return draw(thing(), **how)


def edges_in(source):
    """The ends of each edge that is seen, from where the value comes to where it goes, and its label."""
    for left, right, look in EDGE.findall(source):
        if "style=invis" not in look:
            label = re.search(r'label=(?:"([^"]*)"|(\w+))', look)
            ends = (right, left) if "dir=back" in look else (left, right)
            yield *ends, (label[1] or label[2]) if label else ""


def test_every_box_and_edge_is_there(drawing):
    source = drawing.dot().source
    joined = {}
    for edge in drawing.outline.edges:
        joined.setdefault((edge.source, edge.target, edge.pass_, edge.saved), []).append(edge.label)
    expected = [(*key[:2], ", ".join(filter(None, labels))) for key, labels in joined.items()]
    assert sorted(edges_in(source)) == sorted(expected)
    boxes = re.findall(r"^\s*(b\d+|middle) \[", source, flags=re.MULTILINE)
    assert sorted(boxes) == sorted(box.id for box in drawing.outline.boxes)


def test_nothing_is_written_from_a_later_step_to_an_earlier_one(drawing):
    box = {box.id: box for box in drawing.outline.boxes}
    for left, right, look in EDGE.findall(drawing.dot().source):
        one, other = box.get(left), box.get(right)
        if one and other and one.group == other.group and None not in (one.column, other.column):
            assert one.column <= other.column, look


@pytest.fixture(scope="module")
def rendered():
    """Where ``dot`` puts the boxes of a drawing, by their ids."""
    if shutil.which("dot") is None:
        pytest.skip("there is no dot program here")

    def positions(drawing):
        lines = drawing.dot().pipe(format="plain", encoding="utf-8").splitlines()
        nodes = [line.split() for line in lines if line.startswith("node ")]
        return {node[1]: (float(node[2]), -float(node[3])) for node in nodes}

    return positions


@pytest.mark.parametrize(
    ("thing", "level"),
    [
        (lambda: models.one_lstm(30), "unrolled"),
        (models.stacked, "unrolled"),
        (models.skip, "unrolled"),
        (models.both_ways, "unrolled"),
        (lambda: models.training(models.stacked(30)), "unrolled"),
        (models.one_lstm, "ops"),
    ],
)
def test_dot_keeps_steps_in_order_of_time_and_layers_in_theirs(rendered, thing, level):
    drawing = draw(thing(), level=level, steps=30)
    at = rendered(drawing)
    assert {box.id for box in drawing.outline.boxes} <= set(at)
    rows = defaultdict(list)
    for box in drawing.outline.boxes:
        if box.kind in ("cell", "input") and box.column is not None:
            rows[box.group, box.pass_].append((box.column, *at[box.id]))
    for row in rows.values():
        steps = sorted(row)
        assert [x for _, x, _ in steps] == sorted(x for _, x, _ in steps)
        assert len({y for *_, y in steps}) == 1
    height = defaultdict(list)
    for (group, _), row in rows.items():
        height[group] += [y for *_, y in row]
    box = {box.id: box for box in drawing.outline.boxes}
    for edge in drawing.outline.edges if level == "unrolled" else ():
        ends = box[edge.source], box[edge.target]
        if (
            all(end.pass_ == "forward" and end.group in height for end in ends)
            and ends[0].group != ends[1].group
        ):
            assert max(height[ends[0].group]) < min(height[ends[1].group])


def test_layers_and_steps_are_clusters():
    source = draw(models.one_lstm(2), level="ops").dot().source
    clusters = re.findall(r"subgraph (\w+)", source)
    assert clusters == ["cluster_g0", "cluster_g0_forward_1", "cluster_g0_forward_2"]


def test_shared_weights_are_one_cylinder_without_edges():
    source = draw(models.stacked(), level="unrolled").dot().source
    assert re.findall(r"(\w+)_weights \[", source) == ["g1", "g2"]
    assert "recurrent_kernel 4 × 16" in source
    assert not any("_weights" in left + right for left, right, _ in edges_in(source))


def test_passes_differ_in_their_lines():
    source = draw(models.gradient()).dot().source
    assert re.search(r"b\d+ -> b\d+ \[.*style=dashed", source)
    assert re.search(r"b\d+ -> b\d+ \[.*style=solid", source)


def check_names(name, other):
    for level in ("ops", "unrolled"):
        source = draw(named_everywhere(name, other), level=level).dot().source
        source.encode("utf-8")
        strings = strings_of(source)
        for each in (name, other):
            assert any(visible(each) in string for string in strings) or visible(each) in source.split("=")
        assert UNQUOTED.fullmatch(re.sub(r'"(?:[^"\\]|\\.)*"', "", source)), source


@pytest.mark.parametrize("name", nasty.NAMES, ids=ascii)
def test_nasty_names_are_quoted(name):
    check_names(name, f"{name}!")


@given(nasty.names, nasty.names)
def test_any_names_are_quoted(name, other):
    check_names(name, other if other != name else other + "'")


def test_without_the_dot_program_all_but_rendering_works(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    drawing = draw(models.one_lstm(), level="unrolled")
    source = drawing.dot()
    assert source.source.startswith("digraph tinygraph {")
    assert source._repr_mimebundle_() == {"text/plain": source.source}
    for suffix in ("svg", "dot", "gv", "tex"):
        assert drawing.save(tmp_path / f"x.{suffix}").stat().st_size > 1000
    with pytest.raises(graphviz.ExecutableNotFound):
        drawing.dot().pipe(format="svg")


def test_with_it_a_notebook_shows_the_picture(rendered):
    (shown,) = draw(models.one_lstm()).dot()._repr_mimebundle_().items()
    assert shown[0] == "image/svg+xml"
    assert "<svg" in shown[1]
