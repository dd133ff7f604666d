"""`Weighted`: what has weights of its own, and sublayers that have theirs; made when it is built."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.graph import Shape, scope
from tinygraph.interrupts import interrupts_held
from tinygraph.nn import constraints, registry, regularizers
from tinygraph.nn.arguments import flat
from tinygraph.nn.checks import flag, float_type
from tinygraph.nn.latest import building
from tinygraph.nn.naming import unique_name
from tinygraph.nn.registry import Configurable
from tinygraph.nn.weights import Weight, checked_values, parameter
from tinygraph.ops import Parameter

if TYPE_CHECKING:
    from tinygraph.nn.layer import Layer

Array = np.ndarray[Any, Any]


class Weighted(Configurable):
    """What a layer is without its calls: a name, weights, and the layers that it is made of."""

    def __init__(self, name: str | None, trainable: bool, dtype: str | None):
        self.name = name if name is not None else unique_name(registry.snake_case(type(self).__name__))
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(f"{type(self).__name__}: expected a string as name, got {name!r}.")
        self._trainable = flag(self.title, "trainable", trainable)
        self.dtype = dtype
        #: the float type that the layer computes in, whatever `floatx` becomes later
        self.float = float_type(self.title, dtype)
        self.built = False
        #: the shape that `build` was given
        self.built_shape: Any = None
        #: sizes that the weights were made for: axis of a sample -> size
        self.fixed: dict[int, int] = {}
        self.own_weights: list[Weight] = []
        #: held while a program runs, or all weights are read or replaced: threads see none of it half done
        self.turns = threading.RLock()

    @property
    def title(self) -> str:
        """How messages name the layer: ``LSTM 'enc'``."""
        return f"{type(self).__name__} {self.name!r}"

    def build(self, shape: Any) -> None:
        """Make the weights for samples of ``shape`` (a list of shapes for several inputs)."""

    def add_weight(
        self,
        name: str,
        shape: Shape,
        initializer: Any = None,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
    ) -> Parameter:
        """Make a weight, as a parameter node called ``layer/name``.

        While it is trained its ``regularizer`` adds to the loss, and its ``constraint`` follows each update.
        What is None is the layer's attribute of that name, ``kernel_initializer`` for ``kernel``, if it has
        one; else weights begin as ``"glorot_uniform"``.
        """

        def given(what: str, value: Any) -> Any:
            return value if value is not None else getattr(self, f"{name}_{what}", None)

        with scope(self.name):
            begins = given("initializer", initializer) or "glorot_uniform"
            weight = parameter(self.title, name, shape, self.float, begins)
        penalty = regularizers.get(given("regularizer", regularizer))
        bound = constraints.get(given("constraint", constraint))
        self.own_weights.append(Weight(weight, trainable, penalty, bound))
        return weight

    @property
    def own_parameters(self) -> list[Parameter]:
        """The layer's own parameter nodes, those that training never changes last."""
        return [w.node for w in sorted(self.own_weights, key=lambda weight: not weight.trainable)]

    @property
    def weights(self) -> list[Parameter]:
        """The parameter nodes, each once and in Keras' order, whatever is frozen: the layer's own, those that
        training never changes last; then those of its sublayers."""
        return list(
            dict.fromkeys(self.own_parameters + [w for layer in self.sublayers for w in layer.weights])
        )

    @property
    def trainable_weights(self) -> list[Parameter]:
        """The parameter nodes that training changes."""
        return [weight.node for weight in self.trained]

    @property
    def trained(self) -> list[Weight]:
        """What training changes, each once, with regularizers and constraints."""
        if not self.trainable:
            return []
        own = [weight for weight in self.own_weights if weight.trainable]
        return list(dict.fromkeys(own + [w for layer in self.sublayers for w in layer.trained]))

    @property
    def non_trainable_weights(self) -> list[Parameter]:
        """The parameter nodes that training leaves alone."""
        own = [w.node for w in self.own_weights if not (w.trainable and self.trainable)]
        return own + [
            w
            for layer in self.sublayers
            for w in (layer.non_trainable_weights if self.trainable else layer.weights)
        ]

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights; setting it sets that of all sublayers too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = flag(self.title, "trainable", value)
        for layer in self.sublayers:
            layer.trainable = value

    @property
    def sublayers(self) -> Sequence[Layer]:
        """The layers that this one is made of, whose weights are its own: attributes, alone, in lists or as
        the values of dicts."""
        held = [list(value.values()) if isinstance(value, dict) else value for value in vars(self).values()]
        layers: dict[Any, None] = dict.fromkeys(each for each in flat(held) if isinstance(each, Weighted))
        return list(layers)

    @property
    def family(self) -> list[Layer]:
        """The layer and all that it is made of, each once."""
        found: dict[Any, None] = {}
        waiting: list[Any] = [self]
        while waiting:
            layer = waiting.pop()
            if layer not in found:
                found[layer] = None
                waiting += reversed(layer.sublayers)
        return list(found)

    def get_weights(self) -> list[Array]:
        """Return copies of the weights' values, in the order of `weights`."""
        with self.turns:
            return [weight.value for weight in self.weights]

    def set_weights(self, values: Sequence[Any]) -> None:
        """Replace all weights. Raises ValueError, and changes none, if one has another shape.

        >>> from tinygraph.nn import Dense
        >>> layer = Dense(2, input_shape=(1,)); layer.ensure_built((1,))
        >>> layer.set_weights([[[1.0, 2.0]], [0.5, 0.5]])
        >>> layer([[10.0]]).tolist()
        [[10.5, 20.5]]
        """
        weights = self.weights
        arrays = checked_values(self.title, weights, values, self.built)
        with self.turns, interrupts_held():
            for weight, array in zip(weights, arrays, strict=True):
                weight.assign(array)

    def count_params(self) -> int:
        """Return the number of elements of all weights."""
        return sum(weight.size for weight in self.weights)

    def ensure_built(self, shape: Any) -> None:
        """Build the layer for samples of ``shape``, once; if that fails all of it stays unbuilt."""
        if self.built:
            return
        with building:
            if self.built:  # another thread was first
                return
            with self._whole_or_not_at_all():
                self.build(shape)
            self.built, self.built_shape = True, shape

    @contextmanager
    def _whole_or_not_at_all(self) -> Iterator[None]:
        """Leave the layer and its sublayers as unbuilt as they were if building them fails."""
        unbuilt = [layer for layer in self.family if not layer.built]
        try:
            yield
        except BaseException:  # Ctrl-C as well
            for layer in unbuilt:
                layer._unbuild()
            raise

    def _unbuild(self) -> None:
        """Forget what `build` did, so that the layer can be built for another shape."""
        self.own_weights.clear()
        self.built, self.built_shape, self.fixed = False, None, {}
