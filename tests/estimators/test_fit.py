"""What estimators train, and that it is what the networks themselves would."""

import numpy as np
import pandas as pd
import pytest
from estimators.builders import build, recurrent
from sklearn.base import clone

import tinygraph as tg
from tinygraph.defaults import next_seed, seeded
from tinygraph.nn import LSTM, Callback, Dense, Input, Sequential, optimizers, schedules
from tinygraph.sklearn import LSTMClassifier, LSTMRegressor, NetworkClassifier, NetworkRegressor


class StopAfterTwo(Callback):
    """Ends training after two epochs, and counts them."""

    epochs = 0

    def on_epoch_end(self, epoch, logs):
        self.epochs += 1
        self.model.stop_training = self.epochs == 2


def weights(estimator):
    return np.concatenate([array.ravel() for array in estimator.model_.get_weights()])


def test_an_estimator_trains_what_a_model_of_the_same_seed_does(series):
    X, _, y = series
    weight = np.linspace(0, 2, len(X))
    estimator = LSTMRegressor(3, epochs=4, batch_size=16, random_state=5).fit(X, y, sample_weight=weight)
    with seeded(int(np.random.RandomState(5).randint(2**31 - 1))):
        model = Sequential([Input((5, 1)), LSTM(3), Dense(1)])
        model.compile(optimizers.Adam(0.01), "mse")
        history = model.fit(X[..., None], y, batch_size=16, epochs=4, sample_weight=weight, verbose=0)
    for ours, theirs in zip(estimator.model_.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert estimator.history_ == history.history
    np.testing.assert_array_equal(estimator.predict(X), model.predict(X[..., None], batch_size=16)[:, 0])


def test_samples_come_in_their_order_without_shuffling(series):
    X, _, y = series
    kept = LSTMRegressor(3, epochs=2, random_state=0, shuffle=False).fit(X, y)
    with seeded(int(np.random.RandomState(0).randint(2**31 - 1))):
        model = Sequential([Input((5, 1)), LSTM(3), Dense(1)])
        model.compile(optimizers.Adam(0.01), "mse")
        model.fit(X[..., None], y, epochs=2, shuffle=False, verbose=0)
    for ours, theirs in zip(kept.model_.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_labels_are_strings_and_probabilities_stand_in_their_order(series):
    X, y, _ = series
    model = LSTMClassifier(8, epochs=60, random_state=0).fit(X, y)
    assert model.classes_.tolist() == ["down", "up"]
    assert model.score(X, y) > 0.95
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (60, 2)
    assert (model.predict(X) == np.where(probabilities[:, 1] > 0.5, "up", "down")).all()
    assert set(model.predict(X)) == {"up", "down"}


def test_three_classes_in_three_axes_with_a_model_that_takes_its_shape_from_X():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 90) * 10
    X = rng.normal(size=(90, 4, 2)) + y[:, None, None] / 10
    model = NetworkClassifier(recurrent, epochs=60, learning_rate=0.03, random_state=0).fit(X, y)
    assert model.classes_.tolist() == [0, 10, 20]
    assert model.X_shape_ == (90, 4, 2)
    assert model.score(X, y) > 0.8
    assert model.predict_proba(X).shape == (90, 3)


def test_a_loss_of_one_hot_rows_trains_the_same():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 4)), rng.choice(["a", "b", "c"], 50)
    arguments = {"epochs": 3, "random_state": 0}
    rows, labels = (
        NetworkClassifier(build, loss=loss, **arguments).fit(X, y)
        for loss in ("categorical_crossentropy", "sparse_categorical_crossentropy")
    )
    np.testing.assert_allclose(rows.predict_proba(X), labels.predict_proba(X), rtol=1e-5)


def test_several_outputs(series):
    X, _, y = series
    both = np.stack([y, -2 * y], axis=1)
    model = LSTMRegressor(8, epochs=80, random_state=0).fit(X, both)
    assert model.predict(X).shape == (60, 2)
    assert model.score(X, both) > 0.9
    assert LSTMRegressor(2, epochs=1).fit(X, both[:, :1]).predict(X).shape == (60, 1)


def test_balanced_classes_weigh_the_same_as_weights_that_say_so(series):
    X, y, _ = series
    few = np.flatnonzero(y == "up")[5:]
    X, y = np.delete(X, few, axis=0), np.delete(y, few)
    made = {"units": 3, "epochs": 3, "random_state": 0}
    balanced = LSTMClassifier(class_weight="balanced", **made).fit(X, y)
    counts = {label: (y == label).sum() for label in ("up", "down")}
    by_hand = np.array([len(y) / 2 / counts[label] for label in y])
    np.testing.assert_array_equal(weights(LSTMClassifier(**made).fit(X, y, by_hand)), weights(balanced))
    assert not np.array_equal(weights(LSTMClassifier(**made).fit(X, y)), weights(balanced))
    both = LSTMClassifier(class_weight={"up": 3}, **made).fit(X, y, sample_weight=np.full(len(y), 0.5))
    product = np.where(y == "up", 1.5, 0.5)
    np.testing.assert_array_equal(weights(LSTMClassifier(**made).fit(X, y, product)), weights(both))


def test_names_and_numbers_of_what_was_fitted(series):
    X, y, _ = series
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = LSTMClassifier(2, epochs=3, metrics=["accuracy"], validation_split=0.25).fit(frame, y)
    assert model.feature_names_in_.tolist() == list("abcde")
    assert model.n_features_in_ == 5
    assert model.n_iter_ == 3
    assert list(model.history_) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert all(len(values) == 3 for values in model.history_.values())
    assert {array.dtype for array in model.model_.get_weights()} == {np.dtype("float32")}


def test_the_layers_are_those_that_were_asked_for(series):
    X, y, _ = series
    model = LSTMClassifier((3, 2), bidirectional=True, dropout=0.5, mask_value=9.0, epochs=1, dtype="float64")
    layers = model.fit(X, y).model_.layers
    assert [type(layer).__name__ for layer in layers] == [
        "Masking",
        "Bidirectional",
        "Bidirectional",
        "Dense",
    ]
    assert [layer.layer.units for layer in layers[1:3]] == [3, 2]
    assert [layer.layer.dropout for layer in layers[1:3]] == [0.5, 0.5]
    assert {array.dtype for array in model.model_.get_weights()} == {np.dtype("float64")}
    plain = LSTMClassifier(2, recurrent_dropout=0.25, epochs=1).fit(X, y).model_.layers[0]
    assert (plain.recurrent_dropout, plain.dropout) == (0.25, 0.0)


def test_padding_is_skipped(series):
    X, _, y = series
    before, after = np.pad(X, ((0, 0), (3, 0))), np.pad(X, ((0, 0), (0, 3)))
    model = LSTMRegressor(4, mask_value=0.0, epochs=2).fit(before, y)
    np.testing.assert_allclose(model.predict(after), model.predict(before), rtol=1e-5, atol=1e-6)
    unmasked = LSTMRegressor(4, epochs=2).fit(before, y)
    assert np.abs(unmasked.predict(after) - unmasked.predict(before)).max() > 1e-3


def test_the_seed_decides_and_leaves_the_process_alone(series):
    X, y, _ = series
    model = LSTMClassifier(3, epochs=2, dropout=0.2)
    first, second, other = (weights(clone(model).set_params(random_state=k).fit(X, y)) for k in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
    tg.set_seed(4)
    expected = next_seed()
    tg.set_seed(4)
    clone(model).set_params(random_state=1).fit(X, y)
    assert next_seed() == expected
    runs = []
    for _ in range(2):
        tg.set_seed(4)
        runs.append(weights(clone(model).fit(X, y)))
    np.testing.assert_array_equal(*runs)


def test_a_warm_start_goes_on(series):
    X, y, _ = series
    cold = LSTMClassifier(3, epochs=2, random_state=0).fit(X, y)
    before = weights(cold)
    np.testing.assert_array_equal(weights(cold.fit(X, y)), before)
    assert cold.n_iter_ == 2
    cold.set_params(warm_start=True, epochs=3).fit(X, y)
    assert cold.n_iter_ == len(cold.history_["loss"]) == 5
    assert cold.history_["loss"][2] < cold.history_["loss"][0]
    assert cold.model_.optimizer.iterations.value == 5 * 2


def test_partial_fit_is_one_more_epoch(series):
    X, y, slopes = series
    model = LSTMClassifier(3, random_state=0).partial_fit(X[:20], y[:20], classes=["up", "down"])
    model.partial_fit(X[20:], y[20:]).partial_fit(X[y == "up"], y[y == "up"], classes=["down", "up"])
    assert model.n_iter_ == 3
    assert model.classes_.tolist() == ["down", "up"]
    assert LSTMRegressor(3).partial_fit(X, slopes).partial_fit(X, slopes).n_iter_ == 2


def test_callbacks_are_copied_and_called(series):
    X, y, _ = series
    stop = StopAfterTwo()
    model = LSTMClassifier(2, epochs=9, callbacks=[stop]).fit(X, y)
    assert model.n_iter_ == 2
    assert model.fit(X, y).n_iter_ == 2
    assert stop.epochs == 0


def test_an_optimizer_is_copied_and_its_rate_may_be_set(series):
    X, _, y = series
    given = optimizers.SGD(schedules.ExponentialDecay(0.1, 5, 0.5))
    model = NetworkRegressor(build, optimizer=given, epochs=2).fit(X, y)
    assert model.model_.optimizer is not given
    assert given.iterations.value == 0
    assert model.model_.optimizer.learning_rate == pytest.approx(0.1 * 0.5 ** (4 / 5))
    assert NetworkRegressor(build, learning_rate=0.25).fit(X, y).model_.optimizer.learning_rate == 0.25


def test_arguments_of_the_function_are_parameters(series):
    X, _, y = series
    model = NetworkRegressor(build, model__units=3, epochs=1)
    assert model.get_params()["model__units"] == 3
    assert clone(model).set_params(model__units=5, epochs=2).fit(X, y).model_.layers[0].units == 5
    assert clone(model).fit(X, y).model_.layers[0].units == 3
    assert "model__units=3" in repr(model)


def test_what_is_shown_and_nothing_by_default(series, capsys):
    X, y, _ = series
    LSTMClassifier(2, epochs=1).fit(X, y).predict(X)
    assert capsys.readouterr().out == ""
    LSTMClassifier(2, epochs=1, verbose=1).fit(X, y)
    assert capsys.readouterr().out.startswith("epoch 1/1")
