"""`Layer`: something with weights that is called on symbols, models, nodes or arrays."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Sequence
from typing import Any

from tinygraph.graph import Node, scope
from tinygraph.nn import registry, regularizers, signatures
from tinygraph.nn.arguments import flat, listed, mapped, put_back, take_out, taken_by
from tinygraph.nn.checks import check_arguments, flag, one_number
from tinygraph.nn.eager import Programs
from tinygraph.nn.input_spec import Specified
from tinygraph.nn.masks import as_node, carry, mask_of
from tinygraph.nn.pickled import named_in, parts_of, remade
from tinygraph.nn.symbol import Symbol
from tinygraph.nn.symbolic import call_on_symbols
from tinygraph.nn.tracing import Trace, current_trace
from tinygraph.ops import constant, input


class Layer(Specified):
    """The base of all layers. A subclass has ``build``, ``call`` and, where it is cheap, ``output_shape``.

    A layer called on a `Symbol` extends the layer graph; on a `Sequential` it is added to it; on an op-graph
    `Node` it lowers itself there; on an array it runs at once and returns arrays.

    Args:
        name: unique in a model; made from the class if not given.
        trainable: whether training changes the weights.
        dtype: ``"float32"`` or ``"float64"``, the type of weights and results; by default what
            `tinygraph.floatx` is when the layer is made. Inputs are cast to it.
        activity_regularizer: a penalty of what the layer returns, of each array by itself, which joins the
            loss divided by the size of the batch.
        input_shape: the shape of one sample, for the first layer of a `Sequential`.
        batch_input_shape: the same with the size of the batch in front; other sizes are then refused, or
            by a stateful layer until its `reset_states`. None there is for any size.

    >>> import numpy as np
    >>> from tinygraph.nn import Layer
    >>> class Scale(Layer):
    ...     def build(self, shape):
    ...         self.scale = self.add_weight("scale", shape[-1:], "ones")
    ...     def call(self, x, training):
    ...         return x * self.scale
    >>> Scale()(np.ones((2, 3))).shape
    (2, 3)
    """

    #: whether a mask goes on with the result; None warns that the layer has no use for one
    carries_mask: bool | None = None
    has_weights = True

    __array_ufunc__ = None  # array | layer asks the layer, not NumPy

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: str | None = None,
        activity_regularizer: Any = None,
        input_shape: Any = None,
        batch_input_shape: Any = None,
        **unknown: Any,
    ):
        signatures.reject_unknown(self, unknown)
        super().__init__(name, trainable, dtype, input_shape, batch_input_shape)
        self.programs = Programs(self)
        self.activity_regularizer = regularizers.get(activity_regularizer)

    def call(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the result on nodes: a node or a list of them. Each node has the batch as first axis."""
        raise NotImplementedError(f"{type(self).__name__} must define call(self, x, training).")

    def output_shape(self, shape: Any) -> Any:
        """Return the shape of one sample of the result, or a list of them, in lists if the result is.

        Unless it is overridden, one sample is traced.
        """
        shapes = shape if isinstance(shape, list) else [shape]
        nodes = [input(f"x{k}", (1, *each), dtype=self.float) for k, each in enumerate(shapes)]
        with Trace(training=False):
            result = self.lower(nodes if isinstance(shape, list) else nodes[0])
        return mapped(lambda node: node.shape[1:], result)

    def __call__(self, inputs: Any, *args: Any, training: bool | None = None, **arguments: Any) -> Any:
        """Apply the layer; see the class for what it does on symbols, models, nodes and arrays.

        ``inputs | layer`` is the same. Arguments by position are those of `call`, in order.
        """
        from tinygraph.nn.sequential import Sequential

        arguments = self._named(args) | arguments
        training = arguments.pop("training", training)
        if training is not None:
            training = flag(self.title, "training", training)
        check_arguments(self, arguments)
        if isinstance(inputs, Sequential):
            return inputs.add(self)
        several = isinstance(inputs, (list, tuple)) and self._is_several(inputs)
        values = list(inputs) if several else [inputs]
        plain, extra = take_out(arguments)
        if any(isinstance(value, Symbol) for value in values):
            return call_on_symbols(self, values, several, training, plain, extra)
        if any(isinstance(value, Node) for value in values + extra):
            nodes, more = ([v if isinstance(v, Node) else constant(v) for v in vs] for vs in (values, extra))
            mode = current_trace().training if training is None else bool(training)
            return self.lower(nodes if several else nodes[0], training=mode, **put_back(plain, more))
        return self.programs.run(values, several, bool(training), plain, extra)

    def __ror__(self, inputs: Any) -> Any:
        """``inputs | layer``: the layer called on the inputs."""
        return self(inputs)

    def _named(self, args: Sequence[Any]) -> dict[str, Any]:
        """Return arguments that were given by position, by the names that `call` has for them."""
        if not args:
            return {}
        names = list(inspect.signature(self.call).parameters)[1:]
        if len(args) > len(names):
            raise TypeError(f"{self.title}: takes {len(names)} arguments after the inputs, got {len(args)}.")
        return dict(zip(names, args, strict=False))

    def lower(self, x: Any, training: bool = False, **arguments: Any) -> Any:
        """Write the layer's nodes for the nodes ``x``, in a scope of its name; builds it if need be."""
        nodes = x if isinstance(x, list) else [x]
        shapes = [node.shape[1:] for node in nodes]
        self.check_inputs(shapes, isinstance(x, list), nodes[0].shape[:1])
        self.check_batch_size(nodes[0].shape[0])
        self.ensure_built(shapes if isinstance(x, list) else shapes[0])
        trace = current_trace()
        use = trace.use(self)
        with scope(self.name if use == 0 else f"{self.name}:{use}"):
            typed = [self.typed(index, node) for index, node in enumerate(nodes)]
            masks = self._masks(nodes, arguments)
            if self.takes("training"):
                arguments["training"] = training
            result = listed(trace.calling(self)(typed if isinstance(x, list) else typed[0], **arguments))
            self.penalize(result)
            if self.carries_mask and any(mask is not None for mask in masks):
                carry(flat(result)[0], self.joint_mask(masks))  # of several the first
            return result

    def add_loss(self, loss: Node) -> None:
        """Let ``loss``, one number, join the loss of training; for use in `call`."""
        current_trace().losses.append(one_number(loss, f"{self.title}, add_loss"))

    def penalize(self, result: Any) -> None:
        """Let the activity regularizer's penalty of each array in ``result`` join the loss."""
        if self.activity_regularizer is not None:
            for node in flat(result):
                penalty = one_number(self.activity_regularizer(node), f"{self.title}, activity_regularizer")
                self.add_loss(penalty / float(node.shape[0]))

    def takes(self, name: str) -> bool:
        """Whether ``call`` has an argument of this name."""
        return name in taken_by(self.call)

    def _masks(self, nodes: Sequence[Node], arguments: dict[str, Any]) -> list[Node | None]:
        """Return the inputs' masks, and put the first among the arguments of a ``call`` that takes one."""
        if not self.takes("mask"):
            masks = [mask_of(node) for node in nodes]
            if self.carries_mask is None and any(mask is not None for mask in masks):
                warnings.warn(f"{self.title}: the mask of its input ends here.", stacklevel=2)
            return masks
        given = arguments.get("mask")
        given = mask_of(nodes[0]) if given is None else as_node(given)
        arguments["mask"] = given
        return [given]

    def joint_mask(self, masks: Sequence[Node | None]) -> Node | None:
        """Return the result's mask, from those of the inputs."""
        return masks[0]

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data; the float type is the one that the layer has."""
        return super().get_config() | {"dtype": self.float.name}

    def remade(self, **changes: Any) -> Layer:
        """Return a layer of the same arguments but for ``changes``, with weights of its own."""
        described = registry.serialize(self)
        described["config"] |= changes
        made: Layer = registry.deserialize(described, named_in(self))
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles and copies keep arguments, weights and states; programs are made again when needed."""
        return remade, parts_of(self)

    def __repr__(self) -> str:
        return f"<{self.title}>"
