"""`Objective`: what training makes small: the losses of the outputs, and the penalties asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph import ops
from tinygraph.graph import GraphError, Node, scope
from tinygraph.nn.alignment import in_dtype
from tinygraph.nn.arguments import flat
from tinygraph.nn.checks import one_number
from tinygraph.nn.head import Head
from tinygraph.nn.masks import mask_of
from tinygraph.nn.tracing import current_trace

if TYPE_CHECKING:
    from tinygraph.nn.graphed import Graphed


class Objective:
    """The loss of a model as nodes, from true values, predictions and the weights of samples."""

    def __init__(self, model: Graphed, heads: Sequence[Head]):
        self.model = model
        self.heads = heads
        #: the loss of each output, of the step that was traced last
        self.parts: dict[str, Node] = {}

    def loss_of(self, predictions: Mapping[str, Node], feeds: Mapping[str, Any]) -> Node:
        """Return the loss of these predictions, as `compile` was told, in the trace that is open."""
        with scope("loss"):
            true, weights = self.targets(feeds)
        return self.loss(self.form(true), list(predictions.values()), self.form(weights))

    def loss(self, y: Any, y_pred: Any, sample_weight: Any) -> Node:
        """Return the losses of the outputs, each by its weight, and the penalties that were asked for."""
        trained = {head: head.loss for head in self.heads if head.loss is not None}
        first = next(iter(trained)).name
        true = y if isinstance(y, Mapping) else {first: y}
        weights = sample_weight if isinstance(sample_weight, Mapping) else {first: sample_weight}
        predictions = self.predictions(y_pred, f"{self.model.title}.compute_loss")
        trace = current_trace()
        with scope("loss"):
            penalties = [*trace.losses, *self.regularization()]
            trace.losses.clear()
            for head, criterion in trained.items():
                node, name = predictions[head.name], head.name
                self.parts[name] = criterion(true[name], node, weights.get(name), mask=mask_of(node))
            return self.whole_loss(penalties)

    def whole_loss(self, penalties: Sequence[Node]) -> Node:
        """Return the sum of the losses of the outputs, each by its weight, and of penalties."""
        weight = {head.name: head.weight for head in self.heads}
        parts = [value if weight[name] == 1.0 else value * weight[name] for name, value in self.parts.items()]
        parts += [in_dtype(penalty, parts[0].dtype) for penalty in penalties]
        return parts[0] if len(parts) == 1 else ops.add_n(parts)

    def regularization(self) -> list[Node]:
        """Return the penalty of each trained weight that has a regularizer."""
        found = []
        for weight in self.model.trained:
            if weight.regularizer is not None:
                with scope(f"regularization/{weight.node.label}"):
                    penalty = weight.regularizer(weight.node)
                found.append(one_number(penalty, f"the regularizer of {weight.node.label}"))
        return found

    def targets(self, feeds: Mapping[str, Any]) -> tuple[dict[str, Node], dict[str, Node]]:
        """Return input nodes for the true values and, where they are fed, the samples' weights."""
        true, weights = {}, {}
        for head, y in zip(self.heads, self.model.outputs, strict=True):
            dtype = np.dtype("int64") if head.takes_classes else y.dtype
            if head.target in feeds:
                true[head.name] = ops.input(head.target, feeds[head.target].shape, dtype=dtype)
            if head.sample_weight in feeds:
                shape = feeds[head.sample_weight].shape
                weights[head.name] = ops.input(head.sample_weight, shape, dtype=y.dtype)
        return true, weights

    def predictions(self, y_pred: Any, owner: str) -> dict[str, Node]:
        """Return predictions by output, or raise `GraphError` if it is not one for each."""
        nodes, names = flat(y_pred), self.model.output_names
        if len(nodes) != len(names):
            outputs = f"{len(names)} output{'s' if len(names) > 1 else ''}"
            raise GraphError(f"{owner}: expected predictions for {outputs}, got {len(nodes)}.")
        return dict(zip(names, nodes, strict=True))

    def form(self, by_output: Mapping[str, Node]) -> Any:
        """Return nodes by output as a step gets them: None of none, the node of a model's only output."""
        if len(self.model.outputs) > 1:
            return by_output or None
        return next(iter(by_output.values()), None)
