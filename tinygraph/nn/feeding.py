"""`Fed`: what users pass as data, as batches: cut from arrays, or read one by one from what gives them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from tinygraph.defaults import next_seed
from tinygraph.graph import Node
from tinygraph.nn.arrays import DataError, check_lengths
from tinygraph.nn.batches import Batches, CutBatches, ReadBatches
from tinygraph.nn.compiled import Compiled
from tinygraph.nn.data import Samples, check_columns, inputs_of, sample_shape_of
from tinygraph.nn.ranges import number_in
from tinygraph.nn.sources import Source, unpacked
from tinygraph.nn.steps import Steps
from tinygraph.nn.targets import class_weights_of, targets_of, weights_of
from tinygraph.ops import Parameter


class Fed(Compiled):
    """A model that takes data in every form."""

    #: the columns of each input that was a data frame when the model was trained
    columns: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    def loss_nodes(
        self, x: Any, y: Any, sample_weight: Any = None, training: bool = True
    ) -> tuple[Node, list[Parameter], dict[str, Any]]:
        """Return the loss of these samples as a node, the weights that are trained, and what the inputs are
        fed: for `tinygraph.gradcheck`."""
        steps, data = self._labelled("gradcheck", x, y, sample_weight)
        feeds = data.take(slice(None))
        return steps.nodes.loss_node("train" if training else "test", feeds), self.trainable_weights, feeds

    def _inputs(self, x: Any, where: str = "") -> Samples:
        """Check ``x``; a model without shapes takes them from it."""
        if not self.inputs:
            self.build(sample_shape_of(x, f"{where}x"))
        return inputs_of(self, x, where)

    def _labelled(
        self, method: str, x: Any, y: Any, sample_weight: Any, where: str = ""
    ) -> tuple[Steps, Samples]:
        """Check inputs, true values and weights against one another; ``where`` stands before their names."""
        self._settings(method)
        inputs = self._inputs(x, where)
        steps = self._steps(method)
        targets = targets_of(self, steps.heads, y, where)
        check_lengths({f"{where}x": inputs, f"{where}y": targets})
        weights = weights_of(steps.heads, targets, sample_weight, where)
        return steps, Samples({**inputs.arrays, **targets.arrays, **weights}, inputs.columns)

    def _fit_batches(
        self,
        source: Source,
        validation: Source,
        split: float,
        order: int | None,
        class_weight: Any,
        epochs: range,
    ) -> tuple[Batches, Batches | None, range | None]:
        """Return batches to train on, those to judge by, and the rows of x that were held out for them.

        What can be checked before the first step is, the first batch of what is read included. ``order`` is
        the seed that training shuffles by.
        """
        number_in("[0, 1)", "fit", "validation_split", split)
        where = f"fit, epoch {epochs.start + 1}"
        training: Batches
        judging: Batches | None = None
        held_out, columns = None, self.columns
        if source.read:
            if split:
                raise DataError(
                    "fit: validation_split needs arrays, but x gives batches; use validation_data."
                )
            training = self._read("fit", source, order, class_weight)
            _begin(training, where, epochs)
        else:
            data = self._whole("fit", source)
            columns = data.columns
            if split and validation.x is None:
                whole, (data, judged) = len(data), data.split(split)
                if not len(data) or not len(judged):
                    raise DataError(f"validation_split: {split} of {whole} samples leaves one side empty.")
                judging = CutBatches(judged, validation.batch_size, asked=validation.steps)
                held_out = range(len(data), whole)
            data = self._class_weighted(data, source.sample_weight, class_weight)
            training = CutBatches(data, source.batch_size, order, source.steps)
        if validation.x is not None:
            judging = self._batches("fit", validation, "validation_data, ", columns)
            _begin(judging, f"{where}, validation", epochs)
        self._check_sizes([*training.sizes, *(judging.sizes if judging else ())])
        self.columns = columns
        return training, judging, held_out

    def _shared_seed(self) -> int:
        """Return a seed that all processes of a training have."""
        ranks = self._settings("fit")["distribute"]
        return next_seed() if ranks is None else ranks.same(next_seed())

    def _batches(
        self,
        method: str,
        source: Source,
        where: str = "",
        columns: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Batches:
        """Return batches with true values, in the order in which they come."""
        if source.read:
            return self._read(method, source)
        data = self._whole(method, source, where)
        check_columns(data, self.columns if columns is None else columns, where)
        return CutBatches(data, source.batch_size, asked=source.steps)

    def _batches_of_x(self, source: Source) -> Batches:
        """Return batches to predict for."""
        if source.read:
            return ReadBatches(source.x, self._read_x, asked=source.steps)
        data = self._inputs(source.x)
        check_columns(data, self.columns)
        return CutBatches(data, source.batch_size, asked=source.steps)

    def _whole(self, method: str, source: Source, where: str = "") -> Samples:
        """Return all samples of arrays."""
        return self._labelled(method, source.x, source.y, source.sample_weight, where)[1]

    def _read(
        self, method: str, source: Source, order: int | None = None, class_weight: Any = None
    ) -> ReadBatches:
        """Return batches that are checked when they come."""

        def read(batch: Any, at: str) -> Samples:
            x, y, weight = unpacked(batch, at)
            if y is None:
                raise DataError(f"{at}: expected a batch (x, y) or (x, y, sample_weight), got x alone.")
            data = self._labelled(method, x, y, weight, f"{at}, ")[1]
            self._check_sizes([len(data)])
            return self._class_weighted(data, weight, class_weight)

        return ReadBatches(source.x, read, order, source.steps)

    def _read_x(self, batch: Any, at: str) -> Samples:
        return self._inputs(unpacked(batch, at)[0], f"{at}, ")

    def _class_weighted(self, data: Samples, sample_weight: Any, class_weight: Any) -> Samples:
        """Return the samples with the weights of their classes."""
        if class_weight is None:
            return data
        if sample_weight is not None:
            raise DataError("sample_weight and class_weight cannot be combined; multiply them into one.")
        weights = class_weights_of(self._steps("fit").heads, data, class_weight)
        return Samples({**data.arrays, **weights}, data.columns)

    def _check_sizes(self, sizes: Collection[int]) -> None:
        for layer in self.family:
            layer.check_batch_sizes(sizes)


def _begin(batches: Batches, where: str, epochs: range) -> None:
    """Raise `DataError` unless what is read has a first batch, and as many passes as epochs."""
    if not isinstance(batches, ReadBatches):
        return
    if batches.asked is None and batches.passes_once and len(epochs) > 1:
        raise DataError(
            f"{where}: a {type(batches.source).__name__} gives its batches once, but there are "
            f"{len(epochs)} epochs. Say how many batches each has (steps_per_epoch, validation_steps), or "
            "give what can be read again, such as a PyDataset."
        )
    if not batches.ready(where, epochs.start):
        raise DataError(f"{where}: expected at least one batch, got none.")
