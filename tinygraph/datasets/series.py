"""One recorded time series: the numbers, when they were taken, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray


@dataclass(frozen=True, eq=False, repr=False)
class Series:
    """Measurements at consecutive times, with names, units and source.

    `np.asarray` gives the values, so a series goes wherever an array goes. Its fields cannot be
    replaced, but its arrays are ordinary writable arrays.

    Attributes:
        name: What the series is called, ``"el_nino"``.
        values: float32, shape (n,) for one column or (n, features) for several.
        times: datetime64, shape (n,): when each row of ``values`` was taken.
        columns: One distinct name per feature.
        units: One unit per feature, ``"1"`` for a number without a unit.
        source: Who recorded the data.
        labels: None, or integers of shape (n,): the class of each row, an index into ``classes``.
        classes: The names of the labels; empty without labels.

    Raises:
        ValueError: If the fields do not fit each other.

    >>> import numpy as np
    >>> tide = Series(
    ...     name="tide",
    ...     values=np.array([1.5, 2.0], dtype=np.float32),
    ...     times=np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"),
    ...     columns=("height",),
    ...     units=("m",),
    ...     source="made up",
    ... )
    >>> tide
    <Series 'tide' (2,): height [m], 2020-01-01 to 2020-01-02>
    >>> len(tide), np.asarray(tide).tolist()
    (2, [1.5, 2.0])
    """

    name: str
    values: NDArray[np.float32]
    times: NDArray[np.datetime64]
    columns: tuple[str, ...]
    units: tuple[str, ...]
    source: str
    labels: NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        values, times = np.asarray(self.values), np.asarray(self.times)
        if values.dtype != np.float32 or values.ndim not in (1, 2) or values.size == 0:
            raise ValueError(
                "values: expected a float32 array of shape (n,) or (n, features), not empty, "
                f"got {values.dtype} of shape {values.shape}."
            )
        n, features = values.shape if values.ndim == 2 else (len(values), 1)
        if times.dtype.kind != "M" or times.shape != (n,):
            raise ValueError(
                f"times: expected a datetime64 array of shape ({n},), one time per row of values, "
                f"got {times.dtype} of shape {times.shape}."
            )
        if len(self.columns) != features or len(set(self.columns)) != features:
            raise ValueError(
                f"columns: expected {features} distinct names, one per feature, got {self.columns!r}."
            )
        if len(self.units) != features:
            raise ValueError(f"units: expected {features} units, one per feature, got {self.units!r}.")
        if self.labels is not None:
            self._check_labels(np.asarray(self.labels), n)

    def _check_labels(self, labels: NDArray[np.int64], n: int) -> None:
        if labels.dtype.kind not in "iu" or labels.shape != (n,):
            raise ValueError(
                f"labels: expected an integer array of shape ({n},), one label per row of values, "
                f"got {labels.dtype} of shape {labels.shape}."
            )
        if labels.min() < 0 or labels.max() >= len(self.classes):
            raise ValueError(
                f"labels: expected indices into the {len(self.classes)} classes, "
                f"got {labels.min()} to {labels.max()}."
            )

    def __len__(self) -> int:
        return len(self.values)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[np.float32]:
        if copy is None:  # numpy 1 refuses to be told so
            return np.asarray(self.values, dtype=dtype)
        return np.array(self.values, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        columns = ", ".join(f"{name} [{unit}]" for name, unit in zip(self.columns, self.units, strict=True))
        classes = f", classes {'/'.join(self.classes)}" if self.classes else ""
        return (
            f"<Series {self.name!r} {self.values.shape}: {columns}, "
            f"{self.times[0]} to {self.times[-1]}{classes}>"
        )
