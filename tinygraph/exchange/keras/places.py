"""Where Keras keeps the variables of each layer: a path that follows attributes, not names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tinygraph.nn.graphed import Graphed
from tinygraph.nn.layer import Layer
from tinygraph.nn.layers.multi_head_attention import MultiHeadAttention
from tinygraph.nn.recurrent.bidirectional import Bidirectional
from tinygraph.nn.recurrent.rnn import RNN
from tinygraph.nn.recurrent.stacked import StackedRNNCells
from tinygraph.nn.recurrent.time_distributed import TimeDistributed
from tinygraph.nn.registry import snake_case

#: what Keras calls the linear maps of `MultiHeadAttention`
MAPS = {
    "query": "query_dense",
    "key": "key_dense",
    "gate": "_gate_dense",
    "value": "value_dense",
    "attention_output": "output_dense",
}


class Place(NamedTuple):
    """A layer, and the path of its variables."""

    path: str
    layer: Layer


#: how the layers of a model are told apart: from (path, layers) to the place of each
Named = Callable[[str, Sequence[Layer]], list[Place]]


def numbered(path: str, layers: Sequence[Layer]) -> list[Place]:
    """Return the places of layers in a list: by class, and by number where there are several of one."""
    used: dict[str, int] = {}
    places = []
    for layer in layers:
        kind = keras_snake_case(type(layer).__name__)
        used[kind] = used.get(kind, -1) + 1
        places.append(Place(f"{path}/{kind}" + (f"_{used[kind]}" if used[kind] else ""), layer))
    return places


def places_of(layer: Layer, named: Named = numbered, path: str = "") -> Iterator[Place]:
    """Give the place of a layer and of all that it is made of, each layer once."""
    waiting, seen = [Place(path, layer)], set()
    while waiting:
        place = waiting.pop()
        if place.layer not in seen:
            seen.add(place.layer)
            yield place
            waiting += reversed(parts_of(place, named))


def parts_of(place: Place, named: Named) -> list[Place]:
    """Return the places of the layers that a layer is made of."""
    path, layer = place
    inside = f"{path}/".lstrip("/")
    if isinstance(layer, Graphed):
        return named(f"{inside}layers", layer.layers)
    if isinstance(layer, StackedRNNCells):
        return numbered(f"{inside}cells", layer.cells)
    if isinstance(layer, RNN):
        return [Place(f"{inside}cell", layer.cell)]
    if isinstance(layer, Bidirectional):
        return [
            Place(f"{inside}forward_layer", layer.forward),
            Place(f"{inside}backward_layer", layer.backward),
        ]
    if isinstance(layer, TimeDistributed):
        return [Place(f"{inside}layer", layer.layer)]
    if isinstance(layer, MultiHeadAttention):
        return [Place(f"{inside}{MAPS[name]}", each) for name, each in layer.maps.items()]
    return _held(inside, layer)


def _held(inside: str, layer: Layer) -> list[Place]:
    """Return the places of the layers among the attributes of a layer of the user's own."""
    found: list[Place] = []
    for name, value in sorted(vars(layer).items(), key=lambda item: item[0].replace("_", "~", 1)):
        held = list(value.values()) if isinstance(value, dict) else value
        if isinstance(held, Layer):
            found.append(Place(f"{inside}{name}", held))
        elif isinstance(held, (list, tuple)):
            found += numbered(f"{inside}{name}", [each for each in held if isinstance(each, Layer)])
    return found


def keras_snake_case(name: str) -> str:
    """Return the name of a class as Keras writes it in paths: ``conv_lstm2d``, ``p_re_lu``."""
    return "functional" if name == "Model" else snake_case(name)
