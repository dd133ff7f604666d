"""A tile of a product: so many rows and vectors of C in registers, while k runs over the depth.

One function, in LLVM's language, for each size of tile. Its loop over k is the innermost one there is; all
else that a product does happens once a tile.
"""

from __future__ import annotations

from typing import NamedTuple

from tinygraph.backends.fast import memory
from tinygraph.backends.fast.kernel import Host, attributes
from tinygraph.backends.fast.vectors import Value, Vectors

#: What each part of a product is told: the block; where the first element of its part of A, B and C stands;
#: how many rows of B to take; whether C begins at zero; and how many columns are left.
ARGUMENTS = "ptr %block, ptr %a, ptr %b, ptr %c, i64 %depth, i1 %begins, i64 %columns"
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
    """Sums begin at zero or at what C holds, grow with k, and are stored."""

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
        held = [memory.load(self.v, self.tile.dtype, at, self.mask) for at in self.places]
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
        for at, total in zip(self.places, sums, strict=True):
            memory.store(self.v, total, at, self.mask)
        write("  ret void")
        return self.v.lines

    def _entry(self) -> None:
        """The addresses of the rows of A, and of each vector of C."""
        write, v = self.v.lines.append, self.v
        write("entry:\n" + words(a_row=4, a_step=5, b_row=7, c_row=9))
        self.rows, row_of_c, self.places = ["%a"], "%c", []
        for row in range(self.tile.rows):
            if row:
                self.rows.append(v.write(f"getelementptr i8, ptr {self.rows[-1]}, i64 %a_row"))
                row_of_c = v.write(f"getelementptr i8, ptr {row_of_c}, i64 %c_row")
            self.places += [self._vector(row_of_c, vector) for vector in range(self.tile.vectors)]
        if self.tile.masked:
            self.mask = memory.lanes_up_to(v, "%columns")
        write("  br i1 %begins, label %start, label %held\nheld:")

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
        a = [memory.splat(v, dtype, v.write(f"getelementptr i8, ptr {at}, i64 {step}")) for at in self.rows]
        return [v.fma(a[row], b[vector], one) for (row, vector), one in zip(self.cells, sums, strict=True)]
