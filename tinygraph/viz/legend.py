"""The legend: what the lines and signs of a drawing mean, only those that occur in it."""

from __future__ import annotations

from collections.abc import Iterator

from tinygraph.viz.palette import MUTED, SAVED, STYLES, WEIGHT, WEIGHT_FILL
from tinygraph.viz.placed import Layout, Rect
from tinygraph.viz.placing.measure import ICON_HEIGHT, ICON_WIDTH, LID
from tinygraph.viz.shapes import arrow, cylinder, element, text
from tinygraph.viz.strength import Thickness
from tinygraph.viz.text import short, width

#: The height of a line of the legend, the size of its type, and the length of the arrows in it.
LINE, SIZE, SAMPLE = 22, 12, 34


def legend(layout: Layout, least: float) -> tuple[str, float, float]:
    """Return the legend as markup, its width and its height; it is about as wide as the drawing."""
    drawn, x, y, right = [], 0.0, 0.0, 0.0
    room = max(least, layout.width)
    for sign, meaning, length in _entries(layout):
        taken = length + 8 + width(meaning, SIZE)
        if x and x + taken > room:
            x, y = 0.0, y + LINE
        words = text(meaning, length + 8, LINE / 2 + SIZE * 0.35, SIZE, fill=MUTED)
        drawn.append(element("g", sign, words, transform=f"translate({x:g} {y:g})"))
        x += taken + 28
        right = max(right, x - 28)
    return "".join(drawn), right, y + LINE


def _entries(layout: Layout) -> Iterator[tuple[str, str, float]]:
    """The signs that occur, what they mean, and how long they are."""
    edges = layout.outline.edges
    passes = {box.pass_ for box in layout.outline.boxes} | {edge.pass_ for edge in edges}
    middle = LINE / 2
    for name, style in STYLES.items():
        if name in passes:
            line = arrow([(0, middle), (SAMPLE, middle)], style.stroke, **style.line)
            yield line, style.meaning, SAMPLE
    if any(edge.saved for edge in edges):
        yield arrow([(0, middle), (SAMPLE, middle)], SAVED.stroke, **SAVED.line), SAVED.meaning, SAMPLE
    thickness = Thickness(edges)
    if thickness.asked:
        wedge = f"0,{middle - 0.5} {SAMPLE},{middle - 3.5} {SAMPLE},{middle + 3.5} 0,{middle + 0.5}"
        low, high = short(thickness.low), short(thickness.high)
        meaning = f"thickness: norm of the gradient, {low} to {high} on a log scale"
        yield element("polygon", points=wedge, fill=STYLES["backward"].stroke), meaning, SAMPLE
    shared = any(box.shared for box in layout.outline.boxes) or any(p.group.weights for p in layout.panels)
    if shared or any(box.kind == "param" or box.weights for box in layout.outline.boxes):
        icon = Rect(0, middle - ICON_HEIGHT / 2, ICON_WIDTH, ICON_HEIGHT)
        meaning = "weights" + "; shared ones are drawn once" * shared
        if shared and "backward" in passes:
            meaning += ", and their gradients sum over time"
        yield cylinder(icon, LID / 2, fill=WEIGHT_FILL, stroke=WEIGHT), meaning, ICON_WIDTH
