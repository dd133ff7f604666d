"""ln(softmax(x)) -> log_softmax(x), ln(1 + exp(x)) -> softplus(x), ...: forms that stay finite and exact.

The forms stand in `tinygraph.ops.stable`. `tinygraph.gradients` goes through them, too: a gradient that was
made of the formula itself would have 0 / 0 in it.
"""

from __future__ import annotations

from collections.abc import Iterable

from tinygraph.graph import Graph, Node, absolute_scope
from tinygraph.ops import stable as declared  # noqa: F401


def stable(graph: Graph) -> Graph:
    """Return ``graph`` with each formula in its stable form."""
    forms = stable_forms(graph.nodes)
    return graph.substitute(forms) if forms else graph


def stable_forms(nodes: Iterable[Node]) -> dict[Node, Node]:
    """Return those of ``nodes``, which stand in order, that have a stable form, each with it."""
    forms: dict[Node, Node] = {}
    for node in nodes:
        if node.inputs and node.op.stable is not None:
            with absolute_scope(node.scope):
                form = node.op.stable(*(forms.get(source, source) for source in node.inputs), **node.attrs)
            if form is not None and (form.shape, form.dtype) == (node.shape, node.dtype):
                forms[node] = form
    return forms
