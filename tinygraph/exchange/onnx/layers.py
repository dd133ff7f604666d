"""Layers that ONNX has an operator for, but for recurrent ones. Others are written operation by operation."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.exchange.onnx.traced import writes
from tinygraph.exchange.onnx.whole import Whole, conv_op, pool_op
from tinygraph.graph import Node, Shape
from tinygraph.nn.layers.convolution import Conv1D, Conv2D, Conv3D
from tinygraph.nn.layers.core import Dense
from tinygraph.nn.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from tinygraph.ops import transpose
from tinygraph.ops.window import margins


@writes(Dense)
def _(layer: Any, x: Node, training: bool) -> Node:
    y = x @ layer.kernel
    return layer.activation(y + layer.bias if layer.use_bias else y)


@writes(Conv1D, Conv2D, Conv3D)
def _(layer: Any, x: Node) -> Any:
    if x.dtype != np.float32:  # runtimes have no other
        return NotImplemented
    attrs = {
        "strides": layer.strides,
        "pads": pads(layer, x, layer.kernel_size, layer.dilation_rate),
        "dilations": layer.dilation_rate,
        "group": layer.groups,
    }
    weights = [layer.kernel, layer.bias] if layer.use_bias else [layer.kernel]
    shape = layer.output_shape(x.shape[1:])
    return layer.activation(channels_first(layer, conv_op, [x, *weights], shape, attrs))


@writes(MaxPooling1D, MaxPooling2D, MaxPooling3D, AveragePooling1D, AveragePooling2D, AveragePooling3D)
def _(layer: Any, x: Node, training: bool) -> Any:
    if x.dtype != np.float32:
        return NotImplemented
    attrs = {
        "largest": isinstance(layer, MaxPooling),
        "kernel_shape": layer.pool_size,
        "strides": layer.strides,
        "pads": pads(layer, x, layer.pool_size, (1,) * layer.rank),
    }
    return channels_first(layer, pool_op, [x], layer.output_shape(x.shape[1:]), attrs)


def pads(layer: Any, x: Node, widths: Shape, dilations: Shape) -> Shape:
    """What stands before space on each axis, then what stands behind."""
    sizes = [x.shape[axis] for axis in layer.space]
    forms = zip(sizes, widths, layer.strides, dilations, strict=True)
    around = [margins(*form, layer.padding) for form in forms]
    return tuple(pair[side] for side in (0, 1) for pair in around)


def channels_first(layer: Any, op: Whole, inputs: list[Node], shape: Shape, attrs: dict[str, Any]) -> Node:
    """The operation on x with its channels in front, as ONNX has them; the result as the layer has it."""
    x, *weights = inputs
    if layer.data_format == "channels_first":
        return op(inputs, (x.shape[0], *shape), **attrs)
    x = transpose(x, axes=(0, x.ndim - 1, *range(1, x.ndim - 1)))
    y = op([x, *weights], (x.shape[0], shape[-1], *shape[:-1]), **attrs)
    return transpose(y, axes=(0, *range(2, y.ndim), 1))
