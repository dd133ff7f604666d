"""A model written as one ONNX file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tinygraph.exchange.onnx import layers, recurrent  # noqa: F401  they declare how layers are written
from tinygraph.exchange.onnx.emit import elementwise, layout, leaves, reduce, whole  # noqa: F401
from tinygraph.exchange.onnx.emit.table import emitted
from tinygraph.exchange.onnx.probes import Probes, Product
from tinygraph.exchange.onnx.traced import traced
from tinygraph.exchange.onnx.writer import DTYPES, OpenSize, Writer
from tinygraph.files import write_whole
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
    write_whole(Path(filepath), model_proto(model).SerializeToString())


def model_proto(model: Graphed) -> Any:
    """Return the ONNX model."""
    try:
        from onnx import helper
    except ImportError as problem:
        raise ImportError("ONNX files need the onnx package: pip install 'tinygraph[onnx]'.") from problem
    graph = helper.make_graph(*written(model))
    return helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="tinygraph",
        producer_version=__version__,
    )


def written(model: Graphed) -> tuple[Any, ...]:
    """Return the parts of the ONNX graph, as ``onnx.helper.make_graph`` takes them."""
    model._check_built()
    check_stateless(model)
    problem = ""
    for times in (True, False):
        probes = Probes(model, traced, times)
        if probes.graph.updates:
            changed = ", ".join(parameter.label for parameter in probes.graph.updates)
            raise ValueError(f"{model.title}.export: ONNX keeps nothing from run to run, as {changed} is.")
        writer = Writer(probes)
        try:
            write_nodes(writer)
            return parts(writer)
        except OpenSize as error:
            problem = str(error)
    raise ValueError(f"{model.title}.export: {problem}. Give its Input a batch_size.")


def check_stateless(model: Graphed) -> None:
    """Raise ValueError if a layer keeps its states from batch to batch."""
    for layer in model.family:
        if isinstance(layer, RNN) and layer.stateful:
            raise ValueError(
                f"{model.title}.export: {layer.title} is stateful, and ONNX keeps nothing from run to run. "
                "Make it with stateful=False; give states as initial_state, and get them by return_state=True."
            )


def write_nodes(w: Writer) -> None:
    """Write the operators of all nodes."""
    inputs = {symbol.name: w.name(symbol.name) for symbol in w.probes.model.inputs}
    for name in w.probes.graph.outputs:
        w.outputs.append(w.name(name))
    for node in w.probes.graph.nodes:
        w.names[node] = inputs[node.name] if node in w.probes.graph.inputs else emitted(w, node)


def parts(w: Writer) -> tuple[Any, ...]:
    """Return operators, name, inputs, outputs and weights of the graph."""
    from onnx import helper, numpy_helper

    graph, sizes = w.probes.graph, {size for size in w.probes.sizes}
    inputs = []
    for symbol in w.probes.model.inputs:
        shape: list[Any] = [w.probes.model.batch_size, *symbol.shape]
        for size in sizes:
            for of, axis in size.axes:
                shape[axis] = size.name if of is symbol else shape[axis]
        inputs.append(helper.make_tensor_value_info(symbol.name, DTYPES[symbol.dtype.name], shape))
    outputs = [
        helper.make_tensor_value_info(name, DTYPES[node.dtype.name], shown(w.probes.dimensions(node)))
        for name, node in zip(w.outputs, graph.outputs.values(), strict=True)
    ]
    operators = [
        helper.make_node(each.kind, each.inputs, each.results, each.name, **each.attrs)
        for each in w.finished([w.names[node] for node in graph.outputs.values()])
    ]
    used = {name for operator in operators for name in operator.input}
    arrays = {name: array for name, array in w.arrays.items() if name in used}
    size = sum(array.nbytes for array in arrays.values())
    if size > LARGEST:
        raise ValueError(
            f"{w.probes.model.title}.export: {size / 2**30:.1f} GiB of weights; one ONNX file holds 2 GiB."
        )
    weights = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    return operators, w.probes.model.name, inputs, outputs, weights


def shown(sizes: Sequence[Product | None]) -> list[int | str | None]:
    """Sizes as a file declares them: numbers, names, None where nothing is known."""
    return [size and (str(size) if size.sizes else size.factor) for size in sizes]
