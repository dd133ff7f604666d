"""The cases of keras_family.npz, one call of a layer each, and the comparison with what Keras gave."""

import numpy as np
from nn.stored import Stored

import tinygraph as tg
from tinygraph.nn.masks import carry, mask_of
from tinygraph.nn.tracing import Trace

KERAS = Stored("keras_family.npz")
CLOSE = {"rtol": 1e-9, "atol": 1e-10}


def cases(*groups, without=()):
    """The cases of these groups whose names have none of the words ``without``."""
    return [
        case
        for case in KERAS.cases
        if case["group"] in groups and not any(word in case["id"] for word in without)
    ]


def arrays_of(case):
    """The arrays of a case, masks as truth values."""
    arrays = KERAS.arrays(case)
    return {name: a.astype(bool) if a.dtype == np.int8 else a for name, a in arrays.items()}


def flat(results):
    """Results in lists of lists as one list."""
    if not isinstance(results, (list, tuple)):
        return [results]
    return [each for result in results for each in flat(result)]


def filled(form, nodes):
    """What a call was given: a node for each name of an array."""
    if isinstance(form, list):
        return [filled(each, nodes) for each in form]
    return nodes.get(form, form) if isinstance(form, str) else form


def check(case, arrays, layer, close=CLOSE):
    """Compare outputs, the mask that goes on, what joins the loss, new statistics and every gradient."""
    taken = [name for name in arrays if name[0] not in "wydgrl" and name != "mask_out"]
    nodes = {name: tg.input(name, arrays[name].shape, dtype=arrays[name].dtype) for name in taken}
    first, *rest = filled(case["args"], nodes)
    for x, mask in zip(flat(first), flat(filled(case.get("carry"), nodes)), strict=False):
        carry(x, mask)
    given = {name: filled(value, nodes) for name, value in case["call"].items()}
    with Trace(training=bool(given.get("training"))) as trace:
        outputs = flat(layer(first, *rest, **given))
    if "init_weights" not in case:
        layer.set_weights([arrays[f"w{k}"] for k in range(len(layer.weights))])
    assert f"w{len(layer.weights)}" not in arrays
    assert f"y{len(outputs)}" not in arrays
    loss = tg.add_n([tg.sum(y * arrays[f"g{k}"]) for k, y in enumerate(outputs) if f"g{k}" in arrays])
    assert bool(trace.losses) == ("loss" in arrays)
    added = {"loss": tg.add_n(trace.losses)} if trace.losses else {}
    loss = tg.add_n([loss, *trace.losses])
    weights = {f"w{k}": weight for k, weight in enumerate(layer.weights)}
    sources = nodes | weights
    slopes = [name for name in arrays if name[0] == "d" and name[1:] in sources]
    found = dict(zip(slopes, tg.gradients(loss, [sources[name[1:]] for name in slopes]), strict=True))
    moved = [(f"r{name[1:]}", trace.updates.get(w, w)) for name, w in weights.items()]
    news = {name: value for name, value in moved if name in arrays}
    mask = mask_of(outputs[0])
    if "mask_out" in case:
        assert (mask is not None) == case["mask_out"]
    masked = {} if mask is None or "mask_out" not in arrays else {"mask_out": mask}
    run = tg.compile({f"y{k}": y for k, y in enumerate(outputs)} | found | news | added | masked)
    for name, value in run(**{name: arrays[name] for name in run.inputs}).items():
        np.testing.assert_allclose(value, arrays[name], **close, err_msg=name)
