"""A tile of a product: so many rows and vectors of C in registers, while k runs over the depth.

One function, in LLVM's language, for each size of tile. Its loop over k is the innermost one there is; all
else that a product does happens once a tile.
"""

from __future__ import annotations

from typing import NamedTuple

from tinygraph.backends.fast import memory
from tinygraph.backends.fast.kernel import Host, attributes
from tinygraph.backends.fast.vectors import Vectors
from tinygraph.backends.scalar.language import Value

#: What each part of a product is told: the block; where the first element of its part of A, B and C stands;
#: what its sums begin with, the bytes between rows of that, and whether it is zero; how many rows of B to
#: take, and how many columns are left.
ARGUMENTS = "ptr %block, ptr %a, ptr %b, ptr %c, ptr %z, i64 %z_row, i1 %zero, i64 %depth, i64 %columns"
#: Additions that the processor has on the way at once: two a cycle, which take four cycles.
ON_THE_WAY = 8


class Tile(NamedTuple):
    """``masked``: of its one vector of columns there may be some lanes only."""

    rows: int
    vectors: int
    lanes: int
    masked: bool
    dtype: str


def source(name: str, tile: Tile, host: Host) -> tuple[str, dict[str, str]]:
    """The text of a tile's function, and what it needs declared."""
    body = _Body(tile, host)
    head = f"define internal void {name}({ARGUMENTS}) {attributes(host)} {{"
    return "\n".join([head, *body.lines(), "}", ""]), body.v.declared


def words(**places: int) -> str:
    """Load the words of the block at these places, under these names."""
    lines = []
    for name, place in places.items():
        lines.append(f"  %{name}.word = getelementptr i64, ptr %block, i64 {place}")
        lines.append(f"  %{name} = load i64, ptr %{name}.word")
    return "\n".join(lines)


class _Body:
    """Sums begin with Z or at zero, grow with k, and are stored."""

    def __init__(self, tile: Tile, host: Host):
        self.tile = tile
        self.v = Vectors(tile.lanes, host.fma)
        self.cells = [(row, vector) for row in range(tile.rows) for vector in range(tile.vectors)]
        self.kind = self.v.type(tile.dtype)
        self.size = memory.SIZES[memory.element(tile.dtype)]
        self.mask: str | None = None

    def lines(self) -> list[str]:
        write = self.v.lines.append
        self._entry()
        held = [memory.load(self.v, self.tile.dtype, at, self.mask) for at in self._places("z")]
        write("  br label %start\nstart:")
        for cell, value in enumerate(held):
            write(f"  %sum{cell} = phi {self.kind} [zeroinitializer, %entry], [{value.text}, %held]")
        sums = [Value(f"%sum{cell}", self.tile.dtype) for cell in range(len(self.cells))]
        several = -(-ON_THE_WAY // len(sums))
        before, first = "start", "0"
        if several > 1:
            write(f"  %most = and i64 %depth, {-several}")
            nothing = [self.v.number(0.0, self.tile.dtype)] * (len(sums) * (several - 1))
            sums = self._loop("many", several, before, first, "%most", [*sums, *nothing])
            before, first = "many.end", "%many.k"
        sums = self._loop("one", 1, before, first, "%depth", sums)
        for at, total in zip(self._places("c"), sums, strict=True):
            memory.store(self.v, total, at, self.mask)
        write("  ret void")
        return self.v.lines

    def _entry(self) -> None:
        write = self.v.lines.append
        write("entry:\n" + words(a_row=4, a_step=5, b_row=7, c_row=9))
        self.rows_of_a = self._rows("a")
        if self.tile.masked:
            self.mask = memory.lanes_up_to(self.v, "%columns")
        write("  br i1 %zero, label %start, label %held\nheld:")

    def _rows(self, matrix: str) -> list[str]:
        """The addresses of the rows of a matrix."""
        rows = [f"%{matrix}"]
        for _ in range(self.tile.rows - 1):
            rows.append(self.v.write(f"getelementptr i8, ptr {rows[-1]}, i64 %{matrix}_row"))
        return rows

    def _places(self, matrix: str) -> list[str]:
        """The addresses of all vectors of a matrix."""
        rows = self._rows(matrix)
        return [self._vector(rows[row], vector) for row, vector in self.cells]

    def _vector(self, row: str, vector: int) -> str:
        return self.v.write(f"getelementptr i8, ptr {row}, i64 {vector * self.tile.lanes * self.size}")

    def _loop(
        self, label: str, several: int, before: str, first: str, stop: str, sums: list[Value]
    ) -> list[Value]:
        """While ``several`` k are left up to ``stop``: one for each set of sums. Returns the sets' total."""
        write, v, dtype = self.v.lines.append, self.v, self.tile.dtype
        v.forget()
        write(f"  br label %{label}\n{label}:")
        write(f"  %{label}.k = phi i64 [{first}, %{before}], [%{label}.next, %{label}.do]")
        running = [Value(f"%{label}.sum{number}", dtype) for number in range(len(sums))]
        header = len(v.lines)
        write(f"  %{label}.left = icmp slt i64 %{label}.k, {stop}")
        write(f"  br i1 %{label}.left, label %{label}.do, label %{label}.end\n{label}.do:")
        totals: list[Value] = []
        for number in range(several):
            k = v.write(f"add i64 %{label}.k, {number}")
            totals += self._row_of_b(k, running[len(totals) : len(totals) + len(self.cells)])
        write(f"  %{label}.next = add i64 %{label}.k, {several}")
        write(f"  br label %{label}\n{label}.end:")
        v.lines[header:header] = [
            f"  {phi.text} = phi {self.kind} [{start.text}, %{before}], [{total.text}, %{label}.do]"
            for phi, start, total in zip(running, sums, totals, strict=True)
        ]
        v.forget()
        count = len(self.cells)
        whole = running[:count]
        for number in range(1, several):
            other = running[number * count :][:count]
            whole = [v.arithmetic("+", one, more) for one, more in zip(whole, other, strict=True)]
        return whole

    def _row_of_b(self, k: str, sums: list[Value]) -> list[Value]:
        """Each sum of a row i and column j with A[i, k] B[k, j] added."""
        v, dtype = self.v, self.tile.dtype
        row = v.write(f"getelementptr i8, ptr %b, i64 {v.write(f'mul i64 {k}, %b_row')}")
        b = [
            memory.load(v, dtype, self._vector(row, vector), self.mask) for vector in range(self.tile.vectors)
        ]
        step = v.write(f"mul i64 {k}, %a_step")
        a = [
            memory.splat(v, dtype, v.write(f"getelementptr i8, ptr {at}, i64 {step}"))
            for at in self.rows_of_a
        ]
        return [v.fma(a[row], b[vector], one) for (row, vector), one in zip(self.cells, sums, strict=True)]
