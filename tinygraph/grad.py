"""Reverse-mode differentiation: from nodes to more nodes of the same graph. It computes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from tinygraph.graph import GraphError, Node, absolute_scope, toposort
from tinygraph.ops import add_n, cast, ones, zeros
from tinygraph.rewrites.stable import stable_forms


def gradients(loss: Node, wrt: Sequence[Node], seed: Node | None = None) -> list[Node]:
    """Return d loss / d w for each node w of ``wrt``, as nodes that can be differentiated again.

    Where a node is used several times, its incoming gradients meet in one n-ary sum. A formula that has a
    stable form, such as ln(softmax(x)), is differentiated in that. The new nodes stand in the scope
    ``backward/...`` of the node that they belong to. A node that ``loss`` does not depend on gets zeros.

    Args:
        loss: a node of one element; of any shape if ``seed`` is given.
        wrt: float nodes, leaves or not.
        seed: d (what is wanted) / d loss, of the loss's shape; 1 by default.

    Raises:
        GraphError: the loss has several elements and no seed, or a node of ``wrt`` is not of floats.

    >>> import tinygraph as tg
    >>> x = tg.param("x", 3.0)
    >>> (slope,) = tg.gradients(x * x, [x])
    >>> (curvature,) = tg.gradients(slope, [x])
    >>> float(tg.compile(slope)()), float(tg.compile(curvature)())
    (6.0, 2.0)
    """
    found = adjoints(loss, wrt, seed)
    return [found[w] if w in found else zeros(w.shape, dtype=w.dtype) for w in wrt]


def adjoints(loss: Node, wrt: Sequence[Node], seed: Node | None = None) -> dict[Node, Node]:
    """Return d loss / d node for every node that is met on the way to ``wrt``, as `gradients` makes them.

    These are ``wrt``, as far as ``loss`` depends on them, and what stands between: the hidden states on the
    way to a recurrent kernel. The arguments and errors are those of `gradients`.

    >>> import tinygraph as tg
    >>> x = tg.param("x", 3.0)
    >>> y = x * x
    >>> found = adjoints(5.0 * y, [x])
    >>> [float(tg.compile(found[node])()) for node in (y, x)]
    [5.0, 30.0]
    """
    _check(loss, wrt, seed)
    order = toposort([loss])
    forms = _forms(order, set(wrt))
    if forms:
        order = toposort([*forms.values(), loss])  # each form before the node that it stands for
    needed = _depending_on(wrt, order)
    incoming: dict[Node, list[Node]] = {loss: [seed if seed is not None else _one_like(loss)]}
    found: dict[Node, Node] = {}
    for node in reversed(order):
        parts = incoming.pop(node, None)
        if parts is None or node not in needed:
            continue
        with absolute_scope(_backward(node)):
            g = parts[0] if len(parts) == 1 else add_n(*parts)
            found[node] = g
            if node in forms:
                incoming.setdefault(forms[node], []).append(g)
                continue
            if node.op.gradient is None:
                continue
            for source, part in zip(node.inputs, _vjp(node, g), strict=True):
                if part is not None and source in needed:
                    # float32 * float64 is float64, and so is g: each input gets its own type back
                    own = part if part.dtype == source.dtype else cast(part, dtype=source.dtype)
                    incoming.setdefault(source, []).append(own)
    return found


def _vjp(node: Node, g: Node) -> Sequence[Node | None]:
    parts: Sequence[Node | None] = node.op.gradient(g, node, *node.inputs, **node.attrs)
    return parts


def _check(loss: Node, wrt: Sequence[Node], seed: Node | None) -> None:
    if not isinstance(loss, Node):
        raise GraphError(f"gradients: expected a node as loss, got {type(loss).__name__}.")
    if isinstance(wrt, Node):
        raise GraphError(f"gradients: expected a list of nodes, got one; write [{wrt.label}].")
    if seed is None and loss.size != 1:
        raise GraphError(
            f"gradients: {loss!r} has {loss.size} elements; reduce it with tg.sum or tg.mean, or give a seed."
        )
    if seed is not None and not isinstance(seed, Node):
        raise GraphError(f"gradients: expected a node as seed, got {type(seed).__name__}; see tg.constant.")
    if seed is not None and (seed.shape, seed.dtype) != (loss.shape, loss.dtype):
        raise GraphError(f"gradients: the seed {seed!r} must have the shape and dtype of {loss!r}.")
    if not isinstance(wrt, Sequence) or isinstance(wrt, str):
        raise GraphError(f"gradients: expected a list of nodes, got {type(wrt).__name__}.")
    for node in wrt:
        if not isinstance(node, Node) or node.dtype.kind != "f":
            raise GraphError(f"gradients: only float nodes have gradients, not {node!r}.")


def _forms(order: Sequence[Node], wanted: set[Node]) -> dict[Node, Node]:
    """Return the nodes that are differentiated in a stable form.

    Not those whose form goes past a node that is wanted: ln(softmax(x)) past the softmax.
    """
    there = set(order)
    forms = stable_forms(order)
    return {node: form for node, form in forms.items() if wanted.isdisjoint(_passed(node, form, there))}


def _passed(node: Node, form: Node, there: set[Node]) -> list[Node]:
    """Return what stands between a node and the nodes that its form is made of."""
    made = [form]
    for each in made:
        made += [source for source in each.inputs if source not in there]
    ends = {source for each in made for source in each.inputs if source in there}
    passed = [source for source in node.inputs if source not in ends]
    for each in passed:
        passed += [source for source in each.inputs if source not in ends]
    return passed


def _depending_on(wrt: Sequence[Node], order: Sequence[Node]) -> set[Node]:
    """Return the float nodes of ``order`` through which a node of ``wrt`` acts, those included."""
    needed = set(wrt)
    for node in order:
        if not needed.isdisjoint(node.inputs) and node.dtype.kind == "f":
            needed.add(node)
    return needed


def _one_like(loss: Node) -> Node:
    with absolute_scope(_backward(loss)):
        return ones(loss.shape, dtype=loss.dtype)


def _backward(node: Node) -> str:
    return f"backward/{node.scope}" if node.scope else "backward"
