"""Attention, with one head or several."""

from __future__ import annotations

from typing import Any

from tinygraph.exchange.script.functions import attention as functions
from tinygraph.exchange.script.layers.merging import wide
from tinygraph.exchange.script.lines import Use, Value
from tinygraph.exchange.script.writer import Writer, writes
from tinygraph.nn.layers.attention import AdditiveAttention, Attention, query_value_key
from tinygraph.nn.layers.multi_head_attention import MultiHeadAttention


def places(s: Writer, query: Value, key: Value, causal: bool, window: int | None = None) -> list[str]:
    """Which query sees which key by their places, as code."""
    if not causal and window is None:
        return []
    ahead = s.let(
        f"np.arange({key}.shape[-2]) - np.arange({query}.shape[-2])[:, None]", key, None, int, "ahead"
    )
    masks = [f"({ahead} <= 0)"] if causal else []
    return masks + ([] if window is None else [f"(abs({ahead}) < {window})"])


def visible_of(s: Writer, seen: list[str], like: Value) -> Value | None:
    """The keys that all of these masks let a query see."""
    visible: Value | None = None
    for mask in seen:
        alone = mask[1:-1] if mask[0] == "(" else mask
        both = alone if visible is None else f"{visible} & {mask}"
        visible = s.let(both, visible or like, name=None if visible else "visible", dtype=bool)
    return visible


@writes(Attention, AdditiveAttention)
def _(s: Writer, layer: Any, x: list[Value], given: dict[str, Any]) -> Any:
    query, value, key = query_value_key(x)
    masks = given.get("mask")
    masks = [v.mask for v in x] if not isinstance(masks, list) else masks
    query_mask, value_mask = (s.truth(mask) for mask in masks[:2])
    scores = s.let(scores_of(s, layer, query, key), query, name="scores")
    seen = places(s, query, key, bool(given.get("use_causal_mask")))
    if value_mask is not None:
        lead = wide(value_mask, len(value.shape or ()) - 1)
        seen.append(f"{lead}[..., None, :]")
    use = s.call(
        functions.attend,
        scores,
        value,
        visible=visible_of(s, seen, query),
        return_weights=True if given.get("return_attention_scores") else None,
    )
    y, shares = s.value(None, query.dtype), s.value(None, query.dtype, "shares")
    s.write([y, shares] if given.get("return_attention_scores") else [y], use, query)
    if query_mask is not None:
        y = s.let(f"np.where({wide(query_mask, len(query.shape or ()))}, {y}, 0.0)", y)
    y.mask = masks[0]
    return [y, shares] if given.get("return_attention_scores") else y


def scores_of(s: Writer, layer: Any, query: Value, key: Value) -> Use:
    """How well each query fits each key."""
    scale = layer.scale if layer.use_scale else None
    if isinstance(layer, AdditiveAttention):
        return s.call(functions.additive_scores, query, key, weights=s.weights(layer, scale=scale))
    if layer.score_mode == "dot":
        return s.call(functions.dot_scores, query, key, weights=s.weights(layer, scale=scale))
    weights = s.weights(layer, concat_score_weight=layer.concat_score_weight, scale=scale)
    return s.call(functions.concat_scores, query, key, weights=weights)


@writes(MultiHeadAttention)
def _(s: Writer, layer: MultiHeadAttention, x: list[Value], given: dict[str, Any]) -> Any:
    rank = len(x[0].shape or ())
    axes = layer._attended(rank + 1)
    goes_on, seen = masks_of(s, layer, x, given, axes)
    flat = {v: s.let(s.call(functions.rows, v, axes), v, name="flat") for v in x if rank > 2}
    over = [flat.get(value, value) for value in x]
    query, value, key = query_value_key(over)
    seen += places(s, query, key, bool(given.get("use_causal_mask")), layer.sliding_window)
    scores = bool(given.get("return_attention_scores"))
    use = s.call(
        functions.multi_head_attention,
        query,
        value,
        key,
        weights=s.weights(layer, **arrays_of(layer)),
        visible=visible_of(s, seen, query),
        blind_to_zero=True if seen and (layer.dropout or scores or rank > 2) else None,
        return_weights=True if scores else None,
    )
    y, shares = s.value(None, layer.float), s.value(None, layer.float, "shares")
    s.write([y, shares] if scores else [y], use, query)
    if rank > 2:
        y, shares = as_before(s, layer, axes, x, y, shares)
    y.mask = goes_on
    return [y, shares] if scores else y


def as_before(
    s: Writer, layer: MultiHeadAttention, axes: tuple[int, ...], x: list[Value], y: Value, shares: Value
) -> tuple[Value, Value]:
    """The results with the axes that were attended over as they were."""
    query, _, key = query_value_key(x)
    sizes, of_keys = ([(v.shape or ())[axis - 1] for axis in axes] for v in (query, key))
    units = layer.units or (query.shape or ())[-1:]
    if len(units) > 1:
        y = s.let(f"{y}.reshape(*{y}.shape[:-{len(units)}], -1)", y)
    y = s.let(s.call(functions.back, y, axes, tuple(sizes)), y)
    if len(units) > 1:
        y = s.let(f"{y}.reshape(*{y}.shape[:-1], {', '.join(map(str, units))})", y)
    code = f"{shares}.reshape(*{shares}.shape[:-2], {', '.join(map(str, [*sizes, *of_keys]))})"
    return y, s.let(code, shares, name="shares")


def masks_of(
    s: Writer, layer: MultiHeadAttention, x: list[Value], given: dict[str, Any], axes: tuple[int, ...]
) -> tuple[Value | None, list[str]]:
    """The mask that goes on with the result, and as code which query sees which key by all masks."""
    query, _, key = query_value_key(x)
    carried = [value.mask for value in x]
    seen = []
    if (mask := s.truth(carried[0])) is not None:
        seen.append(column(s, mask, query, axes))
    for k, name in enumerate(("value_mask", "key_mask"), start=1):
        mask = s.truth(given.get(name) or (carried[k] if k < len(carried) else None))
        if mask is not None:
            seen.append(row(s, mask, key, axes))
    mask = s.truth(given.get("attention_mask"))
    if mask is not None and len(query.shape or ()) > 2:
        raise s.refuse(layer, "has an attention_mask and several axes between batch and features.")
    if mask is not None:
        seen.append(f"{mask}[:, None]" if len(mask.shape or ()) == 2 else str(mask))
    return given.get("query_mask") or carried[0], seen


def column(s: Writer, mask: Value, x: Value, axes: tuple[int, ...]) -> str:
    """A mask of x's steps as a column for all heads, the axes that are attended over as one."""
    rank = len(x.shape or ())
    if rank == 2:
        return f"{mask}[:, None, :, None]"
    full = s.let(f"np.broadcast_to({wide(mask, rank - 1)}, {x}.shape[:-1])[..., None]", mask, name="mask")
    return f"{s.let(s.call(functions.rows, full, axes), mask, name='mask')}[..., None, :, :]"


def row(s: Writer, mask: Value, x: Value, axes: tuple[int, ...]) -> str:
    """The same as a row."""
    if len(x.shape or ()) == 2:
        return f"{mask}[:, None, None, :]"
    return f"np.swapaxes({column(s, mask, x, axes)}, -1, -2)"


def arrays_of(layer: MultiHeadAttention) -> dict[str, Any]:
    """The weights of a layer's linear maps by the names that the function has for them."""
    arrays: dict[str, Any] = {}
    for name, each in layer.maps.items():
        short = name.removeprefix("attention_")
        arrays |= {f"{short}_kernel": each.kernel, f"{short}_bias": each.bias}
    return arrays
