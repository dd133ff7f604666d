"""`Layer`: something with weights that is called on symbols, models, nodes or arrays."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.graph import GraphError, Node, Shape, scope
from tinygraph.nn import registry
from tinygraph.nn.arguments import put_back, take_out, taken_by
from tinygraph.nn.checks import array_problem, check_shape, flag, float_type
from tinygraph.nn.eager import Programs
from tinygraph.nn.latest import building
from tinygraph.nn.masks import carry, mask_of
from tinygraph.nn.naming import unique_name
from tinygraph.nn.registry import Configurable
from tinygraph.nn.symbol import Call, Symbol, sample_shape
from tinygraph.nn.tracing import Trace, current_trace
from tinygraph.ops import Parameter, cast, constant, input, param

Array = np.ndarray[Any, Any]
Shapes = Shape | list[Shape]


class Layer(Configurable):
    """The base of all layers. A subclass has ``build``, ``call`` and, where it is cheap, ``output_shape``.

    A layer called on a `Symbol` extends the layer graph; on a `Sequential` it is added to it; on an op-graph
    `Node` it lowers itself there; on an array it runs at once and returns arrays.

    Args:
        name: unique in a model; made from the class if not given.
        trainable: whether training changes the weights.
        dtype: ``"float32"`` or ``"float64"``, the type of weights and results; by default what
            `tinygraph.floatx` is when the layer is made. Inputs are cast to it.
        input_shape: the shape of one sample, for the first layer of a `Sequential`.

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

    #: the names of a sample's axes, where the layer needs so many; None where any number will do
    axes: tuple[str, ...] | None = None
    #: how many axes a sample needs at least, where any number from there on will do
    least_axes = 0
    #: the dtype of the input that the layer makes for itself as the first of a model; floats if None
    input_dtype: str | None = None
    #: whether the layer takes a list of inputs
    several_inputs = False
    #: whether a mask goes on with the result; None warns that the layer has no use for one
    carries_mask: bool | None = None
    #: whether whole numbers pass through as they are; otherwise they become floats on their way in
    keeps_integers = False

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: str | None = None,
        input_shape: Any = None,
        **unknown: Any,
    ):
        registry.reject_unknown(self, unknown)
        self.name = name if name is not None else unique_name(registry.snake_case(type(self).__name__))
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(f"{type(self).__name__}: expected a string as name, got {name!r}.")
        self.trainable = flag(self.title, "trainable", trainable)
        self.dtype = dtype
        #: the float type that the layer computes in, whatever `floatx` becomes later
        self.float = float_type(self.title, dtype)
        self.built = False
        #: the shape that `build` was given
        self.built_shape: Any = None
        #: sizes that the weights were made for: axis of a sample -> size
        self.fixed: dict[int, int] = {}
        self.own_weights: list[tuple[Parameter, bool]] = []
        self.programs = Programs(self)
        self.input_shape = None if input_shape is None else self._first_shape(input_shape)

    # What a subclass says.

    def build(self, shape: Any) -> None:
        """Make the weights for samples of ``shape`` (a list of shapes for several inputs)."""

    def call(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the result on nodes: a node or a list of them. Each node has the batch as first axis."""
        raise NotImplementedError(f"{type(self).__name__} must define call(self, x, training).")

    def output_shape(self, shape: Any) -> Shapes:
        """Return the shape of one sample of the result. Unless it is overridden, one sample is traced."""
        shapes = shape if self.several_inputs else [shape]
        nodes = [input(f"x{k}", (1, *each), dtype=self.float) for k, each in enumerate(shapes)]
        with Trace(training=False):
            result = self.lower(nodes if self.several_inputs else nodes[0], training=False)
        if isinstance(result, Node):
            return result.shape[1:]
        return [node.shape[1:] for node in result]

    # Weights.

    def add_weight(
        self, name: str, shape: Shape, initializer: Any = "glorot_uniform", trainable: bool = True
    ) -> Parameter:
        """Make a weight, as a parameter node called ``layer/name``."""
        value = np.asarray(registry.get("initializer", initializer)(shape, dtype=self.float))
        if value.shape != shape:
            raise ValueError(f"{self.title}: the initializer of {name!r} made {value.shape}, not {shape}.")
        with scope(self.name):
            weight = param(name, value, dtype=self.float)
        self.own_weights.append((weight, trainable))
        return weight

    @property
    def weights(self) -> list[Parameter]:
        """The parameter nodes, in Keras' order: those that training changes first."""
        return self.trainable_weights + self.non_trainable_weights

    @property
    def trainable_weights(self) -> list[Parameter]:
        """The parameter nodes that training changes."""
        if not self.trainable:
            return []
        own = [w for w, trainable in self.own_weights if trainable]
        return own + [w for layer in self.sublayers for w in layer.trainable_weights]

    @property
    def non_trainable_weights(self) -> list[Parameter]:
        """The parameter nodes that training leaves alone."""
        own = [w for w, trainable in self.own_weights if not (trainable and self.trainable)]
        return own + [
            w
            for layer in self.sublayers
            for w in (layer.non_trainable_weights if self.trainable else layer.weights)
        ]

    @property
    def sublayers(self) -> Sequence[Layer]:
        """The layers that this one is made of; their weights are its own."""
        return ()

    def get_weights(self) -> list[Array]:
        """Return copies of the weights' values, in the order of `weights`."""
        return [weight.value for weight in self.weights]

    def set_weights(self, values: Sequence[Any]) -> None:
        """Replace all weights. Raises ValueError, and changes none, if one has another shape.

        >>> from tinygraph.nn import Dense
        >>> layer = Dense(2, input_shape=(1,)); layer.ensure_built((1,))
        >>> layer.set_weights([[[1.0, 2.0]], [0.5, 0.5]])
        >>> layer([[10.0]]).tolist()
        [[10.5, 20.5]]
        """
        weights = self.weights
        if len(values) != len(weights):
            made = "" if self.built else " It has no weights before it is built."
            raise ValueError(f"{self.title}: expected {len(weights)} arrays, got {len(values)}.{made}")
        arrays = [self._weight_value(w, value) for w, value in zip(weights, values, strict=True)]
        for weight, array in zip(weights, arrays, strict=True):
            weight.assign(array)

    def _weight_value(self, weight: Parameter, value: Any) -> Array:
        """Return ``value`` as an array for ``weight``, or raise ValueError."""
        try:
            array = np.asarray(value)
            problem = array_problem(array)
        except ValueError:
            array, problem = np.empty(0), "rows of different lengths"
        if problem or array.shape != weight.shape:
            got = problem or f"shape {array.shape}"
            raise ValueError(f"{self.title}: {weight.label} expects shape {weight.shape}, got {got}.")
        return array.astype(weight.dtype)

    def count_params(self) -> int:
        """Return the number of elements of all weights."""
        return sum(weight.size for weight in self.weights)

    @property
    def title(self) -> str:
        """How messages name the layer: ``LSTM 'enc'``."""
        return f"{type(self).__name__} {self.name!r}"

    # Calling.

    def __call__(self, inputs: Any, *, training: bool | None = None, **arguments: Any) -> Any:
        """Apply the layer; see the class for what it does on symbols, models, nodes and arrays."""
        from tinygraph.nn.sequential import Sequential

        self._check_arguments(arguments)
        if isinstance(inputs, Sequential):
            return inputs.add(self)
        several = isinstance(inputs, (list, tuple)) and self._is_several(inputs)
        values = list(inputs) if several else [inputs]
        plain, extra = take_out(arguments)
        if any(isinstance(value, Symbol) for value in values):
            return self._call_symbols(values, several, training, plain, extra)
        if any(isinstance(value, Node) for value in values + extra):
            nodes, more = ([v if isinstance(v, Node) else constant(v) for v in vs] for vs in (values, extra))
            mode = current_trace().training if training is None else bool(training)
            return self.lower(nodes if several else nodes[0], training=mode, **put_back(plain, more))
        return self.programs.run(values, several, bool(training), plain, extra)

    def _is_several(self, inputs: Sequence[Any]) -> bool:
        """Whether a list holds several inputs; a list of numbers is one array."""
        return self.several_inputs or any(isinstance(v, (Symbol, Node, np.ndarray)) for v in inputs)

    def lower(self, x: Any, training: bool = False, **arguments: Any) -> Any:
        """Write the layer's nodes for the nodes ``x``, in a scope of its name; builds it if need be."""
        nodes = x if isinstance(x, list) else [x]
        shapes = [node.shape[1:] for node in nodes]
        self.check_inputs(shapes, isinstance(x, list), nodes[0].shape[:1])
        self.ensure_built(shapes if isinstance(x, list) else shapes[0])
        use = current_trace().use(self)
        with scope(self.name if use == 0 else f"{self.name}:{use}"):
            typed = [self.typed(index, node) for index, node in enumerate(nodes)]
            masks = self._masks(nodes, arguments)
            if self.takes("training"):
                arguments["training"] = training
            result = self.call(typed if isinstance(x, list) else typed[0], **arguments)
            return self._masked(result, masks)

    def _masks(self, nodes: Sequence[Node], arguments: dict[str, Any]) -> list[Node | None]:
        """Return the inputs' masks, and put the first among the arguments of a ``call`` that takes one."""
        if not self.takes("mask"):
            masks = [mask_of(node) for node in nodes]
            if self.carries_mask is None and any(mask is not None for mask in masks):
                warnings.warn(f"{self.title}: the mask of its input ends here.", stacklevel=2)
            return masks
        arguments["mask"] = given = arguments.get("mask", mask_of(nodes[0]))
        return [given]

    def takes(self, name: str) -> bool:
        """Whether ``call`` has an argument of this name."""
        return name in taken_by(self.call)

    def _masked(self, result: Any, masks: Sequence[Node | None]) -> Any:
        """Let the mask go on with the result, or with the first of several."""
        if self.carries_mask and any(mask is not None for mask in masks):
            carry(result[0] if isinstance(result, list) else result, self.joint_mask(masks))
        return result

    def joint_mask(self, masks: Sequence[Node | None]) -> Node | None:
        """Return the result's mask, from those of the inputs."""
        return masks[0]

    def typed(self, index: int, node: Node) -> Node:
        """Return input number ``index`` in the dtype that the layer wants."""
        whole, wanted = node.dtype.kind != "f", self.wanted(index)
        kept = node.dtype == wanted or (whole and (self.keeps_integers or wanted.kind == node.dtype.kind))
        return node if kept else cast(node, dtype=wanted)

    def wanted(self, index: int) -> np.dtype:
        """The dtype that the layer takes input number ``index`` in."""
        return np.dtype(self.input_dtype) if self.input_dtype else self.float

    def output_dtype(self, dtypes: Sequence[np.dtype]) -> np.dtype:
        """Return the dtype of the result for inputs of these."""
        whole = self.keeps_integers and all(dtype.kind != "f" for dtype in dtypes)
        return np.result_type(*dtypes) if whole else self.float

    def ensure_built(self, shape: Any) -> None:
        """Build the layer for samples of ``shape``, once; if that fails it stays without weights."""
        if self.built:
            return
        with building:
            if self.built:  # another thread was first
                return
            try:
                self.build(shape)
            except BaseException:  # Ctrl-C as well
                self.own_weights.clear()
                raise
            self.built, self.built_shape = True, shape

    def check_inputs(self, shapes: list[Shape], several: bool, batch: Any = ("batch",)) -> None:
        """Raise `GraphError` unless samples of these shapes fit the layer; ``batch`` is for the message."""
        if several != self.several_inputs:
            takes = "a list of inputs" if self.several_inputs else "one input"
            raise GraphError(f"{self.title}: expected {takes}, got {len(shapes) if several else 'one'}.")
        for index, shape in enumerate(shapes):
            check_shape(self, index, shape, batch)

    def check_values(self, array: Array, what: str, index: int = 0) -> None:
        """Raise ValueError if an array, called ``what``, holds values that input ``index`` cannot take."""

    def _check_arguments(self, arguments: Mapping[str, Any]) -> None:
        """Raise TypeError for what `call` does not take: a graph of symbols would notice it much later."""
        if not arguments:
            return
        parameters = inspect.signature(self.call).parameters
        if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            registry.reject(self.title, arguments, [name for name in parameters if name != "x"])

    def _call_symbols(
        self, values: list[Any], several: bool, training: Any, arguments: dict, extra: list[Any]
    ) -> Any:
        wrong = [value for value in values + extra if not isinstance(value, Symbol)]
        if wrong:
            raise GraphError(f"{self.title}: expected symbols, got {type(wrong[0]).__name__} among them.")
        shapes = [symbol.shape for symbol in values]
        self.check_inputs(shapes, several)
        self.ensure_built(shapes if several else shapes[0])
        given = arguments | ({} if training is None else {"training": training})
        call = Call(self, values, several, given, extra)
        shape = self.output_shape(shapes if several else shapes[0])
        dtype = self.output_dtype([symbol.dtype for symbol in values])
        for index, each in enumerate(shape if isinstance(shape, list) else [shape]):
            call.outputs.append(Symbol(each, dtype, self.name, call, index))
        return call.outputs if isinstance(shape, list) else call.outputs[0]

    def _first_shape(self, shape: Any) -> Shape:
        found = sample_shape(shape, f"{self.title}, input_shape")
        check_shape(self, None, found, ())
        return found

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data; the float type is the one that the layer has."""
        return super().get_config() | {"dtype": self.float.name}

    def __deepcopy__(self, memo: dict[int, Any]) -> Layer:
        """Return a layer of the same arguments with weights of its own, which have the same values."""
        classes: dict[str, type] = {}
        waiting: list[Layer] = [self]
        while waiting:
            layer = waiting.pop()
            classes[type(layer).__name__] = type(layer)
            waiting += layer.sublayers
        copy: Layer = registry.deserialize(registry.serialize(self), classes)
        if self.built:
            copy.ensure_built(self.built_shape)
            copy.set_weights(self.get_weights())
        return copy

    def __repr__(self) -> str:
        return f"<{self.title}>"
