"""Models from Keras' descriptions: layers in a row, or calls between named layers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from tinygraph.exchange.keras.configs import Config, Custom, input_arguments, revived
from tinygraph.exchange.keras.mask_operations import MaskOperations
from tinygraph.exchange.keras.tensors import Tensor, is_tensor, layer_name, references, tensor
from tinygraph.nn.arguments import flat
from tinygraph.nn.layer import Layer
from tinygraph.nn.model import Model
from tinygraph.nn.sequential import Sequential
from tinygraph.nn.symbol import Input, Symbol

#: what the first argument of a call is named in Keras, where a layer was called by name
FIRST = ("inputs", "sequences", "x")


def model_of(name: str, cls: Any, config: Config, custom: Custom) -> Any:
    """Return the model of a config, with weights as they begin."""
    if name == "Sequential" or (isinstance(cls, type) and issubclass(cls, Sequential)):
        return _sequential(cls or Sequential, config, custom)
    return Wiring(cls or Model, config, custom).model()


def _sequential(cls: Any, config: Config, custom: Custom) -> Sequential:
    model: Sequential = cls(name=config["name"], trainable=config.get("trainable", True))
    for entry in config["layers"]:
        is_input = entry["class_name"] == "InputLayer"
        model.add(Input(**input_arguments(entry["config"])) if is_input else revived(entry, custom))
    if not model.inputs and (shape := config.get("build_input_shape")):
        model.build(shape[1:])
    return model


class Wiring:
    """The layers of a Functional model, called one after another as their inputs come."""

    def __init__(self, cls: Any, config: Config, custom: Custom):
        if extra := config.keys() - {"name", "trainable", "dtype", "layers", "input_layers", "output_layers"}:
            raise ValueError(f"{config.get('name')!r}: {min(extra)!r} is no part of a Functional model.")
        self.cls, self.config, self.custom = cls, config, custom
        self.layers: dict[str, Layer] = {}
        self.inputs: dict[str, Symbol] = {}
        #: (layer, number of its call) -> what the call gave
        self.results: dict[tuple[str, int], list[Symbol]] = {}
        self.operations = MaskOperations(config["layers"])
        self.calls: dict[tuple[str, int], Config] = {}
        for entry in config["layers"]:
            self._take(entry)

    def _take(self, entry: Config) -> None:
        name = layer_name(entry)
        if name in self.layers or name in self.inputs:
            raise ValueError(f"two layers are named {name!r}.")
        if entry["class_name"] == "InputLayer":
            self.inputs[name] = Input(**input_arguments({**entry["config"], "name": name}))
            self.results[name, 0] = [self.inputs[name]]
        elif name not in self.operations:
            self.layers[name] = revived(entry, self.custom)
            for k, call in enumerate(entry["inbound_nodes"]):
                if not isinstance(call, Mapping):
                    raise ValueError("calls as Keras 2 writes them; open the file in Keras 3 and save it.")
                self.calls[name, k] = call

    def model(self) -> Model:
        """Return the model that all calls make."""
        for name, k in self._in_order():
            self.results[name, k] = flat(self._called(name, k))
        inputs = [self._end(each) for each in _ends(self.config["input_layers"])]
        given = self.config["output_layers"]
        if isinstance(given, Mapping):
            outputs: Any = {key: self._end(_only(each)) for key, each in given.items()}
        else:
            outputs = [self._end(each) for each in _ends(given)]
        name, trainable = self.config["name"], self.config.get("trainable", True)
        made: Model = self.cls(inputs, outputs, name=name, trainable=trainable)
        return made

    def _in_order(self) -> Iterator[tuple[str, int]]:
        """Give the calls, each after those it needs and after those of the same layer before it."""
        missing: dict[tuple[str, int], int] = {}
        needed_by: dict[tuple[str, int], list[tuple[str, int]]] = {}
        for (name, k), call in self.calls.items():
            needs = {each[:2] for each in references(call) if each[0] not in self.operations}
            needs |= {(name, k - 1)} if k else set()
            needs -= self.results.keys()
            missing[name, k] = len(needs)
            for each in needs:
                needed_by.setdefault(each, []).append((name, k))
        ready = deque(each for each, count in missing.items() if not count)
        done = 0
        while ready:
            yield (first := ready.popleft())
            done += 1
            for each in needed_by.get(first, ()):
                missing[each] -= 1
                if not missing[each]:
                    ready.append(each)
        if done < len(self.calls):
            stuck = next(name for (name, _), count in missing.items() if count)
            raise ValueError(f"the graph has a loop, or lacks an input of {stuck!r}.")

    def _called(self, name: str, k: int) -> Any:
        """Return the result of a call. Keras decides anew in each run whether it is training."""
        layer, call = self.layers[name], self.calls[name, k]
        arguments = self.operations.explicit(name, k, layer, call)
        arguments.pop("training", None)
        args = list(call["args"])
        if not args and (first := next((n for n in FIRST if n in arguments), None)):
            args = [arguments.pop(first)]
        values = {n: self._value(v) for n, v in arguments.items()}
        return layer(*map(self._value, args), **values)

    def _value(self, value: Any) -> Any:
        """Return an argument with symbols for described tensors."""
        if isinstance(value, list):
            return [self._value(each) for each in value]
        if is_tensor(value):
            return self._symbol(tensor(value))
        if isinstance(value, Mapping):
            return {name: self._value(each) for name, each in value.items()}
        return value

    def _symbol(self, wanted: Tensor) -> Symbol:
        if wanted[0] in self.operations:
            self.operations.refuse(wanted[0])
        symbols = self.results[wanted[:2]]
        if not 0 <= wanted[2] < len(symbols):
            raise ValueError(f"{wanted[0]!r} has {len(symbols)} results, none of number {wanted[2]}.")
        return symbols[wanted[2]]

    def _end(self, end: list[Any]) -> Symbol:
        """Return an input or an output; there Keras counts the calls of a Functional model from 1."""
        name, call, index = end
        return self._symbol((name, call - isinstance(self.layers.get(name), Model), index))


def _ends(structure: Any) -> list[list[Any]]:
    """Return the leaves [layer, call, result] of lists or dicts of them."""
    if isinstance(structure, Mapping):
        return [leaf for key in structure for leaf in _ends(structure[key])]
    if not isinstance(structure, list):
        raise ValueError(f"expected inputs and outputs as [layer, call, result], got {structure!r}.")
    if len(structure) == 3 and isinstance(structure[0], str):
        return [structure]
    return [leaf for each in structure for leaf in _ends(each)]


def _only(structure: Any) -> list[Any]:
    leaves = _ends(structure)
    if len(leaves) != 1:
        raise ValueError("an output under a key that is a list of outputs; give each a key of its own.")
    return leaves[0]
