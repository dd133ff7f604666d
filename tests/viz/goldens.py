"""What the folder ``golden`` has to hold: outlines, and the SVG and DOT made of them, told in words."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from viz import models
from viz.reading import SVG, words_of
from viz.told import told

import tinygraph as tg
from tinygraph import nn
from tinygraph.viz.draw import LEVELS, draw

GOLDEN = Path(__file__).parent / "golden"


def expression():
    x, w = tg.input("x", (4, 3)), tg.param("w", [[1.0, 2.0]] * 3)
    return {"loss": tg.mean(tg.tanh(x @ w) * 2.0)}


MODELS = {
    "one": models.one_lstm,
    "stacked": models.stacked,
    "bidirectional": models.both_ways,
    "skip": models.skip,
}
#: Every model at these levels, and one model at each.
AT_EACH = ("model", "unrolled")
#: Name, what is drawn, and how.
CASES = [(f"{name}_{level}", model, {"level": level}) for name, model in MODELS.items() for level in AT_EACH]
CASES += [(f"one_{level}", models.one_lstm, {"level": level}) for level in LEVELS if level not in AT_EACH]
CASES += [
    ("functional_model", models.two_inputs, {}),
    ("nested_model", models.nested, {}),
    ("shared_unrolled", models.shared, {"level": "unrolled"}),
    ("training_unrolled", lambda: models.training(models.one_lstm()), {"level": "unrolled"}),
    ("expression_ops", expression, {}),
]

#: Of stages, whose drawings are large, the outlines alone.
STAGED = [
    ("stage_declared", models.one_lstm, {"stage": "declared"}),
    ("stage_rewritten_ops", models.one_lstm, {"stage": "rewritten", "level": "ops"}),
    ("stage_planned_ops", models.one_lstm, {"stage": "planned", "level": "ops"}),
    ("stage_training_rewritten", models.compiled, {"stage": ("differentiated", "rewritten")}),
    ("stage_training_planned", models.compiled, {"stage": "planned"}),
]


def texts(thing, how):
    """The text of each golden file of a case, by its suffix."""
    nn.clear_session()
    drawing = draw(thing(), **how)
    outlines = [line for outline in outlines_of(drawing) for line in (*outline.notes, *told(outline))]
    told_in = {".txt": outlines}
    if "stage" not in how:
        told_in |= {".svg.txt": svg_told(drawing.svg()), ".dot.txt": dot_told(drawing.dot().source)}
    return {suffix: "\n".join(lines) + "\n" for suffix, lines in told_in.items()}


def outlines_of(drawing):
    """The one outline of a drawing, or both of stages side by side."""
    return getattr(drawing, "outlines", None) or (drawing.outline,)


def svg_told(svg):
    """The size of the page, every text with where it begins, and every line with its two ends."""
    root = ElementTree.fromstring(svg)
    yield f"{root.get('width')} x {root.get('height')}"
    for word in sorted(words_of(svg), key=lambda word: (word.top, word.left)):
        yield f"{word.left:.0f},{word.bottom:.0f} {word.text}"
    for path in root.iter(f"{SVG}path"):
        if "C" not in path.get("d"):  # the curves are those of cylinders
            x, y, *_, last_x, last_y = re.findall(r"-?[\d.]+", path.get("d"))
            yield f"{x},{y} -> {last_x},{last_y} {path.get('stroke-dasharray', 'solid')}"


LOOKS = re.compile(r' ?\b(?:\w*color|font\w+|penwidth|tooltip|arrowsize|margin)=(?:"[^"]*"|[\w.]+)')


def dot_told(source):
    """The source without colours and fonts."""
    for line in source.splitlines():
        yield LOOKS.sub("", line).replace("\t", "  ").replace("[ ", "[").replace(" []", "")
