"""Convolutions and poolings."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.exchange.script.functions import convolution as functions
from tinygraph.exchange.script.functions.dense import masked_mean
from tinygraph.exchange.script.layers.elementwise import activated
from tinygraph.exchange.script.layers.shape import channels_back, channels_last
from tinygraph.exchange.script.lines import Value
from tinygraph.exchange.script.writer import Writer, writes
from tinygraph.nn.layers.convolution import Conv
from tinygraph.nn.layers.global_pooling import (
    GlobalAveragePooling,
    GlobalAveragePooling1D,
    GlobalMaxPooling,
)
from tinygraph.nn.layers.pooling import AveragePooling, MaxPooling


@writes(Conv)
def _(s: Writer, layer: Conv, x: Value, given: dict[str, Any]) -> Value:
    x = channels_last(s, x, layer.data_format)
    sizes, strides, dilation = layer.kernel_size, layer.strides, layer.dilation_rate
    if layer.padding == "same":
        x = s.let(s.call(functions.pad_same, x, sizes, strides, dilation), x)
    if layer.padding == "causal":
        x = s.let(f"np.pad({x}, [(0, 0), ({(sizes[0] - 1) * dilation[0]}, 0), (0, 0)])", x)
    weights = s.weights(layer, kernel=layer.kernel, bias=layer.bias if layer.use_bias else None)
    how: dict[str, Any] = {"weights": weights, "strides": strides, "dilation": dilation}
    if layer.groups > 1:
        y = s.call(functions.grouped_convolution, x, groups=layer.groups, **how)
    else:
        y = s.call(functions.convolution, x, **how)
    if layer.data_format == "channels_last":
        return activated(s, layer, y, x, layer.activation)
    return activated(s, layer, channels_back(s, s.let(y, x), layer.data_format), x, layer.activation)


@writes(MaxPooling)
def _(s: Writer, layer: MaxPooling, x: Value, given: dict[str, Any]) -> Value:
    x = channels_last(s, x, layer.data_format)
    if layer.padding == "same":
        ones = (1,) * layer.rank
        x = s.let(s.call(functions.pad_same, x, layer.pool_size, layer.strides, ones, value=-np.inf), x)
    y = s.let(s.call(functions.max_pooling, x, layer.pool_size, layer.strides), x)
    return channels_back(s, y, layer.data_format)


@writes(AveragePooling)
def _(s: Writer, layer: AveragePooling, x: Value, given: dict[str, Any]) -> Value:
    x = channels_last(s, x, layer.data_format)
    same = True if layer.padding == "same" else None
    y = s.let(s.call(functions.average_pooling, x, layer.pool_size, layer.strides, same=same), x)
    return channels_back(s, y, layer.data_format)


@writes(GlobalMaxPooling)
def _(s: Writer, layer: GlobalMaxPooling, x: Value, given: dict[str, Any]) -> Value:
    return s.let(f"{x}.max({over_space(layer)})", x)


@writes(GlobalAveragePooling)
def _(s: Writer, layer: GlobalAveragePooling, x: Value, given: dict[str, Any]) -> Value:
    return s.let(f"{x}.mean({over_space(layer)})", x)


@writes(GlobalAveragePooling1D)
def _(s: Writer, layer: GlobalAveragePooling1D, x: Value, given: dict[str, Any]) -> Value:
    mask = s.truth(given.get("mask"))
    if mask is None:
        return s.let(f"{x}.mean({over_space(layer)})", x)
    y = s.let(s.call(masked_mean, channels_last(s, x, layer.data_format), mask), x)
    return s.let(f"np.expand_dims({y}, {layer.space[0]})", y) if layer.keepdims else y


def over_space(layer: Any) -> str:
    """The arguments of a reduction over space."""
    axis = layer.space[0] if len(layer.space) == 1 else layer.space
    return f"axis={axis}" + (", keepdims=True" if layer.keepdims else "")
