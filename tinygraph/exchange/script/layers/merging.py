"""Layers that make one value of several: sums, products, extremes, joins and dot products."""

from __future__ import annotations

from functools import reduce
from typing import Any

from tinygraph.exchange.script.functions.dense import dot, unit_vectors
from tinygraph.exchange.script.lines import Value
from tinygraph.exchange.script.writer import Writer, writes
from tinygraph.nn.layers.dot import Dot
from tinygraph.nn.layers.merge import Add, Average, Concatenate, Maximum, Minimum, Multiply, Subtract

SIGNS: dict[type, str] = {Add: " + ", Average: " + ", Subtract: " - "}


def of_one_rank(s: Writer, x: list[Value]) -> list[Value]:
    """The values with equally many axes: those that lack some get them behind the batch, of size 1."""
    ranks = [len(value.shape or ()) for value in x]
    missing = [max(ranks) - rank for rank in ranks]
    return [
        s.let(f"{value}[:{', None' * lack}]", value) if lack else value
        for value, lack in zip(x, missing, strict=True)
    ]


def any_of(s: Writer, masks: list[Value | None]) -> Value | None:
    """True where one mask is; None if an input has no mask, for then every step counts."""
    given = [mask for mask in masks if mask is not None]
    if len(given) < len(masks) or not given:
        return None
    if all(mask is given[0] for mask in given):
        return given[0]
    code = " | ".join(map(str, dict.fromkeys(given)))
    if code not in s.joined:
        s.joined[code] = s.let(code, given[0], given[0].shape, bool, "mask")
    return s.joined[code]


def wide(mask: Value, rank: int) -> str:
    """A mask with the axes that it lacks, of size 1, behind."""
    lacking = rank - len(mask.shape or ())
    return f"{mask}[...{', None' * lacking}]" if lacking > 0 else str(mask)


@writes(Add, Average, Subtract)
def _(s: Writer, layer: Any, x: list[Value], given: dict[str, Any]) -> Value:
    total = SIGNS[type(layer)].join(map(str, of_one_rank(s, x)))
    y = s.let(f"({total}) / {float(len(x))}" if isinstance(layer, Average) else total, x[0], joins=True)
    y.mask = any_of(s, [value.mask for value in x])
    return y


@writes(Multiply, Maximum, Minimum)
def _(s: Writer, layer: Any, x: list[Value], given: dict[str, Any]) -> Value:
    rank = max(len(value.shape or ()) for value in x)

    def joined(one: Value, other: Value) -> Value:
        mask, multiply = any_of(s, [one.mask, other.mask]), isinstance(layer, Multiply)
        right = counted(s, other, "1.0" if multiply else str(one), rank)
        left = counted(s, one, "1.0" if multiply else str(right), rank)
        name = "maximum" if isinstance(layer, Maximum) else "minimum"
        y = s.let(f"{left} * {right}" if multiply else f"np.{name}({left}, {right})", one, joins=True)
        if multiply and mask is not None:
            y = s.let(f"np.where({wide(mask, rank)}, {y}, 0.0)", y)
        y.mask = mask
        return y

    y = reduce(joined, of_one_rank(s, x))
    y.mask = any_of(s, [value.mask for value in x])
    return y


def counted(s: Writer, x: Value, other: str, rank: int) -> Value:
    """x, and ``other`` where a step of x does not count."""
    return x if x.mask is None else s.let(f"np.where({wide(x.mask, rank)}, {x}, {other})", x)


@writes(Concatenate)
def _(s: Writer, layer: Concatenate, x: list[Value], given: dict[str, Any]) -> Value:
    y = s.let(f"np.concatenate([{', '.join(map(str, x))}], axis={layer.axis})", x[0], joins=True)
    y.dtype = layer.output_dtype([value.dtype for value in x])
    masks = [value.mask for value in x]
    if layer.axis % (len(x[0].shape or ()) + 1) != 1 or not any(masks):
        y.mask = any_of(s, masks)
        return y
    parts = [f"np.ones({v}.shape[:2], bool)" if v.mask is None else str(v.mask) for v in x]
    steps = sum((v.shape or (0,))[0] for v in x)
    y.mask = s.let(f"np.concatenate([{', '.join(parts)}], axis=1)", x[0], (steps,), bool, "mask")
    return y


@writes(Dot)
def _(s: Writer, layer: Dot, x: list[Value], given: dict[str, Any]) -> Value:
    axes = tuple(axis % (len(v.shape or ()) + 1) for axis, v in zip(layer.summed, x, strict=True))
    if layer.normalize:
        x = [s.let(s.call(unit_vectors, v, axis=axis), v) for v, axis in zip(x, axes, strict=True)]
    y = s.let(s.call(dot, *x, axes=axes), x[0], joins=True)
    return s.let(f"{y}[:, None]", y) if len(x[0].shape or (0, 0)) == len(x[1].shape or (0, 0)) == 1 else y
