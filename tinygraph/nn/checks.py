"""What layers and models refuse, and the words they do it with: who, what was expected, what came."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.defaults import floatx
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn import signatures

if TYPE_CHECKING:
    from tinygraph.nn.input_spec import Specified
    from tinygraph.nn.layer import Layer


def check_shape(layer: Specified, index: int | None, shape: Shape, batch: tuple[Any, ...]) -> None:
    """Raise unless a sample of ``shape`` has the axes and sizes that ``layer`` needs.

    ``index`` is the input's, None where the shape was given to the constructor; ``batch`` is the size of the
    batch where it is known.
    """
    axes, fixed = layer.axes, dict(layer.fixed)
    count = max(len(shape), layer.least_axes) if axes is None else len(axes)
    fixed = {axis % count: size for axis, size in fixed.items() if -count <= axis < count}
    wrong = [axis for axis, size in fixed.items() if len(shape) == count and shape[axis] != size]
    if len(shape) == count and not wrong:
        return
    names = axes or tuple(f"axis {axis + 1}" for axis in range(count))
    expected = [fixed.get(axis, name) for axis, name in enumerate(names)]
    if index is None:
        raise GraphError(
            f"{layer.title}: expected input_shape {shown(expected)}, got {shape}. "
            "It is the shape of one sample: leave the batch axis out."
        )
    came = shown([*batch, *shape])
    message = f"{layer.title}, input {index}: expected {shown(['batch', *expected])}, got {came}."
    if wrong:
        axis = wrong[0]
        what = f"the {axes[axis]} " if axes else "the size "
        message += f" Axis {axis + 1} must be {fixed[axis]}, {what}{layer.name!r} was built with."
    raise GraphError(message)


def check_arguments(layer: Layer, arguments: Mapping[str, Any]) -> None:
    """Raise TypeError for what its ``call`` does not take: a graph of symbols would notice it much later."""
    if not arguments:
        return
    parameters = inspect.signature(layer.call).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        signatures.reject(layer.title, arguments, [name for name in parameters if name != "x"])


def check_batch(layer: Layer, nodes: Sequence[Node]) -> None:
    """Raise unless all inputs have as many samples: one sample would broadcast to the others' number."""
    if len({node.shape[0] for node in nodes}) > 1:
        came = " and ".join(str(node.shape) for node in nodes)
        raise GraphError(f"{layer.title}: expected inputs of one batch, got {came}.")


def check_mask(layer: Layer, mask: Node, shape: Shape) -> None:
    """Raise `GraphError` for a mask of another shape: it would broadcast, or fail without a name."""
    came = mask.shape if isinstance(mask, Node) else type(mask).__name__
    if came != shape:
        raise GraphError(f"{layer.title}: expected a mask of {shape}, got {came}.")


def one_number(penalty: Any, what: str) -> Node:
    """Return what joins the loss, or raise `GraphError` unless it is a node of one number."""
    if not isinstance(penalty, Node) or penalty.shape:
        came = penalty.shape if isinstance(penalty, Node) else type(penalty).__name__
        raise GraphError(f"{what}: expected a node of one number, such as tg.sum makes, got {came}.")
    return penalty


def shown(sizes: Sequence[Any]) -> str:
    """Return sizes and names of axes as a shape is written: ``(batch, time, 3)``."""
    return f"({', '.join(map(str, sizes))}{',' if len(sizes) == 1 else ''})"


def array_problem(array: np.ndarray[Any, Any]) -> str:
    """Return what is wrong with an array that should hold numbers; "" where nothing is."""
    if array.dtype.kind in "fiub":
        return ""
    if array.dtype.kind == "c":
        return "complex numbers"
    if array.dtype.kind in "US":
        return "strings"
    if array.dtype.kind == "O":
        return "an object array (rows of different lengths, None or mixed types)"
    return f"dtype {array.dtype}"


def whole_number(owner: str, name: str, value: Any, least: int = 1) -> int:
    """Return ``value`` as an int of at least ``least``, or raise ValueError."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{owner}: {name} must be a whole number of at least {least}, got {value!r}.")
    return int(value)


def flag(owner: str, name: str, value: Any) -> bool:
    """Return ``value`` as a bool, or raise ValueError for anything but True and False."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{owner}: {name} must be True or False, got {value!r}.")
    return bool(value)


def file_name(owner: str, name: str, value: Any, kind: str = "file") -> str:
    """Return the name of a file, or of another ``kind``, as a string, or raise ValueError."""
    found = os.fspath(value) if isinstance(value, (str, os.PathLike)) else None
    if not isinstance(found, str) or not found:
        raise ValueError(f"{owner}: {name} must be the name of a {kind}, got {value!r}.")
    return found


def float_type(owner: str, name: Any) -> np.dtype:
    """Return the float type of this name, by default `tinygraph.floatx`, or raise ValueError."""
    if name is None:
        return floatx()
    if name not in ("float32", "float64"):
        raise ValueError(f"{owner}: dtype must be 'float32' or 'float64', got {name!r}.")
    return np.dtype(name)
