"""The axes in which several arrays of one shape can be walked through together."""

from __future__ import annotations

from collections.abc import Sequence

from tinygraph.backends.fast.call import Array

#: how many elements, and how many bytes they stand apart in each array
Axis = tuple[int, list[int]]


def joined(shape: tuple[int, ...], arrays: Sequence[Array]) -> list[Axis]:
    """The axes, as few as can be: one that goes on where the next one ends is joined to it in all arrays."""
    axes: list[Axis] = []
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        steps = [array.strides[axis] for array in arrays]
        if axes and all(outer == inner * size for outer, inner in zip(axes[-1][1], steps, strict=True)):
            axes[-1] = (axes[-1][0] * size, steps)
        else:
            axes.append((size, steps))
    return axes
