"""What a node computes, as text with a placeholder for each input: ``{0} * {1}``."""

from __future__ import annotations

import re

from tinygraph.graph import Node
from tinygraph.viz.levels.labels import attributes

_OPERATOR = re.compile(r"-?\{0\}( \S{1,2} \{1\})?")


def formula(node: Node) -> str:
    """Return the formula of a node, "" for a leaf: operators as in Python, everything else by name.

    >>> import tinygraph as tg
    >>> x = tg.input("x", (4, 4))
    >>> [formula(y) for y in (x + x, -x, x @ x, tg.tanh(x), x[:, 0:3], tg.add_n(x, x, x))]
    ['{0} + {1}', '-{0}', '{0} @ {1}', 'tanh({0})', '{0}[:, 0:3]', '{0} + {1} + {2}']
    >>> formula(tg.softmax(x, axis=0)), formula(x)
    ('softmax({0}, axis=0)', '')
    """
    places = [f"{{{k}}}" for k in range(len(node.inputs))]
    if not places:
        return ""
    said = attributes(node)
    if node.op.name == "slice" and said:
        return places[0] + said
    if node.op.name == "matmul":
        return " @ ".join(places)
    scalar = getattr(node.op, "scalar", "")
    if scalar != "{0}" and _OPERATOR.fullmatch(scalar):
        return " + ".join(places) if node.op.name == "add_n" else str(scalar)
    return f"{node.op.name}({', '.join([*places, *([said] if said else [])])})"
