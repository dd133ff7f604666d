"""A graph of elementwise operations -> a function in LLVM's language: a loop over rows and columns.

The function takes the address of a block of 64-bit words: the number of rows, the number of columns, and
for each operand (inputs, then pieces of outputs) its address and how many bytes its rows stand apart.
Sizes are arguments, so every time step and every batch size can use one machine function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tinygraph.backends.fast import memory
from tinygraph.backends.fast.mathematics import Mathematics
from tinygraph.backends.fast.vectors import Vectors
from tinygraph.backends.scalar.language import Value
from tinygraph.backends.scalar.lowering import compute, pieces
from tinygraph.graph import Graph

NAME = "tinygraph_kernel"


class Host(NamedTuple):
    """What the processor can: its widest vector in bytes, fused multiply-add, loads of some lanes only; and
    how many vectors its registers hold."""

    width: int
    fma: bool
    masks: bool
    registers: int


def attributes(host: Host) -> str:
    """What LLVM is to know of a function: it raises nothing, and may use the widest vectors."""
    bits = 8 * host.width
    return f'nounwind "min-legal-vector-width"="{bits}" "prefer-vector-width"="{bits}"'


class Operand(NamedTuple):
    """An input or a piece of an output. One that does not vary along a row is read once a row."""

    dtype: str
    varies: bool


def source(graph: Graph, varies: Sequence[bool], one_column: bool, host: Host) -> str:
    """Return the text of the function. ``varies`` says of each input whether it varies along a row."""
    named = {node.name: node for node in graph.inputs}
    inputs = [Operand(named[str(k)].dtype.name, varies[k]) for k in range(len(varies))]
    outputs = [Operand(p.dtype.name, True) for y in graph.outputs.values() for p in pieces(y)]
    dtypes = {node.dtype for node in graph.nodes if node.dtype.kind != "b"}
    widest = max([4] if not dtypes else [8 if min(d.itemsize for d in dtypes) == 8 else 4])
    vectors = Mathematics(1 if one_column else host.width // widest, host.fma)

    def body(given: Sequence[Value]) -> list[Value]:
        return compute(vectors, graph, {str(k): value for k, value in enumerate(given)})

    return _Loop(vectors, inputs, outputs, body, host).text()


class _Loop:
    """The function around the body: rows, and within a row so many columns at a time."""

    def __init__(
        self,
        vectors: Vectors,
        inputs: Sequence[Operand],
        outputs: Sequence[Operand],
        body: Callable[[Sequence[Value]], list[Value]],
        host: Host,
    ):
        self.v = vectors
        self.inputs = inputs
        self.outputs = outputs
        self.operands = [*inputs, *outputs]
        self.body = body
        self.host = host
        self.constant: dict[int, Value] = {}

    def text(self) -> str:
        write = self.v.lines.append
        self._entry(write)
        self._row(write)
        lanes = self.v.lanes
        if lanes == 1 or self.host.masks:  # one loop serves whole vectors and the rest of a row
            write("  br label %some")
            self._columns("some", "row", "row_end", masked=lanes > 1, last="%cols")
        else:
            write(f"  %whole = and i64 %cols, {-lanes}")
            write("  %any = icmp sgt i64 %whole, 0")
            write("  br i1 %any, label %many, label %few")
            self._columns("many", "row", "few", masked=False, last="%whole")
            write("few:\n  %left = icmp slt i64 %whole, %cols\n  br i1 %left, label %some, label %row_end")
            self._columns("some", "few", "row_end", masked=True, last="%cols", first="%whole")
        self._row_end(write)
        head = f"define void @{NAME}(ptr %block) {attributes(self.host)} {{"
        return "\n".join([*sorted(self.v.declared.values()), head, *self.v.lines, "}", ""])

    def _entry(self, write: Callable[[str], None]) -> None:
        write("entry:")
        names = ["%rows", "%cols"]
        for k in range(len(self.operands)):
            names += [f"%base{k}", f"%step{k}"]
        for place, name in enumerate(names):
            write(f"  {name}.at = getelementptr i64, ptr %block, i64 {place}")
            write(f"  {name} = load {'ptr' if name.startswith('%base') else 'i64'}, ptr {name}.at")
        write("  br label %row")

    def _row(self, write: Callable[[str], None]) -> None:
        write("row:\n  %r = phi i64 [0, %entry], [%r.next, %row_end]")
        for k in range(len(self.operands)):
            write(f"  %p{k} = phi ptr [%base{k}, %entry], [%p{k}.next, %row_end]")
        for k, operand in enumerate(self.inputs):
            if not operand.varies:
                self.constant[k] = memory.splat(self.v, operand.dtype, f"%p{k}")

    def _row_end(self, write: Callable[[str], None]) -> None:
        write("row_end:\n  %r.next = add i64 %r, 1")
        for k in range(len(self.operands)):
            write(f"  %p{k}.next = getelementptr i8, ptr %p{k}, i64 %step{k}")
        write(
            "  %more = icmp slt i64 %r.next, %rows\n  br i1 %more, label %row, label %end\nend:\n  ret void"
        )

    def _columns(
        self, label: str, before: str, after: str, masked: bool, last: str, first: str = "0"
    ) -> None:
        """A loop that takes as many columns at a time as a vector has lanes, up to ``last``."""
        v, lanes, write = self.v, self.v.lanes, self.v.lines.append
        v.forget()
        j = f"%{label}.j"
        write(f"{label}:\n  {j} = phi i64 [{first}, %{before}], [{j}.next, %{label}]")
        mask = memory.lanes_up_to(v, v.write(f"sub i64 %cols, {j}")) if masked else None
        given = []
        for k, (dtype, varies) in enumerate(self.inputs):
            address = self._address(k, dtype, j)
            given.append(memory.load(v, dtype, address, mask) if varies else self.constant[k])
        for k, value in enumerate(self.body(given), len(self.inputs)):
            memory.store(v, value, self._address(k, value.dtype, j), mask)
        write(f"  {j}.next = add i64 {j}, {lanes}\n  {j}.more = icmp slt i64 {j}.next, {last}")
        write(f"  br i1 {j}.more, label %{label}, label %{after}")

    def _address(self, k: int, dtype: str, j: str) -> str:
        """The address of an operand's column j."""
        return self.v.write(f"getelementptr {memory.element(dtype)}, ptr %p{k}, i64 {j}")
