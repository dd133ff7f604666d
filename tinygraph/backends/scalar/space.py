"""The axes in which several arrays of one shape can be walked through together."""

from __future__ import annotations

from collections.abc import Sequence

#: how many elements, and how far they stand apart in each array
Axis = tuple[int, list[int]]


def joined(shape: Sequence[int], strides: Sequence[Sequence[int]]) -> list[Axis]:
    """The axes, as few as can be: one that goes on where the next one ends is joined to it in all arrays.
    Those of size 1 are none."""
    axes: list[Axis] = []
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        steps = [each[axis] for each in strides]
        if axes and all(outer == inner * size for outer, inner in zip(axes[-1][1], steps, strict=True)):
            axes[-1] = (axes[-1][0] * size, steps)
        else:
            axes.append((size, steps))
    return axes
