"""``draw``: a model as a picture."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tinygraph.cli.command import command, opened

EXAMPLES = """\
  tinygraph draw m.tiny                             writes m.svg
  tinygraph draw m.tiny -o m.png                    also .pdf, .tex, .dot; .png and .pdf need tinygraph[png]
  tinygraph draw m.tiny --level unrolled --steps 4  every layer at each of 4 time steps
  tinygraph draw m.tiny --level cell --layer lstm   the operations of one step of a layer"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = command(commands, run, "draw a model", EXAMPLES)
    parser.add_argument("-o", "--output", metavar="PICTURE", help="(default: FILE's name with .svg, here)")
    parser.add_argument("--level", help="model (default), unrolled, cell or ops")
    parser.add_argument("--pass", dest="pass_", help="forward (default), backward, update or all")
    parser.add_argument("--stage", help="declared, differentiated, rewritten or planned")
    parser.add_argument("--steps", type=int, help="how many time steps; at level cell, which one")
    parser.add_argument("--layer", help="at level cell, the layer")


def run(given: argparse.Namespace) -> None:
    """Draw, and print the picture's name."""
    model = opened(given.file)
    how = {name: getattr(given, name) for name in ("level", "pass_", "stage", "steps", "layer")}
    print(model.draw(**how).save(given.output or Path(given.file).with_suffix(".svg").name))
