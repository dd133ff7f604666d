"""`Bidirectional`: a recurrence run in both directions (Schuster and Paliwal 1997)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial, reduce
from typing import Any

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape, scope
from tinygraph.nn import registry
from tinygraph.nn.arguments import flat, mapped
from tinygraph.nn.layer import Layer
from tinygraph.nn.masks import carry
from tinygraph.nn.recurrent.rnn import RNN
from tinygraph.nn.recurrent.states import states_first
from tinygraph.ops.random import GOLDEN, mixed

MERGES = ("concat", "sum", "mul", "ave", None)


@registry.register("layer")
class Bidirectional(Layer):
    """A recurrent layer run forwards and, with other weights, backwards; both outputs are merged.

    A sequence that runs backwards is turned round before it is merged, so that equal times meet.

    Args:
        layer: the recurrent layer that runs forwards. A copy of it runs backwards.
        merge_mode: ``"concat"``, ``"sum"``, ``"mul"``, ``"ave"``, or None for a list of both.
        backward_layer: a layer to run backwards instead of the copy; its ``go_backwards`` must differ.

    With ``return_state`` of the layer the states follow, those of the forward layer first. The weights are
    the forward layer's, then the backward layer's. As in Keras, masked steps of a sequence give zeros.
    ``dtype`` is that of the results, by default the layer's.

    >>> import numpy as np
    >>> from tinygraph.nn import LSTM, Bidirectional
    >>> Bidirectional(LSTM(4, return_sequences=True))(np.ones((2, 5, 3))).shape
    (2, 5, 8)
    """

    def __init__(
        self, layer: Any, merge_mode: str | None = "concat", *, backward_layer: Any = None, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.layer = registry.get("layer", layer)
        self.backward_layer = None if backward_layer is None else registry.get("layer", backward_layer)
        self.merge_mode = merge_mode
        if merge_mode not in MERGES:
            known = ", ".join(map(repr, MERGES))
            raise ValueError(f"{self.title}: merge_mode must be one of {known}, got {merge_mode!r}.")
        for each in (self.layer, self.backward_layer or self.layer):
            if not isinstance(each, RNN):
                raise GraphError(f"{self.title}: expected a recurrent layer, got {each!r}.")
        self.float = self.float if self.dtype else self.layer.float
        self.forward: Any = self.layer.remade(name=f"forward_{self.layer.name}")
        turned = {"name": f"backward_{self.layer.name}", "go_backwards": not self.layer.go_backwards}
        self.backward = self.backward_layer or reseeded(self.layer.remade(**turned))
        self._check_pair()
        for each in (self.forward, self.backward):
            each.zero_output_for_mask = each.return_sequences

    def _check_pair(self) -> None:
        one, other = self.forward, self.backward
        for name in ("return_sequences", "return_state"):
            if getattr(one, name) != getattr(other, name):
                raise GraphError(f"{self.title}: both layers need the same {name}.")
        if one.go_backwards == other.go_backwards:
            raise GraphError(f"{self.title}: the backward_layer must have another go_backwards.")

    @property
    def sublayers(self) -> list[Layer]:
        """The forward layer, then the backward one."""
        return [self.forward, self.backward]

    def _named(self, args: Sequence[Any]) -> dict[str, Any]:
        return super()._named(states_first(args))

    def build(self, shape: Shape) -> None:
        """Build both layers."""
        with scope(self.name):
            self.forward.ensure_built(shape)
            self.backward.ensure_built(shape)

    def call(
        self, x: Node, mask: Node | None = None, training: bool = False, initial_state: Any = None
    ) -> Any:
        """Both layers' outputs, merged; then their states."""
        halves: list[Any] = [None, None]
        if initial_state is not None:
            states = flat(initial_state)
            halves = [states[: len(states) // 2], states[len(states) // 2 :]]
        as_float = partial(self.typed, 0)
        results = [
            mapped(as_float, layer.lower(x, training=training, mask=mask, initial_state=half))
            for layer, half in zip((self.forward, self.backward), halves, strict=True)
        ]
        outputs = [result[0] if self.forward.return_state else result for result in results]
        states = [s for result in results for s in result[1:]] if self.forward.return_state else []
        if self.forward.return_sequences:
            outputs[1] = ops.flip(outputs[1], 0 if self.forward.time_major else 1)
        merged = self._merged(outputs)
        if self.forward.return_sequences:
            merged = [carry(sequence, mask) for sequence in merged]
        return [*merged, *states] if len(merged) > 1 or states else merged[0]

    def _merged(self, outputs: list[Node]) -> list[Node]:
        if self.merge_mode is None:
            return outputs
        if self.merge_mode == "concat":
            return [ops.concat(outputs, axis=-1)]
        if self.merge_mode == "mul":
            return [reduce(ops.multiply, outputs)]
        total = reduce(ops.add, outputs)
        return [total * 0.5 if self.merge_mode == "ave" else total]

    def trace(
        self, x: Any, mask: Any = None, training: bool = False, initial_state: Any = None
    ) -> dict[str, dict[str, Any]]:
        """Return what `RNN.trace` does, by direction: ``{"forward": {"h": ...}, "backward": {"h": ...}}``."""
        from tinygraph.viz.traces import trace

        given = {"mask": mask, "initial_state": initial_state}
        found = trace(self, x, training, **{name: v for name, v in given.items() if v is not None})
        return {"forward": found[self.forward], "backward": found[self.backward]}

    def reset_states(self, states: Sequence[Any] | None = None) -> None:
        """Set the states of stateful layers back to zero, or to ``states``, the forward layer's first."""
        half = None if states is None else len(states) // 2
        self.forward.reset_states(None if states is None else states[:half])
        self.backward.reset_states(None if states is None else states[half:])

    reset_state = reset_states  # Keras 3 has this name

    def output_shape(self, shape: Shape) -> Any:
        """The merged output's shape, or both; then those of the states."""
        one, other = (layer.output_shape(shape) for layer in (self.forward, self.backward))
        one, other = (each if isinstance(each, list) else [each] for each in (one, other))
        merged = [one[0], other[0]]
        if self.merge_mode == "concat":
            merged = [(*one[0][:-1], one[0][-1] + other[0][-1])]
        elif self.merge_mode is not None:
            merged = [one[0]]
        shapes = [*merged, *one[1:], *other[1:]]
        return shapes if len(shapes) > 1 else shapes[0]


def reseeded(layer: Any) -> Any:
    """The layer, with other seeds of dropout than it came with: each direction drops units of its own."""
    for each in layer.family:
        if "seed" in vars(each):
            each.seed = mixed(each.seed + GOLDEN)
    return layer
