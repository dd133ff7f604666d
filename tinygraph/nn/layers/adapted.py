"""`Normalization`: features to mean 0 and variance 1, by what data that was looked at before says of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn import registry
from tinygraph.nn.arrays import DataError, check_finite, native, numbers
from tinygraph.nn.checks import flag
from tinygraph.nn.layers.along_axes import AlongAxes

Array = np.ndarray[Any, Any]

#: the least standard deviation that is divided by; the value is Keras'
LEAST = 1e-7


@registry.register("layer")
class Normalization(AlongAxes):
    """y = (x - mean) / sqrt(variance), by the statistics of data given to `adapt`, or by given ones.

    Before `adapt` the mean is 0 and the variance 1, so that the layer changes nothing, as in Keras.

    Args:
        axis: the axes that have a mean and a variance for each index, the batch being axis 0: one, a list, or
            None for one mean and one variance of everything.
        mean, variance: the statistics, where they are known: numbers, or arrays that broadcast to the sizes
            along ``axis``. Then there is nothing to adapt, and there are no weights.
        invert: whether to turn normalized values back: y = mean + sqrt(variance) x.

    Shapes: the shape stays. Weights, not trained: ``mean`` and ``variance``, of the sizes along ``axis``, and
    ``count``, which is 0 and there so that the weights of Keras fit.

    >>> from tinygraph.nn import Normalization
    >>> layer = Normalization()
    >>> layer.adapt([[0.0, 10.0], [2.0, 30.0]])
    >>> layer([[2.0, 20.0]]).tolist()
    [[1.0, 0.0]]
    """

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **kwargs: Any
    ):
        super().__init__(-1 if axis is None else axis, **kwargs)
        self.axis = axis
        self.input_mean, self.input_variance = mean, variance
        self.invert = flag(self.title, "invert", invert)
        if (mean is None) != (variance is None):
            raise ValueError(f"{self.title}: mean and variance go together, got {mean!r} and {variance!r}.")
        if mean is not None:
            self._check_given()
        self.mean: Any = None
        self.variance: Any = None

    def _check_given(self) -> None:
        """Raise ValueError unless the given statistics are numbers that the layer can use."""
        came = f"got {self.input_mean!r} and {self.input_variance!r}."
        try:
            mean, variance = (np.asarray(v, dtype="float64") for v in (self.input_mean, self.input_variance))
        except (TypeError, ValueError):
            raise ValueError(f"{self.title}: mean and variance must be numbers, {came}") from None
        if not np.isfinite(mean).all() or not np.isfinite(variance).all() or (variance < 0).any():
            raise ValueError(f"{self.title}: mean and variance must be finite, no variance below 0; {came}")
        count = len(self.axis) if isinstance(self.axis, (list, tuple)) else int(self.axis is not None)
        if mean.shape != variance.shape or mean.ndim > count:
            raise ValueError(
                f"{self.title}: mean and variance must have one shape, of at most {count} axes as axis is "
                f"{self.axis}; {came}"
            )

    def along(self, shape: Shape) -> tuple[int, ...]:
        """Return the axes from first to last, counted from the front; none if ``axis`` is None."""
        return () if self.axis is None else super().along(shape)

    def build(self, shape: Shape) -> None:
        """Make the weights, or constants of what was given."""
        sizes = () if self.axis is None else self.sizes(shape)
        if self.input_mean is not None:
            self.mean, self.variance = (self._given(v, sizes) for v in (self.input_mean, self.input_variance))
            return
        self.mean = self.add_weight("mean", sizes, "zeros", trainable=False)
        self.variance = self.add_weight("variance", sizes, "ones", trainable=False)
        self.add_weight("count", (), "zeros", trainable=False)

    def _given(self, value: Any, sizes: Shape) -> Node:
        """Return a given statistic as a constant of these sizes."""
        try:
            return ops.broadcast_to(ops.constant(value, dtype=self.float), shape=sizes)
        except ValueError:
            came = np.shape(value)
            raise GraphError(
                f"{self.title}: mean and variance of {came} do not broadcast to {sizes}, the sizes along "
                f"axis {self.axis}."
            ) from None

    def call(self, x: Node, training: bool) -> Node:
        """(x - mean) / deviation, or the inverse."""
        mean = self.spread(self.mean, x)
        deviation = ops.maximum(ops.sqrt(self.spread(self.variance, x)), LEAST)
        return mean + x * deviation if self.invert else (x - mean) / deviation

    def adapt(self, data: Any) -> None:
        """Take mean and variance from ``data``, in place of those from before; computed in float64.

        Args:
            data: an array or a data frame of samples, or an iterable of batches: arrays, or tuples of which
                the first is taken.

        Raises:
            ValueError: mean and variance were given to the layer.
            DataError: no data, or not of finite numbers.
            GraphError: samples whose shape does not fit the layer.
        """
        if self.input_mean is not None:
            raise ValueError(f"{self.title}.adapt: the layer was given its mean and variance.")
        count = 0
        mean: Any = 0.0
        variance: Any = 0.0
        what = f"{self.title}.adapt: data"
        for batch in batches(data, what):
            self.check_inputs([batch.shape[1:]], False, batch.shape[:1])
            self.ensure_built(batch.shape[1:])
            kept = self.along(batch.shape[1:])
            others = tuple(axis for axis in range(batch.ndim) if axis not in kept)
            count += (size := math.prod(batch.shape[axis] for axis in others))
            # Chan, Golub and LeVeque 1979: the parts' variances, and that of the parts' means.
            share, step = size / count, batch.mean(others, dtype="float64") - mean
            mean = mean + share * step
            within = batch.var(others, dtype="float64") - variance
            variance = variance + share * within + share * (1.0 - share) * step**2
        if not count:
            raise DataError(f"{what}: expected at least one batch, got none.")
        for weight, value in ((self.mean, mean), (self.variance, variance)):
            array = native(np.asarray(value), weight.dtype, f"{self.title}.adapt: {weight.name}")
            weight.assign(array.reshape(weight.shape))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data."""
        given = {"mean": self.input_mean, "variance": self.input_variance}
        return super().get_config() | {name: registry.plain(value) for name, value in given.items()}


def batches(data: Any, what: str) -> Iterator[Array]:
    """Return the batches of an iterable; an array, or rows of numbers, is one batch."""
    rows = isinstance(data, (list, tuple)) and not any(is_array(first_of(batch)) for batch in data)
    if is_array(data) or rows or isinstance(data, (str, Mapping)) or not isinstance(data, Iterable):
        data = [data]
    for batch in data:
        array = numbers(first_of(batch), what)
        check_finite(array, what)
        yield array


def first_of(batch: Any) -> Any:
    """Return the x of a batch (x, y, ..)."""
    return batch[0] if isinstance(batch, tuple) and batch else batch


def is_array(value: Any) -> bool:
    """Whether it is an array, a data frame or a tensor; a single number is none."""
    return getattr(value, "ndim", 0) > 0
