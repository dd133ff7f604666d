"""`NetworkClassifier` and `NetworkRegressor`: any model that a function of your own makes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from tinygraph.nn import Layer, registry, signatures
from tinygraph.nn.training import Trainable
from tinygraph.sklearn.classifier import Classifier
from tinygraph.sklearn.estimator import Estimator
from tinygraph.sklearn.regressor import Regressor

PREFIX = "model__"
#: what a function that takes ``meta`` is told, as by scikeras
META = (
    "X_shape_", "n_features_in_", "n_outputs_", "n_outputs_expected_", "classes_", "n_classes_",
    "target_type_",
)  # fmt: skip


class Built(Estimator):
    """A function makes the model; its arguments are the estimator's parameters, as ``model__units``."""

    model: Callable[..., Trainable]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name, those of the function included."""
        return super().get_params(deep) | self._of_model()

    def set_params(self, **params: Any) -> Any:
        """Set parameters by name, those of the function included, and return the estimator."""
        own = {name: value for name, value in params.items() if name.startswith(PREFIX)}
        self.__dict__.update(own)
        return super().set_params(**{name: value for name, value in params.items() if name not in own})

    def _of_model(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name.startswith(PREFIX)}

    def _keep(self, arguments: Mapping[str, Any]) -> None:
        """Keep the arguments, those of the function under their whole names."""
        given = dict(arguments)
        own = given.pop("arguments")
        unknown = {name: value for name, value in own.items() if not name.startswith(PREFIX)}
        signatures.reject(type(self).__name__, unknown, [name for name in given if name != "self"])
        super()._keep(given | own)

    def _network(self) -> Trainable:
        name, build = type(self).__name__, self.model
        if isinstance(build, Layer) or not callable(build):
            raise TypeError(f"{name}: expected model= to be a function that returns a model, got {build!r}.")
        title = f"{name}, {registry.name_of(build)}"
        given = {key.removeprefix(PREFIX): value for key, value in self._of_model().items()}
        signature = inspect.signature(build)
        if "meta" in signature.parameters:
            given["meta"] = {key: getattr(self, key) for key in META if hasattr(self, key)}
        try:
            signature.bind(**given)
        except TypeError as error:
            raise TypeError(f"{title}{signature}: {error}; give arguments as {PREFIX}<name>=.") from None
        model = build(**given)
        if not isinstance(model, Trainable):
            raise TypeError(f"{title}: expected it to return a model, got {type(model).__name__}.")
        if model.compiled:
            raise ValueError(
                f"{title}: expected a model that is not compiled; give loss=, optimizer= and metrics= to "
                f"{name}, where they can be searched."
            )
        return model


class NetworkClassifier(Classifier, Built):
    """Any model that ends in probabilities of classes, with the methods of scikit-learn.

    Args:
        model: a function that returns a model, not compiled. Where it takes ``meta`` that is a dict, of what
            the data are: ``X_shape_``, ``n_features_in_``, ``classes_``, ``n_classes_``, ``target_type_``,
            and ``n_outputs_expected_``, how many units the model should end in.
        class_weight: label -> weight, or ``"balanced"``: each class then weighs the same in all.
        arguments: the function's other arguments, as ``model__<name>``: so they can be searched.

    See `Estimator` for the other arguments and the attributes, `Classifier` for ``classes_`` and the methods.

    Raises:
        TypeError: an argument that there is not.

    >>> import numpy as np
    >>> from tinygraph.nn import Dense, Sequential
    >>> from tinygraph.sklearn import NetworkClassifier
    >>> def build(meta, units):
    ...     first = Dense(units, "tanh", input_shape=meta["X_shape_"][1:])
    ...     return Sequential([first, Dense(meta["n_classes_"], "softmax")])
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> y = np.where(X[:, 0] > 0, "right", np.where(X[:, 1] > 0, "up", "down"))
    >>> model = NetworkClassifier(build, model__units=16, epochs=100, learning_rate=0.03, random_state=0)
    >>> model.fit(X, y).score(X, y) > 0.9
    True
    """

    def __init__(
        self,
        model: Callable[..., Trainable] | None = None,
        *,
        loss: Any = None,
        optimizer: Any = "adam",
        learning_rate: float | None = None,
        metrics: Any = None,
        epochs: int = 1,
        batch_size: int = 32,
        validation_split: float = 0.0,
        shuffle: bool = True,
        callbacks: Any = None,
        class_weight: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
        backend: str = "numpy",
        **arguments: Any,
    ):
        self._keep(locals())


class NetworkRegressor(Regressor, Built):
    """Any model that ends in numbers, with the methods of scikit-learn.

    Args:
        model: a function that returns a model, not compiled. Where it takes ``meta`` that is a dict, of what
            the data are: ``X_shape_``, ``n_features_in_`` and ``n_outputs_``, the numbers of a sample in y.
        arguments: the function's other arguments, as ``model__<name>``: so they can be searched.

    See `Estimator` for the other arguments and the attributes.

    Raises:
        TypeError: an argument that there is not.

    >>> import numpy as np
    >>> from tinygraph.nn import GRU, Dense, Sequential
    >>> from tinygraph.sklearn import NetworkRegressor
    >>> def build(meta, units=8):
    ...     return Sequential([GRU(units, input_shape=meta["X_shape_"][1:]), Dense(meta["n_outputs_"])])
    >>> X = np.random.default_rng(0).normal(size=(60, 5, 2))
    >>> NetworkRegressor(build, model__units=4).fit(X, X[:, -1]).predict(X).shape
    (60, 2)
    """

    def __init__(
        self,
        model: Callable[..., Trainable] | None = None,
        *,
        loss: Any = None,
        optimizer: Any = "adam",
        learning_rate: float | None = None,
        metrics: Any = None,
        epochs: int = 1,
        batch_size: int = 32,
        validation_split: float = 0.0,
        shuffle: bool = True,
        callbacks: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: Any = 0,
        backend: str = "numpy",
        **arguments: Any,
    ):
        self._keep(locals())
