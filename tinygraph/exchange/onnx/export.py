"""A model written as one ONNX file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tinygraph.exchange.onnx import layers, recurrent  # noqa: F401  they declare how layers are written
from tinygraph.exchange.onnx.emit import elementwise, formulas, layout, leaves, reduce, whole  # noqa: F401
from tinygraph.exchange.onnx.emit.table import emitted
from tinygraph.exchange.onnx.probes import Probes
from tinygraph.exchange.onnx.probing import probed
from tinygraph.exchange.onnx.traced import traced
from tinygraph.exchange.onnx.writer import DTYPES, OpenSize, Writer
from tinygraph.files import write_with_folder
from tinygraph.graph import Node
from tinygraph.nn.graphed import Graphed
from tinygraph.nn.recurrent.rnn import RNN
from tinygraph.version import __version__

#: The operators' version, of 2022: the last before reductions take their axes in another way.
OPSET, IR_VERSION = 17, 8

#: what one file of protocol buffers holds
LARGEST = 2**31 - 1


def export_onnx(model: Graphed, filepath: str | os.PathLike[str]) -> None:
    """Write what the model predicts as an ONNX graph.

    Inputs and outputs have the names that they have here. The size of the batch is open, and so is the number
    of time steps where all layers allow it. LSTM, GRU and SimpleRNN, also in a `Bidirectional` layer, are one
    node each; other layers are written operation by operation.

    Raises:
        ImportError: there is no onnx.
        ValueError: something that ONNX cannot say, with the layer's name; more than 2 GB of weights.
    """
    content = model_proto(model).SerializeToString()
    write_with_folder(Path(filepath), content)


def model_proto(model: Graphed) -> Any:
    """Return the ONNX model."""
    try:
        from onnx import helper
    except ImportError as problem:
        raise ImportError(
            "ONNX needs the package onnx, which is not installed: pip install 'tinygraph[onnx]'."
        ) from problem
    return helper.make_model(
        written(model),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="tinygraph",
        producer_version=__version__,
    )


def written(model: Graphed) -> Any:
    """Return the ONNX graph of a model; where open times cannot be written, with the times that it has."""
    model._check_built()
    check_stateless(model)
    for times in (True, False):
        probes = probed(model, traced, times)
        if probes.graph.updates:
            changed = ", ".join(parameter.label for parameter in probes.graph.updates)
            raise ValueError(f"{probes.title}: ONNX keeps nothing from run to run, as {changed} is.")
        try:
            return graph_of(probes, model.name)
        except OpenSize as error:
            problem = f"{probes.title}: {error}. Give its Input a batch_size."
    raise ValueError(problem)


def check_stateless(model: Graphed) -> None:
    """Raise ValueError if a layer keeps its states from batch to batch."""
    for layer in model.family:
        if isinstance(layer, RNN) and layer.stateful:
            raise ValueError(
                f"{model.title}.export: {layer.title} is stateful, and ONNX keeps nothing from run to run. "
                "Make it with stateful=False; give its states as initial_state, and return_state=True."
            )


def graph_of(probes: Probes, name: str) -> Any:
    """Return the ONNX graph of what was traced."""
    from onnx import helper, numpy_helper

    w = Writer(probes)
    write_nodes(w)
    operators = [
        helper.make_node(each.kind, each.inputs, each.results, each.name, **each.attrs)
        for each in w.finished([w.names[node] for node in probes.graph.outputs.values()])
    ]
    used = {name for operator in operators for name in operator.input}
    arrays = {name: array for name, array in w.arrays.items() if name in used}
    size = sum(array.nbytes for array in arrays.values())
    if size > LARGEST:
        raise ValueError(f"{probes.title}: {size / 2**30:.1f} GiB of weights; one ONNX file holds 2 GiB.")
    return helper.make_graph(
        operators,
        name,
        [declared(w, w.names[node], node) for node in probes.inputs],
        [declared(w, *each) for each in zip(w.outputs, probes.graph.outputs.values(), strict=True)],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )


def write_nodes(w: Writer) -> None:
    """Write the operators of all nodes."""
    for node in w.probes.inputs:
        w.names[node] = w.name(node.name)
    w.outputs = [w.name(name) for name in w.probes.graph.outputs]
    for node in w.probes.graph.nodes:
        if node not in w.names:
            w.names[node] = emitted(w, node)


def declared(w: Writer, name: str, node: Node) -> Any:
    """An input or output: its dtype, and its sizes: numbers, names of open ones, None if unknown."""
    from onnx import helper

    sizes = w.probes.dimensions(node)
    shape: list[Any] = [size and (str(size) if size.sizes else size.factor) for size in sizes]
    return helper.make_tensor_value_info(name, DTYPES[node.dtype.name], shape)
