"""`Compiled`: a model that knows what it is trained by."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph import backends
from tinygraph.distribute.mpi import MPI
from tinygraph.nn import optimizers, signatures
from tinygraph.nn.checks import whole_number
from tinygraph.nn.head import Head
from tinygraph.nn.heads import check_named, heads_of
from tinygraph.nn.latest import building
from tinygraph.nn.pickled import compiled_state, recompiled
from tinygraph.nn.step_nodes import TrainingStep
from tinygraph.nn.stepped import Stepped
from tinygraph.nn.steps import Steps


class Compiled(Stepped):
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
            signatures.reject(
                f"{self.title}.{method}", unknown, [name for name in known if name != "unknown"]
            )
