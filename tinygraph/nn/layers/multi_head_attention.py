"""`MultiHeadAttention`: attention with several heads (Vaswani et al. 2017)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tinygraph import ops
from tinygraph.defaults import next_seed
from tinygraph.graph import GraphError, Node, Shape, scope
from tinygraph.nn import constraints, registry, regularizers
from tinygraph.nn.checks import check_batch, flag, shown, whole_number
from tinygraph.nn.layer import Layer
from tinygraph.nn.layers.attended import back, rows
from tinygraph.nn.layers.attention import check_count, query_value_key
from tinygraph.nn.layers.attention_masks import all_of, pair_mask, place_masks, step_column
from tinygraph.nn.layers.noise import Dropout
from tinygraph.nn.layers.projection import Projection
from tinygraph.nn.masks import as_node, mask_of
from tinygraph.nn.ranges import number_in
from tinygraph.nn.symbol import sample_shape

#: the score that Keras gives to what does not count
FAR = -1e9


@registry.register("layer")
class MultiHeadAttention(Layer):
    """Attention with several heads (Vaswani et al. 2017): for each head

        y = softmax(q kᵀ / sqrt(key_dim)) v,   q, k, v = linear maps of query, key, value,

    and a linear map of all heads' y is the result. It is called as ``layer(query, value)``, to itself as
    ``layer(x, x)``, with a ``key`` as third input where it is not the value; then with

    * ``value_mask``, ``key_mask``: truth values (batch, keys); what does not count gets no weight. By
      default those that the inputs carry.
    * ``query_mask``: truth values (batch, queries), by default the one that the query carries; it goes on
      with the result. As in Keras, one that is passed changes no number, and one that is carried only
      those of queries that do not count.
    * ``attention_mask``: which query may see which key, (batch, queries, keys), or (queries, keys).
    * ``use_causal_mask``: whether query i sees only the keys up to number i, as a decoder must.
    * ``return_attention_scores``: return ``[result, weights]``, the weights (batch, heads, queries, keys)
      with it, as they are before dropout.

    A query that may see nothing takes, as in Keras, the mean of all values; where there is dropout, more
    than one axis between batch and features, or weights are returned, it takes 0.

    Args:
        num_heads: the number of heads.
        key_dim: the length of a head's queries and keys.
        value_dim: the length of a head's values; ``key_dim`` by default.
        dropout: the fraction of the weights that is dropped in training.
        use_bias: whether the linear maps add a bias.
        output_shape: the result's last axes, a number or a tuple; the query's last axis by default.
        attention_axes: the axes that are attended over, counted with the batch as axis 0; by default all
            but the batch and the features. Over the others each place attends for itself. Several axes
            count as one, row by row.
        sliding_window: if given, query i sees only keys less than so many places from number i.
        flash_attention: accepted so that scripts for Keras run. Flash attention is a way to compute the same
            numbers in less memory; what a graph computes here is the same with None, False and True.
        kernel_initializer, bias_initializer: how the weights begin.
        kernel_regularizer, bias_regularizer: what weights add to the loss.
        activity_regularizer: what the result of each linear map adds to the loss.
        kernel_constraint, bias_constraint: what is done to the weights after an update.
        use_gate: whether each head's y is multiplied with the sigmoid of one more linear map of the query
            (Qiu et al. 2025, "Gated Attention for Large Language Models").
        seed: of the dropout; by default one follows from `tinygraph.set_seed`.

    Shapes: query (batch, queries, d), value (batch, keys, e), key (batch, keys, f) -> (batch, queries, d).
    Weights: ``query/kernel`` (d, heads, key_dim), ``key/kernel`` (f, heads, key_dim), ``gate/kernel``
    (d, heads, value_dim) if there is one, ``value/kernel`` (e, heads, value_dim),
    ``attention_output/kernel`` (heads, value_dim, d); after each its bias.

    >>> import numpy as np
    >>> from tinygraph.nn import MultiHeadAttention
    >>> layer = MultiHeadAttention(num_heads=2, key_dim=4)
    >>> y, weights = layer(np.ones((3, 5, 8)), np.ones((3, 6, 7)), return_attention_scores=True)
    >>> y.shape, weights.shape
    ((3, 5, 8), (3, 2, 5, 6))
    """

    several_inputs = True
    carries_mask = True
    least_axes = 2

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.num_heads = whole_number(self.title, "num_heads", num_heads)
        self.key_dim = whole_number(self.title, "key_dim", key_dim)
        self.value_dim = whole_number(self.title, "value_dim", key_dim if value_dim is None else value_dim)
        self.dropout = number_in("[0, 1]", self, "dropout", dropout)
        self.use_bias = flag(self.title, "use_bias", use_bias)
        #: ``output_shape`` itself is what says the shapes of results
        self.units = (
            None if output_shape is None else sample_shape(output_shape, f"{self.title}, output_shape")
        )
        self.attention_axes = None if attention_axes is None else self._axes(attention_axes)
        self.sliding_window = (
            None if sliding_window is None else whole_number(self.title, "sliding_window", sliding_window)
        )
        self.flash_attention = (
            None if flash_attention is None else flag(self.title, "flash_attention", flash_attention)
        )
        self.kernel_initializer = registry.get("initializer", kernel_initializer)
        self.bias_initializer = registry.get("initializer", bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        #: of the maps' results; ``activity_regularizer`` itself would be of this layer's
        self.map_regularizer = regularizers.get(activity_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.use_gate = flag(self.title, "use_gate", use_gate)
        self.seed = next_seed() if seed is None else whole_number(self.title, "seed", seed, least=0)
        with scope(self.name):
            self.drop = Dropout(self.dropout, seed=self.seed, name="dropout", dtype=self.float.name)
        #: the linear maps by name, in the order of their weights
        self.maps: dict[str, Projection] = {}

    def __call__(  # type: ignore[override]
        self, query: Any, value: Any = None, key: Any = None, *args: Any, **arguments: Any
    ) -> Any:
        """Apply the layer to query, value and perhaps key, or to a list of them."""
        inputs = query if value is None else [query, value] if key is None else [query, value, key]
        if not isinstance(inputs, (list, tuple)):
            raise GraphError(
                f"{self.title}: expected query and value, got one input; write layer(x, x) for attention "
                "of x to itself."
            )
        return super().__call__(inputs, *args, **arguments)

    @property
    def sublayers(self) -> list[Projection]:
        """The linear maps."""
        return list(self.maps.values())

    def build(self, shape: list[Shape]) -> None:
        """Make the linear maps."""
        query, value, key = query_value_key(shape)
        of_key, of_value = (self.num_heads, self.key_dim), (self.num_heads, self.value_dim)
        sizes: dict[str, tuple[Shape, Shape]] = {"query": (query, of_key), "key": (key, of_key)}
        sizes |= {"gate": (query, of_value)} if self.use_gate else {}
        sizes |= {"value": (value, of_value), "attention_output": (of_value, self.units or query[-1:])}
        maps = {name: self._map(name, units) for name, (_, units) in sizes.items()}
        with scope(self.name):
            for name, (given, _) in sizes.items():
                maps[name].ensure_built(given)
        self.maps = maps

    def _map(self, name: str, units: Shape) -> Projection:
        kernel = {"regularizer": self.kernel_regularizer, "constraint": self.kernel_constraint}
        bias = {"regularizer": self.bias_regularizer, "constraint": self.bias_constraint}
        return Projection(
            units,
            kernel | {"initializer": fresh(self.kernel_initializer)},
            bias | {"initializer": fresh(self.bias_initializer)} if self.use_bias else None,
            summed=2 if name == "attention_output" else 1,
            activation="sigmoid" if name == "gate" else None,
            activity_regularizer=self.map_regularizer,
            name=name,
            dtype=self.float.name,
        )

    def call(
        self,
        x: list[Node],
        query_mask: Node | None = None,
        value_mask: Node | None = None,
        key_mask: Node | None = None,
        attention_mask: Node | None = None,
        return_attention_scores: bool = False,
        training: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """The linear maps of the inputs, softmax(q kᵀ / sqrt(key_dim)) v, and the linear map of that."""
        check_batch(self, x)
        query, value, key = query_value_key(x)
        axes = self._attended(query.ndim)
        sizes = [tuple(node.shape[axis] for axis in axes) for node in (query, key)]
        given = {"query": query, "key": key, "value": value}
        q, k, v = (rows(self.maps[name].lower(node), axes) for name, node in given.items())
        scores = (q * (1.0 / math.sqrt(self.key_dim))) @ ops.matrix_transpose(k)
        shape = (*scores.shape[:-2], *sizes[0], *sizes[1])

        seen = place_masks(scores.shape, use_causal_mask, self.sliding_window)
        if query_mask is not None:
            seen.append(step_column(self, "query_mask", query_mask, query, axes))
        for name, mask in (("value_mask", value_mask), ("key_mask", key_mask)):
            if mask is not None:
                seen.append(ops.matrix_transpose(step_column(self, name, mask, key, axes)))
        if attention_mask is not None:
            seen.append(pair_mask(self, attention_mask, shape, len(axes)))
        visible = all_of(seen)
        weights = ops.softmax(scores if visible is None else ops.where(visible, scores, FAR))
        if visible is not None and (self.dropout or return_attention_scores or query.ndim > 3):
            weights = ops.where(visible, weights, 0.0)  # where a query may see nothing, as the class says

        y = back(self.drop.lower(weights, training=training) @ v, axes, sizes[0])
        y = y * self.maps["gate"].lower(query) if self.use_gate else y
        result = self.maps["attention_output"].lower(y)
        return [result, ops.reshape(weights, shape=shape)] if return_attention_scores else result

    def _masks(self, nodes: Sequence[Node], arguments: dict[str, Any]) -> list[Node | None]:
        """The query's goes on: the one given, or the one it carries, which alone takes part, as in Keras."""
        query, *others = (mask_of(node) for node in nodes)
        for name in ("query_mask", "value_mask", "key_mask", "attention_mask"):
            arguments[name] = as_node(arguments.get(name))
        given = arguments["query_mask"]
        arguments["query_mask"] = query
        for name, mask in zip(("value_mask", "key_mask"), others, strict=False):
            arguments[name] = mask if arguments[name] is None else arguments[name]
        return [query if given is None else given]

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """A key for each value, axes that can be attended over, and the features of the first call."""
        super().check_inputs(shapes, several, batch)
        check_count(self, shapes)
        query, value, key = query_value_key(shapes)
        came = ", ".join(shown([*batch, *shape]) for shape in shapes)
        axes = self._attended(len(query) + 1)
        others = [n for n in range(len(query)) if n + 1 not in axes and n + 1 < len(query)]
        if len(key) != len(query) or key[:-1] != value[:-1] or any(query[n] != key[n] for n in others):
            raise GraphError(
                f"{self.title}: expected a query (batch, queries, d), a value (batch, keys, e) and a key "
                f"(batch, keys, f), which is the value unless it is given, of equal axes beside {axes}, over "
                f"which it attends; got {came}."
            )
        if self.built:
            built = [shape[-1] for shape in query_value_key(self.built_shape)]
            if [shape[-1] for shape in (query, value, key)] != built:
                raise GraphError(
                    f"{self.title}: expected query, value and key of {built} features, which it was built "
                    f"with; got {came}."
                )

    def _axes(self, given: Any) -> Shape:
        axes = tuple(given) if isinstance(given, (tuple, list)) else (given,)
        if not axes or any(type(axis) is not int for axis in axes):
            raise ValueError(
                f"{self.title}: attention_axes must be a whole number or several, got {given!r}."
            )
        return axes

    def _attended(self, ndim: int) -> Shape:
        """The axes attended over of an input of so many, counted from the front."""
        between = range(1, ndim - 1)
        axes = tuple(between) if self.attention_axes is None else self.attention_axes
        found = tuple(axis + ndim if axis < 0 else axis for axis in axes)
        if len(set(found)) < len(found) or not set(found) <= set(between):
            raise GraphError(
                f"{self.title}: expected attention_axes between the batch and the features of {ndim} axes, "
                f"each once; got {axes}."
            )
        return found

    def output_shape(self, shape: list[Shape], return_attention_scores: bool = False) -> Any:
        """The query's, with another end if ``output_shape`` was given; then the weights'."""
        query, value = shape[:2]
        result = (*query[:-1], *(self.units or query[-1:]))
        if not return_attention_scores:
            return result
        axes = [axis - 1 for axis in self._attended(len(query) + 1)]
        others = [size for n, size in enumerate(query[:-1]) if n not in axes]
        places = [each[axis] for each in (query, value) for axis in axes]
        return [result, (*others, self.num_heads, *places)]

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data."""
        own = {"output_shape": self.units, "activity_regularizer": self.map_regularizer}
        return super().get_config() | {name: registry.plain(value) for name, value in own.items()}


def fresh(initializer: Any) -> Any:
    """Return an initializer of the same arguments: one that is used twice would give the same twice."""
    if not isinstance(initializer, registry.Configurable):
        return initializer
    return type(initializer).from_config(initializer.get_config())
