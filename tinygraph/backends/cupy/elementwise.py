"""A graph of elementwise operations -> one kernel, a thread for each element of the space it runs over.

Sizes and strides are arguments, so every time step and every batch size can use one kernel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.backends.cupy.language import TYPES, Statements
from tinygraph.backends.cupy.launch import GUARD, GUARDED, NAME, Launch, compiled, fits
from tinygraph.backends.scalar.lowering import compute, pieces, split
from tinygraph.backends.scalar.space import joined
from tinygraph.backends.scalar.texts import kept_with_graph
from tinygraph.graph import Graph

THREADS = 128  # of a block: small ones spread a small array over more of the device
MOST_BYTES = 4000  # of arguments: a launch can take 4096


def launch(xp: Any, graph: Graph, inputs: Sequence[Any], out: Sequence[Any]) -> Launch | None:
    """Return the launch that computes ``graph`` of ``inputs`` into ``out``.

    None if there are too many arguments, or no elements and so nothing to compute.
    """
    parts = [part for array, y in zip(out, graph.outputs.values(), strict=True) for part in split(array, y)]
    shape = parts[0].shape
    arrays = [*(xp.broadcast_to(array, shape) for array in inputs), *parts]
    axes = joined(shape, [_strides(array) for array in arrays]) or [(1, [0] * len(arrays))]
    sizes, steps = zip(*axes, strict=True)
    size = math.prod(sizes)
    of_each = list(zip(*steps, strict=True))  # the steps of each array
    reaches = [sum(abs(step) * n for step, n in zip(each, sizes, strict=True)) for each in of_each]
    place = np.int32 if fits(size, *reaches) else np.int64
    arguments = [place(size), *map(place, sizes)]
    for array, each in zip(arrays, of_each, strict=True):
        arguments += [array, *map(place, each)]
    taken = sum(argument.itemsize if isinstance(argument, np.generic) else 8 for argument in arguments)
    if not size or taken > MOST_BYTES:
        return None
    text = source(graph, len(sizes), place is np.int64)
    return Launch(compiled(xp, text), (-(-size // THREADS),), (THREADS,), tuple(arguments))


@kept_with_graph
def source(graph: Graph, axes: int, wide: bool) -> str:
    """The text of the kernel over so many axes; in a ``wide`` one places are numbers of 64 bits."""
    named = {node.name: node for node in graph.inputs}
    inputs = [named[str(k)].dtype.name for k in range(len(named))]
    body = Statements()
    given = {str(k): body.write(f"x{k}[{_place(f'x{k}', axes)}]", dtype) for k, dtype in enumerate(inputs)}
    results = compute(body, graph, given)
    outputs = [piece.dtype.name for y in graph.outputs.values() for piece in pieces(y)]
    for k, value in enumerate(results):
        body.lines.append(f"y{k}[{_place(f'y{k}', axes)}] = {value.text};")
    operands = [(f"x{k}", f"const {TYPES[dtype]}") for k, dtype in enumerate(inputs)]
    operands += [(f"y{k}", TYPES[dtype]) for k, dtype in enumerate(outputs)]
    parameters = [GUARD, "const place size", *(f"const place size{axis}" for axis in range(axes))]
    for name, kind in operands:
        parameters.append(f"{kind}* {name}")
        parameters += [f"const place {name}_{axis}" for axis in range(axes)]
    rest = [
        f"const place i{axis} = rest % size{axis}; rest /= size{axis};" for axis in range(axes - 1, 0, -1)
    ]
    lines = [
        "place rest = (place)blockIdx.x * blockDim.x + threadIdx.x;",
        "if (rest >= size) return;",
        GUARDED,
        *rest,
        "const place i0 = rest;",
        *body.lines,
    ]
    head = f'typedef {"long long" if wide else "int"} place;\nextern "C" __global__ void {NAME}('
    return head + ",\n    ".join(parameters) + ") {\n    " + "\n    ".join(lines) + "\n}\n"


def _place(name: str, axes: int) -> str:
    """Where an operand has the element."""
    return " + ".join(f"i{axis} * {name}_{axis}" for axis in range(axes))


def _strides(array: Any) -> list[int]:
    """How many elements apart the neighbours along each axis stand."""
    return [stride // array.itemsize for stride in array.strides]
