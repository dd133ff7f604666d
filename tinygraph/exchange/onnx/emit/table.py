"""The table of emitters, by the name of the operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from tinygraph.exchange.onnx.writer import Writer
    from tinygraph.graph import Node

Emit = Callable[..., Any]
E = TypeVar("E", bound=Emit)

EMIT: dict[str, Emit] = {}


def emits(*names: str) -> Callable[[E], E]:
    """Declare what operations of these names become."""

    def declare(emit: E) -> E:
        EMIT.update(dict.fromkeys(names, emit))
        return emit

    return declare


def emitted(writer: Writer, node: Node) -> Any:
    """Write one node, and return the name of its value, or the names of several.

    Raises:
        ValueError: its operation has no form in ONNX.
    """
    emit = EMIT.get(node.op.name)
    if emit is None:
        raise ValueError(
            f"{writer.probes.title}: ONNX has no operator for {node.op.name!r}, at {node.label}."
        )
    writer.place = "/".join([node.scope, node.name] if node.name else [node.scope])
    return emit(writer, node, *(writer.names[source] for source in node.inputs))
