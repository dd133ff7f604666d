"""What gives batches by itself: datasets with an index, iterables, generators; and what is in a batch."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Mapping
from typing import Any

from tinygraph.nn.arrays import DataError

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
