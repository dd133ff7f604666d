"""The explore page as a file: one that loads nothing, runs nothing else, and shows names as text."""

import base64
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
from viz.explored import Read, broken, model, nastily_named, samples
from viz.nasty import NAMES

import tinygraph as tg
from tinygraph.nn import LSTM, Dense, Sequential
from tinygraph.nn.data import DataError
from tinygraph.viz.explore import explore as module
from tinygraph.viz.explore.html import page
from tinygraph.viz.text import visible

SCRIPTS = sorted((Path(tg.__file__).parent / "viz/explore/page/scripts").iterdir())


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "lstm.html"
    assert model().explore(*samples(), path) == path
    return path.read_text(encoding="utf-8")


def hash_of(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def test_the_policy_lets_run_only_what_stands_in_the_page(text):
    found = Read(text)
    (style,), (_, script) = found.texts["style"], found.texts["script"]
    assert found.policy == {
        "default-src": "'none'",
        "script-src": hash_of(script),
        "style-src": hash_of(style),
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_page_names_no_other_address(text):
    addresses = set(re.findall(r"\w+://[^\s'\"<>)]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of SVG, which nobody fetches
    assert "@import" not in text
    assert "url(" not in text.replace("url(#${marks}-${kind})", "")
    for _, attributes in Read(text).elements:
        assert not attributes.keys() & {"src", "srcset", "style", "action", "data-src"}
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("href", "#").startswith("#")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_makes_no_markup_no_code_and_one_global(script):
    text = script.read_text(encoding="utf-8")
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(",
                      "setAttribute('style'", "fetch(", "XMLHttpRequest", "localStorage"):  # fmt: skip
        assert forbidden not in text
    assert text.startswith("/* ")
    assert "'use strict';" in text
    assert text.endswith("})((globalThis.tinygraph ??= {}));\n")
    assert len(text.splitlines()) < 200


@pytest.mark.parametrize("name", NAMES)
def test_a_nasty_title_comes_out_as_text(name):
    plain, found = Read(page("title", "AAAA")), Read(page(name, "AAAA"))
    assert found.texts["title"] == [visible(name)]
    assert found.elements == plain.elements
    assert found.texts["script"] == plain.texts["script"]


def test_nasty_names_of_layers_are_in_the_data_alone(tmp_path):
    one = nastily_named()
    path = one.explore(*samples(3), tmp_path / "nasty.html")
    found, plain = Read(path.read_text(encoding="utf-8")), Read(page("title", "AAAA"))
    assert found.elements == plain.elements
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", found.texts["script"][0])
    labels = {box["label"] for box in found.data["stages"]["declared"]["drawings"]["unrolled"]["boxes"]}
    assert len(labels) > 200


def test_the_page_of_fifty_steps_is_below_a_megabyte(tmp_path):
    path = model(50, 16).explore(*samples(50), tmp_path / "long.html")
    assert path.stat().st_size <= 1_000_000


def test_a_model_that_is_not_compiled_says_which_loss_is_used(tmp_path):
    one = Sequential([LSTM(2, input_shape=(3, 2)), Dense(1)])
    path = tg.explore(one, *samples(3), str(tmp_path / "page.htm"))
    assert path == tmp_path / "page.htm"
    assert "mean" in Read(path.read_text(encoding="utf-8")).data["loss"]


def test_nan_and_infinity_stand_in_the_arrays_and_nowhere_else(tmp_path):
    path = broken().explore(*samples(), tmp_path / "nan.html")

    def refuse(name):
        raise AssertionError(name)

    json.loads(json.dumps(Read(path.read_text(encoding="utf-8")).data), parse_constant=refuse)


@pytest.mark.parametrize("name", ["page.svg", "page", "page.html.txt"])
def test_another_kind_of_file_is_refused_before_anything_is_computed(tmp_path, name):
    with pytest.raises(ValueError, match=r"must end in \.html"):
        tg.explore(None, None, None, tmp_path / name)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.ones((1, 6, 3)), [[0.5]], "expected"),
        (np.ones((1, 6, 2)), [[0.5, 1.0]], "expected"),
        (np.ones((2, 6, 2)), [[0.5]], "2"),
        (np.full((1, 6, 2), "a"), [[0.5]], "got"),
    ],
)
def test_bad_data_are_refused_and_nothing_is_written(tmp_path, x, y, message):
    with pytest.raises((DataError, tg.GraphError), match=message):
        model().explore(x, y, tmp_path / "page.html")
    assert not list(tmp_path.iterdir())


def test_a_page_that_cannot_be_made_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("before")
    monkeypatch.setattr("tinygraph.files.os.replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        module.explore(model(), *samples(), path)
    assert [each.read_text() for each in tmp_path.iterdir()] == ["before"]
