"""`memory_chart`: the buffers of a plan over its schedule, with and without reuse, as rectangles."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from tinygraph.compile import Function
from tinygraph.plan import Plan, plan
from tinygraph.viz.drawing import Picture
from tinygraph.viz.levels.layers import LayerGraph
from tinygraph.viz.memory.lives import lives, most_alive, operations
from tinygraph.viz.outline import PASSES
from tinygraph.viz.stages.stage import stages
from tinygraph.viz.subject import subject


class MemoryChart(Picture):
    """A chart of the memory that a graph takes: what lives when, and in which bytes.

    ``reused`` and ``separate`` are the plans with and without reuse of buffers, ``lives`` and
    ``separate_lives`` what stands in them; ``needed`` are the bytes of values that are alive at once at most.
    """

    def __init__(self, title: str, reused: Plan):
        self.title = title
        self.reused, self.separate = reused, plan(reused.graph, reuse=False)
        self.operations = operations(self.reused, self.separate)
        self.lives = lives(self.reused, self.operations)
        self.separate_lives = lives(self.separate, self.operations)
        self.needed = most_alive(self.lives)

    @cached_property
    def _svg(self) -> str:
        from tinygraph.viz.memory.svg import svg

        return svg(self)

    def svg(self) -> str:
        """Return the chart as an SVG document."""
        return self._svg

    def __repr__(self) -> str:
        sizes = f"{self.reused.arena:,} bytes with reuse, {self.separate.arena:,} without"
        return f"<MemoryChart {self.title!r}: {sizes}>"


def memory_chart(thing: Any) -> MemoryChart:
    """Return a chart of the memory that the values of a model or graph take, as machine code runs it.

    Upwards are bytes, to the right the operations in the order of running. Each value is a rectangle, as
    high as it is large, from the operation that writes it to the last that reads it. In the upper panel every
    value has memory of its own; in the lower one values that do not live at the same time share it.

    Args:
        thing: a model (of one that is compiled a step of training is charted, else a prediction), nodes or
            a graph as `draw` takes them, or a compiled `Function`, whose own plan is charted.

    Raises:
        GraphError: a Sequential that is not built yet.
        TypeError: something else.

    >>> import tinygraph as tg
    >>> x = tg.input("x", (8, 8))
    >>> chart = tg.memory_chart(tg.tanh(x @ x) @ x)
    >>> chart
    <MemoryChart 'output': 512 bytes with reuse, 768 without>
    >>> [(life.label, life.first, life.end) for life in chart.lives]
    [('matmul', 0, 1), ('fused', 1, 3), ('matmul', 2, 3)]
    """
    if isinstance(thing, Function):
        return MemoryChart(", ".join(thing.graph.outputs), thing.plan)
    trained = isinstance(thing, LayerGraph) and thing.compiled
    given = subject(thing, PASSES if trained else PASSES[:1], owner="memory_chart")
    (planned,) = stages(given.graph, ["planned"])
    return MemoryChart(given.title, planned.plan)
