"""Names of layers, inputs, weights and models come out as text in SVG and DOT, whatever they are."""

import re
from xml.etree import ElementTree

import pytest
from viz import nasty
from viz.reading import strings_of, tooltips_of, words_of
from viz.test_dot import UNQUOTED

import tinygraph as tg
from tinygraph.nn import LSTM, Dense, Input, Sequential
from tinygraph.viz.draw import draw
from tinygraph.viz.text import shorten, visible


def named(name):
    """A model in which the input, a recurrent layer, another layer and the model itself have the name."""
    layers = [Input((3, 2), name=name), LSTM(2, name=name), Dense(1, name=f"{name}!")]
    model = Sequential(layers, name=name)
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("name", nasty.NAMES, ids=ascii)
def test_a_model_of_any_name_is_drawn_as_text_at_every_level(name):
    seen, model = visible(name), named(name)
    for level in ("model", "unrolled", "cell", "ops"):
        drawing = draw(model, level=level, pass_="all" if level == "cell" else None)
        svg, source = drawing.svg(), drawing.dot().source
        root = ElementTree.fromstring(svg.encode())  # as in a file: what cannot be encoded cannot be XML
        texts = [element.text or "" for element in root.iter()]
        assert all(text.isprintable() for text in texts)
        assert any(seen in text for text in tooltips_of(svg))
        words = {word.text for word in words_of(svg)}
        assert {shorten(seen), f"from {seen}"} & words or any(shorten(seen) in word for word in words)
        strings = strings_of(source)
        assert any(seen in string for string in strings)
        assert all(string.isprintable() for string in strings)
        assert UNQUOTED.fullmatch(re.sub(r'"(?:[^"\\]|\\.)*"', "", source))


@pytest.mark.parametrize("name", nasty.NAMES, ids=ascii)
def test_weights_and_scopes_of_any_name_are_drawn_as_text_in_a_cell(name):
    weight = tg.param(name, [[1.0, 2.0], [3.0, 4.0]])
    h = tg.zeros((3, 2))
    with tg.scope("rnn"):
        for step in range(3):
            with tg.scope(f"t{step}"), tg.scope("gate"):
                h = tg.tanh(h @ weight)
    drawing = draw({name: h}, level="cell", steps=2)
    seen = visible(name)
    assert shorten(seen) in {word.text for word in words_of(drawing.svg())}  # the output
    assert any(f"{shorten(seen, 24)} 2 × 2" == word.text for word in words_of(drawing.svg()))
    strings = strings_of(drawing.dot().source)
    assert f"{seen} 2 × 2" in strings
    assert f"→ {seen}" in strings


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("level", ["unrolled", "ops"])
def test_numbers_that_are_none_are_shown_as_such(number, level):
    x = tg.input("x", (2,)) + tg.constant(float(number))
    drawing = draw({"y": x, "n": tg.full((2,), float(number))}, level=level)
    said = {word.text for word in words_of(drawing.svg())}
    assert {f"add(·, {number})", number} <= said
    assert {f"add(·, {number})", number} <= {*strings_of(drawing.dot().source)}
