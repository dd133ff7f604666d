"""The operations by which Keras writes masks into a Functional model, where ours go along by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from tinygraph.exchange.keras.tensors import Tensor, layer_name, references
from tinygraph.nn.graphed import Graphed
from tinygraph.nn.layer import Layer
from tinygraph.nn.layers.merge import Concatenate
from tinygraph.nn.recurrent.bidirectional import Bidirectional

#: how `Add`, `Concatenate` and the like join masks
JOINING = {"Any", "LogicalOr", "ExpandDims", "Concatenate"}
#: a mask of everything or nothing, of the shape of an input
CONSTANT = {"OnesLike", "ZerosLike"}

#: where masks come from: tensors, and the value that does not count in each
Roots = frozenset[tuple[Tensor, float]]


class MaskOperations:
    """The operations among the layers of a model: a mask that a call's inputs carry here too is left out of
    its arguments; whatever else an operation is for is refused."""

    def __init__(self, entries: Iterable[Mapping[str, Any]]):
        self.entries = {layer_name(entry): entry for entry in entries if ".ops." in str(entry.get("module"))}
        #: layer -> the value that it masks
        self.values = {layer_name(entry): value for entry in entries if (value := masked(entry)) is not None}
        self.found: dict[str, Roots | None] = {}
        #: (layer, number of its call) -> where the masks of its results come from
        self.carried: dict[tuple[str, int], Roots] = {}

    def __contains__(self, name: object) -> bool:
        """Whether an operation has this name."""
        return name in self.entries

    def explicit(self, name: str, k: int, layer: Layer, call: Mapping[str, Any]) -> dict[str, Any]:
        """Return the named arguments of call ``k`` of a layer, but for the masks that its inputs carry."""
        sources = [each for each in references(call["args"]) if each[0] not in self.entries]
        carried: Roots = frozenset().union(*(self.carried.get(each[:2], ()) for each in sources))
        if name in self.values:
            self.carried[name, k] = frozenset({(sources[0], self.values[name])})
        elif goes_on(layer):
            self.carried[name, k] = carried
        return {n: v for n, v in call["kwargs"].items() if not self._is_carried(n, v, carried)}

    def _is_carried(self, argument: str, value: Any, carried: Roots) -> bool:
        """Whether an argument is the mask that the inputs carry; of several, each may be of one input."""
        used = [each[0] for each in references(value) if each[0] in self.entries]
        if not used:
            return value is None or (isinstance(value, list) and not any(value))
        roots = [self.roots(each) for each in used]
        whole: Roots = frozenset().union(*(each or () for each in roots))
        same = whole == carried if argument == "mask" else whole <= carried
        if not argument.endswith("mask") or None in roots or not same:
            self.refuse(used[0])
        return True

    def roots(self, name: str) -> Roots | None:
        """Return where a mask comes from; None if the operation makes no mask as layers do."""
        if name not in self.found:
            self.found[name] = None  # until it is known, so that a loop ends
            (call,) = self.entries[name]["inbound_nodes"]
            kind, sources = self.entries[name]["class_name"], list(references(call))
            inner = [each[0] for each in sources if each[0] in self.entries]
            if kind == "NotEqual" and not inner:
                value = next((v for v in call["args"] if isinstance(v, (int, float))), None)
                self.found[name] = None if value is None else frozenset({(sources[0], float(value))})
            elif kind in CONSTANT:
                self.found[name] = frozenset()
            elif kind in JOINING and inner:
                several = [self.roots(each) for each in inner]
                known = [each for each in several if each is not None]
                self.found[name] = frozenset().union(*known) if len(known) == len(several) else None
        return self.found[name]

    def refuse(self, name: str) -> NoReturn:
        """Raise ValueError: there is no such operation in a model here."""
        kind = self.entries[name]["class_name"]
        raise ValueError(
            f"{name!r} is the operation {kind!r} on symbols, not a layer; in Keras use a layer for it, such "
            "as keras.layers.Add, and let masks go along by themselves; then save the model again."
        )


def masked(entry: Mapping[str, Any]) -> float | None:
    """Return the value that a described layer masks."""
    config = entry["config"]
    if entry["class_name"] == "Embedding" and config.get("mask_zero"):
        return 0.0
    return float(config.get("mask_value", 0.0)) if entry["class_name"] == "Masking" else None


def goes_on(layer: Layer) -> bool:
    """Whether the result of a layer carries the mask of its inputs, or may do so."""
    if isinstance(layer, Bidirectional):
        return bool(layer.forward.return_sequences)
    return isinstance(layer, (Concatenate, Graphed)) or bool(layer.carries_mask)
