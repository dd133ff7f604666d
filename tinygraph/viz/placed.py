"""What a layout is made of: records of what stands where, for every writer alike."""

from __future__ import annotations

from dataclasses import dataclass

from tinygraph.viz.outline import Box, Edge, Group, Outline
from tinygraph.viz.placing.measure import Content

Point = tuple[float, float]


@dataclass(frozen=True)
class Rect:
    """A rectangle by its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The coordinate of the right side."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The coordinate of the lower side."""
        return self.y + self.height


@dataclass(frozen=True)
class PlacedBox:
    """A box, what it says, and where it stands."""

    box: Box
    content: Content
    rect: Rect


@dataclass(frozen=True)
class PlacedEdge:
    """An edge, the corners that it goes through, its ends included, and the middle of what stands on it.

    ``words`` are its label, or the shape of what it carries. The edges of a bus end in one line.
    """

    edge: Edge
    points: tuple[Point, ...]
    label: Point | None = None
    bus: bool = False
    words: str = ""


@dataclass(frozen=True)
class Panel:
    """What lies behind the steps of a layer, with the layer's name and weights at the left."""

    group: Group
    content: Content
    rect: Rect


@dataclass(frozen=True)
class Layout:
    """An outline with coordinates, in pixels from its upper left corner."""

    outline: Outline
    boxes: tuple[PlacedBox, ...]
    edges: tuple[PlacedEdge, ...]
    panels: tuple[Panel, ...]
    #: the middle of each column
    columns: tuple[float, ...]
    width: float
    height: float
