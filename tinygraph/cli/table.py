"""CSV as numbers: read with the place of whatever is none, and written."""

from __future__ import annotations

import csv
import io
import math
import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

#: what stands for a value that is missing
MISSING = {"", "na", "n/a", "nan", "null", "none", "-"}


class Table(NamedTuple):
    """The cells of a CSV file, with the number of the line where each row stands; "" is for no header."""

    path: str
    names: list[str]
    rows: list[list[str]]
    lines: list[int]
    decimal: str = "."

    def pick(self, wanted: Sequence[str]) -> Table:
        """Return some of the columns, by name or by number from 1, in the order asked for."""
        places = [self._place(name) for name in wanted]
        names = [self.names[k] for k in places]
        return self._replace(names=names, rows=[[row[k] for k in places] for row in self.rows])

    def _place(self, name: str) -> int:
        if self.names.count(name) > 1:
            raise ValueError(f"{self.path}: there are several columns {name!r}; choose one by its number.")
        if name in self.names:
            return self.names.index(name)
        if name.isdecimal() and 1 <= int(name) <= len(self.names):
            return int(name) - 1
        raise ValueError(f"{self.path}: there is no column {name!r}; there are {self.described}.")

    @property
    def described(self) -> str:
        """The columns, in words."""
        named = f": {', '.join(self.names)}" if any(self.names) else ", without names"
        return f"{len(self.names)} column{'s' * (len(self.names) != 1)}{named}"

    def numbers(self) -> Array:
        """Return the cells as numbers (rows, columns), or raise ValueError for the first that is none."""
        values = np.empty((len(self.rows), len(self.names)))
        for k, (row, line) in enumerate(zip(self.rows, self.lines, strict=True)):
            for column, cell in enumerate(row):
                values[k, column] = self._number(cell, line, column)
        return values

    def _number(self, cell: str, line: int, column: int) -> float:
        number = _number(cell, self.decimal)
        if number is not None and math.isfinite(number):
            return number
        where = f"{self.path}: line {line}, column {self.names[column] or column + 1}"
        if cell.strip().lower() in MISSING:
            raise ValueError(f"{where}: no value; fill it, or leave the row out.")
        raise ValueError(
            f"{where}: expected a number, got {cell!r}; choose columns with --columns, and say --header if "
            "this is one, --delimiter if something else separates columns, or --decimal , if 1,5 is a number."
        )


def _number(cell: str, decimal: str) -> float | None:
    if decimal != "." and "." in cell:  # as in 1.234,5
        return None
    try:
        return float(cell.replace(decimal, "."))
    except ValueError:
        return None


def read(path: str, delimiter: str = ",", header: bool | None = None, decimal: str = ".") -> Table:
    """Read a CSV file, or stdin for ``-``. Of itself the first row is a header if no cell is a number.

    ``decimal`` is the mark before the fraction of a number: a point or a comma.

    Raises:
        ValueError: no rows, rows of different lengths, no UTF-8.
        OSError: it cannot be read.
    """
    if delimiter in ("tab", "\\t"):
        delimiter = "\t"
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise ValueError(f"--delimiter: expected one character, or tab, got {delimiter!r}.")
    if delimiter == decimal:
        raise ValueError(f"--decimal: {decimal!r} separates columns already; say --delimiter as well.")
    try:
        with nullcontext(sys.stdin) if path == "-" else open(path, encoding="utf-8", newline="") as file:
            lines, rows = _rows(file, delimiter)
    except UnicodeDecodeError as problem:
        raise ValueError(f"{path}: no text in UTF-8: {problem}; save it as CSV UTF-8.") from None
    except csv.Error as problem:
        raise ValueError(f"{path}: no CSV: {problem}.") from None
    path = "stdin" if path == "-" else path
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(rows[0]):
            raise ValueError(
                f"{path}: line {line} has {len(row)} columns, the first one {len(rows[0])}; make them as "
                "many, or say with --delimiter what separates columns."
            )
    names = [""] * len(rows[0]) if rows else []
    if rows and (_are_names(rows[0], decimal) if header is None else header):
        names, rows, lines = [cell.strip() for cell in rows[0]], rows[1:], lines[1:]
    if not rows:
        raise ValueError(f"{path}: expected rows of numbers, got none.")
    return Table(path, names, rows, lines, decimal)


def _are_names(cells: Sequence[str], decimal: str) -> bool:
    """Whether no cell is a number, and not all of them are missing."""
    missing = all(cell.strip().lower() in MISSING for cell in cells)
    return not missing and all(_number(cell, decimal) is None for cell in cells)


def _rows(file: Iterable[str], delimiter: str) -> tuple[list[int], list[list[str]]]:
    """The rows that are not blank, and the lines where they end; a mark of UTF-8 before them is left out."""
    text = (line.removeprefix("\ufeff") if k == 0 else line for k, line in enumerate(file))
    reader = csv.reader(text, delimiter=delimiter)
    found = [(reader.line_num, row) for row in reader if len(row) > 1 or "".join(row).strip()]
    return [line for line, _ in found], [row for _, row in found]


def written(columns: dict[str, Array]) -> str:
    """Return named columns of equal lengths as the text of a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()
