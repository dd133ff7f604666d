"""Kernels of our own, and a call as launches of them, which can be captured and guarded.

Every kernel takes first the address of a truth value, or 0: where that is false it does nothing. So a step
that went wrong changes nothing, and nobody has to wait for the device to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

#: The name of the function in each kernel's text, and what stands in front of its parameters and its body.
NAME = "tinygraph_kernel"
GUARD = "const bool* guard"
GUARDED = "if (guard && !*guard) return;"
NO_GUARD = np.uint64(0)


class Launch(NamedTuple):
    """A kernel with its grid and arguments. Their addresses do not change, so it can be repeated."""

    kernel: Any
    blocks: tuple[int, ...]
    threads: tuple[int, ...]
    arguments: tuple[Any, ...]
    guard: Any = NO_GUARD

    def __call__(self) -> None:
        """Launch it on the current stream."""
        self.kernel(self.blocks, self.threads, (self.guard, *self.arguments))


class Launches:
    """A call of a backend as launches and nothing else: it allocates nothing, and asks the host nothing."""

    def __init__(self, each: Sequence[Launch]):
        self.each = each

    def __call__(self) -> None:
        """Launch one after another."""
        for launch in self.each:
            launch()

    def under(self, guard: Any) -> Launches:
        """The same launches, which do nothing where ``guard``, an array of one truth value, is False."""
        return Launches([launch._replace(guard=guard) for launch in self.each])


@lru_cache(maxsize=4096)
def compiled(xp: Any, text: str) -> Any:
    """Return the kernel of a text, compiled unless it was before; CuPy keeps the machine code on disk."""
    kernel = xp.RawKernel(text, NAME)
    kernel.compile()  # now: while a stream is captured nothing should be loaded
    return kernel


def fits(*extents: int) -> bool:
    """Whether places so far from the start, with a block more, are numbers of 32 bits."""
    return max(extents, default=0) < 2**31 - 1024
