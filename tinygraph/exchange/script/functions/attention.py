"""Attention: each query gets the mean of the values whose keys fit it."""

import numpy as np

from tinygraph.exchange.script.functions.activations import sigmoid, softmax


def attend(scores, value, visible=None, return_weights=False):
    """softmax(scores) value, where scores are (batch, queries, keys)."""
    if visible is not None:
        scores = np.where(visible, scores, scores - 1e9)
    weights = softmax(scores)
    if return_weights:
        return weights @ value, weights
    return weights @ value


def dot_scores(query, key, scale=1.0):
    """How well each query fits each key: query keyᵀ (Luong et al. 2015)."""
    return query @ np.swapaxes(key, -1, -2) * scale


def concat_scores(query, key, concat_score_weight, scale=1.0):
    """How well each query fits each key: w Σ tanh(scale (query + key))."""
    pairs = query[..., :, None, :] + key[..., None, :, :]
    return concat_score_weight * np.tanh(pairs * scale).sum(axis=-1)


def additive_scores(query, key, scale=1.0):
    """How well each query fits each key: Σ scale tanh(query + key) (Bahdanau 2015)."""
    pairs = query[..., :, None, :] + key[..., None, :, :]
    return (np.tanh(pairs) * scale).sum(axis=-1)


def rows(x, axes):
    """The axes that are attended over as one, before the features."""
    x = np.moveaxis(x, axes, range(-1 - len(axes), -1))
    return x.reshape(*x.shape[: -1 - len(axes)], -1, x.shape[-1])


def back(y, axes, sizes):
    """The inverse of `rows`, for axes of these sizes."""
    y = y.reshape(*y.shape[:-2], *sizes, y.shape[-1])
    return np.moveaxis(y, range(-1 - len(axes), -1), axes)


def multi_head_attention(
    query,
    value,
    key,
    query_kernel,
    key_kernel,
    value_kernel,
    output_kernel,
    query_bias=0.0,
    key_bias=0.0,
    value_bias=0.0,
    output_bias=0.0,
    gate_kernel=None,
    gate_bias=0.0,
    visible=None,
    blind_to_zero=False,
    return_weights=False,
):
    """Attention with several heads (Vaswani et al. 2017)."""
    q = np.tensordot(query, query_kernel, 1) + query_bias  # (..., queries, heads, size)
    k = np.tensordot(key, key_kernel, 1) + key_bias  # (..., keys, heads, size)
    v = np.tensordot(value, value_kernel, 1) + value_bias
    # One matrix for each head: (..., heads, queries or keys, size).
    q, k, v = (np.swapaxes(each, -2, -3) for each in (q, k, v))
    scores = q @ np.swapaxes(k, -1, -2) / q.shape[-1] ** 0.5
    if visible is not None:
        scores = np.where(visible, scores, -1e9)
    weights = softmax(scores)  # (..., heads, queries, keys)
    if blind_to_zero:  # a query that sees nothing takes nothing
        weights = np.where(visible, weights, 0.0)
    y = np.swapaxes(weights @ v, -2, -3)  # (..., queries, heads, size)
    if gate_kernel is not None:
        y = y * sigmoid(np.tensordot(query, gate_kernel, 1) + gate_bias)
    if return_weights:
        return np.tensordot(y, output_kernel, 2) + output_bias, weights
    return np.tensordot(y, output_kernel, 2) + output_bias
