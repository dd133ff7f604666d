"""Who stands beside whom in a row: each box near those that it is connected to.

Positions are counted in slots of half a box, so that a box can stand between two others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

#: How far the centres of two boxes in a row are apart at least.
WIDTH = 2


def spread(wanted: Sequence[float], least: float = float("-inf")) -> list[int]:
    """Return positions in the given order, a box's width apart and as near to ``wanted`` as can be.

    Boxes that would overlap form a cluster around their mean (pool adjacent violators), so this is the
    least-squares answer, in linear time. No position is below ``least``.

    >>> spread([0, 0, 7]), spread([0, 0, 7], least=0)
    ([-1, 1, 7], [0, 2, 7])
    """
    clusters: list[tuple[float, int]] = []  # (sum of wanted starts, boxes)
    for index, position in enumerate(wanted):
        total, count = position - WIDTH * index, 1
        while clusters and clusters[-1][0] / clusters[-1][1] >= total / count:
            before = clusters.pop()
            total, count = total + before[0], count + before[1]
        clusters.append((total, count))
    starts = [max(round(total / count), least) for total, count in clusters for _ in range(count)]
    return [int(start) + WIDTH * index for index, start in enumerate(starts)]


def lanes(rows: Sequence[Sequence[str]], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the position of each box of ``rows``: sweeps down and up draw it to its neighbours.

    What is computed stands under what it is computed from, so that a chain is straight; a leaf, which is
    computed from nothing, stands beside the chain.

    >>> lanes([["x", "w"], ["y"]], [("x", "y"), ("w", "y")])
    {'x': 0, 'w': 2, 'y': 1}
    """
    row_of = {box: index for index, row in enumerate(rows) for box in row}
    sources: dict[str, list[str]] = {box: [] for box in row_of}
    targets: dict[str, list[str]] = {box: [] for box in row_of}
    for source, target in edges:
        if row_of[source] < row_of[target]:
            sources[target].append(source)
            targets[source].append(target)
    chained = {box for box in row_of if sources[box]}
    above = {box: [s for s in sources[box] if s in chained] or sources[box] for box in row_of}
    beside = {
        box for box in row_of if box not in chained and any(set(sources[t]) & chained for t in targets[box])
    }
    slot = {box: WIDTH * index for row in rows for index, box in enumerate(row)}

    def settle(row: Sequence[str], near: Mapping[str, Sequence[str]]) -> None:
        wanted = {
            box: mean([slot[other] for other in near[box] or targets[box]], slot[box])
            + WIDTH * (box in beside)
            for box in row
        }
        order = sorted(row, key=lambda box: (wanted[box], slot[box]))
        slot.update(zip(order, spread([wanted[box] for box in order]), strict=True))

    for _ in range(2):
        for row in rows[::-1]:
            settle(row, targets)
        for row in rows:
            settle(row, above)
    least = min(slot.values(), default=0)
    return {box: position - least for box, position in slot.items()}


def mean(values: Sequence[float], default: float) -> float:
    """Return the mean, or ``default`` of nothing."""
    return sum(values) / len(values) if values else default
