"""Dense, Activation and Embedding."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.graph import Node, Shape
from tinygraph.nn import activations, constraints, registry, regularizers
from tinygraph.nn.checks import flag, whole_number
from tinygraph.nn.layer import Layer
from tinygraph.nn.masks import carry


@registry.register("layer")
class Dense(Layer):
    """A fully connected layer: y = activation(x kernel + bias).

    Args:
        units: the number of outputs.
        activation: a name, a function of one node, or None for none.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: how the weights begin.
        kernel_regularizer, bias_regularizer: penalties of the weights, which join the loss.
        kernel_constraint, bias_constraint: what the weights become after each update.

    Shapes: (batch, ..., features) -> (batch, ..., units). Weights: ``kernel`` (features, units),
    ``bias`` (units).

    >>> import numpy as np
    >>> from tinygraph.nn import Dense
    >>> Dense(4, activation="relu")(np.ones((2, 3))).shape
    (2, 4)
    """

    least_axes = 1

    carries_mask = True

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = whole_number(self.title, "units", units)
        self.activation = activations.get(activation)
        self.use_bias = flag(self.title, "use_bias", use_bias)
        self.kernel_initializer = registry.get("initializer", kernel_initializer)
        self.bias_initializer = registry.get("initializer", bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    def build(self, shape: Shape) -> None:
        """Make ``kernel`` and ``bias``."""
        self.kernel = self.add_weight("kernel", (shape[-1], self.units))
        if self.use_bias:
            self.bias = self.add_weight("bias", (self.units,))
        self.fixed = {-1: shape[-1]}

    def call(self, x: Node, training: bool) -> Node:
        """x kernel + bias, then the activation."""
        y = ops.dot(x, self.kernel)
        return self.activation(y + self.bias if self.use_bias else y)

    def output_shape(self, shape: Shape) -> Shape:
        """The last axis becomes ``units``."""
        return (*shape[:-1], self.units)


@registry.register("layer")
class Activation(Layer):
    """An activation as a layer of its own: a name such as ``"tanh"``, or a function of one node.

    >>> from tinygraph.nn import Activation
    >>> Activation("relu")([[-1.0, 2.0]]).tolist()
    [[0.0, 2.0]]
    """

    carries_mask = True

    def __init__(self, activation: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, x: Node, training: bool) -> Node:
        """activation(x)."""
        return self.activation(x)


@registry.register("layer")
class Embedding(Layer):
    """A table of vectors, looked up by whole numbers: y = embeddings[x].

    Args:
        input_dim: the size of the vocabulary; ids are 0 to input_dim - 1.
        output_dim: the length of a vector.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: of the table, as in `Dense`.
        mask_zero: whether id 0 is padding: the result then carries a mask of where the ids are not 0.
        weights: the table to begin with, such as word vectors that were learned elsewhere. As the values of
            all weights, it is no part of the config.
        input_length: how many ids a sample has, as older scripts say it: short for ``input_shape=(n,)``.

    Shapes: (batch, ...) of ids -> (batch, ..., output_dim). Weight: ``embeddings`` (input_dim, output_dim).

    >>> import numpy as np
    >>> from tinygraph.nn import Embedding
    >>> Embedding(10, 3)(np.array([[1, 2], [0, 9]])).shape
    (2, 2, 3)
    """

    input_dtype = "int64"

    carries_mask = False

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        *,
        input_length: int | None = None,
        **kwargs: Any,
    ):
        if input_length is not None:
            kwargs.setdefault("input_shape", (input_length,))
        super().__init__(**kwargs)
        self.input_length = input_length
        self.mask_zero = flag(self.title, "mask_zero", mask_zero)
        self.input_dim = whole_number(self.title, "input_dim", input_dim)
        self.output_dim = whole_number(self.title, "output_dim", output_dim)
        self.embeddings_initializer = registry.get("initializer", embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        if weights is not None:
            self.ensure_built(())
            self.set_weights(weights if np.ndim(weights) == 3 else [weights])  # Keras takes [table] too

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data, but for ``weights``."""
        return {name: value for name, value in super().get_config().items() if name != "weights"}

    def check_values(self, array: np.ndarray[Any, Any], what: str, index: int = 0) -> None:
        """Ids must be whole numbers in the vocabulary."""
        outside = ~((array >= 0) & (array < self.input_dim))
        if array.dtype.kind == "f":
            outside |= array != np.floor(array)
        if outside.any():
            at = tuple(int(i) for i in np.argwhere(outside)[0])
            raise ValueError(
                f"{what}: expected ids from 0 to {self.input_dim - 1}, the vocabulary of {self.title}; "
                f"got {array[at]:g} at index {at}."
            )

    def build(self, shape: Shape) -> None:
        """Make the table."""
        table = (self.input_dim, self.output_dim)
        self.embeddings = self.add_weight("embeddings", table)

    def call(self, x: Node, training: bool) -> Node:
        """The rows of the table at the ids."""
        y = ops.gather(self.embeddings, x)
        return carry(y, ops.not_equal(x, 0)) if self.mask_zero else y

    def output_shape(self, shape: Shape) -> Shape:
        """A new last axis."""
        return (*shape, self.output_dim)
