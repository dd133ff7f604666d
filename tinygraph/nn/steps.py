"""Training and testing as graphs: loss, gradients, clipping, update and metrics in one program a step."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinygraph import backends, ops
from tinygraph.collector import collector_paused
from tinygraph.compile import Function, compile
from tinygraph.grad import gradients
from tinygraph.graph import GraphError, Node, Shape, scope
from tinygraph.nn.alignment import in_dtype
from tinygraph.nn.arguments import flat
from tinygraph.nn.checks import one_number
from tinygraph.nn.latest import Latest
from tinygraph.nn.losses import Loss
from tinygraph.nn.masks import mask_of, with_axes
from tinygraph.nn.metrics import Metric
from tinygraph.nn.optimizers import Optimizer
from tinygraph.nn.outcomes import Logs, Training
from tinygraph.nn.pickled import seeded_of
from tinygraph.nn.runnable import Runnable
from tinygraph.nn.step_data import StepData, made_of_step
from tinygraph.nn.sums import Sums, mean
from tinygraph.nn.tracing import Trace, current_trace
from tinygraph.ops import Parameter

if TYPE_CHECKING:
    from tinygraph.nn.compiled import Compiled
    from tinygraph.nn.data import Samples


#: a program, and what to call before each run of it
Checked = tuple[Runnable, list[Callable[[], None]]]


@dataclass(eq=False)
class Head:
    """One output of a compiled model, with what it is trained and judged by."""

    name: str
    loss: Loss | None
    weight: float
    metrics: Sequence[Metric]
    weighted_metrics: Sequence[Metric]

    @property
    def target(self) -> str:
        """The name of the input that the true values are fed by."""
        return f"true {self.name}"

    @property
    def sample_weight(self) -> str:
        """The name of the input that the samples' weights are fed by."""
        return f"weight {self.name}"

    def target_shape(self, shape: Shape) -> Shape:
        """The shape of the true values for predictions of ``shape``: labels lack the axis of classes."""
        return shape[:-1] if self.takes_classes else shape

    @property
    def takes_any(self) -> bool:
        """Whether the true values may have any shape: those of a loss that is a function."""
        return self.loss is not None and self.loss.target_kind is None

    @property
    def takes_classes(self) -> bool:
        """Whether the true values are whole numbers, the indices of classes."""
        return self.loss is not None and self.loss.target_kind == "classes"


class TrainingStep(NamedTuple):
    """The nodes of a step: the loss, its gradient by each trained weight, times the optimizer's
    ``loss_scale_factor``, and what every parameter becomes: weights, optimizer's state, layers' state."""

    loss: Node
    gradients: dict[Parameter, Node]
    updates: dict[Parameter, Node]


class Steps:
    """The programs of a compiled model, one for each mode and batch size; they share the parameters."""

    def __init__(
        self,
        model: Compiled,
        heads: Sequence[Head],
        optimizer: Optimizer,
        backend: str,
        jit_compile: bool | str,
    ):
        self.model = model
        self.heads = heads
        self.optimizer = optimizer
        # From the first run on, not after some: a training that is resumed then gives the bits of one that is
        # not interrupted.
        jit_compile = backends.compiles(backend) if jit_compile == "auto" else jit_compile
        self.settings: dict[str, Any] = {"backend": backend, "jit_compile": jit_compile}
        self.immediate = backends.get(backend).immediate
        self.training = Training(self)
        #: the sums of each mode, so that an evaluation amid an epoch does not disturb that of training
        self.sums = {"train": Sums(), "test": Sums()}
        self.layers = model.family
        self.latest: Latest[Checked] = Latest()
        #: the loss of each output, of the step that was traced last
        self.parts: dict[str, Node] = {}

    def agree(self, method: str, **numbers: int) -> None:
        """Check that all processes of a training begin ``method`` with the same numbers: here is but one."""

    def begin(self, epoch: int, batch: int) -> None:
        """Check that all processes of a training begin with the same epoch, and batch of it."""

    def take(self, data: Samples, rows: Any) -> Mapping[str, Any]:
        """Return the samples of a batch that this process is fed."""
        return data.take(rows)

    def function(self, mode: str, feeds: Mapping[str, Any]) -> Checked:
        """Return the program for ``mode`` ("train", "test" or "predict") and the shapes of ``feeds``."""
        return self.latest.get(self._key(mode, feeds), lambda: self._compiled(mode, feeds))

    def _key(self, mode: str, feeds: Mapping[str, Any]) -> tuple[Hashable, ...]:
        """What a program depends on."""
        shapes = tuple([(name, array.shape) for name, array in feeds.items()])
        return mode, shapes, tuple([layer.trainable for layer in self.layers])

    def ready(self, mode: str, feeds: Mapping[str, Any]) -> Runnable:
        """Return the program for ``mode`` on one batch, which may be run now."""
        function, checks = self.function(mode, feeds)
        for check in checks:
            check()
        return function

    def run(self, mode: str, feeds: Mapping[str, Any]) -> dict[str, Any]:
        """Run the program for ``mode`` on one batch and return its outputs."""
        function = self.ready(mode, feeds)
        return function(**used(function, feeds))

    @staticmethod
    def start(function: Runnable, feeds: Mapping[str, Any]) -> dict[str, Any]:
        """Run a program without waiting for a device; return its outputs where they stand."""
        return function.start(**used(function, feeds))

    def first_nonfinite(self, mode: str, feeds: Mapping[str, Any]) -> Node | None:
        """Return the first node of the program that is NaN or infinite on this batch."""
        function, _ = self.function(mode, feeds)
        return function.first_nonfinite(**used(function, feeds))

    def logs(self, mode: str) -> Logs:
        """Return the losses and metrics of a mode so far, read when somebody looks."""

        def fetch() -> dict[str, float]:
            if mode == "train":
                self.training.look()
            return self.so_far(mode)

        return Logs(fetch)

    def so_far(self, mode: str) -> dict[str, float]:
        """Return what is known amid an epoch: losses and metrics."""
        return self.results(mode)

    def results(self, mode: str) -> dict[str, float]:
        """Return the losses and metrics of a mode since `reset`, from the sums; NaN where there is none."""
        named = metrics_of(self.heads)
        return self.losses(mode) | {
            name: metric.result_of(self.statistics(mode, name)) for name, metric, *_ in named
        }

    def losses(self, mode: str) -> dict[str, float]:
        """Return the losses of a mode since `reset`."""
        sums = self.sums[mode]
        logs = {"loss": mean(sums.values("loss"))}
        for head in self.heads:
            if f"{head.name}/loss" in sums.parameters:
                logs[f"{head.name}_loss"] = mean(sums.values(f"{head.name}/loss"))
        return logs

    def statistics(self, mode: str, name: str) -> list[np.ndarray[Any, Any]]:
        """Return the sums of a metric since `reset`."""
        return self.sums[mode].values(name)

    def reseed(self, seeds: Sequence[int]) -> None:
        """Let random numbers follow from the seeds of the training that is taken up."""
        layers = seeded_of(self.model)
        if len(seeds) != len(layers):
            raise ValueError(
                f"fit: {self.model.title} expected {len(layers)} seeds of layers, got {len(seeds)}; "
                "the training is that of another model."
            )
        if list(seeds) != [layer.seed for layer in layers]:
            for layer, seed in zip(layers, seeds, strict=True):
                layer.seed = seed
            self.latest = Latest()

    @property
    def summed(self) -> list[str]:
        """What is summed over the batches of an epoch, and is the same in all processes of a training."""
        heads = [f"{head.name}/loss" for head in self.heads if head.loss is not None]
        named = metrics_of(self.heads)
        return ["loss", *(heads if len(self.heads) > 1 else ()), *(name for name, *_ in named)]

    def reset(self, mode: str) -> None:
        """Begin the sums of a mode afresh."""
        self.sums[mode].reset()

    @collector_paused()
    def _compiled(self, mode: str, feeds: Mapping[str, Any]) -> Checked:
        with Trace(training=mode == "train") as trace:
            if mode == "predict":
                predictions = self.model.lowered(self.model.input_nodes(batch_of(feeds)), False)
                return self._program(predictions, trace.updates), trace.checks
            loss, slopes, sums = self._judged(mode, feeds)
        if mode == "test":
            return self._program({"loss": loss}, sums | trace.updates), trace.checks
        return self._guarded(self._trained(loss, slopes, trace), sums), trace.checks

    def _guarded(self, step: TrainingStep, sums: Mapping[Parameter, Node]) -> Function:
        """Return the program of a step that changes nothing unless all of it is finite."""
        loss, slopes, new = step
        # What is finite now may overflow in the update, where the learning rate is huge: look at both. The
        # new values then cannot overwrite the old ones: 1 to 4 % of a step's time, and no more memory.
        floats = (node for node in new.values() if node.dtype.kind == "f")
        results = {"loss": loss, "finite": ops.all_finite(loss, *slopes.values(), *floats)}
        return self._program(results, {**sums, **new}, guard="finite")

    def _program(
        self, outputs: Mapping[str, Node], updates: Mapping[Parameter, Node], guard: str | None = None
    ) -> Function:
        """Return a program that takes turns with the model's others, so that none sees half an update."""
        function = compile(outputs, updates, **self.settings, guard=guard)
        function.lock = self.model.turns
        return function

    def training_step(self, feeds: Mapping[str, Any]) -> TrainingStep:
        """Return one step of training on a batch as nodes, without what only watches it."""
        with Trace(training=True) as trace:
            loss, slopes, _ = self._judged("train", feeds)
        return self._trained(loss, slopes, trace)

    def loss_of(self, predictions: Mapping[str, Node], feeds: Mapping[str, Any]) -> Node:
        """Return the loss of these predictions, as `compile` was told, in the trace that is open."""
        with scope("loss"):
            true, weights = self._targets(feeds)
        return self.loss(self._form(true), list(predictions.values()), self._form(weights))

    def loss_node(self, mode: str, feeds: Mapping[str, Any]) -> Node:
        """Return the loss of a batch as a node."""
        with Trace(training=mode == "train"):
            return self._judged(mode, feeds)[0]

    def _judged(
        self, mode: str, feeds: Mapping[str, Any]
    ) -> tuple[Node, Sequence[Node] | None, dict[Parameter, Node]]:
        """Return what the model's step makes: the loss, perhaps gradients, and the updates of the sums of
        losses and metrics."""
        with scope("loss"):
            true, weights = self._targets(feeds)
        nodes = self.model.input_nodes(batch_of(feeds))
        self.parts = {}
        data = StepData(nodes if len(nodes) > 1 else nodes[0], self._form(true), self._form(weights))
        step = self.model.train_step if mode == "train" else self.model.test_step
        which = f"{self.model.title}.{mode}_step"
        loss, y_pred, slopes = made_of_step(step(data), which)
        predictions = self._predictions(y_pred, which)
        with scope("loss"):
            sums = self._loss_sums(mode, batch_of(feeds), loss)
        return loss, slopes, sums | self._statistics(mode, nodes, predictions, true, weights)

    def _predictions(self, y_pred: Any, owner: str) -> dict[str, Node]:
        """Return predictions by output, or raise `GraphError` if it is not one for each."""
        nodes, names = flat(y_pred), self.model.output_names
        if len(nodes) != len(names):
            outputs = f"{len(names)} output{'s' if len(names) > 1 else ''}"
            raise GraphError(f"{owner}: expected predictions for {outputs}, got {len(nodes)}.")
        return dict(zip(names, nodes, strict=True))

    def _form(self, by_output: Mapping[str, Node]) -> Any:
        """Return nodes by output as a step gets them: None of none, the node of a model's only output."""
        if len(self.model.outputs) > 1:
            return by_output or None
        return next(iter(by_output.values()), None)

    def _trained(self, loss: Node, slopes: Sequence[Node] | None, trace: Trace) -> TrainingStep:
        """Return a step that trains towards a low loss, or by the gradients that are given."""
        trained = self.model.trainable_weights
        if slopes is None:
            slopes = gradients(self.optimizer.scale_loss(loss), trained)
        return self._updated(loss, slopes, trace.updates)

    def _updated(self, loss: Node, slopes: Sequence[Node], states: Mapping[Parameter, Node]) -> TrainingStep:
        """Return a step along these gradients of the trained weights, which leaves layers these states."""
        trained = self.model.trainable_weights
        new = {**self._constrained(self.optimizer.updates(trained, slopes)), **states}
        return TrainingStep(loss, dict(zip(trained, slopes, strict=True)), new)

    def _regularization(self) -> list[Node]:
        """Return the penalty of each trained weight that has a regularizer."""
        found = []
        for weight in self.model.trained:
            if weight.regularizer is not None:
                with scope(f"regularization/{weight.node.label}"):
                    penalty = weight.regularizer(weight.node)
                found.append(one_number(penalty, f"the regularizer of {weight.node.label}"))
        return found

    def _constrained(self, new: dict[Parameter, Node]) -> dict[Parameter, Node]:
        """Return the new values, those of weights with a constraint as it wants them."""
        for weight in self.model.trained:
            if weight.constraint is not None:
                with scope(f"constraint/{weight.node.label}"):
                    new[weight.node] = weight.constraint(new[weight.node])
        return new

    def _targets(self, feeds: Mapping[str, Any]) -> tuple[dict[str, Node], dict[str, Node]]:
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

    def loss(self, y: Any, y_pred: Any, sample_weight: Any) -> Node:
        """Return the losses of the outputs, each by its weight, and the penalties that were asked for."""
        trained = {head: head.loss for head in self.heads if head.loss is not None}
        first = next(iter(trained)).name
        true = y if isinstance(y, Mapping) else {first: y}
        weights = sample_weight if isinstance(sample_weight, Mapping) else {first: sample_weight}
        predictions = self._predictions(y_pred, f"{self.model.title}.compute_loss")
        trace = current_trace()
        with scope("loss"):
            penalties = [*trace.losses, *self._regularization()]
            trace.losses.clear()
            for head, criterion in trained.items():
                node, name = predictions[head.name], head.name
                self.parts[name] = criterion(true[name], node, weights.get(name), mask=mask_of(node))
            return self._whole_loss(penalties)

    def _whole_loss(self, penalties: Sequence[Node]) -> Node:
        """Return the sum of the losses of the outputs, each by its weight, and of penalties."""
        weight = {head.name: head.weight for head in self.heads}
        parts = [value if weight[name] == 1.0 else value * weight[name] for name, value in self.parts.items()]
        parts += [in_dtype(penalty, parts[0].dtype) for penalty in penalties]
        return parts[0] if len(parts) == 1 else ops.add_n(parts)

    def _loss_sums(self, mode: str, batch: int, loss: Node) -> dict[Parameter, Node]:
        """Return the updates that add losses up over batches, each batch by its samples."""
        samples = ops.constant(float(batch), dtype="float64")
        several = self.parts.items() if len(self.heads) > 1 else ()
        losses = {f"{name}/loss": value for name, value in several} | {"loss": loss}
        updates: dict[Parameter, Node] = {}
        for name, value in losses.items():
            updates |= self.sums[mode].add(name, [ops.cast(value, dtype="float64") * samples, samples])
        return updates

    def _statistics(
        self,
        mode: str,
        inputs: Sequence[Node],
        predictions: Mapping[str, Node],
        true: Mapping[str, Node],
        weights: Mapping[str, Node],
    ) -> dict[Parameter, Node]:
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


def used(function: Runnable, feeds: Mapping[str, Any]) -> dict[str, Any]:
    """Return the feeds that a graph has a use for: a loss of one's own may ignore the true values."""
    return {name: feeds[name] for name in function.inputs}


def metrics_of(heads: Sequence[Head]) -> list[tuple[str, Metric, Head, bool]]:
    """Return each metric with its name in the history, its output, and whether it takes weights.

    With several outputs the name of the output stands in front.
    """
    found: list[tuple[str, Metric, Head, bool]] = []
    for head in heads:
        prefix = f"{head.name}_" if len(heads) > 1 else ""
        names = {metric.name for metric in head.metrics}
        found += [(prefix + metric.name, metric, head, False) for metric in head.metrics]
        for metric in head.weighted_metrics:
            name = f"weighted_{metric.name}" if metric.name in names else metric.name
            found.append((prefix + name, metric, head, True))
    return found
