"""When a program is worth compiling: it begins in plain NumPy, and becomes machine code as it runs on."""

from __future__ import annotations

import warnings

from tinygraph.backends import Backend, BackendError
from tinygraph.collector import collector_paused
from tinygraph.graph import Graph
from tinygraph.ops.fused import fused
from tinygraph.plan import Plan, plan
from tinygraph.rewrites import passes
from tinygraph.run import Program

# Seconds, as measured: a call of a kernel in NumPy; rewriting, planning and binding a node; importing the
# compiler, and compiling what every program uses; compiling a kernel, and each operation in it.
A_CALL, A_NODE, THE_COMPILER, A_KERNEL, AN_OPERATION = 2e-6, 25e-6, 0.12, 3e-3, 0.2e-3


@collector_paused()
def fused_program(graph: Graph, backend: Backend, reuse: bool, guard: str | None) -> Program:
    """Return the program of ``graph`` as machine code."""
    return Program(plan(passes.fuse(graph), reuse=reuse), backend.compiled(), guard=guard)


class Fusing:
    """Counts the runs of a program, and compiles it when it has run about as long as that takes.

    How long that is, is estimated from the graph and not measured: machine code differs from NumPy in the
    last bits, so two processes must change from one to the other at the same run.
    """

    def __init__(self, graph: Graph, backend: Backend, reuse: bool, guard: str | None, calls: int):
        self.graph = graph
        self.backend = backend
        self.reuse = reuse
        self.guard = guard
        self.a_run = A_CALL * max(1, calls)
        self.spent = 0.0
        self.due = A_NODE * len(graph.nodes) + THE_COMPILER
        self.plan: Plan | None = None
        self.done = False

    def next(self) -> Program | None:
        """Return the compiled program if the run that is about to be is to use it, else None."""
        if self.spent >= self.due:
            try:
                return self._compiled()
            except BackendError:
                self.done = True
            except (RuntimeError, OSError) as problem:  # what llvmlite raises
                self.done = True
                warnings.warn(f"a program stays in NumPy, as compiling failed: {problem}", stacklevel=4)
        self.spent += self.a_run
        return None

    @collector_paused()
    def _compiled(self) -> Program | None:
        """Return the program, unless compiling what there turns out to be has to wait longer."""
        backend = self.backend.compiled()
        if self.plan is None:
            graph = passes.fuse(self.graph)
            if graph is self.graph:
                self.done = True
                return None
            self.plan = plan(graph, reuse=self.reuse)
            kernels = {node.attrs["graph"] for node in graph.nodes if node.op is fused}
            self.due += sum(A_KERNEL + AN_OPERATION * len(kernel.nodes) for kernel in kernels)
            if self.spent < self.due:
                return None
        program = Program(self.plan, backend, guard=self.guard)
        self.done = True
        return program
