"""A graph of elementwise operations -> a function in LLVM's language: a loop over rows and columns.

The function takes the address of a block of 64-bit words: the number of rows, the number of columns, and
for each operand (inputs, then pieces of outputs) its address and how many bytes its rows stand apart.
Sizes are arguments, so every time step and every batch size can use one machine function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tinygraph.backends.fast.mathematics import Mathematics
from tinygraph.backends.fast.vectors import TYPES, Vectors
from tinygraph.backends.scalar.language import Value
from tinygraph.backends.scalar.lowering import compute, pieces
from tinygraph.graph import Graph

NAME = "tinygraph_kernel"


class Host(NamedTuple):
    """What the processor can: its widest vector in bytes, fused multiply-add, loads of some lanes only."""

    width: int
    fma: bool
    masks: bool


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
        features = (
            f'"min-legal-vector-width"="{8 * self.host.width}" "prefer-vector-width"="{8 * self.host.width}"'
        )
        head = f"define void @{NAME}(ptr %block) nounwind {features} {{"
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
                self.constant[k] = self._splat(k, operand, write)

    def _row_end(self, write: Callable[[str], None]) -> None:
        write("row_end:\n  %r.next = add i64 %r, 1")
        for k in range(len(self.operands)):
            write(f"  %p{k}.next = getelementptr i8, ptr %p{k}, i64 %step{k}")
        write(
            "  %more = icmp slt i64 %r.next, %rows\n  br i1 %more, label %row, label %end\nend:\n  ret void"
        )

    def _splat(self, k: int, operand: Operand, write: Callable[[str], None]) -> Value:
        """One element in every lane."""
        kind, dtype = TYPES[operand.dtype], operand.dtype
        whole, element = self.v.type(dtype), f"%one{k}"
        if dtype == "bool":
            write(f"  %byte{k} = load i8, ptr %p{k}\n  {element} = icmp ne i8 %byte{k}, 0")
        else:
            write(f"  {element} = load {kind}, ptr %p{k}")
        write(f"  %lane{k} = insertelement {whole} poison, {kind} {element}, i32 0")
        mask = f"<{self.v.lanes} x i32> zeroinitializer"
        write(f"  %all{k} = shufflevector {whole} %lane{k}, {whole} poison, {mask}")
        return Value(f"%all{k}", dtype)

    def _columns(
        self, label: str, before: str, after: str, masked: bool, last: str, first: str = "0"
    ) -> None:
        """A loop that takes as many columns at a time as a vector has lanes, up to ``last``."""
        v, lanes, write = self.v, self.v.lanes, self.v.lines.append
        v.forget()
        j = f"%{label}.j"
        write(f"{label}:\n  {j} = phi i64 [{first}, %{before}], [{j}.next, %{label}]")
        mask = self._mask(j) if masked else None
        given = []
        for k, operand in enumerate(self.inputs):
            given.append(self.constant[k] if k in self.constant else self._load(k, operand.dtype, j, mask))
        for k, value in enumerate(self.body(given), len(self.inputs)):
            self._store(k, value, j, mask)
        write(f"  {j}.next = add i64 {j}, {lanes}\n  {j}.more = icmp slt i64 {j}.next, {last}")
        write(f"  br i1 {j}.more, label %{label}, label %{after}")

    def _mask(self, j: str) -> str:
        """Which lanes are columns that there are."""
        lanes, write = self.v.lanes, self.v.write
        self.v.declared["umin"] = "declare i64 @llvm.umin.i64(i64, i64)"
        left = write(f"sub i64 %cols, {j}")
        few = write(f"trunc i64 {write(f'call i64 @llvm.umin.i64(i64 {left}, i64 {lanes})')} to i32")
        kind = f"<{lanes} x i32>"
        lane = write(f"insertelement {kind} poison, i32 {few}, i32 0")
        limit = write(f"shufflevector {kind} {lane}, {kind} poison, {kind} zeroinitializer")
        numbers = ", ".join(f"i32 {lane}" for lane in range(lanes))
        return write(f"icmp ult {kind} <{numbers}>, {limit}")

    def _address(self, k: int, dtype: str, j: str) -> tuple[str, str, int]:
        """The address of an operand's column j, its vector type in memory, and an element's size."""
        element = "i8" if dtype == "bool" else TYPES[dtype]
        size = {"float": 4, "double": 8, "i32": 4, "i64": 8, "i8": 1}[element]
        address = self.v.write(f"getelementptr {element}, ptr %p{k}, i64 {j}")
        return address, f"<{self.v.lanes} x {element}>", size

    def _load(self, k: int, dtype: str, j: str, mask: str | None) -> Value:
        address, kind, size = self._address(k, dtype, j)
        if mask is None:
            text = self.v.write(f"load {kind}, ptr {address}, align {size}")
        else:
            name = self._masked("load", kind, dtype)
            mask = f"{self.v.type('bool')} {mask}"
            given = f"ptr {address}, i32 {size}, {mask}, {kind} zeroinitializer"
            text = self.v.write(f"call {kind} {name}({given})")
        return Value(
            self.v.write(f"icmp ne {kind} {text}, zeroinitializer") if dtype == "bool" else text, dtype
        )

    def _store(self, k: int, value: Value, j: str, mask: str | None) -> None:
        address, kind, size = self._address(k, value.dtype, j)
        text = value.text
        if value.dtype == "bool":
            text = self.v.write(f"zext {self.v.type('bool')} {text} to {kind}")
        if mask is None:
            self.v.lines.append(f"  store {kind} {text}, ptr {address}, align {size}")
        else:
            name = self._masked("store", kind, value.dtype)
            given = f"{kind} {text}, ptr {address}, i32 {size}, {self.v.type('bool')} {mask}"
            self.v.lines.append(f"  call void {name}({given})")

    def _masked(self, what: str, kind: str, dtype: str) -> str:
        """The name of LLVM's load or store of some lanes."""
        short = {"float32": "f32", "float64": "f64", "int32": "i32", "int64": "i64", "bool": "i8"}[dtype]
        name = f"@llvm.masked.{what}.v{self.v.lanes}{short}.p0"
        bools = self.v.type("bool")
        takes = f"ptr, i32, {bools}, {kind}" if what == "load" else f"{kind}, ptr, i32, {bools}"
        result = kind if what == "load" else "void"
        self.v.declared[name] = f"declare {result} {name}({takes})"
        return name
