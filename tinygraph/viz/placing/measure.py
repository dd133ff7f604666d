"""How large a box is, from what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tinygraph.viz.outline import Box, Group, Outline, Weight
from tinygraph.viz.text import few, product_text, shorten, visible, width

#: Sizes of type, and the distance from one line to the next, in pixels.
LABEL, SMALL = 14, 12
LEADING = 1.35
#: Space between a box's edge and what it says.
PAD_X, PAD_Y = 12, 8
#: The height of a cylinder's lid, of which half rises above its side.
LID = 10
#: The cylinder in front of a list of weights.
ICON_WIDTH, ICON_HEIGHT = 12, 14
#: More weights than this are counted, not listed.
MOST_WEIGHTS = 4


@dataclass(frozen=True)
class Line:
    """One line of text. ``role`` is label, text, muted, weight, output or mark."""

    text: str
    role: str

    @property
    def size(self) -> int:
        """The size of the type."""
        return LABEL if self.role == "label" else SMALL

    @property
    def height(self) -> float:
        """The height that the line takes; an output's is that of its chip."""
        return self.size * LEADING + (6 if self.role in ("output", "mark") else 0)

    @property
    def width(self) -> float:
        """The width that the line takes, with the icon or the chip around it."""
        extra = {"weight": ICON_WIDTH + 6, "output": 14, "mark": 14}.get(self.role, 0)
        return width(self.text, self.size, self.role in ("label", "output", "mark")) + extra


@dataclass(frozen=True)
class Content:
    """The lines of a box, and the size that they need."""

    lines: tuple[Line, ...]
    width: float
    height: float


def shapes_on_edges(outline: Outline) -> dict[str, str]:
    """Return dtype and shape of what leaves a box, by its id, where that stands on its edges.

    It does between layers: from one rank to the next no other line is in the way.
    """
    if outline.level != "model":
        return {}
    leaving = {edge.source for edge in outline.edges}
    return {box.id: shorten(f"{box.dtype} {box.shape}", 60) for box in outline.boxes if box.id in leaving}


def box_content(box: Box, on_edge: str = "") -> Content:
    """Return what a box says and how large it must be, apart from the shape that stands ``on_edge``."""
    lines = tuple(_lines(replace(box, shape="", dtype="") if on_edge else box))
    lid = LID if box.kind == "param" else 0
    # The sign of weights that are shared stands in a corner, beside the label.
    room = max(_width(lines), lines[0].width + 2 * ICON_WIDTH) if box.shared else _width(lines)
    room = max(room, width(on_edge, SMALL))
    return Content(lines, round(room + 2 * PAD_X), round(_height(lines) + 2 * PAD_Y + lid))


def group_content(group: Group) -> Content:
    """Return the heading of a layer's panel: its name and type, and its weights in a cylinder."""
    lines = [
        Line(shorten(visible(group.label)), "label"),
        Line(group.type, "text"),
        Line(group.note, "muted"),
    ]
    weights = weight_lines(group.weights)
    cylinder = 2 * LID + PAD_Y if weights else 0
    lines = [line for line in lines if line.text] + weights
    return Content(tuple(lines), round(_width(lines) + PAD_X), round(_height(lines) + cylinder))


def _width(lines: Sequence[Line]) -> float:
    return max(line.width for line in lines)


def _height(lines: Sequence[Line]) -> float:
    return sum(line.height for line in lines)


def _lines(box: Box) -> list[Line]:
    lines = [Line(shorten(visible(box.label)), "label")]
    typed = box.shape and box.kind in ("input", "param", "layer") and box.column is None
    shape = f"{box.dtype} {box.shape}" if typed else box.shape
    second = " · ".join(shorten(part) for part in (box.type, shape) if part)
    if box.kind == "cell":
        lines += [Line(box.note, "text"), Line(shape, "muted")]
    elif box.kind == "ellipsis":
        lines.append(Line(box.note, "muted"))
    else:
        lines += [Line(second, "text"), Line(shorten(visible(box.note), 40), "muted")]
    lines += weight_lines(box.weights)
    lines += [Line(shorten(visible(remark), 44), "text") for remark in box.remarks]
    lines.append(Line(box.mark, "mark"))
    lines += [Line(shorten(visible(name)), "output") for name in few(box.outputs)]
    return [line for line in lines if line.text]


def weight_lines(weights: Sequence[Weight]) -> list[Line]:
    """Return the lines that list a layer's weights: ``kernel 32 × 256``."""
    shown = weights if len(weights) <= MOST_WEIGHTS else weights[: MOST_WEIGHTS - 1]
    lines = [Line(f"{shorten(visible(w.name), 24)} {product_text(w.shape)}", "weight") for w in shown]
    if len(shown) < len(weights):
        lines.append(Line(f"and {len(weights) - len(shown)} more", "weight"))
    return lines
