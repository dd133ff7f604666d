"""`Attention` and `AdditiveAttention`: each query gets the mean of the values whose keys fit it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinygraph import ops
from tinygraph.defaults import next_seed
from tinygraph.graph import GraphError, Node, Shape, scope
from tinygraph.nn import registry
from tinygraph.nn.checks import check_batch, flag, shown, whole_number
from tinygraph.nn.layer import Layer
from tinygraph.nn.layers.attention_masks import all_of, place_masks, step_mask
from tinygraph.nn.layers.noise import Dropout
from tinygraph.nn.masks import as_node, mask_of
from tinygraph.nn.ranges import number_in

#: what Keras takes off a score that does not count
FAR = 1e9


class SoftAttention(Layer):
    """The base of attention with one head: y = softmax(scores(query, key)) value.

    A subclass says how well each query fits each key.
    """

    several_inputs = True
    carries_mask = True
    least_axes = 2

    def __init__(self, use_scale: bool, dropout: float = 0.0, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.use_scale = flag(self.title, "use_scale", use_scale)
        self.dropout = number_in("[0, 1]", self, "dropout", dropout)
        self.seed = next_seed() if seed is None else whole_number(self.title, "seed", seed, least=0)
        with scope(self.name):
            self.drop = Dropout(self.dropout, seed=self.seed, name="dropout", dtype=self.float.name)

    def scores(self, query: Node, key: Node) -> Node:
        """The scores of (batch, queries, features) and (batch, keys, features): (batch, queries, keys)."""
        raise NotImplementedError(f"{type(self).__name__} must define scores(self, query, key).")

    def call(
        self,
        x: list[Node],
        mask: Sequence[Node | None] = (None, None),
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """The values' means; with ``return_attention_scores`` their weights too."""
        check_batch(self, x)
        query, value, key = query_value_key(x)
        scores = self.scores(query, key)
        query_mask, value_mask = mask[:2]
        seen = place_masks(scores.shape, use_causal_mask)
        if value_mask is not None:
            seen.append(ops.expand_dims(step_mask(self, "value_mask", value_mask, value), -2))
        visible = all_of(seen)
        if visible is not None:
            scores = ops.where(visible, scores, scores - FAR)
        weights = self.drop.lower(ops.softmax(scores), training=training)
        result = weights @ value
        if query_mask is not None:
            counts = ops.expand_dims(step_mask(self, "query_mask", query_mask, query), -1)
            result = ops.where(counts, result, 0.0)
        return [result, weights] if return_attention_scores else result

    def _masks(self, nodes: Sequence[Node], arguments: dict[str, Any]) -> list[Node | None]:
        """Those given, or those that the inputs carry; the first, which is the query's, goes on."""
        given = arguments.get("mask")
        masks = [mask_of(node) for node in nodes] if given is None else given
        masks = [as_node(mask) for mask in masks] if isinstance(masks, list) else masks
        several = isinstance(masks, list) and len(masks) in (2, 3)
        if not several or not all(mask is None or isinstance(mask, Node) for mask in masks):
            raise GraphError(
                f"{self.title}: expected mask=[query_mask, value_mask], arrays of truth values or None; "
                f"got {given!r}."
            )
        arguments["mask"] = masks
        return masks

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """Keys as long as the queries, and one for each value."""
        super().check_inputs(shapes, several, batch)
        check_count(self, shapes)
        query, value, key = query_value_key(shapes)
        if key[-1] != query[-1] or key[:-1] != value[:-1] or key[:-2] != query[:-2]:
            *others, last = (shown([*batch, *shape]) for shape in shapes)
            raise GraphError(
                f"{self.title}: expected a query (batch, queries, features), a value (batch, keys, size) and "
                "a key (batch, keys, features), which is the value unless it is given; got "
                f"{', '.join(others)} and {last}."
            )

    def output_shape(self, shape: list[Shape], return_attention_scores: bool = False) -> Any:
        """One mean of the values for each query; then its weights."""
        query, value = shape[:2]
        result = (*query[:-1], value[-1])
        return [result, (*query[:-1], value[-2])] if return_attention_scores else result


@registry.register("layer")
class Attention(SoftAttention):
    """Attention by dot products (Luong et al. 2015): y = softmax(query keyᵀ) value.

    It is called on a list, ``[query, value]`` or ``[query, value, key]``; the values are their own keys
    unless others are given. A call takes

    * ``mask``: ``[query_mask, value_mask]``, truth values (batch, queries) and (batch, keys), by default
      those that the inputs carry; a third, of the keys, is as in Keras not looked at. Values that do not
      count get no weight, and queries that do not count give 0. The query's mask goes on.
    * ``use_causal_mask``: whether query i sees only the keys up to number i, as a decoder must.
    * ``return_attention_scores``: return ``[y, weights]``, the weights (batch, queries, keys) with them.

    Args:
        use_scale: whether to multiply the scores by a weight ``scale``, which begins as 1.
        score_mode: ``"dot"``, or ``"concat"``: the score is then w sum(tanh(scale (query + key))), with
            a weight w, ``concat_score_weight``, which begins as 1.
        dropout: the fraction of the weights that is dropped in training.
        seed: of the dropout; by default one follows from `tinygraph.set_seed`.

    Shapes: query (batch, queries, features), value (batch, keys, size), key (batch, keys, features)
    -> (batch, queries, size). More axes after the batch are allowed; they must be the same in all.

    >>> import numpy as np
    >>> from tinygraph.nn import Attention
    >>> query, value = np.ones((2, 3, 4)), np.ones((2, 5, 4))
    >>> y, weights = Attention()([query, value], return_attention_scores=True)
    >>> y.shape, weights.shape
    ((2, 3, 4), (2, 3, 5))
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(use_scale, dropout, seed, **kwargs)
        if score_mode not in ("dot", "concat"):
            raise ValueError(f"{self.title}: score_mode must be 'dot' or 'concat', got {score_mode!r}.")
        self.score_mode = score_mode

    def build(self, shape: list[Shape]) -> None:
        """Make ``scale`` and ``concat_score_weight``, where they are asked for."""
        if self.use_scale:
            self.scale = self.add_weight("scale", (), "ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight("concat_score_weight", (), "ones")

    def scores(self, query: Node, key: Node) -> Node:
        """scale query keyᵀ, or w sum(tanh(scale (query + key)))."""
        if self.score_mode == "dot":
            scores = query @ ops.matrix_transpose(key)
            return scores * self.scale if self.use_scale else scores
        pairs = each_with_each(query, key)
        return self.concat_score_weight * ops.sum(
            ops.tanh(pairs * self.scale if self.use_scale else pairs), axis=-1
        )


@registry.register("layer")
class AdditiveAttention(SoftAttention):
    """Attention by a small network (Bahdanau et al. 2015): y = softmax(sum(scale tanh(query + key))) value.

    It is called as `Attention` is, on inputs of the same shapes and with the same arguments. The matrices
    of the paper are layers of their own here: a `Dense` each, before query and key.

    Args:
        use_scale: whether there is a weight ``scale`` (features), by default there is; else it is 1.
        dropout: the fraction of the weights that is dropped in training.
        seed: of the dropout; by default one follows from `tinygraph.set_seed`.

    >>> import numpy as np
    >>> from tinygraph.nn import AdditiveAttention
    >>> AdditiveAttention()([np.ones((2, 3, 4)), np.ones((2, 5, 4))]).shape
    (2, 3, 4)
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any):
        super().__init__(use_scale, dropout, **kwargs)

    def build(self, shape: list[Shape]) -> None:
        """Make ``scale``, where it is asked for."""
        if self.use_scale:
            self.scale = self.add_weight("scale", shape[0][-1:], "glorot_uniform")

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """Queries as long as the scale."""
        super().check_inputs(shapes, several, batch)
        if self.built and self.use_scale and shapes[0][-1:] != self.scale.shape:
            raise GraphError(
                f"{self.title}: expected a query of {self.scale.size} features, as it was built with; "
                f"got {shown([*batch, *shapes[0]])}."
            )

    def scores(self, query: Node, key: Node) -> Node:
        """sum(scale tanh(query + key))."""
        fit = ops.tanh(each_with_each(query, key))
        return ops.sum(fit * self.scale if self.use_scale else fit, axis=-1)


def each_with_each(query: Node, key: Node) -> Node:
    """The sums of all pairs: (batch, queries, keys, features)."""
    return ops.expand_dims(query, -2) + ops.expand_dims(key, -3)


def query_value_key(inputs: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Return the three inputs of attention: the values are their own keys unless others are given."""
    return inputs[0], inputs[1], inputs[-1]


def check_count(layer: Layer, shapes: Sequence[Shape]) -> None:
    """Raise `GraphError` unless there are two or three inputs."""
    if len(shapes) not in (2, 3):
        raise GraphError(
            f"{layer.title}: expected two inputs, query and value, or three, query, value and key; "
            f"got {len(shapes)}."
        )
