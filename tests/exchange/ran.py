"""Models and graphs run by onnxruntime, beside what they compute here."""

import numpy as np
import onnx
import onnxruntime as ort

from tinygraph.exchange.onnx.export import IR_VERSION, OPSET, graph_of, model_proto
from tinygraph.exchange.onnx.probes import Probes
from tinygraph.graph import Graph


def session(proto):
    """A session of onnxruntime for a model that the checker of ONNX has accepted."""
    onnx.checker.check_model(proto, full_check=True)
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return ort.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])


def run(proto, arrays):
    """The outputs for arrays in the order of the inputs."""
    made = session(proto)
    names = [each.name for each in made.get_inputs()]
    return made.run(None, dict(zip(names, arrays, strict=True)))


def run_graph(node, inputs, arrays):
    """What onnxruntime makes of one node."""
    probes = Probes("test", [(inputs, Graph({"y": node}))])
    opset = [onnx.helper.make_opsetid("", OPSET)]
    proto = onnx.helper.make_model(graph_of(probes, "test"), opset_imports=opset, ir_version=IR_VERSION)
    (y,) = run(proto, arrays)
    return y


def kinds(model):
    """The kinds of operators of a model's ONNX graph, in order."""
    return [node.op_type for node in model_proto(model).graph.node]


def predicted(model, arrays):
    """What the model predicts, as a list."""
    found = model.predict(arrays if len(arrays) > 1 else arrays[0])
    if isinstance(found, dict):
        found = [found[name] for name in model.output_names]
    return found if isinstance(found, list) else [found]


def difference(got, wanted):
    """The largest difference between lists of arrays, as a part of 1 or of the largest element."""
    worst = 0.0
    for one, other in zip(got, wanted, strict=True):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        scale = max(1.0, float(np.abs(other).max(initial=0)))
        worst = max(worst, float(np.abs(one.astype("float64") - other).max(initial=0)) / scale)
    return worst
