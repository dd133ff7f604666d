"""An outline drawn with text, a line for each box: what is connected to what, as rails down the page."""

from __future__ import annotations

from collections.abc import Iterator

from tinygraph.viz.outline import Edge, Outline


def rails(outline: Outline) -> Iterator[tuple[str, str]]:
    """Yield for each box what to write before its line, and before lines below that belong to it.

    A box is a ``*`` on the rail of a value that it is the last to read, or on a new one; ``-`` lead to the
    rails (``+``) of the others. All lines of a drawing without branches are alike: a star, and a rail.

    >>> from tinygraph.viz.outline import Box, Edge
    >>> boxes = tuple(Box(name, name, "layer") for name in ("x", "first", "second", "add", "out"))
    >>> ends = [("x", "first"), ("first", "second"), ("first", "add"), ("second", "add"), ("add", "out")]
    >>> outline = Outline("model", "", boxes, tuple(Edge(*pair) for pair in ends))
    >>> for box, (star, below) in zip(boxes, rails(outline)):
    ...     print(star, box.label)
    *   x
    *   first
    +-* second
    *-+ add
    *   out
    """
    last = {edge.source: edge.target for edge in _in_order(outline)}
    sources: dict[str, list[str]] = {box.id: [] for box in outline.boxes}
    for edge in outline.edges:
        sources[edge.target].append(edge.source)
    tracks: list[str | None] = []  # whose value runs on each rail
    lines = []
    for box in outline.boxes:
        read = sorted({tracks.index(source) for source in sources[box.id]})
        ending = [track for track in read if last[tracks[track] or ""] == box.id]
        own = ending[0] if ending else tracks.index(None) if None in tracks else len(tracks)
        before = [*tracks, *[None] * (own + 1 - len(tracks))]
        tracks = [None if track in ending else value for track, value in enumerate(before)]
        tracks[own] = box.id if box.id in last else None
        star = _joined(["|" if value else " " for value in before], own, read)
        lines.append((star, " ".join("|" if value else " " for value in tracks)))
        while tracks and tracks[-1] is None:
            tracks.pop()
    width = max(len(star) for star, _ in lines)
    return ((star.ljust(width), below.ljust(width)) for star, below in lines)


def _in_order(outline: Outline) -> list[Edge]:
    """The edges by the box that reads them."""
    place = {box.id: number for number, box in enumerate(outline.boxes)}
    return sorted(outline.edges, key=lambda edge: place[edge.target])


def _joined(signs: list[str], own: int, read: list[int]) -> str:
    """The line of a box: its star, the rails that it reads, and what leads from these to it."""
    for track in read:
        signs[track] = "+"
    signs[own] = "*"
    first, last = min(own, *read, own), max(own, *read, own)
    parts = [signs[0]]
    for track in range(1, len(signs)):
        between = first < track <= last
        sign = "-" if between and signs[track] == " " else signs[track]
        parts.append(("-" if between else " ") + sign)
    return "".join(parts)
