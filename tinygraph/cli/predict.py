"""``predict``: what a model says of the rows of CSV files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from tinygraph.cli.command import command, opened
from tinygraph.cli.samples import chosen, columns_of, samples_of
from tinygraph.cli.table import read, written
from tinygraph.files import write_whole
from tinygraph.nn.arguments import flat

EXAMPLES = """\
  tinygraph predict m.tiny data.csv                 predictions as CSV on the terminal
  tinygraph predict m.tiny data.csv -o out.csv      in a file
  tinygraph predict m.tiny data.csv --columns t,p   some of the columns, by name or number from 1
  tinygraph predict m.tiny data.csv --last          only for the last rows: a forecast from now on
  tinygraph predict m.tiny de.csv --delimiter ";" --decimal ,
  tinygraph predict m.tiny series.csv meta.csv      a model with two inputs
  cut -d, -f2- data.csv | tinygraph predict m.tiny -

rows:
  A model of (features) takes a row for each sample. One of (time, features) takes a row for each time
  step, and predicts for every window of so many rows, or a row for each sample with all its steps."""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = command(commands, run, "predict for the rows of CSV files", EXAMPLES)
    parser.add_argument("data", metavar="DATA", nargs="+", help="CSV files, one for each input; - is stdin")
    parser.add_argument("-o", "--output", metavar="CSV", help="(default: the terminal)")
    parser.add_argument(
        "--columns", action="append", help="which columns, by name or number, with commas; once for each DATA"
    )
    parser.add_argument("--delimiter", default=",", help="what separates columns (default: a comma)")
    parser.add_argument(
        "--decimal", default=".", choices=(".", ","), help="what is before the fraction of a number"
    )
    header = parser.add_mutually_exclusive_group()
    header.add_argument("--header", action="store_true", default=None, help="the first row is names")
    header.add_argument("--no-header", action="store_false", default=None, dest="header", help="it has none")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--stride", type=int, default=1, help="rows from one window to the next (default: 1)")
    which.add_argument("--last", action="store_true", help="only the last window")


def run(given: argparse.Namespace) -> None:
    """Read, predict, write."""
    if given.stride < 1:
        raise ValueError(f"--stride: expected a whole number of at least 1, got {given.stride}.")
    model = opened(given.file)
    names = [symbol.name for symbol in model.inputs]
    if len(given.data) != len(names):
        raise ValueError(
            f"{given.file}: expected a CSV file for each input, in the order {', '.join(names)}; "
            f"got {len(given.data)}."
        )
    columns = given.columns or [None] * len(names)
    if len(columns) != len(names):
        raise ValueError(f"--columns: expected one for each of {len(names)} CSV files, got {len(columns)}.")
    x = {}
    for symbol, path, asked in zip(model.inputs, given.data, columns, strict=True):
        table = read(path, given.delimiter, given.header, given.decimal)
        table = chosen(table, asked, model.columns.get(symbol.name))
        x[symbol.name] = samples_of(table, symbol, given.stride, given.last)
    outputs = model.predict(x)
    if not isinstance(outputs, dict):
        outputs = dict(zip(model.output_names, flat(outputs), strict=True))
    text = written(columns_of(outputs))
    if given.output:
        write_whole(Path(given.output), text)
    else:
        sys.stdout.writelines(text.splitlines(keepends=True))  # at once would hide a pipe that is closed
