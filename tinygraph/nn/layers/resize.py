"""Layers that make space larger or smaller: UpSampling1D to 3D, ZeroPadding1D and Cropping1D."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn import registry
from tinygraph.nn.checks import shown, whole_number
from tinygraph.nn.layer import Layer
from tinygraph.nn.layers.over_space import OverSpace, padded
from tinygraph.nn.spatial import per_axis, spatial_axes

Array = np.ndarray[Any, Any]


def repeated(x: Node, times: int, axis: int) -> Node:
    """x with each element of an axis so many times in a row."""
    before, after = x.shape[: axis + 1], x.shape[axis + 1 :]
    copies = ops.broadcast_to(ops.expand_dims(x, axis + 1), shape=(*before, times, *after))
    return ops.reshape(copies, shape=(*before[:-1], before[-1] * times, *after))


def interpolated(x: Node, times: int, axis: int, kernel: Callable[[Array], Array]) -> Node:
    """x with so many times the elements on an axis, each a weighted mean of those around its place."""
    size = x.shape[axis]
    places = (np.arange(size * times) + 0.5) / times - 0.5
    weights = kernel(np.abs(places[:, None] - np.arange(size)))
    weights /= weights.sum(axis=1, keepdims=True)
    rows = ops.reshape(x, shape=(*x.shape[:axis], size, -1))
    blended = ops.matmul(weights, rows)
    return ops.reshape(blended, shape=(*x.shape[:axis], size * times, *x.shape[axis + 1 :]))


def triangle(distance: Array) -> Array:
    """The kernel of linear interpolation: 1 - d."""
    return np.maximum(0.0, 1.0 - distance)


def cubic(distance: Array) -> Array:
    """The kernel of cubic convolution with a = -1/2. Source: Keys 1981."""
    d = distance
    near, far = ((1.5 * d - 2.5) * d) * d + 1.0, ((-0.5 * d + 2.5) * d - 4.0) * d + 2.0
    return np.where(d < 1.0, near, np.where(d < 2.0, far, 0.0))


def lanczos(radius: int) -> Callable[[Array], Array]:
    """The windowed sinc: sinc(d) sinc(d / radius). Source: Duchon 1979."""
    return lambda d: np.where(d < radius, np.sinc(d) * np.sinc(d / radius), 0.0)


#: how `UpSampling2D` weighs elements by their distance; where there is None it repeats them
KERNELS: dict[str, Callable[[Array], Array] | None] = {
    "nearest": None,
    "bilinear": triangle,
    "bicubic": cubic,
    "lanczos3": lanczos(3),
    "lanczos5": lanczos(5),
}


@registry.register("layer")
class UpSampling1D(Layer):
    """Each time step so many times in a row.

    Args:
        size: how many times.

    Shapes: (batch, length, channels) -> (batch, length size, channels).

    >>> from tinygraph.nn import UpSampling1D
    >>> UpSampling1D(size=2)([[[1.0], [2.0]]]).tolist()
    [[[1.0], [1.0], [2.0], [2.0]]]
    """

    axes = spatial_axes(1, "channels_last")
    keeps_integers = True

    def __init__(self, size: int = 2, **kwargs: Any):
        super().__init__(**kwargs)
        self.size = whole_number(self.title, "size", size)

    def call(self, x: Node, training: bool) -> Node:
        """x with its steps repeated."""
        return repeated(x, self.size, axis=1)

    def output_shape(self, shape: Shape) -> Shape:
        """``size`` times the steps."""
        return (shape[0] * self.size, shape[1])


class UpSampling(OverSpace):
    """The base of `UpSampling2D` and `UpSampling3D`."""

    size: tuple[int, ...]

    def output_shape(self, shape: Shape) -> Shape:
        """Each axis of space times its size."""
        times = dict(zip(self.space, self.size, strict=True))
        return tuple(n * times.get(axis, 1) for axis, n in enumerate(shape, start=1))


@registry.register("layer")
class UpSampling2D(UpSampling):
    """An image with more rows and columns: repeated, or interpolated between the given ones.

    Args:
        size: how many times as many rows and columns, a number or two.
        data_format: ``"channels_last"``, which None means, or ``"channels_first"``.
        interpolation: ``"nearest"`` repeats elements; ``"bilinear"``, ``"bicubic"`` (Keys 1981),
            ``"lanczos3"`` and ``"lanczos5"`` (Duchon 1979) weigh those around by their distance.

    Shapes: (batch, height, width, channels) -> (batch, height size, width size, channels).

    >>> from tinygraph.nn import UpSampling2D
    >>> UpSampling2D((1, 2), interpolation="bilinear")([[[[0.0], [4.0]]]]).tolist()
    [[[[0.0], [1.0], [3.0], [4.0]]]]
    """

    rank = 2

    def __init__(
        self, size: Any = 2, data_format: str | None = None, interpolation: str = "nearest", **kwargs: Any
    ):
        super().__init__(data_format, **kwargs)
        self.size = per_axis(self.title, "size", size, self.rank)
        self.interpolation = interpolation.lower() if isinstance(interpolation, str) else interpolation
        if self.interpolation not in KERNELS:
            *known, last = map(repr, KERNELS)
            raise ValueError(
                f"{self.title}: interpolation must be {', '.join(known)} or {last}, got {interpolation!r}."
            )
        self.keeps_integers = self.interpolation == "nearest"

    def call(self, x: Node, training: bool) -> Node:
        """x with more elements along both axes."""
        kernel = KERNELS[self.interpolation]
        for axis, times in zip(self.space, self.size, strict=True):
            x = interpolated(x, times, axis, kernel) if kernel else repeated(x, times, axis)
        return x


@registry.register("layer")
class UpSampling3D(UpSampling):
    """A volume with each element repeated along depth, height and width.

    Args:
        size: how many times, a number or three.
        data_format: ``"channels_last"``, which None means, or ``"channels_first"``.

    Shapes: (batch, depth, height, width, channels) -> the same, each axis of space times its size.

    >>> import numpy as np
    >>> from tinygraph.nn import UpSampling3D
    >>> UpSampling3D((1, 2, 3))(np.ones((1, 4, 4, 4, 2))).shape
    (1, 4, 8, 12, 2)
    """

    rank = 3
    keeps_integers = True

    def __init__(self, size: Any = 2, data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format, **kwargs)
        self.size = per_axis(self.title, "size", size, self.rank)

    def call(self, x: Node, training: bool) -> Node:
        """x with its elements repeated along each axis."""
        for axis, times in zip(self.space, self.size, strict=True):
            x = repeated(x, times, axis)
        return x


@registry.register("layer")
class ZeroPadding1D(OverSpace):
    """A series with zeros before and after it.

    Args:
        padding: how many on each side, or a pair (before, after).
        data_format: ``"channels_last"``, which None means, or ``"channels_first"``.

    Shapes: (batch, length, channels) -> (batch, before + length + after, channels).

    >>> from tinygraph.nn import ZeroPadding1D
    >>> ZeroPadding1D((0, 2))([[[1.0], [2.0]]]).tolist()
    [[[1.0], [2.0], [0.0], [0.0]]]
    """

    rank = 1
    keeps_integers = True

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any):
        super().__init__(data_format, **kwargs)
        self.padding = per_axis(self.title, "padding", padding, 2, least=0)

    def call(self, x: Node, training: bool) -> Node:
        """x between zeros."""
        before, after = self.padding
        return padded(x, self.space[0], (before, after))


@registry.register("layer")
class Cropping1D(Layer):
    """A series without its first and last steps.

    Args:
        cropping: how many to leave out on each side, or a pair (before, after).

    Raises:
        GraphError: nothing would be left.

    Shapes: (batch, length, channels) -> (batch, length - before - after, channels).

    >>> from tinygraph.nn import Cropping1D
    >>> Cropping1D((1, 0))([[[1.0], [2.0], [3.0]]]).tolist()
    [[[2.0], [3.0]]]
    """

    axes = spatial_axes(1, "channels_last")
    keeps_integers = True

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any):
        super().__init__(**kwargs)
        self.cropping = per_axis(self.title, "cropping", cropping, 2, least=0)

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """One step must be left."""
        super().check_inputs(shapes, several, batch)
        if shapes[0][0] <= sum(self.cropping):
            raise GraphError(
                f"{self.title}: expected a length above {sum(self.cropping)}, which cropping "
                f"{self.cropping} leaves out, got a sample of {shown(shapes[0])}."
            )

    def call(self, x: Node, training: bool) -> Node:
        """The steps in between."""
        before, after = self.cropping
        return x[:, before : x.shape[1] - after]
