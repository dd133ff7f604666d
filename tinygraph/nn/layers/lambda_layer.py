"""`Lambda`: a function of nodes as a layer."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.graph import GraphError, Node, Shape
from tinygraph.nn import registry, signatures
from tinygraph.nn.arguments import taken_by
from tinygraph.nn.checks import shown
from tinygraph.nn.layer import Layer
from tinygraph.nn.masks import carry, mask_of


@registry.register("layer")
class Lambda(Layer):
    """A function of nodes, made of operations, as a layer without weights.

    Args:
        function: what is applied to the input, or to the list of inputs. It returns a node or a list of
            them, each with the batch as first axis. If it has arguments named ``training`` or ``mask`` it
            gets those too; of several inputs a list of masks. A mask is None where there is none, and
            while a model is put together, which looks at the shapes only.
        output_shape: the shape of one sample of the result, None for a size that may be any, or a list of
            shapes; or a function of the whole shape of the input, (None, ...), that returns the whole shape
            of the result. It is found by itself; if it is given the result must have it.
        mask: the mask of the result: an array of truth values (batch, time), or a function of the input and
            its mask that returns one. Without it the mask ends here.
        arguments: further arguments of the function, by name.

    Whole numbers reach the function as they are. A Lambda can be serialized if its functions have names;
    whoever deserializes it gives them as ``custom_objects``.

    Raises:
        GraphError: the function returned something else, or another shape than promised.

    >>> from tinygraph.nn import Lambda
    >>> def scaled(x, by):
    ...     return x * by
    >>> Lambda(scaled, arguments={"by": 3.0})([[1.0, 2.0]]).tolist()
    [[3.0, 6.0]]
    """

    keeps_integers = True

    def __init__(
        self,
        function: Any,
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.function = self._found(function)
        if not callable(self.function) or isinstance(self.function, Layer):
            raise ValueError(f"{self.title}: function must be a function of nodes, got {function!r}.")
        self.promised = self._found(output_shape)
        if not (self.promised is None or callable(self.promised) or isinstance(self.promised, (list, tuple))):
            raise ValueError(
                f"{self.title}: output_shape must be a shape, a list of shapes or a function, "
                f"got {output_shape!r}."
            )
        self.mask = self._found(mask)
        if self.mask is not None and not callable(self.mask):
            self.mask = np.asarray(mask, dtype=bool)
            self.carries_mask = False  # the mask of an input is replaced, which needs no warning
        self.arguments = dict(arguments or {})
        parameters = inspect.signature(self.function).parameters
        if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            signatures.reject(self.title, self.arguments, parameters)

    def call(self, x: Any, mask: Any = None, training: bool = False) -> Any:
        """function(x), and the mask that goes on with it."""
        known = {"mask": mask, "training": training}
        wanted = {name: value for name, value in known.items() if name in taken_by(self.function)}
        result = self.function(x, **(self.arguments | wanted))
        several = isinstance(result, (list, tuple))
        nodes = list(result) if several else [result]
        self._check(nodes, x)
        # An input that comes back is copied: it is not to have the mask of the result.
        nodes = [ops.copy(y) if y in in_list(x) else y for y in nodes]
        masks = self.mask(x, mask) if callable(self.mask) else self.mask
        for y, each in zip(nodes, in_list(masks), strict=False):
            if each is not None:
                carry(y, self._mask_of(y, each))
        return nodes if several else nodes[0]

    def takes(self, name: str) -> bool:
        """Whether the function has an argument of this name; ``mask`` has one of a mask."""
        return name in taken_by(self.function) or (name == "mask" and callable(self.mask))

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """One input or a list of them, of any shapes: the function sees to it."""

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data, the functions by name."""
        return super().get_config() | {"output_shape": registry.plain(self.promised)}

    def _masks(self, nodes: Sequence[Node], arguments: dict[str, Any]) -> list[Node | None]:
        """Several inputs have a list of masks."""
        if len(nodes) > 1 and self.takes("mask"):
            arguments.setdefault("mask", [mask_of(node) for node in nodes])
        return super()._masks(nodes, arguments)

    def _found(self, value: Any) -> Any:
        """Return ``value``, or the one of the ``custom_objects`` that it names."""
        if not isinstance(value, str):
            return value
        try:
            return registry.get("function", value)
        except ValueError as problem:
            raise ValueError(f"{self.title}: {problem} Give it by this name as custom_objects.") from None

    def _check(self, results: list[Any], x: Any) -> None:
        """Raise `GraphError` unless the results are nodes of this batch, and as promised."""
        for y in results:
            if not isinstance(y, Node):
                raise GraphError(
                    f"{self.title}: expected a function that returns nodes, which operations such as "
                    f"tinygraph.tanh make, got {type(y).__name__}."
                )
            batch = in_list(x)[0].shape[0]
            if y.shape[:1] != (batch,):
                raise GraphError(
                    f"{self.title}: expected a result with the batch, {batch}, as first axis, got {y.shape}."
                )
        if self.promised is None:
            return
        promised = self._promised_shapes(x)
        came = [y.shape[1:] for y in results]
        if len(promised) != len(came) or not all(map(fits, came, promised)):
            raise GraphError(
                f"{self.title}: expected samples of {', '.join(map(shown, promised))}, as output_shape says, "
                f"got {', '.join(map(shown, came))}."
            )

    def _promised_shapes(self, x: Any) -> list[Sequence[int | None]]:
        """Return what ``output_shape`` says of samples of the results."""
        shapes: Any = self.promised
        first = 0
        if callable(shapes):
            whole = [(None, *node.shape[1:]) for node in in_list(x)]
            shapes, first = shapes(whole if isinstance(x, list) else whole[0]), 1
        several = shapes and all(isinstance(each, (list, tuple)) for each in shapes)
        return [each[first:] for each in (shapes if several else [shapes])]

    def _mask_of(self, y: Node, mask: Any) -> Node:
        """Return ``mask`` as a node of truth values for the result y."""
        node = mask if isinstance(mask, Node) else ops.broadcast_to(mask, shape=y.shape[: mask.ndim])
        if node.dtype.kind != "b":
            raise GraphError(
                f"{self.title}: expected a mask of True and False, such as x > 0, got {node.dtype}."
            )
        return node


def in_list(one_or_several: Any) -> list[Any]:
    """Return a list as it is, and anything else in one."""
    return one_or_several if isinstance(one_or_several, list) else [one_or_several]


def fits(shape: Shape, promised: Sequence[int | None]) -> bool:
    """Whether a shape is as promised; None is any size."""
    return len(shape) == len(promised) and all(p in (None, n) for n, p in zip(shape, promised, strict=True))
