"""Explore pages that tests look at, and what stands in them."""

from __future__ import annotations

import base64
import json
import zlib
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
from viz.nasty import NAMES

import tinygraph as tg
from tinygraph.nn import LSTM, Dense, Input, Sequential

NASTY = [*dict.fromkeys([*NAMES, *(a + b for a, b in pairwise(NAMES))])][:200]


def samples(steps=6, features=2):
    x = np.random.default_rng(3).normal(size=(1, steps, features)).astype("float32")
    return x, np.array([[0.5]], "float32")


def model(steps=6, units=4):
    tg.set_seed(5)
    made = Sequential(
        [Input((steps, 2), name="series"), LSTM(units, name="lstm"), Dense(1, name="dense")], name="one"
    )
    made.compile("adam", "mse")
    return made


def broken():
    """A model in which NaN and infinities come up."""
    made = model()
    kernel = made.get_layer("lstm").weights[0]
    values = kernel.value.copy()
    values[0, :3] = np.nan, np.inf, -np.inf
    kernel.assign(values)
    return made


def nastily_named():
    """A model whose layers have nasty names, and itself too."""
    layers = [Dense(1, name=name) for name in NASTY]
    made = Sequential([Input((3, 2), name="x"), LSTM(2, name="</script><b>"), *layers], name="<i>&amp;\u2028")
    made.compile("adam", "mse")
    return made


class Read(HTMLParser):
    """The elements of a page, and the text of those that have one of its own."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "title": []}
        self.inside: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.inside = tag if tag in self.texts else None
        if self.inside:
            self.texts[tag].append("")

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside:
            self.texts[self.inside][-1] += data

    @property
    def policy(self) -> dict[str, str]:
        """The Content-Security-Policy, by directive."""
        (content,) = (
            a["content"] for t, a in self.elements if a.get("http-equiv") == "Content-Security-Policy"
        )
        return dict(each.split(" ", 1) for each in content.split("; "))

    @property
    def data(self) -> dict:
        """The data, unpacked."""
        return json.loads(zlib.decompress(base64.b64decode(self.texts["script"][0])))
