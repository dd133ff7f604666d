"""When a program is worth compiling: it begins in plain NumPy, and pays for machine code as it runs."""

from __future__ import annotations

import warnings

from tinygraph.backends import Backend, BackendError
from tinygraph.collector import collector_paused
from tinygraph.graph import Graph
from tinygraph.plan import Plan, plan
from tinygraph.rewrites import passes
from tinygraph.run import Program

#: Seconds: rewriting, planning and binding one node, and importing the compiler. Measured.
A_NODE, THE_COMPILER = 25e-6, 0.05
#: Kernels are compiled when the program has run this many times as long as that takes.
PATIENCE = 2.0


@collector_paused()
def fused_program(graph: Graph, backend: Backend, reuse: bool) -> Program:
    """Return the program of ``graph`` with its elementwise operations compiled, however long that takes."""
    return Program(plan(passes.fuse(graph), reuse=reuse), backend.compiled(compile=True))


class Fusing:
    """Counts what a program has run, and makes it the compiled one when that has been long enough.

    Code that an earlier process left on disk costs nothing but finding out which is needed.
    """

    def __init__(self, graph: Graph, backend: Backend, reuse: bool):
        self.graph = graph
        self.backend = backend
        self.reuse = reuse
        self.spent = 0.0
        self.price = A_NODE * len(graph.nodes) + THE_COMPILER
        self.plan: Plan | None = None
        self.done = False

    def add(self, seconds: float) -> None:
        """A run has taken so long."""
        self.spent += seconds

    def faster(self) -> Program | None:
        """Return the compiled program if it is time for it, else None."""
        if self.done or self.spent < self.price:
            return None
        try:
            return self._compiled() if self.plan is not None else self._found()
        except BackendError:
            self.done = True
        except (RuntimeError, OSError) as problem:  # what llvmlite raises
            self.done = True
            warnings.warn(f"the program stays in NumPy, as compiling failed: {problem}", stacklevel=4)
        return None

    @collector_paused()
    def _found(self) -> Program | None:
        """The program, if all its kernels were compiled before; else what it costs to compile them."""
        backend = self.backend.compiled(compile=False)
        fused = passes.fuse(self.graph)
        self.done = fused is self.graph
        if self.done:
            return None
        self.plan = plan(fused, reuse=self.reuse)
        program = Program(self.plan, backend)
        self.done = not backend.missing
        self.price = self.spent + PATIENCE * backend.seconds
        return program if self.done else None

    @collector_paused()
    def _compiled(self) -> Program:
        assert self.plan is not None
        program = Program(self.plan, self.backend.compiled(compile=True))
        self.done = True
        return program
