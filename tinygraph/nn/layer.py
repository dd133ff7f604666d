"""`Layer`: something with weights that is called on symbols, models, nodes or arrays."""

from __future__ import annotations

import inspect
import threading
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.graph import GraphError, Node, Shape, scope
from tinygraph.interrupts import interrupts_held
from tinygraph.nn import constraints, registry, regularizers
from tinygraph.nn.arguments import flat, listed, mapped, put_back, take_out, taken_by
from tinygraph.nn.checks import array_problem, check_shape, flag, float_type, one_number, whole_number
from tinygraph.nn.eager import Programs
from tinygraph.nn.latest import building
from tinygraph.nn.masks import as_node, carry, mask_of
from tinygraph.nn.naming import unique_name
from tinygraph.nn.pickled import draws_of, remade, stateful_of
from tinygraph.nn.registry import Configurable
from tinygraph.nn.symbol import Call, Symbol, sample_shape
from tinygraph.nn.tracing import Trace, current_trace
from tinygraph.ops import Parameter, cast, constant, input, param
from tinygraph.saving.loading import blank

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Weight:
    """A parameter of a layer, and what training does about it."""

    node: Parameter
    trainable: bool
    regularizer: Callable[[Node], Node] | None
    constraint: Callable[[Node], Node] | None


class Layer(Configurable):
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
        registry.reject_unknown(self, unknown)
        self.name = name if name is not None else unique_name(registry.snake_case(type(self).__name__))
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(f"{type(self).__name__}: expected a string as name, got {name!r}.")
        self._trainable = flag(self.title, "trainable", trainable)
        self.dtype = dtype
        #: the float type that the layer computes in, whatever `floatx` becomes later
        self.float = float_type(self.title, dtype)
        self.built = False
        #: the shape that `build` was given
        self.built_shape: Any = None
        #: sizes that the weights were made for: axis of a sample -> size
        self.fixed: dict[int, int] = {}
        self.own_weights: list[Weight] = []
        #: held while a program runs, or all weights are read or replaced: threads see none of it half done
        self.turns = threading.RLock()
        self.programs = Programs(self)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.batch_input_shape = None if batch_input_shape is None else tuple(batch_input_shape)
        self.input_shape = self._first_shape(input_shape)

    # What a subclass says.

    def build(self, shape: Any) -> None:
        """Make the weights for samples of ``shape`` (a list of shapes for several inputs)."""

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

    # Weights.

    def add_weight(
        self,
        name: str,
        shape: Shape,
        initializer: Any = None,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
    ) -> Parameter:
        """Make a weight, as a parameter node called ``layer/name``.

        While it is trained its ``regularizer`` adds to the loss, and its ``constraint`` follows each update.
        What is None is the layer's attribute of that name, ``kernel_initializer`` for ``kernel``, if it has
        one; else weights begin as ``"glorot_uniform"``.
        """

        def given(what: str, value: Any) -> Any:
            return value if value is not None else getattr(self, f"{name}_{what}", None)

        with scope(self.name):
            weight = blank(name, shape, self.float)
            if weight is None:
                initializer = given("initializer", initializer) or "glorot_uniform"
                value = np.asarray(registry.get("initializer", initializer)(shape, dtype=self.float))
                if value.shape != shape:
                    raise ValueError(
                        f"{self.title}: the initializer of {name!r} made {value.shape}, not {shape}."
                    )
                weight = param(name, value, dtype=self.float)
        penalty = regularizers.get(given("regularizer", regularizer))
        bound = constraints.get(given("constraint", constraint))
        self.own_weights.append(Weight(weight, trainable, penalty, bound))
        return weight

    def add_loss(self, loss: Node) -> None:
        """Let ``loss``, one number, join the loss of training; for use in `call`."""
        current_trace().losses.append(one_number(loss, f"{self.title}, add_loss"))

    @property
    def weights(self) -> list[Parameter]:
        """The parameter nodes, each once and in Keras' order, whatever is frozen: the layer's own, those that
        training never changes last; then those of its sublayers."""
        own = [w.node for w in sorted(self.own_weights, key=lambda weight: not weight.trainable)]
        return list(dict.fromkeys(own + [w for layer in self.sublayers for w in layer.weights]))

    @property
    def trainable_weights(self) -> list[Parameter]:
        """The parameter nodes that training changes."""
        return [weight.node for weight in self.trained]

    @property
    def trained(self) -> list[Weight]:
        """What training changes, each once, with regularizers and constraints."""
        if not self.trainable:
            return []
        own = [weight for weight in self.own_weights if weight.trainable]
        return list(dict.fromkeys(own + [w for layer in self.sublayers for w in layer.trained]))

    @property
    def non_trainable_weights(self) -> list[Parameter]:
        """The parameter nodes that training leaves alone."""
        own = [w.node for w in self.own_weights if not (w.trainable and self.trainable)]
        return own + [
            w
            for layer in self.sublayers
            for w in (layer.non_trainable_weights if self.trainable else layer.weights)
        ]

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights; setting it sets that of all sublayers too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = flag(self.title, "trainable", value)
        for layer in self.sublayers:
            layer.trainable = value

    @property
    def sublayers(self) -> Sequence[Layer]:
        """The layers that this one is made of, whose weights are its own: attributes, alone, in lists or as
        the values of dicts."""
        held = [list(value.values()) if isinstance(value, dict) else value for value in vars(self).values()]
        return list(dict.fromkeys(each for each in flat(held) if isinstance(each, Layer)))

    @property
    def family(self) -> list[Layer]:
        """The layer and all that it is made of, each once."""
        found: dict[Layer, None] = {}
        waiting: list[Layer] = [self]
        while waiting:
            layer = waiting.pop()
            if layer not in found:
                found[layer] = None
                waiting += reversed(layer.sublayers)
        return list(found)

    def get_weights(self) -> list[Array]:
        """Return copies of the weights' values, in the order of `weights`."""
        with self.turns:
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
        if not isinstance(values, Sequence) or isinstance(values, str):
            came = type(values).__name__
            raise ValueError(f"{self.title}: expected a list of {len(weights)} arrays, got {came}.")
        if len(values) != len(weights):
            made = "" if self.built else " It has no weights before it is built."
            raise ValueError(f"{self.title}: expected {len(weights)} arrays, got {len(values)}.{made}")
        arrays = [self._weight_value(w, value) for w, value in zip(weights, values, strict=True)]
        with self.turns, interrupts_held():
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

    def __call__(self, inputs: Any, *args: Any, training: bool | None = None, **arguments: Any) -> Any:
        """Apply the layer; see the class for what it does on symbols, models, nodes and arrays.

        ``inputs | layer`` is the same. Arguments by position are those of `call`, in order.
        """
        from tinygraph.nn.sequential import Sequential

        arguments = self._named(args) | arguments
        training = arguments.pop("training", training)
        if training is not None:
            training = flag(self.title, "training", training)
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

    def _is_several(self, inputs: Sequence[Any]) -> bool:
        """Whether a list holds several inputs; a list of numbers is one array."""
        return self.several_inputs or any(isinstance(v, (Symbol, Node, np.ndarray)) for v in inputs)

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
            return self._masked(result, masks)

    def penalize(self, result: Any) -> None:
        """Let the activity regularizer's penalty of each array in ``result`` join the loss."""
        if self.activity_regularizer is not None:
            for node in flat(result):
                penalty = one_number(self.activity_regularizer(node), f"{self.title}, activity_regularizer")
                self.add_loss(penalty / float(node.shape[0]))

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

    def takes(self, name: str) -> bool:
        """Whether ``call`` has an argument of this name."""
        return name in taken_by(self.call)

    def _masked(self, result: Any, masks: Sequence[Node | None]) -> Any:
        """Let the mask go on with the result, or with the first of several."""
        if self.carries_mask and any(mask is not None for mask in masks):
            carry(flat(result)[0], self.joint_mask(masks))
        return result

    def joint_mask(self, masks: Sequence[Node | None]) -> Node | None:
        """Return the result's mask, from those of the inputs."""
        return masks[0]

    def typed(self, index: int, node: Node) -> Node:
        """Return input number ``index`` in the dtype that the layer wants, with its mask."""
        whole, wanted = node.dtype.kind != "f", self.wanted(index)
        kept = node.dtype == wanted or (whole and (self.keeps_integers or wanted.kind == node.dtype.kind))
        return node if kept else carry(cast(node, dtype=wanted), mask_of(node))

    def wanted(self, index: int) -> np.dtype:
        """The dtype that the layer takes input number ``index`` in."""
        return np.dtype(self.input_dtype) if self.input_dtype else self.float

    def output_dtype(self, dtypes: Sequence[np.dtype]) -> np.dtype:
        """Return the dtype of the result for inputs of these."""
        whole = self.keeps_integers and all(dtype.kind != "f" for dtype in dtypes)
        return np.result_type(*dtypes) if whole else self.float

    def ensure_built(self, shape: Any) -> None:
        """Build the layer for samples of ``shape``, once; if that fails all of it stays unbuilt."""
        if self.built:
            return
        with building:
            if self.built:  # another thread was first
                return
            with self._whole_or_not_at_all():
                self.build(shape)
            self.built, self.built_shape = True, shape

    @contextmanager
    def _whole_or_not_at_all(self) -> Iterator[None]:
        """Leave the layer and its sublayers as unbuilt as they were if building them fails."""
        unbuilt = [layer for layer in self.family if not layer.built]
        try:
            yield
        except BaseException:  # Ctrl-C as well
            for layer in unbuilt:
                layer._unbuild()
            raise

    def _unbuild(self) -> None:
        """Forget what `build` did, so that the layer can be built for another shape."""
        self.own_weights.clear()
        self.built, self.built_shape, self.fixed = False, None, {}

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

        def symbol(form: tuple[Shape, np.dtype]) -> Symbol:
            call.outputs.append(Symbol(*form, self.name, call, len(call.outputs)))
            return call.outputs[-1]

        return mapped(symbol, self._forms(call))

    def _forms(self, call: Call) -> Any:
        """Return the shape and the dtype of each result of ``call``, in lists as the results are."""
        several = call.several
        if type(self).output_shape is Layer.output_shape:  # traced, with all that the call was given
            own, extra = (
                [input(s.name, (1, *s.shape), dtype=s.dtype) for s in each] for each in (call.own, call.extra)
            )
            with Trace(training=False):
                result = self.lower(own if several else own[0], **put_back(call.arguments, extra))
            return mapped(lambda node: (node.shape[1:], node.dtype), result)
        shapes = [symbol.shape for symbol in call.own]
        known = {n: call.arguments[n] for n in taken_by(self.output_shape) if n in call.arguments}
        dtype = self.output_dtype([symbol.dtype for symbol in call.own])
        found = self.output_shape(shapes if several else shapes[0], **known)
        return mapped(lambda shape: (shape, dtype), found)

    def _first_shape(self, shape: Any) -> Shape | None:
        """Return the shape of one sample, where either argument of the constructor says it."""
        batch = self.batch_input_shape
        if shape is None and batch is None:
            return None
        found = sample_shape(shape if batch is None else batch[1:], f"{self.title}, input_shape")
        check_shape(self, None, found, ())
        if batch is not None and batch[0] is not None:
            whole_number(self.title, "the batch in batch_input_shape", batch[0])
        if shape is not None and sample_shape(shape, f"{self.title}, input_shape") != found:
            raise GraphError(f"{self.title}: input_shape {shape} and batch_input_shape {batch} differ.")
        return found

    @property
    def batch_size(self) -> int | None:
        """The size of the batch that ``batch_input_shape`` asks for."""
        return self.batch_input_shape[0] if self.batch_input_shape else None

    def check_batch_sizes(self, sizes: Collection[int]) -> None:
        """Raise `GraphError` unless the layer can be trained on batches of these sizes, one after another."""
        for size in sizes:
            self.check_batch_size(size)

    def check_batch_size(self, size: int) -> None:
        """Raise `GraphError` for a batch of another size than ``batch_input_shape`` has."""
        if self.batch_size not in (None, size):
            raise GraphError(
                f"{self.title}: expected a batch of {self.batch_size}, as it was made for, got {size}. "
                "Leave the size of the batch open, with None, for any."
            )

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data; the float type is the one that the layer has."""
        return super().get_config() | {"dtype": self.float.name}

    def remade(self, **changes: Any) -> Layer:
        """Return a layer of the same arguments but for ``changes``, with weights of its own."""
        described = registry.serialize(self)
        described["config"] |= changes
        made: Layer = registry.deserialize(described, self._named_in_config())
        return made

    def _named_in_config(self) -> dict[str, Any]:
        """Return by name the classes and functions, perhaps the user's own, that a config only names."""
        found: dict[str, Any] = {}
        for layer in self.family:
            for value in (layer, *vars(layer).values()):
                thing = type(value) if isinstance(value, Configurable) else value
                if not callable(thing) or (name := registry.name_of(thing)) == "<lambda>":
                    continue
                if found.setdefault(name, thing) is not thing:
                    raise ValueError(f"{self.title}: a copy cannot tell two things named {name!r} apart.")
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles and copies keep arguments, weights and states; programs are made again when needed."""
        weights = self.get_weights() if self.built else None
        draws = [counter.value for counter in draws_of(self)]
        states = [each.lasting.values for each in stateful_of(self)]
        config = registry.serialize(self)
        return remade, (config, self._named_in_config(), self.built_shape, weights, draws, states)

    def __repr__(self) -> str:
        return f"<{self.title}>"
