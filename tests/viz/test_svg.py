"""SVG: parses whatever the names are, says what there is to say, and no text lies on other text."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from viz import models, nasty
from viz.reading import SVG, size_of, tooltips_of, words_of

import tinygraph as tg
from tinygraph.viz.draw import draw
from tinygraph.viz.palette import STYLES, WEIGHT
from tinygraph.viz.text import shorten, subscript, visible, width


@pytest.fixture(params=models.DRAWN, ids=[case[0] for case in models.DRAWN])
def svg(request):
    _, thing, how = request.param
    return draw(thing(), **how).svg()


def test_no_text_lies_on_other_text(svg):
    words = sorted(words_of(svg), key=lambda word: word.top)
    for index, word in enumerate(words):
        for other in words[index + 1 :]:
            if other.top > word.bottom:
                break
            assert not word.overlaps(other), (word, other)


def test_no_text_is_cut_off(svg):
    wide, high = size_of(svg)
    for word in words_of(svg):
        assert word.left >= 0
        assert word.right <= wide
        assert word.top >= 0
        assert word.bottom <= high


def test_the_type_is_large_enough_to_read(svg):
    sizes = {float(size) for size in re.findall(r'font-size="([^"]+)"', svg)}
    assert min(sizes) >= 12


def test_it_loads_and_runs_nothing(svg):
    root = ElementTree.fromstring(svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "g", "rect", "path", "polygon", "text",
    }  # fmt: skip
    attributes = {name for element in root.iter() for name in element.keys()}  # noqa: SIM118
    assert not any(name.startswith("on") or "href" in name or name == "style" for name in attributes)


def test_it_is_accessible_and_has_a_ground_of_its_own(svg):
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text
    assert re.fullmatch(r"\d+ boxes and \d+ arrows between them\.", root[1].text)
    assert (root[2].tag, root[2].get("fill")) == (f"{SVG}rect", "#ffffff")
    assert [root[2].get("width"), root[2].get("height")] == [root.get("width"), root.get("height")]


def test_passes_differ_in_their_dashes_not_in_colour_alone():
    assert len({style.dashes for style in STYLES.values()}) == len(STYLES) == 3
    svg = draw(models.gradient()).svg()
    assert f'stroke-dasharray="{STYLES["backward"].dashes}"' in svg
    assert {"forward: values", "backward: gradients"} <= {word.text for word in words_of(svg)}


def test_the_legend_says_only_what_occurs():
    said = {word.text for word in words_of(draw(tg.tanh(tg.input("x", (2,)))).svg())}
    assert said == {"output", "x", "float32 (2)", "tanh", "(2)", "forward: values"}


def test_every_box_is_there_with_all_that_it_says():
    drawing = draw(models.two_inputs())
    tips = tooltips_of(drawing.svg())[1 + len(drawing.outline.edges) :]
    assert tips == [
        "series, float32 (batch, 12, 1)",
        "meta, float32 (batch, 3)",
        "lstm (LSTM), float32 (batch, 12, 8), 320 parameters",
        "lstm_1 (LSTM), float32 (batch, 8), 544 parameters",
        "side (Dense), float32 (batch, 4), 16 parameters",
        "join (Concatenate), float32 (batch, 12)",
        "out (Dense), float32 (batch, 1), 13 parameters, → output",
    ]


def test_shared_weights_are_drawn_once_and_each_use_has_their_sign():
    svg = draw(models.one_lstm(), level="unrolled").svg()
    cylinders = svg.count(f'stroke="{WEIGHT}"') / 2  # side and lid
    assert cylinders == 1 + 3 + 2 + 1  # the layer, its three steps, two weights of dense, the legend
    assert svg.count("recurrent_kernel 4 × 16") == 1


def test_the_legend_says_that_gradients_of_shared_weights_sum_over_time():
    meaning = "weights; shared ones are drawn once"
    assert meaning in {word.text for word in words_of(draw(models.one_lstm(), level="unrolled").svg())}
    both = draw(models.training(models.one_lstm()), level="unrolled").svg()
    assert f"{meaning}, and their gradients sum over time" in {word.text for word in words_of(both)}


def test_every_edge_says_what_it_carries():
    drawing = draw(models.one_lstm(), level="unrolled")
    tips = tooltips_of(drawing.svg())[1 : 1 + len(drawing.outline.edges)]
    states = {f"{name} float32 (32, 4)" for name in ("h₀", "c₀", "h₁", "c₁")}
    assert {*tips} == {"float32 (32, 2)", "float32 (32, 4)"} | states


def test_shapes_stand_on_the_edges_between_layers_and_not_in_boxes_too():
    said = [word.text for word in words_of(draw(models.skip()).svg())]
    assert said.count("float32 (batch, 5, 4)") == 5  # series, first, second, dropout and add
    assert said.count("float32 (batch, 26)") == 1
    assert "Dense · float32 (batch, 3)" in said  # what leaves the drawing has no edge


def test_a_box_of_several_shapes_names_no_dtype_alone():
    model = models.one_lstm()
    model.compile("sgd", "mse")
    said = {word.text for word in words_of(model.draw("unrolled", pass_="all").svg())}
    assert "update lstm" in said
    assert "float32" not in said


def named_everywhere(name, other):
    """A graph in which an input, a weight, a layer and an output have the names."""
    x, w = tg.input(name, (2, 3)), tg.param(other, [[1.0]] * 3)
    with tg.scope(other):
        for step in range(2):
            with tg.scope(f"t{step}"):
                x = tg.tanh(x @ (w @ tg.constant([[1.0, 2.0, 3.0]])))
    return {name: x, other: tg.sum(x)}


def check_names(name, other):
    for level in ("ops", "unrolled"):
        svg = draw(named_everywhere(name, other), level=level).svg()
        svg.encode("utf-8")
        said = [word.text for word in words_of(svg)]
        tips = "\n".join(tooltips_of(svg))
        for each in (name, other):
            assert shorten(visible(each)) in said
            assert visible(each) in tips


@pytest.mark.parametrize("name", nasty.NAMES, ids=ascii)
def test_nasty_names_come_out_as_text(name):
    check_names(name, f"{name}!")


@given(nasty.names, nasty.names)
def test_any_names_come_out_as_text(name, other):
    check_names(name, other if other != name else other + "'")


@given(nasty.names)
def test_what_is_visible_stays_visible(name):
    seen = visible(name)
    assert seen.isprintable()
    assert visible(seen) == seen
    assert len(shorten(seen, 12)) <= 12


def test_text_is_measured_as_the_widest_font_has_it():
    assert width("W", 100) == 99
    assert width("", 10) == 0
    assert width("名", 10) == 10.4
    assert width("e\u0301", 100) == width("e", 100)
    assert width("Bold", 10, bold=True) > width("Bold", 10)


def test_subscripts():
    assert (subscript(0), subscript(129), subscript(-1)) == ("₀", "₁₂₉", "₋₁")
