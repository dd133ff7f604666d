"""Windows in batches, cut when they are asked for: of a series that need not fit in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tinygraph.datasets.series import Series
from tinygraph.datasets.windows import Windows, check_counts, column_of, count_windows, cut, numeric, singles
from tinygraph.permutation import permuted


class WindowBatches:
    """The windows of `make_windows` as batches for `fit`: each is read from the series when its turn comes.

    The series may be a `numpy.memmap` of any size: only the rows of one batch are copied.

    Args:
        series: as in `make_windows`; an array is not copied.
        length: as in `make_windows`, and so are ``horizon``, ``stride`` and ``target``.
        batch_size: windows a batch; the last batch has what remains.
        shuffle: whether a batch takes windows from all over the series, in another order each epoch. Without
            it a batch is one stretch of the series, which a disk reads faster; `fit` then still takes the
            batches in an order at random, unless told otherwise.
        seed: what the order follows from.

    Raises:
        ValueError: as in `make_windows`; for a number that is not finite when its batch is read.

    >>> from tinygraph.datasets import WindowBatches
    >>> batches = WindowBatches([1, 2, 3, 4, 5], length=2, batch_size=2)
    >>> len(batches)
    2
    >>> x, y = batches[1]
    >>> x[:, :, 0].tolist(), y.tolist()
    ([[3.0, 4.0]], [[5.0]])
    """

    def __init__(
        self,
        series: Series | ArrayLike,
        length: int,
        horizon: int = 1,
        *,
        stride: int = 1,
        target: int | str | None = None,
        batch_size: int = 32,
        shuffle: bool = False,
        seed: int = 0,
    ):
        check_counts(length=length, horizon=horizon, stride=stride, batch_size=batch_size)
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
            raise ValueError(f"seed: expected a whole number of at least 0, got {seed!r}.")
        self.values: NDArray = numeric(series)
        self.column = column_of(target, series, self.values)
        self.windows = count_windows(self.values, length, horizon, stride)
        self.length, self.horizon, self.stride = length, horizon, stride
        self.batch_size, self.shuffle, self.seed = batch_size, shuffle, int(seed)
        self.epoch = 0

    def __len__(self) -> int:
        """How many batches there are."""
        return -(-self.windows // self.batch_size)

    def __getitem__(self, index: int) -> Windows:
        """Return x (n, length, features) and y, as `make_windows` has them, of one batch."""
        if not 0 <= index < len(self):
            raise IndexError(f"WindowBatches: there are {len(self)} batches, got index {index}.")
        first = index * self.batch_size
        places = np.arange(first, min(first + self.batch_size, self.windows))
        if self.shuffle:
            places = permuted(places, self.windows, [self.seed, self.epoch])
        x, y = cut(self.values, places * self.stride, self.length, self.horizon, self.column)
        return singles(x, f"batch {index}, x"), singles(y, f"batch {index}, y")

    def set_epoch(self, epoch: int) -> None:
        """Take the order of this epoch, counted from 0; `fit` calls it before each."""
        self.epoch = epoch
