"""`SharedSteps`: the programs of a model whose batches several processes share."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.collector import collector_paused
from tinygraph.compile import Function, compile
from tinygraph.distribute.exchange import Buffer, SharedFunction
from tinygraph.distribute.mpi import MPI
from tinygraph.distribute.shards import Shard, Share, mean, shard, share_of
from tinygraph.grad import gradients
from tinygraph.graph import Graph, Node, scope
from tinygraph.nn.alignment import in_dtype
from tinygraph.nn.data import Samples
from tinygraph.nn.head import metrics_of
from tinygraph.nn.layers.batch_normalization import BatchNormalization
from tinygraph.nn.stepped import Stepped
from tinygraph.nn.steps import Checked, Steps
from tinygraph.nn.tracing import Trace
from tinygraph.ops import Counter, Parameter

#: what ranks add up, by what it is and whose
Values = dict[tuple[str, Any], Node]


class SharedSteps(Steps):
    """Programs in which a rank computes its rows of a batch, and what follows from the sums over all.

    A rank that has no row in a batch, which may be the last one, adds zeros.

    Raises:
        ValueError: a layer that is not for a part of a batch.
    """

    def __init__(self, mpi: MPI, *arguments: Any):
        super().__init__(*arguments)
        self.mpi = mpi
        self._check_step()
        self._check_layers()
        self.add_up = mpi.adder(self.settings["backend"])
        random = [layer for layer in self.layers if hasattr(layer, "seed")]
        for layer, seed in zip(random, mpi.same([layer.seed for layer in random]), strict=True):
            layer.seed = seed
        self._align()

    def _check_step(self) -> None:
        for name in ("train_step", "test_step", "compute_loss"):
            if getattr(type(self.model), name) is not getattr(Stepped, name):
                raise ValueError(
                    f"{self.model.title}.{name}: a step of one's own cannot be distributed: what of it is a "
                    "sum over samples cannot be told. Leave distribute out, or take a loss in compile."
                )

    def _check_layers(self) -> None:
        for layer in self.layers:
            if getattr(layer, "stateful", False):
                raise ValueError(
                    f"{layer.title}: a stateful layer cannot be distributed: its states are of the rows of "
                    "a batch, of which each rank has others. Use stateful=False."
                )
            if layer.batch_size is not None:
                raise ValueError(
                    f"{layer.title}: made for batches of {layer.batch_size}, it cannot be distributed: each "
                    "rank has a part of a batch. Leave the size of the batch open."
                )
            if isinstance(layer, BatchNormalization) and layer.synchronized:
                raise ValueError(
                    f"{layer.title}: synchronized=True cannot be distributed: ranks exchange sums once a "
                    "step. Use synchronized=False: each normalizes by its own rows."
                )

    def _align(self) -> None:
        """Give all ranks the weights, and the optimizer's state, of rank 0."""
        nodes = [*self.model.weights, *self.optimizer.variables]
        for node, value in zip(nodes, self.mpi.same([node.value for node in nodes]), strict=True):
            node.assign(value)

    def agree(self, method: str, **numbers: int) -> None:
        """Check that all ranks begin ``method`` with the same numbers; give them the weights of rank 0."""
        why = "all ranks do the same with the same, whole data: each takes its rows of every batch"
        self._compare(method, numbers, why)
        batch = min(numbers.get(name, self.mpi.size) for name in ("samples", "batch_size"))
        if method == "fit" and batch < self.mpi.size:
            raise ValueError(
                f"fit: a batch of {batch} cannot be shared by {self.mpi.size} ranks; "
                "take a larger batch_size, or fewer ranks."
            )
        self._align()

    def begin(self, epoch: int, batch: int) -> None:
        """Check that all ranks begin with the same epoch, and batch of it."""
        first = {"first epoch": epoch, "first batch": batch}
        self._compare("fit", first, "BackupAndRestore needs one folder for all ranks")

    @property
    def summed(self) -> list[str]:
        """The losses: of metrics each rank has the sums of its own rows."""
        metrics = {name for name, *_ in metrics_of(self.heads)}
        return [name for name in super().summed if name not in metrics]

    def _compare(self, method: str, numbers: Mapping[str, int], why: str) -> None:
        """Raise ValueError on all ranks where one has other numbers than rank 0."""
        first, *others = self.mpi.each(dict(numbers))
        for rank, other in enumerate(others, 1):
            for name, number in first.items():
                if other[name] != number:
                    raise ValueError(
                        f"{method}: rank {rank} has {name}={other[name]}, rank 0 {number}; {why}."
                    )

    def take(self, data: Samples, rows: Any) -> Shard:
        """Return this rank's part of a batch."""
        return shard(data, rows, self.mpi.rank, self.mpi.size)

    def so_far(self, mode: str) -> dict[str, float]:
        """Return the losses: to add up metrics takes all ranks, and one of them may look alone."""
        return self.losses(mode)

    def statistics(self, mode: str, name: str) -> list[np.ndarray[Any, Any]]:
        """Return the sums of a metric, of all ranks."""
        return [self.mpi.total(value) for value in super().statistics(mode, name)]

    def _key(self, mode: str, feeds: Mapping[str, Any]) -> tuple[Hashable, ...]:
        rows = feeds.rows if isinstance(feeds, Shard) else None
        return *super()._key(mode, feeds), rows

    @collector_paused()
    def _compiled(self, mode: str, feeds: Mapping[str, Any]) -> Checked:
        if not isinstance(feeds, Shard):  # to predict, which each rank does alone
            return super()._compiled(mode, feeds)
        with Trace(training=mode == "train", rows=feeds.shaped().rows) as trace:
            sent, sums = self._sent(mode, feeds.shaped(), trace)
        buffer = Buffer(sent)
        updates = {buffer.parameter: buffer.written(sent)} | sums
        own = compile({}, updates, **self.settings) if feeds.rows.size else self._idle(updates, buffer)
        with scope("whole"):
            closing = self._closing(mode, buffer.read(), feeds.rows.whole)
        return SharedFunction(own, closing, buffer, self.add_up, self.mpi.anyone), trace.checks

    def _idle(self, updates: Mapping[Parameter, Node], buffer: Buffer) -> Function:
        """Return what a rank without rows does: zeros, and random numbers go on as those of the others."""
        counters = [leaf for leaf in Graph({}, updates).leaves if isinstance(leaf, Counter)]
        nothing = ops.zeros(buffer.parameter.shape, dtype=buffer.parameter.dtype.name)
        return compile({leaf.label: leaf for leaf in counters}, {buffer.parameter: nothing}, **self.settings)

    def _sent(self, mode: str, feeds: Shard, trace: Trace) -> tuple[Values, dict[Parameter, Node]]:
        """Return what the rows add to the sums over all ranks, and the updates of the metrics' sums."""
        part = feeds.rows.size / feeds.rows.whole
        inputs = self.model.input_nodes(feeds.rows.size)
        predictions = self.model.lowered(inputs, mode == "train")
        with scope("loss"):
            true, weights = self.objective.targets(feeds)
            shares = {
                head.name: share_of(
                    head, true[head.name], predictions[head.name], weights.get(head.name), feeds.rows
                )
                for head in self.heads
                if head.loss is not None
            }
            penalty = [ops.add_n(trace.losses) * part] if trace.losses else []
        sums = self.nodes.statistics(mode, inputs, predictions, true, weights)
        sent: Values = {("total", name): share.total for name, share in shares.items()}
        for name, share in shares.items():
            if share.divisor is not None:
                sent["divisor", name] = share.divisor
        sent |= {("penalty", k): node for k, node in enumerate(penalty)}
        sent |= {("state", leaf): node * part for leaf, node in trace.updates.items()}
        if mode == "train":
            sent |= self._slopes(shares, penalty)
        return sent, sums

    def _slopes(self, shares: Mapping[str, Share], penalty: Sequence[Node]) -> Values:
        """Return the gradients of the shares: of each that has a divisor, and of the others as one."""
        goals: dict[str | None, list[Node]] = {None: list(penalty)} if penalty else {}
        for head in self.heads:
            if head.name in shares:
                total, divisor = shares[head.name]
                goals.setdefault(None if divisor is None else head.name, []).append(total * head.weight)
        trained = self.model.trainable_weights
        return {
            ("slope", (name, weight)): slope
            for name, parts in goals.items()
            for weight, slope in zip(trained, self._slopes_of(parts), strict=True)
        }

    def _slopes_of(self, parts: Sequence[Node]) -> Sequence[Node]:
        """Return the gradients of a sum by the trained weights, on the scale that the optimizer wants."""
        return gradients(self.optimizer.scale_loss(ops.add_n(parts)), self.model.trainable_weights)

    def _closing(self, mode: str, sums: Values, whole: int) -> Function:
        """Return the program of what follows from the sums over all ranks: the loss and the update."""
        divisors = of("divisor", sums)
        self.objective.parts = {
            name: mean(total, divisors.get(name)) for name, total in of("total", sums).items()
        }
        with scope("loss"):
            regular = self.objective.regularization()
            penalties = [*of("penalty", sums).values(), *regular]
            loss = self.objective.whole_loss(penalties)
            updates = self.nodes.loss_sums(mode, whole, loss)
        states = {leaf: in_dtype(node, leaf.dtype) for leaf, node in of("state", sums).items()}
        if mode == "test":
            return compile({"loss": loss}, updates | states, **self.settings)
        trained = self.model.trainable_weights
        parts: dict[Parameter, list[Node]] = {weight: [] for weight in trained}
        for (name, weight), slope in of("slope", sums).items():
            parts[weight].append(in_dtype(mean(slope, divisors.get(name)), weight.dtype))
        if regular:
            for weight, slope in zip(trained, self._slopes_of(regular), strict=True):
                parts[weight].append(slope)
        slopes = [ops.add_n(each) for each in parts.values()]
        return self._guarded(self.nodes.updated(loss, slopes, states), updates)


def of(what: str, values: Values) -> dict[Any, Node]:
    """Return the values of one kind, by whose they are."""
    return {whose: node for (kind, whose), node in values.items() if kind == what}
