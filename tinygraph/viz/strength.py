"""How thick edges are: by the norm of the gradients that flow there, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tinygraph.viz.outline import Edge

#: The widths of the weakest and of the strongest edge.
THIN, THICK = 1.0, 5.0
#: Edges weaker than this part of the strongest are no thinner.
LEAST = 1e-8


class Thickness:
    """The widths of a drawing's edges, from the strengths that occur in it.

    >>> weak, strong, zero = (Edge("a", "b", strength=norm) for norm in (1e-4, 1.0, 0.0))
    >>> [Thickness([weak, strong, zero]).of(edge, 1.6) for edge in (weak, strong, zero, Edge("a", "b"))]
    [1.0, 5.0, 1.0, 1.6]
    """

    def __init__(self, edges: Iterable[Edge]):
        known = [edge.strength for edge in edges if edge.strength is not None]
        flowing = [strength for strength in known if strength > 0 and math.isfinite(strength)]
        #: whether any edge has a strength
        self.asked = bool(known)
        self.high = max(flowing, default=1.0)
        self.low = max(min(flowing, default=1.0), self.high * LEAST)

    def of(self, edge: Edge, usual: float) -> float:
        """Return the width of an edge, ``usual`` if it has no strength; NaN and infinity are thick."""
        if edge.strength is None:
            return usual
        if not math.isfinite(edge.strength) or edge.strength >= self.high:
            return THICK
        if edge.strength <= self.low:
            return THIN
        share = math.log(edge.strength / self.low) / math.log(self.high / self.low)
        return round(THIN + (THICK - THIN) * share, 2)
