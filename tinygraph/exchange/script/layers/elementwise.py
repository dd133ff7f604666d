"""Dense, embeddings, activations and normalizations; and layers that do nothing outside of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.exchange.script.functions import activations, dense as functions
from tinygraph.exchange.script.lines import Value
from tinygraph.exchange.script.writer import Array, Writer, array_of, writes
from tinygraph.nn.activations import get
from tinygraph.nn.layer import Layer
from tinygraph.nn.layers.activations import ELU, LeakyReLU, PReLU, ReLU, Softmax
from tinygraph.nn.layers.adapted import Normalization
from tinygraph.nn.layers.along_axes import AlongAxes
from tinygraph.nn.layers.batch_normalization import BatchNormalization
from tinygraph.nn.layers.core import Activation, Dense, Embedding
from tinygraph.nn.layers.masking import Masking
from tinygraph.nn.layers.noise import Dropout, GaussianDropout, GaussianNoise
from tinygraph.nn.layers.normalization import LayerNormalization, UnitNormalization
from tinygraph.nn.layers.regularization import ActivityRegularization
from tinygraph.nn.registry import KINDS

#: activation of a layer -> function of a script
ACTIVATIONS = {get("tanh"): np.tanh, get("exponential"): np.exp} | {
    function: getattr(activations, name)
    for name, function in KINDS["activation"].items()
    if hasattr(activations, name)
}


def activation_of(s: Writer, layer: Layer, activation: Any) -> Any:
    """Return the function of a script that an activation is."""
    if activation not in ACTIVATIONS:
        raise s.refuse(
            layer, f"has an activation that a script cannot have: {activation!r}; use one that has a name."
        )
    return ACTIVATIONS[activation]


def activated(s: Writer, layer: Layer, code: Any, x: Value, activation: Any) -> Value:
    """Write the activation of what code computes."""
    function = activation_of(s, layer, activation)
    if function is activations.linear:
        return code if isinstance(code, Value) else s.let(code, x, dtype=layer.float)
    if isinstance(function, np.ufunc):
        return s.let(f"np.{function.__name__}({code})", x, dtype=layer.float)
    return s.let(s.call(function, code), x, dtype=layer.float)


@writes(Dense)
def _(s: Writer, layer: Dense, x: Value, given: dict[str, Any]) -> Value:
    weights = s.weights(layer, kernel=layer.kernel, bias=layer.bias if layer.use_bias else None)
    return activated(s, layer, s.call(functions.dense, x, weights=weights), x, layer.activation)


@writes(Activation)
def _(s: Writer, layer: Activation, x: Value, given: dict[str, Any]) -> Value:
    return x if layer.activation is get("linear") else activated(s, layer, x, x, layer.activation)


@writes(Embedding)
def _(s: Writer, layer: Embedding, x: Value, given: dict[str, Any]) -> Value:
    mask = s.let(f"{x} != 0", x, x.shape, bool, "mask") if layer.mask_zero else None
    weights = s.weights(layer, embeddings=layer.embeddings)
    y = s.let(s.call(functions.embedding, x, weights=weights), x, dtype=layer.float)
    y.mask = mask
    return y


@writes(Masking)
def _(s: Writer, layer: Masking, x: Value, given: dict[str, Any]) -> Value:
    value = np.array(layer.mask_value, x.dtype).item()
    differs = f"({x} != {value!r})" if np.isfinite(value) else f"({x} != float('{value}'))"
    mask = s.let(f"{differs}.any(axis=-1)", x, (x.shape or ())[:-1], bool, "mask")
    y = s.let(f"np.where({mask}[:, :, None], {x}, 0.0)", x)
    y.mask = mask
    return y


@writes(ActivityRegularization, Dropout, GaussianDropout, GaussianNoise)
def _(s: Writer, layer: Layer, x: Value, given: dict[str, Any]) -> Value:
    return x


@writes(ReLU)
def _(s: Writer, layer: ReLU, x: Value, given: dict[str, Any]) -> Value:
    if layer.max_value is None and not layer.negative_slope and not layer.threshold:
        return s.let(s.call(activations.relu, x), x)
    slope, threshold = float(layer.negative_slope), float(layer.threshold)
    limit = None if layer.max_value is None else float(layer.max_value)
    return s.let(s.call(activations.bent, x, max_value=limit, slope=slope, threshold=threshold), x)


@writes(LeakyReLU)
def _(s: Writer, layer: LeakyReLU, x: Value, given: dict[str, Any]) -> Value:
    return s.let(s.call(activations.leaky_relu, x, slope=float(layer.negative_slope)), x)


@writes(ELU)
def _(s: Writer, layer: ELU, x: Value, given: dict[str, Any]) -> Value:
    return s.let(s.call(activations.elu, x, alpha=float(layer.alpha)), x)


@writes(PReLU)
def _(s: Writer, layer: PReLU, x: Value, given: dict[str, Any]) -> Value:
    return s.let(s.call(functions.prelu, x, weights=s.weights(layer, alpha=layer.alpha)), x)


@writes(Softmax)
def _(s: Writer, layer: Softmax, x: Value, given: dict[str, Any]) -> Value:
    shape = x.shape or ()
    axes, mask = layer.along(shape), s.truth(given.get("mask"))
    axis = None if layer.axis == -1 else axes if len(axes) > 1 else axes[0]
    if mask is None or len(mask.shape or ()) + 1 <= axes[0]:
        return s.let(s.call(activations.softmax, x, axis=axis), x)
    counts = s.let(f"{mask}[...{', None' * (len(shape) - len(mask.shape or ()))}]", mask, name="counts")
    shares = s.call(activations.softmax, f"np.where({counts}, {x}, -1e9)", axis=axis)
    return s.let(f"np.where({counts}, {shares}, 0.0)", x)


def axis_option(layer: AlongAxes, x: Value) -> Any:
    """The axes of a layer as an option; None if they are the last one, which is the default."""
    axes = layer.along(x.shape or ())
    return None if axes == (len(x.shape or ()),) else axes if len(axes) != 1 else axes[0]


def spread(layer: AlongAxes, weight: Any, x: Value) -> Array | None:
    """A weight in a shape that broadcasts to x."""
    if weight is None:
        return None
    shape = x.shape or ()
    axes = layer.along(shape)
    sizes = [n if axis in axes else 1 for axis, n in enumerate((1, *shape))]
    return array_of(weight).reshape(sizes[min(axes, default=0) :] if axes else ())


@writes(BatchNormalization)
def _(s: Writer, layer: BatchNormalization, x: Value, given: dict[str, Any]) -> Value:
    arrays = {"mean": layer.moving_mean, "variance": layer.moving_variance, "gamma": layer.gamma}
    arrays |= {"beta": layer.beta}
    weights = s.weights(layer, **{name: spread(layer, each, x) for name, each in arrays.items()})
    epsilon = float(layer.epsilon)
    return s.let(s.call(functions.batch_normalization, x, weights=weights, epsilon=epsilon), x)


@writes(LayerNormalization)
def _(s: Writer, layer: LayerNormalization, x: Value, given: dict[str, Any]) -> Value:
    gamma, beta = (spread(layer, each, x) for each in (layer.gamma, layer.beta))
    function = functions.rms_normalization if layer.rms_scaling else functions.layer_normalization
    weights = s.weights(layer, gamma=gamma, beta=beta)
    options = {"axis": axis_option(layer, x), "epsilon": float(layer.epsilon)}
    return s.let(s.call(function, x, weights=weights, **options), x)


@writes(UnitNormalization)
def _(s: Writer, layer: UnitNormalization, x: Value, given: dict[str, Any]) -> Value:
    return s.let(s.call(functions.unit_normalization, x, axis=axis_option(layer, x)), x)


@writes(Normalization)
def _(s: Writer, layer: Normalization, x: Value, given: dict[str, Any]) -> Value:
    mean, variance = (spread(layer, each, x) for each in (layer.mean, layer.variance))
    function = functions.denormalization if layer.invert else functions.normalization
    return s.let(s.call(function, x, weights=s.weights(layer, mean=mean, variance=variance)), x)
