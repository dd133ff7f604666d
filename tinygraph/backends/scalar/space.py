"""The space that arrays are walked through in together: axes joined until few are left."""

from __future__ import annotations

from collections.abc import Sequence


def joined(shape: Sequence[int], strides: Sequence[Sequence[int]]) -> tuple[list[int], list[list[int]]]:
    """Return the sizes of the axes that are left, and for each axis the step of every array.

    Two axes become one where all arrays step over the outer one as if the inner one went on. Axes of size 1
    are none.
    """
    sizes: list[int] = []
    steps: list[list[int]] = []
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        here = [each[axis] for each in strides]
        if steps and all(outer == inner * size for outer, inner in zip(steps[-1], here, strict=True)):
            sizes[-1] *= size
            steps[-1] = here
        else:
            sizes.append(size)
            steps.append(here)
    return sizes, steps
