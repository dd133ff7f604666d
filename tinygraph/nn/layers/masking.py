"""`Masking`: which time steps count, read off their values."""

from __future__ import annotations

from typing import Any

from tinygraph import ops
from tinygraph.graph import Node, Shape
from tinygraph.nn import registry
from tinygraph.nn.layer import Layer
from tinygraph.nn.masks import carry
from tinygraph.nn.ranges import number_in


@registry.register("layer")
class Masking(Layer):
    """Masks the time steps whose features all equal ``mask_value``, and sets them to 0.

    The mask goes on with the values: recurrent layers skip the steps, and losses do not count them.

    Shapes: (batch, time, features) -> the same.

    >>> import numpy as np
    >>> from tinygraph.nn import LSTM, Masking, Sequential
    >>> model = Sequential([Masking(input_shape=(5, 3)), LSTM(4)])
    >>> model.predict(np.zeros((2, 5, 3))).any()
    np.False_
    """

    axes = ("time", "features")
    carries_mask = False

    def __init__(self, mask_value: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.mask_value = number_in("(-inf, inf)", self, "mask_value", mask_value)

    def call(self, x: Node, training: bool) -> Node:
        """x, 0 where it is masked."""
        differs = ops.cast(ops.not_equal(x, self.mask_value), dtype=x.dtype)
        # A sum of zeros and ones is exact, and takes half the time of their maximum.
        counts = ops.sum(differs, axis=-1, keepdims=True) > 0.0
        return carry(ops.where(counts, x, 0.0), ops.reshape(counts, shape=x.shape[:-1]))

    def output_shape(self, shape: Shape) -> Shape:
        """The shape stays."""
        return shape
