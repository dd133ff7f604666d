"""`Classifier`: labels of any kind on one side, probabilities of classes on the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from tinygraph.graph import Shape
from tinygraph.nn import losses
from tinygraph.sklearn.estimator import Array, Estimator


class Classifier(ClassifierMixin, Estimator):
    """An estimator of labels: numbers or strings.

    The model ends in a probability for each class, or for two classes in that of the second.

    Attributes:
        classes_: the labels, sorted.
        n_classes_: how many there are.
        n_outputs_expected_: how many units the model's last layer should have: 1 for two classes.
    """

    class_weight: Any

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train for ``epochs`` epochs, and return the estimator.

        Args:
            X: (samples, ...), numbers; a data frame's column names are kept.
            y: (samples,), the label of each.
            sample_weight: (samples,), what each counts for in the loss.

        Raises:
            ValueError: X or y of a wrong form, fewer than two classes, or a parameter that cannot be.
        """
        goes_on = self._goes_on()
        X, y = self._labelled(X, y, goes_on)
        classes = self.classes_ if goes_on else np.unique(y)
        return self._learn(X, y, classes, sample_weight, self.epochs, goes_on)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Any:
        """Train for one more epoch, on these samples, and return the estimator.

        ``classes`` are all labels that there will be; the first call needs them.
        """
        goes_on = hasattr(self, "model_")
        if classes is None and not goes_on:
            raise ValueError(f"{type(self).__name__}: the first partial_fit needs classes=, all labels.")
        X, y = self._labelled(X, y, goes_on)
        known = self.classes_ if goes_on else np.unique(classes)
        if classes is not None and not np.array_equal(known, np.unique(classes)):
            raise ValueError(
                f"{type(self).__name__}: expected the classes {known.tolist()} of the first partial_fit, "
                f"got {np.unique(classes).tolist()}."
            )
        return self._learn(X, y, known, sample_weight, 1, goes_on)

    def predict(self, X: Any) -> Array:
        """Return the label of each sample: that of the largest probability."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, (samples, classes), in the order of ``classes_``."""
        outputs = self._outputs(X)
        found = np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs
        if found.min() < 0 or not np.allclose(found.sum(axis=1), 1, atol=1e-3):
            raise ValueError(
                f"{type(self).__name__}: the model's outputs are no probabilities; end it with softmax, or "
                "sigmoid for one unit."
            )
        return found

    def _labelled(self, X: Any, y: Any, goes_on: bool) -> tuple[Array, Array]:
        X, y = self._seen(X, y, goes_on)
        check_classification_targets(y)
        return X, y

    def _learn(self, X: Array, y: Array, classes: Array, weight: Any, epochs: int, goes_on: bool) -> Any:
        """Train on labels as places among ``classes``."""
        if len(classes) < 2:
            raise ValueError(
                f"{type(self).__name__}: needs two classes or more, got one class: {classes.tolist()[0]!r}."
            )
        unknown = np.setdiff1d(y, classes)
        if len(unknown):
            raise ValueError(
                f"{type(self).__name__}: the label {unknown.tolist()[0]!r} is not among the classes "
                f"{classes.tolist()} that it was made for."
            )
        weights = self._weights(weight, X)
        if self.class_weight is not None:
            by_class = compute_sample_weight(self.class_weight, y)
            weights = by_class if weights is None else by_class * weights
        self.classes_, self.n_classes_, self.n_outputs_ = classes, len(classes), 1
        self.n_outputs_expected_ = 1 if len(classes) == 2 else len(classes)
        self.target_type_ = type_of_target(classes)
        self._train(X, np.searchsorted(classes, y), weights, epochs, goes_on)
        return self

    def _output_shapes(self) -> list[Shape]:
        return [(1,), (2,)] if self.n_classes_ == 2 else [(self.n_classes_,)]

    def _usual_loss(self, outputs: Shape) -> str:
        return "binary_crossentropy" if outputs == (1,) else "sparse_categorical_crossentropy"

    def _targets(self, y: Array, outputs: Shape) -> Array:
        """Places of labels, or one-hot rows for a loss that compares probabilities with such."""
        if outputs == (1,) or self.loss is None or losses.get(self.loss).target_kind == "classes":
            return y
        return np.eye(self.n_classes_)[y]
