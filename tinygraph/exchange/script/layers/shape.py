"""Layers that move elements: Flatten, Reshape, Permute, RepeatVector, padding, cropping, repetition."""

from __future__ import annotations

from typing import Any

from tinygraph.exchange.script.functions import convolution as functions
from tinygraph.exchange.script.lines import Value
from tinygraph.exchange.script.writer import Writer, writes
from tinygraph.nn.layers.resize import Cropping1D, UpSampling1D, UpSampling2D, UpSampling3D, ZeroPadding1D
from tinygraph.nn.layers.shape import Flatten, Permute, RepeatVector, Reshape

#: how `UpSampling2D` blends elements
KERNELS = {
    "bilinear": functions.bilinear,
    "bicubic": functions.bicubic,
    "lanczos3": functions.lanczos3,
    "lanczos5": functions.lanczos5,
}


def channels_last(s: Writer, x: Value, data_format: str, first: int = 1) -> Value:
    """x with the channels, which are axis ``first`` if they are first, as last axis."""
    return x if data_format == "channels_last" else s.let(f"np.moveaxis({x}, {first}, -1)", x)


def channels_back(s: Writer, x: Value, data_format: str, first: int = 1) -> Value:
    """The inverse of `channels_last`."""
    return x if data_format == "channels_last" else s.let(f"np.moveaxis({x}, -1, {first})", x)


@writes(Flatten)
def _(s: Writer, layer: Flatten, x: Value, given: dict[str, Any]) -> Value:
    if len(x.shape or ()) > 1:
        x = channels_last(s, x, layer.data_format)
    return s.let(f"{x}.reshape(len({x}), -1)", x)


@writes(Reshape)
def _(s: Writer, layer: Reshape, x: Value, given: dict[str, Any]) -> Value:
    sizes = layer.target_shape if -1 in layer.target_shape else layer.output_shape(x.shape or ())
    return s.let(f"{x}.reshape(len({x}), {', '.join(map(str, sizes))})", x)


@writes(Permute)
def _(s: Writer, layer: Permute, x: Value, given: dict[str, Any]) -> Value:
    return s.let(f"{x}.transpose(0, {', '.join(map(str, layer.dims))})", x)


@writes(RepeatVector)
def _(s: Writer, layer: RepeatVector, x: Value, given: dict[str, Any]) -> Value:
    return s.let(f"np.repeat({x}[:, None], {layer.n}, axis=1)", x)


@writes(Cropping1D)
def _(s: Writer, layer: Cropping1D, x: Value, given: dict[str, Any]) -> Value:
    before, after = layer.cropping
    return s.let(f"{x}[:, {before or ''}:{-after if after else ''}]", x)


@writes(ZeroPadding1D)
def _(s: Writer, layer: ZeroPadding1D, x: Value, given: dict[str, Any]) -> Value:
    margins = ["(0, 0)"] * 3
    margins[layer.space[0]] = str(layer.padding)
    return s.let(f"np.pad({x}, [{', '.join(margins)}])", x)


@writes(UpSampling1D)
def _(s: Writer, layer: UpSampling1D, x: Value, given: dict[str, Any]) -> Value:
    return s.let(f"np.repeat({x}, {layer.size}, axis=1)", x)


@writes(UpSampling2D, UpSampling3D)
def _(s: Writer, layer: Any, x: Value, given: dict[str, Any]) -> Value:
    kernel = KERNELS.get(getattr(layer, "interpolation", "nearest"))
    for axis, times in zip(layer.space, layer.size, strict=True):
        if kernel is None:
            x = s.let(f"np.repeat({x}, {times}, axis={axis})", x)
        else:
            x = s.let(s.call(functions.interpolated, x, times, axis, kernel.__name__), x)
    return x
