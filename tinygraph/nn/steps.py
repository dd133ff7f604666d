"""`Steps`: the programs of a model: loss, gradients, clipping, update and metrics in one run a step."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph import backends, ops
from tinygraph.collector import collector_paused
from tinygraph.compile import Function, compile
from tinygraph.graph import Node
from tinygraph.nn.head import Head, metrics_of
from tinygraph.nn.latest import Latest
from tinygraph.nn.objective import Objective
from tinygraph.nn.optimizers import Optimizer
from tinygraph.nn.outcomes import Logs, Training
from tinygraph.nn.pickled import seeded_of
from tinygraph.nn.runnable import Runnable
from tinygraph.nn.step_nodes import StepNodes, TrainingStep, batch_of
from tinygraph.nn.sums import Sums, mean
from tinygraph.nn.tracing import Trace
from tinygraph.ops import Parameter

if TYPE_CHECKING:
    from tinygraph.nn.data import Samples
    from tinygraph.nn.stepped import Stepped

#: a program, and what to call before each run of it
Checked = tuple[Runnable, list[Callable[[], None]]]


class Steps:
    """The programs of a compiled model, one for each mode and batch size; they share the parameters."""

    def __init__(
        self,
        model: Stepped,
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
        self.objective = Objective(model, heads)
        self.nodes = StepNodes(model, self.objective, optimizer, self.sums)

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
            loss, slopes, sums = self.nodes.judged(mode, feeds)
        if mode == "test":
            return self._program({"loss": loss}, sums | trace.updates), trace.checks
        return self._guarded(self.nodes.trained(loss, slopes, trace), sums), trace.checks

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


def used(function: Runnable, feeds: Mapping[str, Any]) -> dict[str, Any]:
    """Return the feeds that a graph has a use for: a loss of one's own may ignore the true values."""
    return {name: feeds[name] for name in function.inputs}
