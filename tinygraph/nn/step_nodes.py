"""`StepNodes`: one step on a batch as nodes: loss, gradients, clipping, update and metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinygraph import ops
from tinygraph.grad import gradients
from tinygraph.graph import Node, scope
from tinygraph.nn.head import metrics_of
from tinygraph.nn.masks import mask_of, with_axes
from tinygraph.nn.objective import Objective
from tinygraph.nn.optimizers import Optimizer
from tinygraph.nn.step_data import StepData, made_of_step
from tinygraph.nn.sums import Sums
from tinygraph.nn.tracing import Trace
from tinygraph.ops import Parameter

if TYPE_CHECKING:
    from tinygraph.nn.stepped import Stepped


class TrainingStep(NamedTuple):
    """The nodes of a step: the loss, its gradient by each trained weight, times the optimizer's
    ``loss_scale_factor``, and what every parameter becomes: weights, optimizer's state, layers' state."""

    loss: Node
    gradients: dict[Parameter, Node]
    updates: dict[Parameter, Node]


class StepNodes:
    """What a step of training, or of testing, computes; ``sums`` are what it adds to, by mode."""

    def __init__(self, model: Stepped, objective: Objective, optimizer: Optimizer, sums: Mapping[str, Sums]):
        self.model = model
        self.objective = objective
        self.heads = objective.heads
        self.optimizer = optimizer
        self.sums = sums

    def training_step(self, feeds: Mapping[str, Any]) -> TrainingStep:
        """Return one step of training on a batch as nodes, without what only watches it."""
        with Trace(training=True) as trace:
            loss, slopes, _ = self.judged("train", feeds)
        return self.trained(loss, slopes, trace)

    def loss_node(self, mode: str, feeds: Mapping[str, Any]) -> Node:
        """Return the loss of a batch as a node."""
        with Trace(training=mode == "train"):
            return self.judged(mode, feeds)[0]

    def judged(
        self, mode: str, feeds: Mapping[str, Any]
    ) -> tuple[Node, Sequence[Node] | None, dict[Parameter, Node]]:
        """Return what the model's step makes: the loss, perhaps gradients, and the updates of the sums of
        losses and metrics."""
        with scope("loss"):
            true, weights = self.objective.targets(feeds)
        nodes = self.model.input_nodes(batch_of(feeds))
        self.objective.parts = {}
        form = self.objective.form
        data = StepData(nodes if len(nodes) > 1 else nodes[0], form(true), form(weights))
        step = self.model.train_step if mode == "train" else self.model.test_step
        which = f"{self.model.title}.{mode}_step"
        loss, y_pred, slopes = made_of_step(step(data), which)
        predictions = self.objective.predictions(y_pred, which)
        with scope("loss"):
            sums = self.loss_sums(mode, batch_of(feeds), loss)
        return loss, slopes, sums | self.statistics(mode, nodes, predictions, true, weights)

    def trained(self, loss: Node, slopes: Sequence[Node] | None, trace: Trace) -> TrainingStep:
        """Return a step that trains towards a low loss, or by the gradients that are given."""
        trained = self.model.trainable_weights
        if slopes is None:
            slopes = gradients(self.optimizer.scale_loss(loss), trained)
        return self.updated(loss, slopes, trace.updates)

    def updated(self, loss: Node, slopes: Sequence[Node], states: Mapping[Parameter, Node]) -> TrainingStep:
        """Return a step along these gradients of the trained weights, which leaves layers these states."""
        trained = self.model.trainable_weights
        new = {**self._constrained(self.optimizer.updates(trained, slopes)), **states}
        return TrainingStep(loss, dict(zip(trained, slopes, strict=True)), new)

    def _constrained(self, new: dict[Parameter, Node]) -> dict[Parameter, Node]:
        """Return the new values, those of weights with a constraint as it wants them."""
        for weight in self.model.trained:
            if weight.constraint is not None:
                with scope(f"constraint/{weight.node.label}"):
                    new[weight.node] = weight.constraint(new[weight.node])
        return new

    def loss_sums(self, mode: str, batch: int, loss: Node) -> dict[Parameter, Node]:
        """Return the updates that add losses up over batches, each batch by its samples."""
        samples = ops.constant(float(batch), dtype="float64")
        several = self.objective.parts.items() if len(self.heads) > 1 else ()
        losses = {f"{name}/loss": value for name, value in several} | {"loss": loss}
        updates: dict[Parameter, Node] = {}
        for name, value in losses.items():
            updates |= self.sums[mode].add(name, [ops.cast(value, dtype="float64") * samples, samples])
        return updates

    def statistics(
        self,
        mode: str,
        inputs: Sequence[Node],
        predictions: Mapping[str, Node],
        true: Mapping[str, Node],
        weights: Mapping[str, Node],
    ) -> dict[Parameter, Node]:
        """Return the updates that add up what the metrics are computed from."""
        updates: dict[Parameter, Node] = {}
        named = {node.name: node for node in inputs}
        for name, metric, head, weighted in metrics_of(self.heads):
            y, weight = predictions[head.name], weights.get(head.name) if weighted else None
            with scope(f"metrics/{name}"):
                more = {"inputs": named} if metric.takes_inputs else {}
                found = metric.statistics(true[head.name], y, counted(weight, mask_of(y), y.dtype), **more)
            updates |= self.sums[mode].add(name, found)
        return updates


def counted(weight: Node | None, mask: Node | None, dtype: np.dtype) -> Node | None:
    """Return the weights of samples, or of steps, with 0 where a mask says that a step does not count."""
    if mask is None:
        return weight
    counts = ops.cast(mask, dtype=dtype)
    if weight is None:
        return counts
    return counts * with_axes(weight, counts.ndim)


def batch_of(feeds: Mapping[str, Any]) -> int:
    """Return the number of samples in a batch."""
    return len(next(iter(feeds.values())))
