"""Operations that only move elements: shapes, parts, and what is put together."""

from __future__ import annotations

import sys
from builtins import slice as Slice
from typing import Any

import numpy as np

from tinygraph.exchange.onnx.emit.table import emits
from tinygraph.exchange.onnx.probes import Product
from tinygraph.exchange.onnx.writer import OpenSize, Writer
from tinygraph.graph import Node
from tinygraph.ops.window import spans

END = sys.maxsize


@emits("transpose")
def _(w: Writer, node: Node, x: str) -> str:
    """Two in a row are one, and none if one undoes the other: layers turn time to the front and back."""
    axes, before = list(node.attrs["axes"]), w.made.get(x)
    if before is not None and before.kind == "Transpose":
        (x,) = before.inputs
        axes = [before.attrs["perm"][axis] for axis in axes]
    return x if axes == sorted(axes) else w.add("Transpose", [x], perm=axes)


@emits("reshape")
def _(w: Writer, node: Node, x: str) -> str:
    """One size may be -1, which is found, and 0 keeps what the axis has; others are made at run time."""
    came, wanted = w.probes.dimensions(node.inputs[0]), w.probes.dimensions(node)
    sizes = [size.factor if size and not size.sizes else size for size in wanted]
    unknown = [axis for axis, size in enumerate(sizes) if not isinstance(size, int)]
    if not unknown:
        return w.add("Reshape", [x, w.array(node.shape, "int64")], allowzero=1)
    kept = [axis for axis in unknown if came[axis : axis + 1] and same(came[axis], wanted[axis])]
    rest = [axis for axis in unknown if axis not in kept] or [kept.pop()]
    if len(rest) > 1 or 0 in sizes:
        return w.add("Reshape", [x, w.shape(wanted)], allowzero=1)
    marks: Any = dict.fromkeys(kept, 0) | {rest[0]: -1}
    return w.add("Reshape", [x, w.array([marks.get(axis, size) for axis, size in enumerate(sizes)], "int64")])


def same(one: Product | None, other: Product | None) -> bool:
    """Whether both are known, and one size."""
    return one is not None and other is not None and str(one) == str(other)


@emits("broadcast_to")
def _(w: Writer, node: Node, x: str) -> str:
    return w.add("Expand", [x, w.shape(w.probes.dimensions(node))])


@emits("slice")
def _(w: Writer, node: Node, x: str) -> str:
    spans_, picked, added, axis, place = [], [], [], 0, 0
    twins = w.probes.twins[node]
    for k, item in enumerate(node.attrs["index"]):
        if item is None:
            added.append(place)
        elif isinstance(item, Slice):
            if item != Slice(None):
                spans_.append((axis, *_bounds(item)))
        else:
            found = [(twin.attrs["index"][k], twin.inputs[0].shape[axis]) for twin in twins]
            picked.append((axis, _index(found)))
        axis += item is not None
        place += item is None or isinstance(item, Slice)
    if spans_:
        axes, *bounds = zip(*spans_, strict=True)
        starts, ends, steps = (w.array(each, "int64") for each in bounds)
        x = w.add("Slice", [x, starts, ends, w.array(axes, "int64"), steps])
    for at, index in reversed(picked):
        x = w.add("Gather", [x, w.array(index, "int64")], axis=at)
    if added:
        x = w.add("Unsqueeze", [x, w.array(added, "int64")])
    return x if spans_ or picked or added else w.add("Identity", [x])


def _bounds(item: Slice) -> tuple[int, int, int]:
    """Start, end and step as ONNX has them: what lies outside is cut off."""
    step = item.step or 1
    start = item.start if item.start is not None else (0 if step > 0 else END)
    stop = item.stop if item.stop is not None else (END if step > 0 else -END)
    return start, stop, step


def _index(found: list[tuple[int, int]]) -> int:
    """An index, from the end if it is one there; ``found`` are the indices and the sizes in the traces."""
    if len({index for index, _ in found}) == 1:
        return found[0][0]
    if len({index - size for index, size in found}) == 1:
        return found[0][0] - found[0][1]
    raise OpenSize("an index depends on an open size")


@emits("concat")
def _(w: Writer, node: Node, *names: str) -> str:
    return w.add("Concat", names, axis=node.attrs["axis"])


@emits("pad")
def _(w: Writer, node: Node, x: str) -> str:
    widths = node.attrs["widths"]
    pads = [before for before, _ in widths] + [after for _, after in widths]
    inside = np.dtype("int32") if node.dtype == bool else node.dtype
    value = w.array(node.attrs["value"], inside)
    padded = w.add("Pad", [w.cast(x, node.dtype, inside), w.array(pads, "int64"), value], mode="constant")
    return w.cast(padded, inside, node.dtype)


@emits("gather")
def _(w: Writer, node: Node, x: str, indices: str) -> str:
    return w.add("Gather", [x, indices], axis=node.attrs["axis"])


@emits("one_hot")
def _(w: Writer, node: Node, x: str) -> str:
    (source,) = node.inputs
    column = w.add("Unsqueeze", [x, w.array([source.ndim], "int64")])
    equal = w.add("Equal", [column, w.array(np.arange(node.attrs["size"]), source.dtype)])
    return w.cast(equal, np.dtype(bool), node.dtype)


@emits("windows")
def _(w: Writer, node: Node, x: str) -> str:
    return windows(w, node, x, node.attrs["dilation"])


@emits("max_pool")
def _(w: Writer, node: Node, x: str) -> str:
    found = windows(w, node, x, 1)
    return w.add("ReduceMax", [found], axes=[node.attrs["axis"] + 1], keepdims=0)


def windows(w: Writer, node: Node, x: str, dilation: int) -> str:
    """The elements that each window of an axis has, gathered: their indices are a table."""
    width, stride, axis = (node.attrs[name] for name in ("width", "stride", "axis"))
    if len({twin.inputs[0].shape[axis] for twin in w.probes.twins[node]}) > 1:
        raise OpenSize("windows of an axis of open size")
    count, _ = spans(node.inputs[0].shape[axis], width, stride, dilation)
    table = np.arange(count)[:, None] * stride + np.arange(width) * dilation
    return w.add("Gather", [x, w.array(table, "int64")], axis=axis)
