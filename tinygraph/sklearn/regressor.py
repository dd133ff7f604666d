"""`Regressor`: one number for each sample, or several."""

from __future__ import annotations

from typing import Any

from sklearn.base import MultiOutputMixin, RegressorMixin

from tinygraph.graph import Shape
from tinygraph.sklearn.estimator import Array, Estimator


class Regressor(MultiOutputMixin, RegressorMixin, Estimator):
    """An estimator of numbers. The model ends in a unit for each."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train for ``epochs`` epochs, and return the estimator.

        Args:
            X: (samples, ...), numbers; a data frame's column names are kept.
            y: (samples,), or (samples, outputs) for several numbers each.
            sample_weight: (samples,), what each counts for in the loss.

        Raises:
            ValueError: X or y of a wrong form, or a parameter that cannot be.
        """
        return self._learn(X, y, sample_weight, self.epochs, self._goes_on())

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train for one more epoch, on these samples, and return the estimator."""
        return self._learn(X, y, sample_weight, 1, hasattr(self, "model_"))

    def predict(self, X: Any) -> Array:
        """Return the numbers of each sample, in the form that y had."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self._flat else outputs

    def _learn(self, X: Any, y: Any, sample_weight: Any, epochs: int, goes_on: bool) -> Any:
        X, y = self._seen(X, y, goes_on, multi_output=True, y_numeric=True)
        outputs = 1 if y.ndim == 1 else y.shape[1]
        if goes_on and outputs != self.n_outputs_:
            raise ValueError(
                f"{type(self).__name__}: expected {self.n_outputs_} numbers for each sample in y, as in "
                f"the first fit, got {outputs}."
            )
        self.n_outputs_ = self.n_outputs_expected_ = outputs
        self._flat = y.ndim == 1
        self._train(X, y, self._weights(sample_weight, X), epochs, goes_on)
        return self

    def _output_shapes(self) -> list[Shape]:
        return [(self.n_outputs_,)]

    def _usual_loss(self, outputs: Shape) -> str:
        return "mse"
