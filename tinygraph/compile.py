"""Compiling: outputs -> graph -> plan -> program, and the function that runs it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from tinygraph import backends
from tinygraph.collector import collector_paused
from tinygraph.fusing import Fusing, fused_program
from tinygraph.graph import Graph, GraphError, Node, absolute_scope
from tinygraph.ops import Counter, Parameter, add, copy
from tinygraph.plan import Plan, plan
from tinygraph.rewrites import passes
from tinygraph.rewrites.retype import retype
from tinygraph.run import Program

Array = np.ndarray[Any, Any]
Outputs = Node | Sequence[Node] | Mapping[str, Node]


class Function:
    """A compiled graph: called with arrays by input name, it returns arrays as its outputs were given.

    Calls from several threads take turns: the program has one set of buffers. With ``fusing`` the program
    becomes a compiled one of the same graph after some runs.
    """

    def __init__(self, graph: Graph, form: Any, program: Program, fusing: Fusing | None = None):
        self.graph = graph
        self.program = program
        self._fusing = fusing
        self._form = form
        #: held during a run; programs of the same parameters may share one, so that none sees half an update
        self.lock: AbstractContextManager[Any] = threading.Lock()
        self.inputs = {leaf.name: leaf for leaf in graph.inputs}

    def __call__(self, /, *unnamed: Any, **feeds: Any) -> Any:
        """Run the graph on the inputs by name; raises `GraphError` if one is missing or does not fit."""
        if unnamed:
            takes = ", ".join(f"{name}=..." for name in self.inputs)
            raise GraphError(f"run: expected arrays by name, ({takes}), got {len(unnamed)} without.")
        checked = self._checked(feeds)
        with self.lock:
            self._current().run(checked)
            values = {name: self.program.value(name) for name in self.graph.outputs}
        if self._form is dict:
            return values
        return list(values.values()) if self._form is list else values["output"]

    def start(self, /, **feeds: Any) -> dict[str, Any]:
        """Run the graph without waiting for a device; return copies of its outputs where they stand.

        After a run whose guard was False no parameter changes until `failed` is asked.
        """
        checked = self._checked(feeds)
        with self.lock:
            program = self._current()
            program.start(checked)
            return {name: program.copy(name) for name in self.graph.outputs}

    def failed(self) -> int | None:
        """Wait; return which `start` since this was last asked, counted from 0, was the first whose guard was
        False."""
        with self.lock:
            return self.program.failed()

    @property
    def plan(self) -> Plan:
        """Which value stands where."""
        return self.program.plan

    def _current(self) -> Program:
        """The program, the compiled one if it is time for it. Between two runs no value is on its way."""
        if self._fusing is not None:
            self.program = self._fusing.next() or self.program
            self._fusing = None if self._fusing.done else self._fusing
        return self.program

    def _checked(self, feeds: Mapping[str, Any]) -> dict[str, Array]:
        """Return the feeds as arrays of the declared shapes, or raise before anything runs."""
        if feeds.keys() != self.inputs.keys():
            takes = ", ".join(self.inputs) or "nothing"
            raise GraphError(f"run: expected the inputs {takes}, got {', '.join(feeds) or 'nothing'}.")
        return {name: _fitted(leaf, feeds[name]) for name, leaf in self.inputs.items()}

    def first_nonfinite(self, /, **feeds: Any) -> Node | None:
        """Return the first node, in the order of running, whose value is NaN or infinite on ``feeds``.

        It computes every value into a buffer of its own, and changes no parameter.
        """
        checked = self._checked(feeds)
        program = Program(plan(self.graph, reuse=False), self.program.backend)
        return program.first_nonfinite(checked)


def _fitted(leaf: Node, value: Any) -> Array:
    """Return what an input is fed as an array of its dtype and shape, or raise `GraphError`."""
    if type(value) is np.ndarray and value.dtype is leaf.dtype and value.shape == leaf.shape:
        return value
    try:
        array = np.asarray(value)
    except ValueError:
        raise GraphError(
            f"input {leaf.name!r}: expected {leaf.dtype}, got rows of different lengths."
        ) from None
    if array.dtype.kind not in "fiub" or (array.dtype.kind == "f" and leaf.dtype.kind != "f"):
        raise GraphError(f"input {leaf.name!r}: expected {leaf.dtype}, got {array.dtype}.")
    if array.shape != leaf.shape:
        raise GraphError(f"input {leaf.name!r}: expected shape {leaf.shape}, got {array.shape}.")
    return _converted(leaf.name, array, leaf.dtype)


def _converted(name: str, array: Array, dtype: np.dtype) -> Array:
    """Return the array in ``dtype``; raises `GraphError` for numbers that it cannot hold."""
    if array.dtype == dtype:
        return array
    with np.errstate(over="ignore"):
        converted = array.astype(dtype)
    same = converted == array
    kept = same if dtype.kind != "f" else np.isfinite(converted) | ~np.isfinite(array)
    if not kept.all():
        raise GraphError(f"input {name!r}: expected numbers that {dtype} can hold, got {array[~kept][0]!r}.")
    return converted


@collector_paused()
def compile(
    outputs: Outputs,
    updates: Mapping[Any, Node] | None = None,
    *,
    backend: str = "numpy",
    dtype: str | None = None,
    guard: str | None = None,
    rewrite: bool = True,
    reuse: bool = True,
    jit_compile: bool | str = "auto",
) -> Function:
    """Plan a graph and bind it to a backend.

    Args:
        outputs: a node, a list of nodes or a dict of named nodes; a call returns arrays in the same form.
        updates: the value that each parameter takes after a run. `Counter` leaves advance on their own.
        backend: ``"numpy"`` or ``"cupy"``; see `tinygraph.devices`.
        dtype: compute in this float type, whatever the leaves are declared in; parameters keep their own.
        guard: the name of an output; when it is False a run changes no parameter.
        rewrite: whether to rewrite the graph so that it runs faster; values may differ in the last bits.
        reuse: whether values may share buffers. Without it a run takes more memory and gives the same bits.
        jit_compile: whether to fuse elementwise operations and compile them, and products, to machine code,
            which needs the extra ``fast``, or on a GPU nothing more; sums are taken in another order, and
            values may differ in the last bits. ``"auto"`` does so where it can be, on a GPU at once, else
            after as many runs as it takes to pay, a number that follows from the graph; True does so at
            once; False, or no ``rewrite``, never.

    Raises:
        GraphError: two inputs of one name, an update of another shape, an unknown guard.
        ValueError: another ``jit_compile``.
        BackendError: the backend is not usable; the message says what is missing.

    >>> import tinygraph as tg
    >>> x, w = tg.input("x", (2,)), tg.param("w", [1.0, 2.0])
    >>> step = tg.compile({"y": x * w}, updates={w: w + 1.0})
    >>> step(x=[1.0, 1.0])["y"].tolist(), step(x=[1.0, 1.0])["y"].tolist()
    ([1.0, 2.0], [2.0, 3.0])
    """
    if jit_compile not in (True, False, "auto"):
        raise ValueError(f"compile: expected jit_compile True, False or 'auto', got {jit_compile!r}.")
    if jit_compile is True and not rewrite:
        raise ValueError("compile: jit_compile=True is a rewrite, and rewrite is False.")
    for name, given in (("rewrite", rewrite), ("reuse", reuse)):
        if given not in (True, False):
            raise ValueError(f"compile: expected {name} True or False, got {given!r}.")
    named, form = _named(outputs)
    graph = with_updates(Graph(named, updates or {}))
    if dtype is not None:
        graph = retype(graph, _float(dtype))
    if guard is not None and guard not in named:
        raise GraphError(f"compile: the guard {guard!r} is not among the outputs {', '.join(named)}.")
    if guard is not None and (named[guard].size, named[guard].dtype.kind) != (1, "b"):
        raise GraphError(f"compile: the guard must be one truth value, not {named[guard]!r}.")
    graph = prepared(graph, rewrite)
    where = backends.get(backend)
    wanted = jit_compile == "auto" and rewrite
    if jit_compile is True or (wanted and where.compiles_at_once):
        return Function(graph, form, fused_program(graph, where, reuse, guard))
    called = passes.fewer_calls(graph) if rewrite else graph
    program = Program(plan(called, reuse=reuse), where, guard=guard)
    fusing = Fusing(graph, where, reuse, guard, program.plan.calls) if wanted else None
    return Function(graph, form, program, fusing)


def _named(outputs: Outputs) -> tuple[dict[str, Node], Any]:
    named: dict[str, Node]
    form: Any
    if isinstance(outputs, Node):
        named, form = {"output": outputs}, Node
    elif isinstance(outputs, Mapping):
        named, form = dict(outputs), dict
    elif isinstance(outputs, Sequence):
        named, form = {str(index): node for index, node in enumerate(outputs)}, list
    else:
        came = type(outputs).__name__
        raise GraphError(f"compile: expected a node, or a list or dict of nodes, got {came}.")
    for name, node in named.items():
        if not isinstance(node, Node):
            raise GraphError(f"compile: output {name!r} is no node but {type(node).__name__}.")
    return named, form


def _float(dtype: Any) -> np.dtype:
    for known in map(np.dtype, ("float32", "float64")):
        if dtype in (known, known.name, known.type):
            return known
    raise GraphError(f"compile: expected dtype float32 or float64, got {dtype}.")


def with_updates(graph: Graph) -> Graph:
    """Return ``graph`` with the updates of its counters too; raises `GraphError` for one that cannot be."""
    for leaf, node in graph.updates.items():
        if not isinstance(leaf, Parameter):
            raise GraphError(f"compile: only parameters can be updated, not {leaf!r}.")
        if (node.shape, node.dtype) != (leaf.shape, leaf.dtype):
            raise GraphError(f"compile: {node!r} cannot be the new value of {leaf!r}.")
    with absolute_scope("update"):
        counters = {leaf: add(leaf, 1) for leaf in graph.leaves if isinstance(leaf, Counter)}
    return Graph(graph.outputs, {**counters, **graph.updates})


def prepared(graph: Graph, rewrite: bool = True) -> Graph:
    """Return ``graph`` as every backend takes it: rewritten, with outputs and updates of their own."""
    graph = _apart(passes.rewrite(graph) if rewrite else graph)
    _check_inputs(graph)
    return graph


def _apart(graph: Graph) -> Graph:
    """Return ``graph`` with values of their own for outputs and updates; each update is one a kernel writes.

    This comes last: a rewrite may find that an output is the very parameter whose rows it puts together.
    """
    outputs = {name: _kept(node, graph.updates) for name, node in graph.outputs.items()}
    updates = {
        leaf: node if node.inputs and not node.op.view else copy(node) for leaf, node in graph.updates.items()
    }
    return graph if (outputs, updates) == (graph.outputs, graph.updates) else Graph(outputs, updates)


def _kept(node: Node, updates: Mapping[Any, Node]) -> Node:
    """Return ``node``, or a copy of it where it shows a parameter that is updated before it is read."""
    source = node
    while source.op.view:
        source = source.inputs[0]
    return copy(node) if source in updates else node


def _check_inputs(graph: Graph) -> None:
    names = [leaf.name for leaf in graph.inputs]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise GraphError(f"compile: two different inputs are named {sorted(twice)[0]!r}; rename one.")
