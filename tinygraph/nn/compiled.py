"""`Compiled`: a model that knows what it is trained by, and checks data against it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph import backends
from tinygraph.distribute.mpi import MPI
from tinygraph.graph import Node
from tinygraph.nn import optimizers, registry
from tinygraph.nn.arrays import check_lengths
from tinygraph.nn.checks import whole_number
from tinygraph.nn.data import Samples, inputs_of, sample_shape_of
from tinygraph.nn.graphed import Graphed
from tinygraph.nn.head import Head
from tinygraph.nn.heads import check_named, heads_of
from tinygraph.nn.latest import building
from tinygraph.nn.pickled import compiled_state, recompiled
from tinygraph.nn.step_data import StepData
from tinygraph.nn.step_nodes import TrainingStep
from tinygraph.nn.steps import Steps
from tinygraph.nn.targets import targets_of, weights_of
from tinygraph.ops import Parameter


class Compiled(Graphed):
    """A model with an optimizer, losses and metrics, and the programs that follow from them."""

    steps: Steps | None = None
    _compiled: dict[str, Any] | None = None

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        backend: str = "numpy",
        jit_compile: bool | str = "auto",
        distribute: MPI | None = None,
        **unknown: Any,
    ) -> None:
        """Say what to train by. Weights stay as they are.

        Args:
            optimizer: a name such as ``"adam"``, a config or an object.
            loss: a name, an object or a function (y_true, y_pred) of nodes; for several outputs a
                list or a dict by output name.
            loss_weights: what the losses of several outputs are multiplied by; a list or a dict.
            metrics: names, objects or functions, in a list; for several outputs a dict by output name,
                or a list of lists. A flat list is for every output.
            weighted_metrics: metrics that take sample weights into account.
            backend: where it runs; see `tinygraph.devices`.
            jit_compile: whether operations are fused and compiled to machine code; ``"auto"`` for where
                llvmlite is installed (extra ``fast``), or on a GPU. Values differ in the last bits.
            distribute: ``tg.distribute.MPI()`` shares each batch among the processes of ``mpirun``.

        Raises:
            ValueError: a name that nothing has, with the closest one that exists; another ``jit_compile``.
            TypeError: another ``distribute``.
            BackendError: a backend, or machine code, that cannot be had here.
        """
        self._reject("compile", unknown)
        if loss is None:
            raise ValueError(f"{self.title}.compile: needs a loss, for instance loss='mse'.")
        where = backends.get(backend)
        if jit_compile not in (True, False, "auto"):
            raise ValueError(
                f"{self.title}.compile: jit_compile must be True, False or 'auto', got {jit_compile!r}."
            )
        if jit_compile is True:
            where.compiled()
        if distribute is not None and not isinstance(distribute, MPI):
            raise TypeError(
                f"{self.title}.compile: distribute must be tg.distribute.MPI() or None, got {distribute!r}."
            )
        given = {
            "optimizer": optimizers.get(optimizer),
            "loss": loss,
            "metrics": metrics,
            "loss_weights": loss_weights,
            "weighted_metrics": weighted_metrics,
            "backend": backend,
            "jit_compile": jit_compile,
            "distribute": distribute,
        }
        check_named(given)
        if self.outputs:
            heads_of(self, given)
        given["optimizer"].serve(self)
        self._compiled, self.steps = given, None

    def forget_programs(self) -> None:
        """Drop all compiled programs: the layers have changed."""
        self.programs.clear()
        self.steps = None

    @property
    def compiled(self) -> bool:
        """Whether `compile` has said what to train by."""
        return self._compiled is not None

    @property
    def optimizer(self) -> Any:
        """The optimizer that `compile` was given or made."""
        return self._settings("optimizer")["optimizer"]

    @property
    def is_root(self) -> bool:
        """Whether this process prints and saves: the only one, or the first of those that train together."""
        distribute = self._compiled["distribute"] if self._compiled else None
        return distribute is None or distribute.is_root

    def training_step(self, batch: int) -> TrainingStep:
        """Return the nodes of one step of training on so many samples: loss, gradients, new values.

        They are those that `fit` runs, without the sums for its history.

        Raises:
            RuntimeError: the model is not compiled.
            GraphError: its shapes are not known yet; another batch size than it takes.

        >>> from tinygraph.nn import Sequential, Dense
        >>> model = Sequential([Dense(2, input_shape=(3,), name="dense")])
        >>> model.compile("sgd", "mse")
        >>> [weight.label for weight in model.training_step(batch=4).gradients]
        ['dense/kernel', 'dense/bias']
        """
        self._settings("training_step")
        whole_number(f"{self.title}.training_step", "batch", batch)
        self._check_built()
        steps = self._steps("training_step")
        shapes = dict(zip(self.output_names, (symbol.shape for symbol in self.outputs), strict=True))
        arrays = {symbol.name: (batch, *symbol.shape) for symbol in self.inputs}
        for head in steps.heads:
            if head.loss is not None:
                arrays[head.target] = (batch, *head.target_shape(shapes[head.name]))
        feeds = {name: np.broadcast_to(0.0, shape) for name, shape in arrays.items()}
        return steps.nodes.training_step(feeds)

    def train_step(self, data: StepData) -> tuple[Any, ...]:
        """Return one step of training as nodes: ``(loss, y_pred)``, or ``(loss, y_pred, gradients)``.

        Override it for a step of your own. `fit` runs it as one graph, with the gradients of the loss unless
        they are given, the optimizer's update, constraints, new statistics of layers and metrics of y_pred.

        Args:
            data: ``x, y, sample_weight``, input nodes for a batch. x is a list for several inputs; y and
                sample_weight are dicts by output for several; sample_weight is None where none is fed.

        Returns:
            the loss, a node of one number; the predictions, a list for several outputs; and perhaps the
            gradients of `trainable_weights`, in order, of ``optimizer.scale_loss(loss)``.

        >>> import numpy as np, tinygraph as tg
        >>> from tinygraph.nn import Dense, Sequential
        >>> class Noisy(Sequential):
        ...     def train_step(self, data):
        ...         x, y, sample_weight = data
        ...         y_pred = self(x, training=True)
        ...         loss = self.compute_loss(x, y, y_pred, sample_weight)
        ...         slopes = tg.gradients(loss, self.trainable_weights)
        ...         return loss, y_pred, [tg.sign(slope) for slope in slopes]
        >>> model = Noisy([Dense(1, kernel_initializer="zeros", input_shape=(1,))])
        >>> model.compile("sgd", "mse")
        >>> model.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0).history["loss"]
        [1.0]
        >>> [round(float(weight.squeeze()), 6) for weight in model.get_weights()]
        [0.01, 0.01]
        """
        x, y, sample_weight = data
        y_pred = self.call(x, training=True)
        return self.compute_loss(x, y, y_pred, sample_weight), y_pred

    def test_step(self, data: StepData) -> tuple[Any, ...]:
        """Return what `evaluate` and validation make of a batch: ``(loss, y_pred)``; see `train_step`."""
        x, y, sample_weight = data
        y_pred = self.call(x, training=False)
        return self.compute_loss(x, y, y_pred, sample_weight, training=False), y_pred

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the loss as a node: the losses of `compile`, and the penalties of regularizers and layers.

        Override it for a loss that needs more than true values and predictions; the arguments are nodes, as
        `train_step` has them. The loss of `compile` says which true values an output takes in any case.

        >>> import tinygraph as tg
        >>> from tinygraph.nn import Dense, Sequential
        >>> class Smooth(Sequential):
        ...     def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        ...         (slope,) = tg.gradients(tg.sum(y_pred), [x])
        ...         return super().compute_loss(x, y, y_pred, sample_weight) + tg.mean(slope * slope)
        """
        return self._steps("compute_loss").objective.loss(y, y_pred, sample_weight)

    def loss_nodes(
        self, x: Any, y: Any, sample_weight: Any = None, training: bool = True
    ) -> tuple[Node, list[Parameter], dict[str, Any]]:
        """Return the loss of these samples as a node, the weights that are trained, and what the inputs are
        fed: for `tinygraph.gradcheck`."""
        steps, data = self._labelled("gradcheck", x, y, sample_weight)
        feeds = data.take(slice(None))
        return steps.nodes.loss_node("train" if training else "test", feeds), self.trainable_weights, feeds

    def heads(self) -> list[Head]:
        """Return what each output is judged by: as compiled, else by the mean of squares."""
        default = {"loss": "mse", "loss_weights": None, "metrics": None, "weighted_metrics": None}
        return heads_of(self, self._compiled or default)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles and copies keep what the model is trained by, too, and the optimizer's state."""
        make, arguments = super().__reduce__()
        if self._compiled is None:
            return make, arguments
        return recompiled, (arguments, self._compiled, *compiled_state(self))

    def _settings(self, method: str) -> dict[str, Any]:
        if self._compiled is None:
            raise RuntimeError(
                f"{self.title}.{method}: compile the model first: model.compile('adam', 'mse')."
            )
        return self._compiled

    def _steps(self, method: str) -> Steps:
        """The programs, made when the model has its shapes."""
        given = self._settings(method)
        with building:
            if self.steps is None:
                heads = heads_of(self, given)
                make = Steps if given["distribute"] is None else given["distribute"].steps
                self.steps = make(self, heads, given["optimizer"], given["backend"], given["jit_compile"])
            return self.steps

    def _prediction_steps(self) -> Steps:
        """The programs of a model that is compiled, or else some that only predict."""
        if self._compiled is not None:
            return self._steps("predict")
        with building:
            if self.steps is None:
                self.steps = Steps(self, [], optimizers.SGD(), "numpy", "auto")
            return self.steps

    def _reject(self, method: str, unknown: Mapping[str, Any]) -> None:
        """Raise TypeError for an argument that a method does not have."""
        if unknown:
            known = inspect.signature(getattr(self, method)).parameters
            registry.reject(f"{self.title}.{method}", unknown, [name for name in known if name != "unknown"])

    def _inputs(self, x: Any, where: str = "") -> Samples:
        """Check ``x``; a model without shapes takes them from it."""
        if not self.inputs:
            self.build(sample_shape_of(x, f"{where}x"))
        return inputs_of(self, x, where)

    def _labelled(
        self, method: str, x: Any, y: Any, sample_weight: Any, where: str = ""
    ) -> tuple[Steps, Samples]:
        """Check inputs, true values and weights against one another; ``where`` stands before their names."""
        self._settings(method)
        inputs = self._inputs(x, where)
        steps = self._steps(method)
        targets = targets_of(self, steps.heads, y, where)
        check_lengths({f"{where}x": inputs, f"{where}y": targets})
        weights = weights_of(steps.heads, targets, sample_weight, where)
        return steps, Samples({**inputs.arrays, **targets.arrays, **weights}, inputs.columns)
