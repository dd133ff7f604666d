"""The data of an explore page: everything that it shows, computed by the engine, as plain records."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from tinygraph.nn.training import Trainable
from tinygraph.rewrites.passes import rewrite
from tinygraph.viz.backprop import Backprop, backprop
from tinygraph.viz.explore.recurrence import Recurrence
from tinygraph.viz.explore.simple import simplified
from tinygraph.viz.explore.stage import Stages, names_after
from tinygraph.viz.explore.store import Store
from tinygraph.viz.flow import norms_of
from tinygraph.viz.observe import observe
from tinygraph.viz.series import series_of
from tinygraph.viz.subject import types_of

VERSION = 1


def payload(model: Trainable, x: Any, y: Any) -> dict[str, Any]:
    """Return what a page shows of a model on samples ``x`` with true values ``y``, as plain data.

    The graph stands in it as declared and as rewritten, with every value and gradient; see `Stages` and
    `Recurrence` for the records. The model stays as it is. Errors are those of `backprop`.
    """
    passes = backprop(model, x, y, owner="explore")
    made = Stages(types_of(model))
    graph, names = passes.graph, _names(passes)
    values = observe(graph.nodes, passes.feeds)
    declared = made.stage(graph, values, names, passes.adjoint)
    then = rewrite(graph)
    names_then = names_after(graph.nodes, names, then.nodes)
    rewritten = made.stage(then, observe(then.nodes, passes.feeds), names_then, passes.adjoint)
    recurrence = Recurrence(passes, values, {node: k for k, node in enumerate(graph.nodes)}, made.store)
    samples = len(next(iter(passes.feeds.values())))
    batch = "one sample" if samples == 1 else f"{samples} samples"
    return {
        "version": VERSION,
        "title": f"{model.name} ({type(model).__name__}), {batch}",
        "loss": passes.loss_name,
        "stages": {"declared": declared, "rewritten": rewritten},
        "recurrent": list(recurrence.layers()),
        "weights": list(recurrence.weights()),
        "comparison": _comparison(model, x, y, made.store),
        **made.tables(),
    }


def packed(data: dict[str, Any]) -> str:
    """Return plain data as a page holds it: JSON, deflated, in base64.

    >>> json.loads(zlib.decompress(base64.b64decode(packed({"a": [1, 2]}))))
    {'a': [1, 2]}
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _names(passes: Backprop) -> dict[Any, str]:
    """What the gates and states of all recurrent layers are called."""
    every = (series_of(unrolled) for _, unrolled in passes.unrolled)
    return {node: name for series in every for name, nodes in series.items() for node in nodes}


def _comparison(model: Trainable, x: Any, y: Any, store: Store) -> dict[str, Any]:
    """The norms of the gradients in the same model with a `SimpleRNN` for each LSTM and GRU."""
    try:
        passes = backprop(simplified(model), x, y, owner="explore")
    except ValueError as problem:
        return {"type": "SimpleRNN", "why": str(problem), "recurrent": []}
    layers = [
        {"scope": scope, "norms": {name: store.reference(norms) for name, norms in states.items()}}
        for scope, states in norms_of(passes).items()
    ]
    return {"type": "SimpleRNN", "recurrent": layers}
