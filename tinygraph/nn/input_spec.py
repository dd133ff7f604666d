"""`Specified`: what inputs a layer takes: the axes of a sample, dtypes, sizes of batches."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn.checks import check_shape, whole_number
from tinygraph.nn.masks import carry, mask_of
from tinygraph.nn.symbol import Symbol, sample_shape
from tinygraph.nn.weighted import Weighted
from tinygraph.ops import cast

Array = np.ndarray[Any, Any]


class Specified(Weighted):
    """What has weights and says what inputs it takes; a class says so by its attributes."""

    #: the names of a sample's axes, where the layer needs so many; None where any number will do
    axes: tuple[str, ...] | None = None
    #: how many axes a sample needs at least, where any number from there on will do
    least_axes = 0
    #: the dtype of the input that the layer makes for itself as the first of a model; floats if None
    input_dtype: str | None = None
    #: whether the layer takes a list of inputs
    several_inputs = False
    #: whether whole numbers pass through as they are; otherwise they become floats on their way in
    keeps_integers = False

    def __init__(
        self, name: str | None, trainable: bool, dtype: str | None, input_shape: Any, batch_input_shape: Any
    ):
        super().__init__(name, trainable, dtype)
        self.batch_input_shape = None if batch_input_shape is None else tuple(batch_input_shape)
        self.input_shape = self._first_shape(input_shape)

    def _first_shape(self, shape: Any) -> Shape | None:
        """Return the shape of one sample, where either argument of the constructor says it."""
        batch = self.batch_input_shape
        if shape is None and batch is None:
            return None
        found = sample_shape(shape if batch is None else batch[1:], f"{self.title}, input_shape")
        check_shape(self, None, found, ())
        if batch is not None and batch[0] is not None:
            whole_number(self.title, "the batch in batch_input_shape", batch[0])
        if shape is not None and sample_shape(shape, f"{self.title}, input_shape") != found:
            raise GraphError(f"{self.title}: input_shape {shape} and batch_input_shape {batch} differ.")
        return found

    @property
    def batch_size(self) -> int | None:
        """The size of the batch that ``batch_input_shape`` asks for."""
        return self.batch_input_shape[0] if self.batch_input_shape else None

    def check_batch_sizes(self, sizes: Collection[int]) -> None:
        """Raise `GraphError` unless the layer can be trained on batches of these sizes, one after another."""
        for size in sizes:
            self.check_batch_size(size)

    def check_batch_size(self, size: int) -> None:
        """Raise `GraphError` for a batch of another size than ``batch_input_shape`` has."""
        if self.batch_size not in (None, size):
            raise GraphError(
                f"{self.title}: expected a batch of {self.batch_size}, as it was made for, got {size}. "
                "Leave the size of the batch open, with None, for any."
            )

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """Raise `GraphError` unless samples of these shapes fit the layer; ``batch`` is for the message."""
        if several != self.several_inputs:
            takes = "a list of inputs" if self.several_inputs else "one input"
            raise GraphError(f"{self.title}: expected {takes}, got {len(shapes) if several else 'one'}.")
        for index, shape in enumerate(shapes):
            check_shape(self, index, shape, batch)

    def check_values(self, array: Array, what: str, index: int = 0) -> None:
        """Raise ValueError if an array, called ``what``, holds values that input ``index`` cannot take."""

    def _is_several(self, inputs: Sequence[Any]) -> bool:
        """Whether a list holds several inputs; a list of numbers is one array."""
        return self.several_inputs or any(isinstance(v, (Symbol, Node, np.ndarray)) for v in inputs)

    def typed(self, index: int, node: Node) -> Node:
        """Return input number ``index`` in the dtype that the layer wants, with its mask."""
        whole, wanted = node.dtype.kind != "f", self.wanted(index)
        kept = node.dtype == wanted or (whole and (self.keeps_integers or wanted.kind == node.dtype.kind))
        return node if kept else carry(cast(node, dtype=wanted), mask_of(node))

    def wanted(self, index: int) -> np.dtype:
        """The dtype that the layer takes input number ``index`` in."""
        return np.dtype(self.input_dtype) if self.input_dtype else self.float

    def output_dtype(self, dtypes: Sequence[np.dtype]) -> np.dtype:
        """Return the dtype of the result for inputs of these."""
        whole = self.keeps_integers and all(dtype.kind != "f" for dtype in dtypes)
        return np.result_type(*dtypes) if whole else self.float
