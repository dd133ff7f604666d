"""Rows of a table as the samples of an input, and outputs as columns."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence

import numpy as np

from tinygraph.cli.table import Array, Table
from tinygraph.nn.symbol import Symbol


def samples_of(table: Table, symbol: Symbol, stride: int = 1, last: bool = False) -> Array:
    """Return the samples of an input that the rows of a table hold.

    With as many columns as a sample has elements each row is a sample. For (time, ...) there may be as many
    columns as one time step has elements: then each row is a step, and samples are windows of rows.

    Args:
        stride: rows from the beginning of a window to that of the next.
        last: take only the last window, or the last sample.

    Raises:
        ValueError: another number of columns, too few rows for one window, cells that are no numbers.
    """
    shape, columns = symbol.shape, len(table.names)
    whole = columns == math.prod(shape)
    if not whole and (len(shape) < 2 or columns != math.prod(shape[1:])):
        raise ValueError(_expected(table, symbol))
    numbers = table.numbers()
    if whole and stride > 1:
        raise ValueError(f"{table.path}: --stride is for windows of rows, but here each row is a sample.")
    if whole:
        samples = numbers.reshape(-1, *shape)
        return samples[-1:] if last else samples
    time, rows = shape[0], len(numbers)
    if rows < time:
        raise ValueError(
            f"{table.path}: input {symbol.name!r} takes windows of {time} rows, got only {rows}."
        )
    starts = [rows - time] if last else range(0, rows - time + 1, stride)
    return np.stack([numbers[start : start + time] for start in starts]).reshape(-1, *shape)


def _expected(table: Table, symbol: Symbol) -> str:
    """The message on a number of columns that does not fit."""
    shape = symbol.shape
    needed = f"{math.prod(shape)} columns (a row for each sample)"
    if len(shape) > 1:
        needed = f"{math.prod(shape[1:])} columns (a row for each time step) or {needed}"
    return (
        f"{table.path}: input {symbol.name!r} of shape {shape} needs {needed}, got {table.described}. "
        "Choose with --columns, or say with --delimiter what separates columns."
    )


def chosen(table: Table, asked: str | None, trained_on: Sequence[str] | None) -> Table:
    """Return the columns that were asked for, with commas, or those by name that the model was trained on."""
    if asked is not None:
        return table.pick([name.strip() for name in next(csv.reader([asked], skipinitialspace=True)) or [""]])
    if trained_on and any(table.names):
        return table.pick(trained_on)
    return table


def columns_of(outputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return the outputs of all samples as columns: ``out``, or ``out_0``, ``out_1`` and so on."""
    columns: dict[str, Array] = {}
    for name, values in outputs.items():
        sizes = values.shape[1:]
        for place, column in zip(np.ndindex(*sizes), values.reshape(len(values), -1).T, strict=True):
            index = [str(k) for k, size in zip(place, sizes, strict=True) if size > 1]
            columns["_".join([name, *index])] = column
    return columns
