"""Dense, Activation, Dropout and Embedding."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.defaults import next_seed
from tinygraph.graph import GraphError, Node, Shape, scope
from tinygraph.nn import activations, registry
from tinygraph.nn.checks import flag, fraction, shown, whole_number
from tinygraph.nn.layer import Layer
from tinygraph.nn.masks import carry
from tinygraph.nn.tracing import current_trace


@registry.register("layer")
class Dense(Layer):
    """A fully connected layer: y = activation(x kernel + bias).

    Args:
        units: the number of outputs.
        activation: a name, a function of one node, or None for none.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: how the weights begin.

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
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = whole_number(self.title, "units", units)
        self.activation = activations.get(activation)
        self.use_bias = flag(self.title, "use_bias", use_bias)
        self.kernel_initializer = registry.get("initializer", kernel_initializer)
        self.bias_initializer = registry.get("initializer", bias_initializer)

    def build(self, shape: Shape) -> None:
        """Make ``kernel`` and ``bias``."""
        self.kernel = self.add_weight("kernel", (shape[-1], self.units), self.kernel_initializer)
        if self.use_bias:
            self.bias = self.add_weight("bias", (self.units,), self.bias_initializer)
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
class Dropout(Layer):
    """In training, zeros elements with probability ``rate`` and scales the others by 1 / (1 - rate).

    Each training step draws another mask, a function of (seed, step): the same on every backend. At
    inference the layer does nothing. Each use of a shared layer in a graph has a mask of its own.
    Source: Srivastava et al. 2014.

    Args:
        rate: from 0 up to 1.
        noise_shape: a shape, the batch included, with 1 for the axes along which one draw is shared and
            None, or the size, for the others.
        seed: a whole number; by default one follows from `tinygraph.set_seed`.
    """

    carries_mask = True

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate = fraction(self.title, "rate", rate)
        self.noise_shape = self._noise_shape(noise_shape)
        self.seed = next_seed() if seed is None else whole_number(self.title, "seed", seed, least=0)
        self._untraced = itertools.count(1 << 32)  # streams of random numbers for uses outside of a trace
        with scope(self.name):
            self.step = ops.counter("step")

    def call(self, x: Node, training: bool) -> Node:
        """x times the mask of this step."""
        if not training or not self.rate:
            return x
        stream = current_trace().uses(self) or next(self._untraced)
        noise = self.noise_shape or (None,) * x.ndim
        shape = tuple(n if size is None else size for size, n in zip(noise, x.shape, strict=True))
        return x * ops.dropout_mask(self.step, shape, self.rate, seed=self.seed, stream=stream, dtype=x.dtype)

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """``noise_shape`` has an axis for each of x."""
        super().check_inputs(shapes, several, batch)
        if self.noise_shape is None:
            return
        noise, shape = self.noise_shape[1:], shapes[0]
        if len(noise) != len(shape) or any(s not in (None, 1, n) for s, n in zip(noise, shape, strict=True)):
            sizes = shown(["batch", *shape])
            raise GraphError(f"{self.title}: noise_shape {self.noise_shape} does not fit {sizes}.")

    def _noise_shape(self, given: Any) -> tuple[int | None, ...] | None:
        if given is None:
            return None
        sizes = tuple(given) if isinstance(given, (tuple, list)) else (given,)
        if sizes[:1] not in ((None,), (1,)):
            raise ValueError(
                f"{self.title}: noise_shape must begin with None or 1, the batch; got {given!r}."
            )
        return tuple(None if n is None else whole_number(self.title, "noise_shape", n) for n in sizes)

    def output_shape(self, shape: Shape) -> Shape:
        """The shape stays."""
        return shape


@registry.register("layer")
class Embedding(Layer):
    """A table of vectors, looked up by whole numbers: y = embeddings[x].

    Args:
        input_dim: the size of the vocabulary; ids are 0 to input_dim - 1.
        output_dim: the length of a vector.
        embeddings_initializer: how the table begins.
        mask_zero: whether id 0 is padding: the result then carries a mask of where the ids are not 0.

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
        mask_zero: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.mask_zero = flag(self.title, "mask_zero", mask_zero)
        self.input_dim = whole_number(self.title, "input_dim", input_dim)
        self.output_dim = whole_number(self.title, "output_dim", output_dim)
        self.embeddings_initializer = registry.get("initializer", embeddings_initializer)

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
        self.embeddings = self.add_weight("embeddings", table, self.embeddings_initializer)

    def call(self, x: Node, training: bool) -> Node:
        """The rows of the table at the ids."""
        y = ops.gather(self.embeddings, x)
        return carry(y, ops.not_equal(x, 0)) if self.mask_zero else y

    def output_shape(self, shape: Shape) -> Shape:
        """A new last axis."""
        return (*shape, self.output_dim)
