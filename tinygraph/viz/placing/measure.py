"""How large a box is, from what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinygraph.viz.outline import Box, Group, Weight
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
    """One line of text. ``role`` is label, text, muted, weight or output."""

    text: str
    role: str

    @property
    def size(self) -> int:
        """The size of the type."""
        return LABEL if self.role == "label" else SMALL

    @property
    def height(self) -> float:
        """The height that the line takes; an output's is that of its chip."""
        return self.size * LEADING + (6 if self.role == "output" else 0)

    @property
    def width(self) -> float:
        """The width that the line takes, with the icon or the chip around it."""
        extra = {"weight": ICON_WIDTH + 6, "output": 14}.get(self.role, 0)
        return width(self.text, self.size, self.role in ("label", "output")) + extra


@dataclass(frozen=True)
class Content:
    """The lines of a box, and the size that they need."""

    lines: tuple[Line, ...]
    width: float
    height: float


def box_content(box: Box) -> Content:
    """Return what a box says and how large it must be."""
    lines = tuple(_lines(box))
    lid = LID if box.kind == "param" else 0
    # The sign of weights that are shared stands in a corner, beside the label.
    room = max(_width(lines), lines[0].width + 2 * ICON_WIDTH) if box.shared else _width(lines)
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
    shape = f"{box.dtype} {box.shape}" if box.kind in ("input", "param") and box.column is None else box.shape
    second = " · ".join(shorten(part) for part in (box.type, shape) if part)
    if box.kind == "cell":
        lines += [Line(box.note, "text"), Line(shape, "muted")]
    elif box.kind == "ellipsis":
        lines.append(Line(box.note, "muted"))
    else:
        lines += [Line(second, "text"), Line(shorten(visible(box.note), 40), "muted")]
    lines += weight_lines(box.weights)
    lines += [Line(shorten(visible(name)), "output") for name in few(box.outputs)]
    return [line for line in lines if line.text]


def weight_lines(weights: Sequence[Weight]) -> list[Line]:
    """Return the lines that list a layer's weights: ``kernel 32 × 256``."""
    shown = weights if len(weights) <= MOST_WEIGHTS else weights[: MOST_WEIGHTS - 1]
    lines = [Line(f"{shorten(visible(w.name), 24)} {product_text(w.shape)}", "weight") for w in shown]
    if len(shown) < len(weights):
        lines.append(Line(f"and {len(weights) - len(shown)} more", "weight"))
    return lines
