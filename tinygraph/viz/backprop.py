"""`Backprop`: a model's loss on data as nodes, and the derivative of the loss by everything on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tinygraph.grad import adjoints
from tinygraph.graph import Graph, Node, toposort
from tinygraph.nn.arrays import check_lengths
from tinygraph.nn.data import inputs_of
from tinygraph.nn.objective import Objective
from tinygraph.nn.recurrent.rnn import RNN
from tinygraph.nn.recurrent.unroll import Unrolled
from tinygraph.nn.targets import targets_of
from tinygraph.nn.tracing import Trace
from tinygraph.nn.training import Trainable
from tinygraph.ops import Parameter, zeros
from tinygraph.viz.observe import Array
from tinygraph.viz.series import series_of, states_of
from tinygraph.viz.subject import check_built
from tinygraph.viz.traces import untouched


@dataclass(frozen=True)
class Backprop:
    """The nodes of a forward and a backward pass on some samples, as declared.

    ``adjoint`` has d loss / d node for every node that a trained weight or a state of a recurrent layer acts
    through, and ``feeds`` what the inputs are fed.
    """

    loss: Node
    loss_name: str
    outputs: Mapping[str, Node]
    weights: Sequence[Parameter]
    unrolled: Sequence[tuple[RNN, Unrolled]]
    adjoint: Mapping[Node, Node]
    feeds: Mapping[str, Array]

    def gradient(self, node: Node) -> Node:
        """Return d loss / d node: zeros where the loss does not depend on it."""
        return self.adjoint[node] if node in self.adjoint else zeros(node.shape, dtype=node.dtype)

    @cached_property
    def graph(self) -> Graph:
        """The loss, the gradient of each trained weight as ``d <weight>``, and the predictions.

        And what recurrent layers make that the loss has no use for, as ``<layer>/t<t>/<name>``, and the
        derivatives by states of which no weight's gradient is made, as ``d <layer>/t<t>/<name>``.
        """
        slopes = {f"d {weight.label}": self.gradient(weight) for weight in self.weights}
        named = {"loss": self.loss, **slopes}
        named |= {f"output {name}" if name in named else name: y for name, y in self.outputs.items()}
        needed = set(toposort(named.values()))
        rest = {
            f"{unrolled.scope}/t{t}/{name}": node
            for _, unrolled in self.unrolled
            for name, nodes in series_of(unrolled).items()
            for t, node in enumerate(nodes)
        }
        rest |= {f"d {name}": self.adjoint[node] for name, node in rest.items() if node in self.adjoint}
        unneeded = {name: node for name, node in rest.items() if node not in needed}
        return Graph({**unneeded, **named})


def backprop(model: Trainable, x: Any, y: Any, *, training: bool = False, owner: str = "draw") -> Backprop:
    """Return the passes through ``model`` on samples ``x`` with true values ``y``.

    The loss is the compiled one, with its penalties, else the mean of squares. Dropout acts only with
    ``training``. The model stays as it is.

    Raises:
        TypeError: what has no layers.
        GraphError: a Sequential that is not built yet.
        DataError: data that do not fit.
    """
    if not isinstance(model, Trainable):
        raise TypeError(f"{owner}: expected a model, got {type(model).__name__}.")
    check_built(model, owner)
    inputs, heads = inputs_of(model, x), model.heads()
    targets = targets_of(model, heads, y)
    check_lengths({"x": inputs, "y": targets})
    feeds = {**inputs.arrays, **targets.arrays}
    with untouched(model.family), Trace(training) as trace:
        outputs = model.lowered(model.input_nodes(len(inputs)), training)
        loss = Objective(model, heads).loss_of(outputs, feeds)
        for check in trace.checks:
            check()
    weights = model.trainable_weights
    states = [node for _, each in trace.unrolled for series in states_of(each).values() for node in series]
    wanted = [node for node in dict.fromkeys([*weights, *states]) if node.dtype.kind == "f"]
    name = ", ".join(head.loss.name for head in heads if head.loss is not None)
    return Backprop(loss, name, outputs, weights, trace.unrolled, adjoints(loss, wanted), feeds)
