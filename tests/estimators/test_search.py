"""Estimators in the tools of scikit-learn: pipelines, searches, folds, processes, pickles."""

import copy
import pickle

import joblib
import numpy as np
import pytest
from estimators.builders import build
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tinygraph.nn import Callback, optimizers
from tinygraph.sklearn import LSTMClassifier, LSTMRegressor, NetworkClassifier, NetworkRegressor


class Silent(Callback):
    """Does nothing, but can be pickled."""


def test_a_pipeline_scales_and_passes_parameters_on(series):
    X, y, _ = series
    pipeline = make_pipeline(StandardScaler(), NetworkClassifier(build, epochs=60, random_state=0))
    pipeline.set_params(networkclassifier__model__units=12, networkclassifier__learning_rate=0.02)
    assert pipeline.fit(1000 * X + 7, y).score(1000 * X + 7, y) > 0.95
    assert pipeline[-1].model_.layers[0].units == 12


def test_a_search_finds_the_better_and_threads_find_the_same(series):
    X, y, _ = series
    X = np.stack([X, X], axis=-1)  # time and features
    grid = {"units": [2, 6], "learning_rate": [1e-6, 0.05]}
    search = GridSearchCV(LSTMClassifier(epochs=15, random_state=0), grid, cv=3, error_score="raise")
    found = clone(search).fit(X, y)
    assert found.best_params_["learning_rate"] == 0.05
    assert found.best_score_ > 0.85
    with joblib.parallel_config(backend="threading", n_jobs=2):
        threaded = clone(search).fit(X, y)
    for key in ("split0_test_score", "split1_test_score", "split2_test_score"):
        np.testing.assert_array_equal(threaded.cv_results_[key], found.cv_results_[key])
    np.testing.assert_array_equal(threaded.predict_proba(X), found.predict_proba(X))


def test_folds_in_time(series):
    X, _, y = series
    scores = cross_val_score(LSTMRegressor(8, epochs=100, random_state=0), X, y, cv=TimeSeriesSplit(3))
    assert scores.shape == (3,)
    assert scores[-1] > 0.8


ESTIMATORS = {
    "LSTMClassifier": lambda: LSTMClassifier(
        3, epochs=2, dropout=0.3, optimizer=optimizers.Nadam(), callbacks=[Silent()]
    ),
    "LSTMRegressor": lambda: LSTMRegressor((3, 2), bidirectional=True, epochs=2, random_state=1),
    "NetworkClassifier": lambda: NetworkClassifier(build, model__units=3, epochs=2),
    "NetworkRegressor": lambda: NetworkRegressor(build, optimizer="rmsprop", epochs=2),
}


@pytest.mark.parametrize("make", ESTIMATORS.values(), ids=ESTIMATORS)
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_copy_predicts_the_same_and_trains_on_in_the_same_way(make, copied, series):
    X, labels, numbers = series
    estimator = make().set_params(random_state=3)
    y = labels if hasattr(estimator, "predict_proba") else numbers
    estimator.fit(X, y)
    estimator.set_params(epochs=7, batch_size=16)  # the copy keeps the model that was fitted, not this one
    twin = copied(estimator)
    np.testing.assert_array_equal(twin.predict(X), estimator.predict(X))
    for each in (twin, estimator):
        each.partial_fit(X, y).partial_fit(X[:10], y[:10])
    for ours, theirs in zip(twin.model_.get_weights(), estimator.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert twin.history_ == estimator.history_
    assert twin.n_iter_ == 4


def test_a_pickle_holds_arrays_and_no_programs(series):
    X, y, _ = series
    estimator = LSTMClassifier(2, epochs=1).fit(X, y)
    small = len(pickle.dumps(estimator))
    for batch in range(2, 30):
        estimator.set_params(batch_size=batch).predict(X)  # makes programs for other batches
    assert len(pickle.dumps(estimator.set_params(batch_size=32))) == small < 10_000
