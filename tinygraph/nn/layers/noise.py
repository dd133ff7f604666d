"""Layers that disturb their input in training: Dropout, SpatialDropout1D, GaussianDropout, GaussianNoise."""

from __future__ import annotations

import math
from typing import Any

from tinygraph import ops
from tinygraph.defaults import next_seed
from tinygraph.graph import GraphError, Node, Shape, scope
from tinygraph.nn import registry
from tinygraph.nn.checks import shown, whole_number
from tinygraph.nn.layer import Layer
from tinygraph.nn.ranges import number_in
from tinygraph.nn.tracing import current_trace, next_stream


class Noise(Layer):
    """The base of layers that draw random numbers in training, and do nothing at inference.

    Each training step draws others, a function of (seed, step): the same on every backend. Each use of a
    shared layer in a graph draws its own.
    """

    carries_mask = True

    def __init__(self, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.seed = next_seed() if seed is None else whole_number(self.title, "seed", seed, least=0)
        with scope(self.name):
            self.step = ops.counter("step")

    def key(self, x: Node) -> dict[str, Any]:
        """Return what a draw for x takes beside the step: seed, stream, dtype and which rows x has."""
        stream, rows = next_stream(self.step), current_trace().rows
        return {"seed": self.seed, "stream": stream, "dtype": x.dtype, "rows": rows}

    def output_shape(self, shape: Shape) -> Shape:
        """The shape stays."""
        return shape


@registry.register("layer")
class Dropout(Noise):
    """In training, zeros elements with probability ``rate`` and scales the others by 1 / (1 - rate).

    Each training step draws another mask, a function of (seed, step): the same on every backend. At
    inference the layer does nothing. Each use of a shared layer in a graph has a mask of its own.
    Source: Srivastava et al. 2014.

    Args:
        rate: from 0 to 1; 1 leaves zeros only.
        noise_shape: a shape, the batch included, with 1 for the axes along which one draw is shared and
            None, or the size, for the others.
        seed: a whole number; by default one follows from `tinygraph.set_seed`.
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any):
        super().__init__(seed, **kwargs)
        self.rate = number_in("[0, 1]", self, "rate", rate)
        self.noise_shape = self._noise_shape(noise_shape)

    def call(self, x: Node, training: bool) -> Node:
        """x times the mask of this step."""
        if not training or not self.rate:
            return x
        noise = self.noise_shape or (None,) * x.ndim
        shape = tuple(n if size is None else size for size, n in zip(noise, x.shape, strict=True))
        shared = {"rows": None} if noise[0] == 1 else {}  # one draw is for all rows
        return x * ops.dropout_mask(self.step, shape, self.rate, **self.key(x) | shared)

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """``noise_shape`` has an axis for each of x."""
        super().check_inputs(shapes, several, batch)
        if self.noise_shape is None:
            return
        noise, shape = self.noise_shape[1:], shapes[0]
        if len(noise) != len(shape) or any(s not in (None, 1, n) for s, n in zip(noise, shape, strict=True)):
            sizes = shown(["batch", *shape])
            raise GraphError(f"{self.title}: noise_shape {self.noise_shape} does not fit {sizes}.")

    def _noise_shape(self, given: Any) -> tuple[int | None, ...] | None:
        if given is None:
            return None
        sizes = tuple(given) if isinstance(given, (tuple, list)) else (given,)
        if sizes[:1] not in ((None,), (1,)):
            raise ValueError(
                f"{self.title}: noise_shape must begin with None or 1, the batch; got {given!r}."
            )
        return tuple(None if n is None else whole_number(self.title, "noise_shape", n) for n in sizes)


@registry.register("layer")
class SpatialDropout1D(Dropout):
    """A `Dropout` of whole features: in training each is zero at all time steps with probability ``rate``.

    Source: Tompson et al. 2015.

    Args:
        rate: from 0 to 1; 1 leaves zeros only.
        seed: a whole number; by default one follows from `tinygraph.set_seed`.

    Shapes: (batch, time, features) -> the same.

    >>> import numpy as np
    >>> from tinygraph.nn import SpatialDropout1D
    >>> y = SpatialDropout1D(0.5)(np.ones((2, 3, 8)), training=True)
    >>> bool((y == y[:, :1]).all())
    True
    """

    axes = ("time", "features")
    settled = ("noise_shape",)

    def __init__(
        self,
        rate: float,
        seed: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(rate, (None, 1, None), seed, name=name, dtype=dtype, **kwargs)


@registry.register("layer")
class GaussianDropout(Noise):
    """In training, multiplies by normal numbers of mean 1 and variance rate / (1 - rate); else does nothing.

    Mean and variance are those of the mask of a `Dropout` with this rate. Source: Srivastava et al. 2014.

    Args:
        rate: from 0 up to 1.
        seed: a whole number; by default one follows from `tinygraph.set_seed`.

    >>> from tinygraph.nn import GaussianDropout
    >>> GaussianDropout(0.5)([[1.0, 2.0]]).tolist()
    [[1.0, 2.0]]
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any):
        super().__init__(seed, **kwargs)
        self.rate = number_in("[0, 1)", self, "rate", rate)

    def call(self, x: Node, training: bool) -> Node:
        """x times the noise of this step."""
        if not training or not self.rate:
            return x
        deviation = math.sqrt(self.rate / (1.0 - self.rate))
        return x * (1.0 + deviation * ops.normal(self.step, x.shape, **self.key(x)))


@registry.register("layer")
class GaussianNoise(Noise):
    """In training, adds normal numbers of mean 0 and standard deviation ``stddev``; else does nothing.

    Args:
        stddev: the standard deviation, at least 0.
        seed: a whole number; by default one follows from `tinygraph.set_seed`.

    >>> from tinygraph.nn import GaussianNoise
    >>> GaussianNoise(0.1)([[1.0, 2.0]]).tolist()
    [[1.0, 2.0]]
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any):
        super().__init__(seed, **kwargs)
        self.stddev = number_in("[0, inf)", self, "stddev", stddev)

    def call(self, x: Node, training: bool) -> Node:
        """x plus the noise of this step."""
        if not training or not self.stddev:
            return x
        return x + self.stddev * ops.normal(self.step, x.shape, **self.key(x))
