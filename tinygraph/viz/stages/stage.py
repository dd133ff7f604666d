"""`Stage`: a graph on its way to being run, made by the very functions that `tinygraph.compile` calls."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from tinygraph.compile import prepared, with_updates
from tinygraph.graph import Graph, GraphError, Node
from tinygraph.plan import Plan, plan
from tinygraph.rewrites import passes
from tinygraph.viz.levels.scopes import where
from tinygraph.viz.text import listed

#: What a graph goes through. A stage may also be the name of a rewrite: the graph as that leaves it.
STAGES = ("declared", "differentiated", "rewritten", "planned")


class Stage:
    """A graph at a stage, and what it takes to run it as it is.

    What is ``rewritten`` is the same for every backend; what is ``planned`` is fused too, as machine code
    runs it.
    """

    def __init__(self, name: str, graph: Graph):
        self.name = name
        self.graph = graph

    @cached_property
    def plan(self) -> Plan:
        """Which buffer each value stands in, where this very graph is run."""
        return plan(prepared(self.graph, rewrite=False))

    @property
    def title(self) -> str:
        """What a drawing of the stage says that it is."""
        return self.name if self.name in STAGES else f"after the rewrite {self.name}"

    @property
    def note(self) -> str:
        """What running it takes, in words."""
        computed = [node for node in self.graph.nodes if node.inputs and not node.op.picks]
        products = sum(node.op.multiplications is not None for node in computed)
        return (
            f"{_several(len(computed), 'operation')}, {_several(products, 'product')} among them; "
            f"{_several(self.plan.calls, 'kernel call')}, {self.plan.arena:,} bytes of buffers."
        )


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def names_of(given: Any) -> tuple[str, ...]:
    """Return the one or two stages that are asked for; raises ValueError for what is no stage."""
    names = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, (list, tuple)) else ()
    rewrites = [each.__name__ for each in (*passes.PASSES, *passes.FUSING, *passes.CALLING)]
    if len(names) not in (1, 2) or not all(name in STAGES or name in rewrites for name in names):
        raise ValueError(
            f"draw: stage must be one of {listed(STAGES)}, two of them to be drawn beside each other, or the "
            f"name of a rewrite ({', '.join(dict.fromkeys(rewrites))}), got {given!r}."
        )
    return names


def stages(graph: Graph, names: Sequence[str]) -> list[Stage]:
    """Return ``graph`` at each of these stages.

    Raises:
        GraphError: ``"differentiated"`` of a graph without gradients.

    >>> import tinygraph as tg
    >>> w = tg.param("w", [[1.0, 2.0]])
    >>> graph = tg.Graph({"y": tg.tanh(tg.input("a", (3, 1)) @ w) + tg.tanh(tg.input("b", (3, 1)) @ w)})
    >>> declared, siblings = stages(graph, ["declared", "siblings"])
    >>> declared.note
    '5 operations, 2 products among them; 5 kernel calls, 128 bytes of buffers.'
    >>> siblings.graph.count()["matmul"]
    1
    """
    graph = with_updates(graph)
    return [Stage(name, _at(graph, name)) for name in names]


def _at(graph: Graph, name: str) -> Graph:
    """The graph at a stage."""
    if name == "declared":
        return _declared(graph)
    if name == "differentiated":
        if all(_pass(node) == "forward" for node in graph.nodes):
            raise GraphError(
                "draw: there is nothing differentiated here; draw gradients beside what they are of, as in "
                "draw({'loss': loss, 'dw': dw}), or compile the model first: model.compile('adam', 'mse')."
            )
        return graph
    if name in _names(passes.PASSES):
        return _until(graph, passes.PASSES, name)
    graph = prepared(graph)
    if name == "rewritten":
        return graph
    return _until(graph, passes.CALLING if name in _names(passes.CALLING) else passes.FUSING, name)


def _declared(graph: Graph) -> Graph:
    """The forward pass of ``graph``: of what it gives out, else what its backward pass begins from."""
    outputs = {name: node for name, node in graph.outputs.items() if _pass(node) == "forward"}
    updates = {leaf: node for leaf, node in graph.updates.items() if _pass(node) == "forward"}
    if not outputs and not updates:
        forward = [node for node in graph.nodes if _pass(node) == "forward"]
        read = {source for node in forward for source in node.inputs}
        ends = [node for node in forward if node.inputs and node not in read] or forward
        outputs = {str(number): node for number, node in enumerate(ends)}
    return Graph(outputs, updates)


def _until(graph: Graph, rewrites: Sequence[Any], name: str) -> Graph:
    """The graph when the first rewrite of this name is done, or when all are."""
    for each in rewrites:
        graph = each(graph)
        if each.__name__ == name:
            break
    return graph


def _names(rewrites: Sequence[Any]) -> list[str]:
    return [each.__name__ for each in rewrites]


def _pass(node: Node) -> str:
    return where(node.scope).pass_
