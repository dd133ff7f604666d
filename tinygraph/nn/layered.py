"""`Layered`: what is made of layers by name and place, of which some can be chosen."""

from __future__ import annotations

from typing import Any

from tinygraph.nn.chosen import chosen
from tinygraph.nn.layer import Layer
from tinygraph.nn.recurrent.rnn import RNN
from tinygraph.ops import Parameter


class Layered(Layer):
    """A layer that is made of the layers of a model, and can freeze them."""

    @property
    def layers(self) -> list[Layer]:
        """The layers, each once."""
        raise NotImplementedError

    @property
    def sublayers(self) -> list[Layer]:
        """The layers."""
        return self.layers

    @property
    def non_trainable_weights(self) -> list[Parameter]:
        """The parameter nodes that training leaves alone."""
        trained = set(self.trainable_weights)
        return [weight for weight in self.weights if weight not in trained]

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return the layer of this name, or that at this place in `layers`.

        Raises:
            ValueError: no such layer, with the closest name; both or neither given.
        """
        if (name is None) == (index is None):
            given = "neither" if name is None else "both"
            raise ValueError(f"{self.title}.get_layer: expected a name or an index, got {given}.")
        (found,) = chosen(self, "get_layer", [index if name is None else name])
        return found

    def freeze(self, *which: Any) -> None:
        """Keep layers as they are in training, from the next step on; without arguments all of them.

        Args:
            *which: names, places in `layers`, ranges or slices of places, and slices of names, both of whose
                ends count: ``freeze("embedding")``, ``freeze(range(3))``, ``freeze(slice("conv", "lstm"))``.

        Raises:
            ValueError: no such layer; nothing is changed then.

        >>> from tinygraph.nn import Sequential, Dense
        >>> model = Sequential([Dense(2, name=name, input_shape=(2,)) for name in ("a", "b", "c")])
        >>> model.freeze(slice("a", "b")); [layer.trainable for layer in model.layers]
        [False, False, True]
        >>> model.unfreeze("a"); [layer.trainable for layer in model.layers]
        [True, False, True]
        """
        for layer in chosen(self, "freeze", which or [slice(None)]):
            layer.trainable = False

    def unfreeze(self, *which: Any) -> None:
        """Train layers again; the arguments are those of `freeze`."""
        for layer in chosen(self, "unfreeze", which or [slice(None)]):
            layer.trainable = True

    def reset_states(self) -> None:
        """Set the states of all stateful layers back to zero."""
        for layer in self.family:
            if isinstance(layer, RNN) and layer.stateful:
                layer.reset_states()
