"""Which time steps are drawn: the columns of an unrolled graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: An unrolled graph of so many steps is drawn whole unless something else is asked for.
WHOLE = 12
#: How many steps are drawn of a longer one: half of them at the beginning, half at the end.
FEW = 4


@dataclass(frozen=True)
class Timeline:
    """``column[t]`` is the column of step t; ``runs`` are the columns that stand for several steps."""

    column: tuple[int, ...]
    headings: tuple[str, ...]
    runs: dict[int, range]

    def notes(self) -> tuple[str, ...]:
        """Return what a drawing says of the steps that it leaves out."""
        runs = ", ".join(f"{run[0]} to {run[-1]}" for run in self.runs.values())
        return (f"Steps {runs} are left out; steps={len(self.column)} draws all.",) if runs else ()


def timeline(lengths: Iterable[int], steps: int | None = None) -> Timeline:
    """Return the columns for layers of these numbers of steps.

    Up to `WHOLE` steps are drawn, or ``steps`` if given; of more, the first and the last few of each
    layer, and an ellipsis for every run of two or more between them.

    >>> timeline([30]).headings
    ('t = 0', 't = 1', '…', 't = 28', 't = 29')
    """
    ends = sorted(set(lengths))
    total = ends[-1] if ends else 0
    shown = _shown(ends, total, steps)
    column = [0] * total
    headings: list[str] = []
    runs: dict[int, range] = {}
    step = 0
    while step < total:
        stop = step
        while stop < total and not shown[stop]:
            stop += 1
        if stop - step > 1:
            runs[len(headings)] = range(step, stop)
            headings.append("…")
        else:
            stop = step + 1
            headings.append(f"t = {step}")
        column[step:stop] = [len(headings) - 1] * (stop - step)
        step = stop
    return Timeline(tuple(column), tuple(headings), runs)


def _shown(ends: list[int], total: int, steps: int | None) -> list[bool]:
    if total <= (WHOLE if steps is None else steps):
        return [True] * total
    few = FEW if steps is None else steps
    head, tail = few - few // 2, few // 2
    shown = [step < head for step in range(total)]
    for end in ends:
        for step in range(max(0, end - tail), end):
            shown[step] = True
    return shown
