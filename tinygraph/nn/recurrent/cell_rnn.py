"""`CellRNN`: an `RNN` that has the arguments of its cell, as `LSTM` and `GRU` do."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

from tinygraph.graph import Shape
from tinygraph.nn import registry, signatures
from tinygraph.nn.checks import flag
from tinygraph.nn.naming import unique_name
from tinygraph.nn.recurrent.cell import Cell
from tinygraph.nn.recurrent.rnn import RNN


class CellRNN(RNN):
    """The base of `LSTM`, `GRU` and the like: an `RNN` whose arguments are also those of its cell."""

    __signature__: inspect.Signature
    #: the cell that a subclass runs
    cell_class: type[Cell]
    #: the arguments that stand behind all others, and what they are by default
    last: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__signature__ = joint_signature(cls.cell_class, cls.last)  # what help() and argument_names show

    def __init__(self, *args: Any, **kwargs: Any):
        signatures.reject_unknown(
            self, {n: kwargs[n] for n in kwargs if n not in self.__signature__.parameters}
        )
        given = self.__signature__.bind(*args, **kwargs).arguments
        of_layer = {n: given.pop(n) for n in signatures.argument_names(RNN) if n in given}
        name = of_layer.pop("name", None)
        name = unique_name(registry.snake_case(type(self).__name__)) if name is None else name
        shared = {n: of_layer[n] for n in ("trainable", "dtype") if n in of_layer}
        use_cudnn = given.pop("use_cudnn", "auto")
        cell = self.cell_class(**given, **shared, name=name)
        self.axes = ("time", *cell.axes)
        super().__init__(cell, name=name, **of_layer)
        if "use_cudnn" in self.last:
            auto = isinstance(use_cudnn, str) and use_cudnn == "auto"
            self.use_cudnn = "auto" if auto else flag(self.title, "use_cudnn, if not 'auto',", use_cudnn)

    def build(self, shape: Shape) -> None:
        """Build the cell; its weights are called ``layer/kernel``, as the layer's own."""
        self.cell.ensure_built(shape[1:])
        self.fixed = {axis + 1: size for axis, size in enumerate(shape[1:])}

    def __getattr__(self, name: str) -> Any:
        """The cell's weights and arguments are the layer's."""
        cell = self.__dict__.get("cell")
        if cell is None or name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(cell, name)


def joint_signature(cell: type[Cell], last: Mapping[str, Any]) -> inspect.Signature:
    """Return the signature of a layer with the arguments of its cell, then those of `RNN`, in Keras' order.

    There the activity regularizer stands among the other regularizers, some arguments stand ``last``, and
    ``zero_output_for_mask`` goes by name.
    """
    by_position, by_name = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    found = signatures.parameters_of(cell) | signatures.parameters_of(RNN)
    found |= {name: inspect.Parameter(name, by_position, default=default) for name, default in last.items()}
    del found["cell"]
    moved = {"zero_output_for_mask", "activity_regularizer", *last}
    names = [name for name, p in found.items() if p.kind is by_position and name not in moved]
    names.insert(names.index("kernel_constraint"), "activity_regularizer")
    names += last
    kinds = dict.fromkeys(names, by_position) | {name: by_name for name in found if name not in names}
    return inspect.Signature([found[name].replace(kind=kind) for name, kind in kinds.items()])
