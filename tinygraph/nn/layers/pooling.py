"""Pooling: the largest element, or the mean, of each window over one, two or three axes of space."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn import registry
from tinygraph.nn.checks import shown
from tinygraph.nn.layers.over_space import OverSpace, padded
from tinygraph.nn.spatial import AXES, padding_mode, per_axis
from tinygraph.ops.window import margins, spans


class Pooling(OverSpace):
    """The base of layers that make one element of each window, channel by channel.

    A window over several axes is one along each of them, one after another.
    """

    def __init__(
        self,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(data_format, name=name, **kwargs)
        self.pool_size = per_axis(self.title, "pool_size", pool_size, self.rank)
        strides = self.pool_size if strides is None else strides
        self.strides = per_axis(self.title, "strides", strides, self.rank)
        self.padding = padding_mode(self.title, padding)

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """Without padding, there must be space for one window."""
        super().check_inputs(shapes, several, batch)
        for name, axis, width in zip(AXES[self.rank], self.space, self.pool_size, strict=True):
            if self.padding == "valid" and shapes[0][axis - 1] < width:
                raise GraphError(
                    f"{self.title}: expected a {name} of at least {width}, which pool_size "
                    f"{self.pool_size} spans, got a sample of {shown(shapes[0])}. Make pool_size smaller, or "
                    f"choose padding='same'."
                )

    def call(self, x: Node, training: bool) -> Node:
        """One element of each window of x."""
        # The last axis comes first: of elements that tie, the first in reading order then has the gradient.
        for axis, width, stride in [*zip(self.space, self.pool_size, self.strides, strict=True)][::-1]:
            around = margins(x.shape[axis], width, stride, 1, self.padding)
            x = self.pool(x, axis, width, stride, around)
        return x

    def pool(self, x: Node, axis: int, width: int, stride: int, around: tuple[int, int]) -> Node:
        """One element of each window along one axis, with so much padding around x."""
        raise NotImplementedError

    def output_shape(self, shape: Shape) -> Shape:
        """As many places as there are windows."""
        sizes = list(shape)
        for axis, width, stride in zip(self.space, self.pool_size, self.strides, strict=True):
            size = shape[axis - 1]
            around = sum(margins(size, width, stride, 1, self.padding))
            sizes[axis - 1], _ = spans(size + around, width, stride, 1)
        return tuple(sizes)


class MaxPooling(Pooling):
    """The base of `MaxPooling1D`, `MaxPooling2D` and `MaxPooling3D`, which say the number of axes."""

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)

    def pool(self, x: Node, axis: int, width: int, stride: int, around: tuple[int, int]) -> Node:
        """The largest element; what is padded is smaller than any."""
        return ops.max_pool(padded(x, axis, around, -np.inf), width=width, stride=stride, axis=axis)


class AveragePooling(Pooling):
    """The base of `AveragePooling1D`, `AveragePooling2D` and `AveragePooling3D`."""

    def pool(self, x: Node, axis: int, width: int, stride: int, around: tuple[int, int]) -> Node:
        """The mean of the elements that are not padded."""
        windows = ops.windows(padded(x, axis, around), width=width, stride=stride, axis=axis)
        begin = np.arange(windows.shape[axis]) * stride - around[0]
        count = np.minimum(begin + width, x.shape[axis]) - np.maximum(begin, 0.0)
        return ops.sum(windows, axis=axis + 1) / count.reshape(-1, *(1,) * (x.ndim - axis - 1))


@registry.register("layer", "MaxPool1D")
class MaxPooling1D(MaxPooling):
    """The largest element of each window, channel by channel. Also called ``MaxPool1D``.

    Of elements that tie the first one in reading order has the gradient.

    Args:
        pool_size: the size of a window: a number, or one for each axis of space.
        strides: how far it is from one window to the next, likewise; None means ``pool_size``.
        padding: ``"valid"``, where every window lies within x, or ``"same"``, where one begins for every
            ``strides`` elements, and what it has beyond x does not count.
        data_format: ``"channels_last"``, which None means, or ``"channels_first"``.

    Raises:
        GraphError: a sample smaller than a window, with padding ``"valid"``.

    Shapes: (batch, length, channels) -> (batch, new length, channels); with channels first
    (batch, channels, length) -> (batch, channels, new length). The new length is
    (length - pool_size) // strides + 1, with padding ``"same"`` ceil(length / strides).

    >>> from tinygraph.nn import MaxPooling1D
    >>> MaxPooling1D(pool_size=2)([[[1.0], [5.0], [2.0], [3.0]]]).tolist()
    [[[5.0], [3.0]]]
    """

    rank = 1


@registry.register("layer", "MaxPool2D")
class MaxPooling2D(MaxPooling):
    """The largest element of each window over height and width. Also called ``MaxPool2D``.

    Arguments as those of `MaxPooling1D`.

    Shapes: (batch, height, width, channels) -> (batch, new height, new width, channels).

    >>> import numpy as np
    >>> from tinygraph.nn import MaxPooling2D
    >>> MaxPooling2D((2, 3), strides=1)(np.ones((1, 8, 9, 4))).shape
    (1, 7, 7, 4)
    """

    rank = 2


@registry.register("layer", "MaxPool3D")
class MaxPooling3D(MaxPooling):
    """The largest element of each window over depth, height and width. Also called ``MaxPool3D``.

    Arguments as those of `MaxPooling1D`.

    Shapes: (batch, depth, height, width, channels) -> (batch, new depth, new height, new width, channels).

    >>> import numpy as np
    >>> from tinygraph.nn import MaxPooling3D
    >>> MaxPooling3D()(np.ones((1, 4, 6, 8, 2))).shape
    (1, 2, 3, 4, 2)
    """

    rank = 3


@registry.register("layer", "AvgPool1D")
class AveragePooling1D(AveragePooling):
    """The mean of each window, channel by channel. Also called ``AvgPool1D``.

    With padding ``"same"`` the mean is over the elements that a window has within x.

    Arguments and shapes as those of `MaxPooling1D`, but ``pool_size`` must be given.

    >>> from tinygraph.nn import AveragePooling1D
    >>> AveragePooling1D(pool_size=2, padding="same")([[[1.0], [5.0], [2.0]]]).tolist()
    [[[3.0], [2.0]]]
    """

    rank = 1


@registry.register("layer", "AvgPool2D")
class AveragePooling2D(AveragePooling):
    """The mean of each window over height and width. Also called ``AvgPool2D``.

    Arguments as those of `MaxPooling1D`, but ``pool_size`` must be given.

    Shapes: (batch, height, width, channels) -> (batch, new height, new width, channels).

    >>> import numpy as np
    >>> from tinygraph.nn import AveragePooling2D
    >>> AveragePooling2D(2, data_format="channels_first")(np.ones((1, 3, 8, 10))).shape
    (1, 3, 4, 5)
    """

    rank = 2


@registry.register("layer", "AvgPool3D")
class AveragePooling3D(AveragePooling):
    """The mean of each window over depth, height and width. Also called ``AvgPool3D``.

    Arguments as those of `MaxPooling1D`, but ``pool_size`` must be given.

    Shapes: (batch, depth, height, width, channels) -> (batch, new depth, new height, new width, channels).

    >>> import numpy as np
    >>> from tinygraph.nn import AveragePooling3D
    >>> AveragePooling3D(3, padding="same")(np.ones((1, 4, 6, 8, 2))).shape
    (1, 2, 2, 3, 2)
    """

    rank = 3


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
