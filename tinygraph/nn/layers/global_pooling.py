"""Global pooling: the largest element, or the mean, over all of space."""

from __future__ import annotations

from typing import Any

from tinygraph import ops
from tinygraph.graph import Node
from tinygraph.nn import registry
from tinygraph.nn.checks import check_mask, flag
from tinygraph.nn.layers.over_space import OverSpace
from tinygraph.nn.masks import truth


class GlobalPooling(OverSpace):
    """The base of layers that make one element of each channel."""

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any):
        super().__init__(data_format, **kwargs)
        self.keepdims = flag(self.title, "keepdims", keepdims)


class GlobalMaxPooling(GlobalPooling):
    """The base of `GlobalMaxPooling1D`, `GlobalMaxPooling2D` and `GlobalMaxPooling3D`."""

    def call(self, x: Node, training: bool) -> Node:
        """The largest element of each channel."""
        return ops.max(x, axis=self.space, keepdims=self.keepdims)


class GlobalAveragePooling(GlobalPooling):
    """The base of `GlobalAveragePooling2D` and `GlobalAveragePooling3D`."""

    def call(self, x: Node, training: bool) -> Node:
        """The mean of each channel."""
        return ops.mean(x, axis=self.space, keepdims=self.keepdims)


@registry.register("layer", "GlobalMaxPool1D")
class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest element of each channel over time. Also called ``GlobalMaxPool1D``.

    Elements that tie share the gradient evenly. A mask is not heeded.

    Args:
        data_format: ``"channels_last"``, which None means, or ``"channels_first"``.
        keepdims: whether the axes of space stay, with size 1.

    Shapes: (batch, length, channels) -> (batch, channels), with ``keepdims`` (batch, 1, channels); with
    channels first (batch, channels, length) -> (batch, channels) or (batch, channels, 1).

    >>> from tinygraph.nn import GlobalMaxPooling1D
    >>> GlobalMaxPooling1D()([[[1.0, 8.0], [5.0, 2.0]]]).tolist()
    [[5.0, 8.0]]
    """

    rank = 1


@registry.register("layer", "GlobalMaxPool2D")
class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest element of each channel over height and width. Also called ``GlobalMaxPool2D``.

    Arguments as those of `GlobalMaxPooling1D`. Shapes: (batch, height, width, channels) -> (batch, channels).

    >>> import numpy as np
    >>> from tinygraph.nn import GlobalMaxPooling2D
    >>> GlobalMaxPooling2D(keepdims=True)(np.ones((2, 4, 5, 3))).shape
    (2, 1, 1, 3)
    """

    rank = 2


@registry.register("layer", "GlobalMaxPool3D")
class GlobalMaxPooling3D(GlobalMaxPooling):
    """The largest element of each channel over depth, height and width. Also called ``GlobalMaxPool3D``.

    Arguments as those of `GlobalMaxPooling1D`. Shapes: (batch, depth, height, width, channels) ->
    (batch, channels).

    >>> import numpy as np
    >>> from tinygraph.nn import GlobalMaxPooling3D
    >>> GlobalMaxPooling3D()(np.ones((2, 4, 5, 6, 3))).shape
    (2, 3)
    """

    rank = 3


@registry.register("layer", "GlobalAvgPool1D")
class GlobalAveragePooling1D(GlobalPooling):
    """The mean of each channel over time. Also called ``GlobalAvgPool1D``.

    With a mask (batch, length) the mean is over the steps that count; where none does it is 0.

    Arguments and shapes as those of `GlobalMaxPooling1D`.

    >>> import numpy as np
    >>> from tinygraph.nn import GlobalAveragePooling1D
    >>> x = np.array([[[1.0], [5.0], [0.0]]])
    >>> GlobalAveragePooling1D()(x).tolist()
    [[2.0]]
    >>> GlobalAveragePooling1D()(x, mask=np.array([[True, True, False]])).tolist()
    [[3.0]]
    """

    rank = 1
    carries_mask = False

    def call(self, x: Node, mask: Node | None = None) -> Node:
        """The mean of each channel over the steps that count."""
        if mask is None:
            return ops.mean(x, axis=self.space, keepdims=self.keepdims)
        (time,) = self.space
        check_mask(self, mask, (x.shape[0], x.shape[time]))
        counts = ops.expand_dims(truth(mask), 3 - time)
        total = ops.sum(ops.where(counts, x, 0.0), axis=time, keepdims=self.keepdims)
        number = ops.sum(ops.cast(counts, dtype=x.dtype), axis=time, keepdims=self.keepdims)
        return total / ops.maximum(number, 1.0)


@registry.register("layer", "GlobalAvgPool2D")
class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of each channel over height and width. Also called ``GlobalAvgPool2D``.

    Arguments as those of `GlobalMaxPooling1D`. Shapes: (batch, height, width, channels) -> (batch, channels).

    >>> import numpy as np
    >>> from tinygraph.nn import GlobalAveragePooling2D
    >>> GlobalAveragePooling2D(data_format="channels_first")(np.ones((2, 3, 4, 5))).shape
    (2, 3)
    """

    rank = 2


@registry.register("layer", "GlobalAvgPool3D")
class GlobalAveragePooling3D(GlobalAveragePooling):
    """The mean of each channel over depth, height and width. Also called ``GlobalAvgPool3D``.

    Arguments as those of `GlobalMaxPooling1D`. Shapes: (batch, depth, height, width, channels) ->
    (batch, channels).

    >>> import numpy as np
    >>> from tinygraph.nn import GlobalAveragePooling3D
    >>> GlobalAveragePooling3D()(np.ones((2, 4, 5, 6, 3))).shape
    (2, 3)
    """

    rank = 3


GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
