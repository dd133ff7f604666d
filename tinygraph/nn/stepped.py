"""`Stepped`: what a model does with a batch, as nodes; each of it can be overridden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinygraph.nn.graphed import Graphed
from tinygraph.nn.step_data import StepData

if TYPE_CHECKING:
    from tinygraph.nn.steps import Steps


class Stepped(Graphed):
    """A model with a step of training, a step of testing and a loss."""

    def _steps(self, method: str) -> Steps:
        """Return the programs that the steps go into."""
        raise NotImplementedError

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
