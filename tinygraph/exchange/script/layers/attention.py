"""Attention, with one head or several."""

from __future__ import annotations

from typing import Any

from tinygraph.exchange.script.functions import attention as functions
from tinygraph.exchange.script.layers.merging import wide
from tinygraph.exchange.script.lines import Value
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
    return [f"({ahead} <= 0)"] * causal + ([] if window is None else [f"(abs({ahead}) < {window})"])


def visible_of(s: Writer, seen: list[str], like: Value) -> Value | None:
    """The keys that all of these masks let a query see."""
    code = " & ".join(seen)
    return (
        s.let(code[1:-1] if len(seen) == 1 and code[0] == "(" else code, like, name="visible")
        if seen
        else None
    )


@writes(Attention, AdditiveAttention)
def _(s: Writer, layer: Any, x: list[Value], given: dict[str, Any]) -> Any:
    query, value, key = query_value_key(x)
    masks = given.get("mask")
    masks = [v.mask for v in x] if not isinstance(masks, list) else masks
    query_mask, value_mask = (s.truth(mask) for mask in masks[:2])
    if isinstance(layer, AdditiveAttention):
        function, arrays = functions.additive_scores, {}
    elif layer.score_mode == "dot":
        function, arrays = functions.dot_scores, {}
    else:
        function, arrays = functions.concat_scores, {"concat_score_weight": layer.concat_score_weight}
    arrays |= {"scale": layer.scale} if layer.use_scale else {}
    weights = s.weights(layer, **arrays) if arrays else None
    scores = s.let(s.call(function, query, key, weights=weights), query, name="scores")
    seen = places(s, query, key, bool(given.get("use_causal_mask")))
    if value_mask is not None:
        lead = wide(value_mask, len(value.shape or ()) - 1)
        seen.append(f"{lead}[..., None, :]")
    if query_mask is not None:
        lacking = len(query.shape or ()) - 1 - len(query_mask.shape or ())
        if lacking > 0:
            query_mask = s.let(f"{query_mask}[...{', None' * lacking}]", query_mask, (0,), name="mask")
    how = {"visible": visible_of(s, seen, query), "query_mask": query_mask}
    if not given.get("return_attention_scores"):
        y = s.let(s.call(functions.attend, scores, value, **how), query)
        y.mask = masks[0]
        return y
    y, shares = s.value(None, query.dtype, mask=masks[0]), s.value(None, query.dtype, "shares")
    s.write([y, shares], s.call(functions.attend, scores, value, **how, return_weights=True), query)
    return [y, shares]


@writes(MultiHeadAttention)
def _(s: Writer, layer: MultiHeadAttention, x: list[Value], given: dict[str, Any]) -> Any:
    query, value, key = query_value_key(x)
    masked = [given.get("query_mask"), given.get("value_mask"), given.get("key_mask")]
    carried = [v.mask for v in x]
    passed, masks = masked[0] or carried[0], [carried[0], *masked[1:]]
    for k, mask in enumerate(carried[1:], start=1):
        masks[k] = mask if masks[k] is None else masks[k]
    query_mask, *key_masks = (s.truth(mask) for mask in masks)
    attention_mask = s.truth(given.get("attention_mask"))
    ranks, axes = len(query.shape or ()), layer._attended(len(query.shape or ()) + 1)
    if ranks > 2 or (attention_mask is not None and len(attention_mask.shape or ()) > 2):
        raise s.refuse(
            layer, "attends over more than one axis, or has a mask for each head; a script cannot."
        )
    seen = places(s, query, key, bool(given.get("use_causal_mask")), layer.sliding_window)
    if query_mask is not None:
        seen.append(f"{query_mask}[:, None, :, None]")
    seen += [f"{mask}[:, None, None, :]" for mask in key_masks if mask is not None]
    if attention_mask is not None:
        seen.append(
            f"{attention_mask}[:, None]" if len(attention_mask.shape or ()) == 2 else f"{attention_mask}"
        )
    scores = bool(given.get("return_attention_scores"))
    use = s.call(
        functions.multi_head_attention,
        query,
        value,
        key,
        weights=s.weights(layer, **arrays_of(layer)),
        visible=visible_of(s, seen, query),
        blind_to_zero=True if seen and (layer.dropout or scores) else None,
        return_weights=True if scores else None,
    )
    if not scores:
        y = s.let(use, query)
        y.mask = passed
        return y
    y, shares = s.value(None, query.dtype, mask=passed), s.value(None, query.dtype, "shares")
    s.write([y, shares], use, query)
    return [y, shares]


def arrays_of(layer: MultiHeadAttention) -> dict[str, Any]:
    """The weights of a layer's linear maps by the names that the function has for them."""
    arrays: dict[str, Any] = {}
    for name, each in layer.maps.items():
        short = name.removeprefix("attention_")
        arrays |= {f"{short}_kernel": each.kernel, f"{short}_bias": each.bias}
    return arrays
