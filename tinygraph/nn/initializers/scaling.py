"""Initializers that keep the variance of signals from layer to layer: Glorot's, He's and LeCun's."""

from __future__ import annotations

import math

from tinygraph.graph import Shape
from tinygraph.nn.initializers.base import Array, RandomInitializer
from tinygraph.nn.initializers.random import truncated_normal
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import register
from tinygraph.nn.signatures import did_you_mean

MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")

#: the standard deviation of a normal distribution cut off at ±2
TRUNCATED_STDDEV = 0.87962566103423978


@register("initializer")
class VarianceScaling(RandomInitializer):
    """Random numbers of mean 0 and variance scale / n, where n counts connections.

    Args:
        scale: the variance times n; positive.
        mode: n is ``"fan_in"``, the inputs of a unit; ``"fan_out"``, its outputs; ``"fan_avg"``, their mean.
        distribution: ``"truncated_normal"`` (cut off at 2 standard deviations; also ``"normal"``),
            ``"untruncated_normal"`` or ``"uniform"``.
        seed: see `RandomInitializer`.

    >>> from tinygraph.nn.initializers import VarianceScaling
    >>> weights = VarianceScaling(2.0, "fan_in", seed=1)((200, 100), dtype="float64")
    >>> round(float(weights.var() * 200), 1)
    2.0
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ):
        super().__init__(seed)
        if mode not in MODES:
            raise ValueError(f"{type(self).__name__}: unknown mode {mode!r}{did_you_mean(mode, MODES)}")
        if distribution not in (*DISTRIBUTIONS, "normal"):
            hint = did_you_mean(distribution, DISTRIBUTIONS)
            raise ValueError(f"{type(self).__name__}: unknown distribution {distribution!r}{hint}")
        self.scale = number_in("(0, inf)", self, "scale", scale)
        self.mode = mode
        self.distribution = "truncated_normal" if distribution == "normal" else distribution

    def values(self, shape: Shape) -> Array:
        """Return numbers of variance scale / n."""
        fan_in, fan_out = fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        stddev = math.sqrt(self.scale / max(1.0, n))
        if self.distribution == "uniform":
            return self.generator().uniform(-math.sqrt(3.0) * stddev, math.sqrt(3.0) * stddev, shape)
        if self.distribution == "untruncated_normal":
            return self.generator().normal(0.0, stddev, shape)
        return stddev / TRUNCATED_STDDEV * truncated_normal(self.generator(), shape)


@register("initializer")
class GlorotUniform(VarianceScaling):
    """Uniform numbers of variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010)."""

    def __init__(self, seed: int | None = None):
        super().__init__(1.0, "fan_avg", "uniform", seed)


@register("initializer")
class GlorotNormal(VarianceScaling):
    """Normal numbers, cut off, of variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010)."""

    def __init__(self, seed: int | None = None):
        super().__init__(1.0, "fan_avg", "truncated_normal", seed)


@register("initializer")
class HeUniform(VarianceScaling):
    """Uniform numbers of variance 2 / fan_in: made for relu (He et al. 2015)."""

    def __init__(self, seed: int | None = None):
        super().__init__(2.0, "fan_in", "uniform", seed)


@register("initializer")
class HeNormal(VarianceScaling):
    """Normal numbers, cut off, of variance 2 / fan_in: made for relu (He et al. 2015)."""

    def __init__(self, seed: int | None = None):
        super().__init__(2.0, "fan_in", "truncated_normal", seed)


@register("initializer")
class LecunUniform(VarianceScaling):
    """Uniform numbers of variance 1 / fan_in (LeCun et al. 1998)."""

    def __init__(self, seed: int | None = None):
        super().__init__(1.0, "fan_in", "uniform", seed)


@register("initializer")
class LecunNormal(VarianceScaling):
    """Normal numbers, cut off, of variance 1 / fan_in (LeCun et al. 1998): what `selu` needs."""

    def __init__(self, seed: int | None = None):
        super().__init__(1.0, "fan_in", "truncated_normal", seed)


def fans(shape: Shape) -> tuple[int, int]:
    """Return how many inputs and outputs a unit has whose kernel is (positions..., inputs, outputs).

    >>> from tinygraph.nn.initializers.scaling import fans
    >>> fans((16, 64)), fans((3, 3, 16, 64))
    ((16, 64), (144, 576))
    """
    if len(shape) < 2:
        return (math.prod(shape),) * 2
    positions = math.prod(shape[:-2])
    return positions * shape[-2], positions * shape[-1]
