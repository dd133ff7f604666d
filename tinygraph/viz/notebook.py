"""What a notebook shows of a node, a graph and a model: its drawing, beside the text that Python shows of it.

Nodes and graphs know nothing of drawings, so it is told them from here. A notebook asks for ``_repr_svg_``
only where it can show a picture; where there is none it keeps to the text.
"""

from __future__ import annotations

from typing import Any

from tinygraph.graph import Graph, GraphError, Node


def picture(self: Any) -> str | None:
    """Return the SVG of the drawing, or None of what cannot be drawn, such as a model that is not built."""
    from tinygraph.viz.draw import draw

    try:
        return draw(self).svg()
    except GraphError:
        return None


Node._repr_svg_ = picture  # type: ignore[attr-defined]
Graph._repr_svg_ = picture  # type: ignore[attr-defined]
