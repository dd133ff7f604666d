"""The operations by which Keras writes masks into a Functional model, where ours go along by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from tinygraph.exchange.keras.tensors import layer_name, references
from tinygraph.saving.errors import ModelFormatError

#: how `Add`, `Concatenate` and the like join masks
JOINING = {"Any", "LogicalOr", "ExpandDims", "Concatenate"}
#: a mask of everything or nothing, of the shape of an input
CONSTANT = {"OnesLike", "ZerosLike"}


class MaskOperations:
    """The operations among the layers of a model: those that follow from a Masking or an Embedding are masks
    that the same layers make here; all others are refused where they are used."""

    def __init__(self, entries: Iterable[Mapping[str, Any]]):
        self.entries = {layer_name(entry): entry for entry in entries if ".ops." in str(entry.get("module"))}
        #: (tensor, value): the inputs of layers that mask where they have this value
        self.masked = set()
        for entry in entries:
            config = entry["config"]
            value = config.get("mask_value") if entry["class_name"] == "Masking" else None
            value = 0 if entry["class_name"] == "Embedding" and config.get("mask_zero") else value
            if value is not None:
                for call in entry["inbound_nodes"]:
                    self.masked |= {(each, float(value)) for each in references(call)}
        self.found: dict[str, bool] = {}

    def __contains__(self, name: object) -> bool:
        """Whether an operation has this name."""
        return name in self.entries

    def explicit(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a call without the masks that the inputs carry anyway."""
        kept = {}
        for name, value in arguments.items():
            sources = [each[0] for each in references(value)]
            carried = all(each in self.entries and self.is_mask(each) for each in sources)
            if not (name.endswith("mask") and carried):
                kept[name] = value
        return kept

    def is_mask(self, name: str) -> bool:
        """Whether an operation follows from the mask of a layer."""
        if name not in self.found:
            self.found[name] = False  # until it is known, so that a loop ends
            entry = self.entries[name]
            (call,) = entry["inbound_nodes"]
            sources = list(references(call))
            if entry["class_name"] == "NotEqual":
                value = next((v for v in call["args"] if isinstance(v, (int, float))), None)
                self.found[name] = value is not None and (sources[0], float(value)) in self.masked
            elif entry["class_name"] in JOINING:
                inner = [each[0] for each in sources if each[0] in self.entries]
                self.found[name] = bool(inner) and all(
                    self.entries[each]["class_name"] in CONSTANT or self.is_mask(each) for each in inner
                )
        return self.found[name]

    def refuse(self, name: str) -> NoReturn:
        """Raise `ModelFormatError`: there is no such operation in a model here."""
        kind = self.entries[name]["class_name"]
        raise ModelFormatError(
            f"{name!r} is the operation {kind!r} on symbols, not a layer; in Keras use a layer for it, such "
            "as keras.layers.Add, and save the model again."
        )
