"""`OverSpace`: the base of layers that treat the axes of space alike and leave the channels alone."""

from __future__ import annotations

from typing import Any

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn.layer import Layer
from tinygraph.nn.spatial import data_format_of, spatial_axes


class OverSpace(Layer):
    """A layer whose samples have ``rank`` axes of space and one of channels, last or first."""

    #: the number of axes of space
    rank: int

    def __init__(self, data_format: str | None = None, *args: Any, **kwargs: Any):
        self.data_format = data_format_of(type(self).__name__, data_format)
        self.axes = spatial_axes(self.rank, self.data_format)
        super().__init__(*args, **kwargs)

    @property
    def space(self) -> tuple[int, ...]:
        """The axes of space in a batch, whose axis 0 counts the samples."""
        first = 1 if self.data_format == "channels_last" else 2
        return tuple(range(first, first + self.rank))


def padded(x: Node, axis: int, around: tuple[int, int], value: float = 0.0) -> Node:
    """x with so many times ``value`` before and after it on one axis."""
    widths = [around if each == axis else (0, 0) for each in range(x.ndim)]
    return ops.pad(x, widths=widths, value=value) if any(around) else x
