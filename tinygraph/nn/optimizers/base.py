"""`Optimizer`: what all optimizers share: learning rate, clipping, weight decay, state, the step counter."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph import ops
from tinygraph.defaults import floatx
from tinygraph.graph import Node, absolute_scope, scope
from tinygraph.interrupts import interrupts_held
from tinygraph.nn import registry, signatures
from tinygraph.nn.alignment import in_dtype
from tinygraph.nn.checks import flag
from tinygraph.nn.optimizers.accumulation import TOTAL, Accumulation
from tinygraph.nn.optimizers.averaging import AVERAGE, Averaging
from tinygraph.nn.optimizers.clipping import clipper
from tinygraph.nn.ranges import number_in
from tinygraph.nn.registry import Configurable, plain
from tinygraph.nn.schedules import LearningRateSchedule
from tinygraph.ops import Parameter
from tinygraph.ops.leaf import Part
from tinygraph.saving.loading import blank

#: the new value of a parameter, and those of its slots by name
Updated = tuple[Node, dict[str, Node]]


class Optimizer(Configurable):
    """The base of all optimizers: a subclass says what its state is, and one parameter's update.

    One step is: clip the gradients; w <- w (1 - weight_decay · learning_rate), biases too; update.

    Args:
        learning_rate: a number, which can be changed between steps, or a schedule.
        weight_decay: what fraction of each weight, times the learning rate, is taken off at every step.
        clipnorm: the largest norm that the gradient of one parameter may have.
        clipvalue: the largest absolute value that an element of a gradient may have.
        global_clipnorm: the largest norm that all gradients together may have. Only one of the three.
        use_ema: whether to keep a moving average of the weights, which they become when `fit` ends.
        ema_momentum: how much of the old average stays at each step; in [0, 1].
        ema_overwrite_frequency: after how many steps, each time, the weights become their averages, besides
            at the end.
        loss_scale_factor: what the loss is multiplied by, and gradients divided by, so that small ones
            do not vanish in float32.
        gradient_accumulation_steps: of how many batches, 2 or more, one step takes the mean gradient.
        name: the scope of its state; made from the class if not given.

    Raises:
        ValueError: a number outside of its range, or several ways to clip.
        TypeError: an unknown argument.

    >>> import tinygraph as tg
    >>> from tinygraph.nn import optimizers
    >>> class SignSGD(optimizers.Optimizer):
    ...     def update(self, w, g, slots, learning_rate):
    ...         return w - learning_rate * tg.sign(g), {}
    >>> w = tg.param("w", [1.0, 2.0])
    >>> step = tg.compile(w * 1.0, updates=SignSGD(0.5).updates([w], tg.gradients(tg.sum(w * w), [w])))
    >>> step().tolist(), step().tolist()
    ([1.0, 2.0], [0.5, 1.5])
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule | Mapping[str, Any] = 0.001,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **unknown: Any,
    ):
        signatures.reject_unknown(self, unknown)
        self.name = name or type(self).__name__.lower()
        if weight_decay is not None:
            number_in("[0, inf)", self, "weight_decay", weight_decay)
        self.weight_decay = weight_decay
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self._clip = clipper(self, clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm)
        #: how many steps were made, an int64 parameter
        self.iterations = self.state("iterations", 0, "int64")
        if loss_scale_factor is not None:
            number_in("(0, inf)", self, "loss_scale_factor", loss_scale_factor)
        self.loss_scale_factor = loss_scale_factor
        self.use_ema = flag(type(self).__name__, "use_ema", use_ema)
        self.ema_momentum, self.ema_overwrite_frequency = ema_momentum, ema_overwrite_frequency
        averaging = Averaging(self, ema_momentum, ema_overwrite_frequency)
        self._averaging = averaging if use_ema else None
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self._accumulation = (
            None
            if gradient_accumulation_steps is None
            else Accumulation(self, gradient_accumulation_steps, self.state("accumulated", 0, "int64"))
        )
        self._rate = self._made(learning_rate)
        self._slots: dict[Parameter, dict[str, Parameter]] = {}
        self._served: Callable[[], Any] = lambda: None

    # What a subclass says.

    def slots(self) -> dict[str, float]:
        """Return the state that each parameter has, arrays of its shape: name -> initial value."""
        return {}

    def coefficients(self, learning_rate: Node, step: Node) -> Sequence[Node]:
        """Return the numbers that the updates of all parameters share; ``step`` counts from 1."""
        return [learning_rate]

    def update(self, w: Node, g: Node, slots: Mapping[str, Node], *coefficients: Node) -> Updated:
        """Return the new value of a parameter, and those of its slots by name.

        Args:
            w: the parameter, after weight decay.
            g: its gradient, after clipping.
            slots: its state by name.
            coefficients: what `coefficients` returned, in the dtype of w.
        """
        raise NotImplementedError(f"{type(self).__name__} must define update(self, w, g, slots, ...).")

    def shared_updates(self, step: Node) -> dict[Parameter, Node]:
        """Return the new values of state that is not of one parameter: the counter's, at least."""
        return {self.iterations: self.iterations + 1}

    def state(self, name: str, value: Any, dtype: Any) -> Parameter:
        """Make a parameter of the optimizer's own, in its scope."""
        *path, last = f"optimizer/{self.name}/{name}".split("/")
        with absolute_scope("/".join(path)):
            return ops.param(last, value, dtype=dtype)

    # What a caller asks.

    def serve(self, model: Any) -> None:
        """Belong to a model; raises ValueError if it is another's: it would mix up their steps."""
        if self._served() not in (None, model):
            raise ValueError(
                f"{type(self).__name__}: this optimizer belongs to {self._served()!r} already, with its "
                "state; make one for each model."
            )
        self._served = weakref.ref(model)

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step. Assigning a number changes it, in compiled programs too.

        >>> from tinygraph.nn import optimizers
        >>> optimizer = optimizers.SGD(0.1)
        >>> optimizer.learning_rate = 0.5 * optimizer.learning_rate
        >>> optimizer.learning_rate
        0.05
        """
        if isinstance(self._rate, LearningRateSchedule):
            return self._rate(self._batches(*(int(counter.value) for counter in self._counters)))
        return float(str(self._rate.value))  # by its shortest decimal: 0.1, not 0.10000000149 of float32

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        if isinstance(self._rate, LearningRateSchedule):
            raise TypeError(
                f"{type(self).__name__}: the learning rate follows the schedule {self._rate.name!r} and "
                "cannot be set; give the constructor a number instead."
            )
        self._rate.assign(number_in("[0, inf)", self, "learning_rate", value))

    @property
    def rate_dtype(self) -> np.dtype:
        """The float type of the learning rate, whatever `floatx` becomes later."""
        return self._rate.dtype

    @property
    def variables(self) -> list[Parameter]:
        """All state: the step counter, the learning rate where it is a number, slots in the order made."""
        own = self._counters + ([self._rate] if isinstance(self._rate, Parameter) else [])
        return own + [slot for slots in self._slots.values() for slot in slots.values()]

    @property
    def served(self) -> list[Parameter]:
        """The parameters that it has state of, in the order in which that was made."""
        return list(self._slots)

    @property
    def _counters(self) -> list[Parameter]:
        """The steps made and, where several batches make one, the batches since."""
        return [self.iterations] + ([self._accumulation.count] if self._accumulation else [])

    def _batches(self, steps: Any, since: Any = 0) -> Any:
        """Return how many batches there were, which is what a schedule counts, as in Keras."""
        return steps * self._accumulation.steps + since if self._accumulation else steps

    @property
    def all_slots(self) -> dict[str, float]:
        """Those of `slots`, and what accumulation and averaging add to them."""
        slots = self.slots()
        for own in (self._accumulation, self._averaging):
            slots = slots | dict(own.slots if own is not None else {})
        return slots

    def slots_of(self, parameter: Parameter) -> Mapping[str, Parameter]:
        """Return the state that it has of a parameter, by name."""
        return self._slots[parameter]

    def build(self, parameters: Sequence[Parameter]) -> None:
        """Make the state of those ``parameters`` that have none yet."""
        fresh = [w for w in parameters if w not in self._slots]
        for w in fresh:
            self._slots[w] = {}
        for name, start in self.all_slots.items():
            for dtype in dict.fromkeys(w.dtype for w in fresh):
                self._build_slot(name, start, [w for w in fresh if w.dtype == dtype])

    def _build_slot(self, name: str, start: float, parameters: Sequence[Parameter]) -> None:
        """Make one slot of parameters of one dtype: side by side, so that one call can update them all."""
        size, dtype = sum(w.size for w in parameters), parameters[0].dtype
        with absolute_scope(f"optimizer/{self.name}"):
            whole = blank(name, (size,), dtype)
        if whole is None:
            whole = self.state(name, np.full(size, start, dtype), dtype)
        first = 0
        for w in parameters:
            with absolute_scope(f"{whole.scope}/{w.label}"):
                self._slots[w][name] = Part(whole, slice(first, first + w.size), w.shape, name)
            first += w.size

    def updates(self, parameters: Sequence[Parameter], gradients: Sequence[Node]) -> dict[Parameter, Node]:
        """Return the new values of the parameters and of the optimizer's state: for `tinygraph.compile`.

        Args:
            parameters: what is trained. The first call for each makes its state.
            gradients: the gradient of each.

        Raises:
            ValueError: not one gradient of the same shape for each parameter.
        """
        check_gradients(self, parameters, gradients)
        self.build(parameters)
        with scope("update"):
            if self.loss_scale_factor is not None:
                gradients = [g / self.loss_scale_factor for g in gradients]
            if self._accumulation is None:
                new = self._stepped(parameters, gradients)
            else:
                totals = [self._slots[w][TOTAL] for w in parameters]
                new = self._accumulation.updates(
                    gradients, totals, lambda means: self._stepped(parameters, means)
                )
            averages = {}
            if self._averaging is not None:
                slots = {w: self._slots[w][AVERAGE] for w in parameters}
                averages = self._averaging.updates(slots, new, self.iterations)
            counters = {leaf: new.pop(leaf) for leaf in self._counters}
            # Last, when nothing reads the old state any more: so it is overwritten in place.
            return new | averages | counters

    def _stepped(self, parameters: Sequence[Parameter], gradients: Sequence[Node]) -> dict[Parameter, Node]:
        """Return what a step by these gradients makes of the parameters and the state."""
        new: dict[Parameter, Node] = {}
        rate = self._rate if isinstance(self._rate, Parameter) else self._rate(self._batches(*self._counters))
        step = ops.cast(self.iterations, dtype=rate.dtype) + 1.0
        shared = self.coefficients(rate, step)
        kept = None if self.weight_decay is None else 1.0 - self.weight_decay * rate
        for w, g in zip(parameters, self._clip(gradients), strict=True):
            with scope(w.label):
                decayed = w if kept is None else w * in_dtype(kept, w.dtype)
                numbers = [in_dtype(number, w.dtype) for number in shared]
                new[w], state = self.update(decayed, g, self._slots[w], *numbers)
            new |= {self._slots[w][name]: node for name, node in state.items()}
        return new | self.shared_updates(step)

    def scale_loss(self, loss: Node) -> Node:
        """Return the loss times ``loss_scale_factor``: its gradients are what `updates` takes."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def finalize_variable_values(self, parameters: Sequence[Parameter]) -> None:
        """Let the parameters take their averages, with ``use_ema``; `fit` does so at its end.

        >>> import tinygraph as tg
        >>> from tinygraph.nn.optimizers import SGD
        >>> w, sgd = tg.param("w", 1.0), SGD(0.25, use_ema=True, ema_momentum=0.5)
        >>> step = tg.compile(w * 1.0, updates=sgd.updates([w], tg.gradients(w * w, [w])))
        >>> [float(step()) for _ in range(3)]
        [1.0, 0.5, 0.25]
        >>> sgd.finalize_variable_values([w]); float(w.value)
        0.25
        """
        if self.use_ema and any(counter.value for counter in self._counters):
            with interrupts_held():
                for w in parameters:
                    if w in self._slots:
                        w.assign(self._slots[w][AVERAGE].value)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data; a schedule as its own config."""
        rate = self._rate if isinstance(self._rate, LearningRateSchedule) else self.learning_rate
        return super().get_config() | {"learning_rate": plain(rate)}

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles and copies keep the arguments; the state belongs to a model's parameters."""
        rate = self._rate if isinstance(self._rate, LearningRateSchedule) else self.learning_rate
        return type(self).from_config, (self.get_config() | {"learning_rate": rate},)

    def _made(self, learning_rate: Any) -> Parameter | LearningRateSchedule:
        """Return a number as a parameter, a schedule as it is, and a config as the schedule it describes."""
        if isinstance(learning_rate, Mapping):
            learning_rate = registry.get("schedule", learning_rate)
        if isinstance(learning_rate, LearningRateSchedule):
            return learning_rate
        return self.state(
            "learning_rate", number_in("[0, inf)", self, "learning_rate", learning_rate), floatx()
        )


def check_gradients(owner: object, parameters: Sequence[Parameter], gradients: Sequence[Node]) -> None:
    """Raise ValueError unless there is one gradient of the same shape for each parameter."""
    expected, got = ([node.shape for node in nodes] for nodes in (parameters, gradients))
    if expected != got:
        raise ValueError(f"{type(owner).__name__}: expected gradients of shapes {expected}, got {got}.")
