"""What gives batches by itself: datasets with an index, iterables, generators; and what is in a batch."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Mapping
from typing import Any

from tinygraph.nn.arrays import DataError
from tinygraph.nn.checks import whole_number

#: iterables that are arrays to be
SEQUENCES = (str, bytes, bytearray, memoryview, list, tuple, range, array, deque, Mapping)
ARRAY_PROTOCOLS = ("__array__", "__array_interface__", "__dlpack__", "dtype")


class PyDataset:
    """The base of a dataset that gives batches by their index, as in Keras. Any object with these two
    methods will do as well.

    >>> import numpy as np
    >>> from tinygraph.nn import PyDataset
    >>> class Squares(PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, index):
    ...         x = np.arange(4.0)[:, None] + 4 * index
    ...         return x, x * x
    >>> x, y = Squares()[2]
    >>> y[:, 0].tolist()
    [64.0, 81.0, 100.0, 121.0]
    """

    def __len__(self) -> int:
        """How many batches there are."""
        raise NotImplementedError(f"{type(self).__name__}: define __len__, the number of batches.")

    def __getitem__(self, index: int) -> Any:
        """Return a batch: ``(x, y)``, ``(x, y, sample_weight)`` or, to predict, ``x``."""
        raise NotImplementedError(f"{type(self).__name__}: define __getitem__, which returns a batch.")

    def on_epoch_begin(self) -> None:
        """Before the first batch of an epoch."""

    def on_epoch_end(self) -> None:
        """After the last batch of an epoch."""


def gives_batches(x: Any) -> bool:
    """Whether x gives batches one by one: a generator, an iterable, a dataset; no array, list or dict."""
    if isinstance(x, SEQUENCES) or any(hasattr(x, name) for name in ARRAY_PROTOCOLS):
        return False
    return hasattr(x, "__iter__") or is_indexed(x)


def unpacked(batch: Any, where: str) -> tuple[Any, Any, Any]:
    """Return x, y and sample_weight of a batch; what is not there is None."""
    parts = tuple(batch) if isinstance(batch, (tuple, list)) else (batch,)
    if not 1 <= len(parts) <= 3:
        raise DataError(
            f"{where}: expected a batch as x, (x, y) or (x, y, sample_weight), got {len(parts)} parts; "
            "several inputs are one x: ((a, b), y)."
        )
    x, y, weight = (*parts, None, None)[:3]
    return x, y, weight


def is_indexed(source: Any) -> bool:
    """Whether batches are had by their index."""
    return hasattr(source, "__getitem__") and hasattr(source, "__len__")


def length_of(source: Any) -> int | None:
    """Return how many batches there are, None where nobody knows."""
    try:
        return len(source)
    except TypeError:
        return None


class Source:
    """Arrays, or in ``x`` what gives batches of its own, and the sizes that the user asked for.

    ``prefix`` stands before the names of arguments: "validation_".

    Raises:
        DataError: ``x`` gives batches, and what they hold or how large they are is said as well.
    """

    def __init__(
        self,
        method: str,
        data: tuple[Any, Any, Any],
        batch_size: int | None,
        steps: int | None,
        steps_name: str = "steps",
        prefix: str = "",
    ):
        self.x, self.y, self.sample_weight = data
        self.read = gives_batches(self.x)
        size = f"{prefix}batch_size"
        given = {"y": self.y, "sample_weight": self.sample_weight, size: batch_size}
        for name, value in given.items() if self.read else ():
            if value is not None:
                raise DataError(
                    f"{method}: the {type(self.x).__name__} gives whole batches, (x, y) or "
                    f"(x, y, sample_weight); leave {name} out."
                )
        self.batch_size = whole_number(method, size, 32 if batch_size is None else batch_size)
        self.steps = None if steps is None else whole_number(method, steps_name, steps)


def validation_source(data: Any, batch_size: int | None, steps: int | None, training: Source) -> Source:
    """Return where validation reads, in batches as large as those of training unless they are told."""
    if batch_size is None and not gives_batches(data):
        batch_size = training.batch_size
    return Source("fit", _validation_parts(data), batch_size, steps, "validation_steps", "validation_")


def _validation_parts(validation: Any) -> tuple[Any, Any, Any]:
    """Return x, y and sample_weight of what was passed as ``validation_data``."""
    if validation is None or gives_batches(validation):
        return validation, None, None
    if not isinstance(validation, (tuple, list)) or len(validation) not in (2, 3):
        raise DataError("validation_data: expected (x, y) or (x, y, sample_weight).")
    x, y, weight = (*validation, None)[:3]
    return x, y, weight
