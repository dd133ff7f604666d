"""Networks as scikit-learn has its estimators: to search, to cross-validate, to put in a `Pipeline`."""

try:
    import sklearn as _  # noqa: F401
except ImportError:
    raise ImportError("tinygraph.sklearn: needs scikit-learn; pip install 'tinygraph[sklearn]'.") from None

from tinygraph.sklearn.lstm import LSTMClassifier as LSTMClassifier, LSTMRegressor as LSTMRegressor
from tinygraph.sklearn.network import (
    NetworkClassifier as NetworkClassifier,
    NetworkRegressor as NetworkRegressor,
)
