"""Windows: a series cut into pairs of (what was seen, what came next) to learn a forecast from."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tinygraph.datasets.series import Series

#: Inputs x of shape (n, length, features) and targets y, as `make_windows` describes them.
Windows: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32]]


def make_windows(
    series: Series | ArrayLike,
    length: int,
    horizon: int = 1,
    *,
    stride: int = 1,
    target: int | str | None = None,
) -> Windows:
    """Cut a series into inputs of ``length`` time steps and the ``horizon`` steps that follow.

    Window ``i`` starts at time step ``i * stride``. A series of T time steps gives
    ``n = (T - length - horizon) // stride + 1`` windows.

    Args:
        series: Shape (T,) or (T, features): a `Series`, or anything `np.asarray` makes numeric.
        length: How many time steps the forecast sees.
        horizon: How many time steps it is asked for.
        stride: How many time steps lie between the starts of two windows.
        target: The column to forecast: its index or, for a `Series`, its name. None forecasts
            every column.

    Returns:
        ``(x, y)``, float32, in the units of the series, as arrays of their own (never views).
        x has shape (n, length, features), with one feature if the series is of shape (T,).
        y has shape (n, horizon, features) if the series is of shape (T, features) and no target
        is given, and (n, horizon) otherwise.

    Raises:
        ValueError: If the series is not numeric, not of rank 1 or 2, not finite, or too short for
            a single window; if a count is not a positive integer; if there is no such target.

    >>> x, y = make_windows([1, 2, 3, 4, 5], length=3)
    >>> x[:, :, 0].tolist()
    [[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]
    >>> y.tolist()
    [[4.0], [5.0]]
    """
    check_counts(length=length, horizon=horizon, stride=stride)
    values = singles(numeric(series))
    column = column_of(target, series, values)
    count = count_windows(values, length, horizon, stride)
    return cut(values, np.arange(count) * stride, length, horizon, column)


def count_windows(values: NDArray, length: int, horizon: int, stride: int) -> int:
    """Return how many windows a series has, or raise ValueError if it has none."""
    if len(values) < length + horizon:
        raise ValueError(
            f"series: expected at least length + horizon = {length + horizon} time steps, "
            f"got {len(values)}; give a longer series or ask for shorter windows."
        )
    return (len(values) - length - horizon) // stride + 1


def split_windows(
    series: Series | ArrayLike,
    length: int,
    horizon: int = 1,
    *,
    test: float = 0.2,
    target: int | str | None = None,
) -> tuple[Windows, Windows]:
    """Split a series in time, then cut windows from the past to train on and the rest to test on.

    The last ``round(test * T)`` of T time steps are the test part. Because the series is split
    before it is cut, no window has inputs or targets on both sides: nothing leaks.

    Args:
        series: As in `make_windows`.
        length: As in `make_windows`.
        horizon: As in `make_windows`.
        test: The fraction of the time steps to test on, between 0 and 1.
        target: As in `make_windows`.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``, each pair as `make_windows` returns it.

    Raises:
        ValueError: As in `make_windows`; also if ``test`` is not between 0 and 1, or if either
            part is too short for a single window.

    >>> (x_train, y_train), (x_test, y_test) = split_windows(range(20), length=3, test=0.25)
    >>> y_train.ravel().tolist()
    [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0]
    >>> x_test[0, :, 0].tolist(), y_test.ravel().tolist()
    ([15.0, 16.0, 17.0], [18.0, 19.0])
    """
    check_counts(length=length, horizon=horizon)
    if not isinstance(test, (float, np.floating)) or not 0 < test < 1:
        raise ValueError(
            f"test: expected a fraction between 0 and 1, both excluded, got {test!r}; "
            "0.2 keeps the last fifth of the series for the test."
        )
    values = singles(numeric(series))
    column = column_of(target, series, values)
    n_test = round(float(test) * len(values))
    n_train = len(values) - n_test
    needed = length + horizon
    if min(n_train, n_test) < needed:
        enough = needed / min(test, 1 - test)
        raise ValueError(
            f"series: expected at least length + horizon = {needed} time steps on each side of "
            f"the split, got {n_train} to train and {n_test} to test with test={test}; give a "
            f"series of {enough:.0f} time steps or more, or ask for shorter windows."
        )
    parts = (values[:n_train], values[n_train:])
    train, test_ = (cut(part, np.arange(len(part) - needed + 1), length, horizon, column) for part in parts)
    return train, test_


def cut(
    values: NDArray, starts: NDArray[np.int64], length: int, horizon: int, column: int | None
) -> tuple[NDArray, NDArray]:
    """Return the windows that begin at ``starts``, and what follows them."""
    features = values if values.ndim == 2 else values[:, np.newaxis]
    targets = values if column is None else features[:, column]
    starts = starts[:, np.newaxis]
    # Indices copy what they choose, and no more of a series that is mapped; take() would first make a whole
    # column contiguous. Writing to a window never touches another.
    x = np.ascontiguousarray(features[starts + np.arange(length)])
    y = np.ascontiguousarray(targets[starts + np.arange(length, length + horizon)])
    return x, y


def check_counts(**counts: int) -> None:
    """Raise ValueError for a count, by its name, that is no positive integer."""
    for name, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
            raise ValueError(f"{name}: expected a positive integer, got {count!r}.")


def numeric(series: Series | ArrayLike) -> NDArray:
    """Return the values of a series, an array's own, or raise ValueError for what has none."""
    try:
        values = np.asarray(series)
    except ValueError as error:  # numpy's words for rows of different lengths
        raise ValueError(f"series: expected an array, got rows that make none: {error}") from error
    if values.dtype.kind not in "iuf":
        raise ValueError(
            f"series: expected real numbers, got dtype {values.dtype}; turn the values into floats first."
        )
    if values.ndim not in (1, 2) or values.shape[1:] == (0,):
        raise ValueError(
            f"series: expected shape (n,) or (n, features), got {values.shape}; "
            "put time on the first axis and all features on the second."
        )
    return values


def singles(values: NDArray, what: str = "series") -> NDArray[np.float32]:
    """Return values as finite float32 numbers, or raise ValueError that names the first which is none."""
    with np.errstate(over="ignore"):  # too large for float32 is reported below, with its index
        singles = values.astype(np.float32)
    bad = np.argwhere(~np.isfinite(singles))
    if len(bad):
        index = ", ".join(map(str, bad[0]))
        raise ValueError(
            f"{what}: expected finite float32 numbers, got {values[tuple(bad[0])]} at "
            f"index [{index}] ({len(bad)} such in all); fill or drop them first."
        )
    return singles


def column_of(target: int | str | None, series: Series | ArrayLike, values: NDArray) -> int | None:
    """Return the index of the target column, None for all of them."""
    if target is None:
        return None
    names = series.columns if isinstance(series, Series) else ()
    if isinstance(target, str) and target in names:
        return names.index(target)
    features = values.shape[1] if values.ndim == 2 else 1
    is_index = isinstance(target, (int, np.integer)) and not isinstance(target, bool)
    if is_index and 0 <= int(target) < features:
        return int(target)
    choices = f"an index from 0 to {features - 1}"
    if names:
        choices += f" or one of {', '.join(map(repr, names))}"
    raise ValueError(f"target: expected {choices}, got {target!r}.")
