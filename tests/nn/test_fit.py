"""fit, evaluate and predict on a linear model, against the same training written out in NumPy."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.nn import Callback, Dense, History, Input, Model, Sequential, metrics, optimizers

pytestmark = pytest.mark.usefixtures("float64")

RATE = 0.05
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(10, 3)), RNG.normal(size=(10, 2))
QUIET = {"verbose": 0}
ORDERED = {"verbose": 0, "shuffle": False}


def linear(outputs=2, loss="mse", **kwargs):
    model = Sequential([Dense(outputs, input_shape=(3,))])
    model.compile(optimizers.SGD(RATE), loss, **kwargs)
    model.set_weights([np.arange(3.0 * outputs).reshape(3, outputs) / 7, np.full(outputs, 0.1)])
    return model


def loss_and_slopes(weights, x, y, sample_weight):
    """mean(w (x k + b - y)²) over all elements, and its gradient."""
    kernel, bias = weights
    error = x @ kernel + bias - y
    weighted = sample_weight[:, None] * error
    slopes = [x.T @ weighted * 2 / error.size, weighted.sum(axis=0) * 2 / error.size]
    return (weighted * error).mean(), slopes


def by_hand(weights, x, y, batch_size, epochs, sample_weight=None, order=None):
    """Weights and losses of each epoch, in NumPy; a batch counts in the loss by its samples."""
    sample_weight = np.ones(len(x)) if sample_weight is None else sample_weight
    losses = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(x), batch_size):
            rows = slice(start, start + batch_size)
            loss, slopes = loss_and_slopes(weights, x[rows], y[rows], sample_weight[rows])
            weights = [w - RATE * g for w, g in zip(weights, slopes, strict=True)]
            total += loss * len(x[rows])
        losses.append(total / len(x))
    return weights, losses


def close(found, expected):
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


# Batches.


@pytest.mark.parametrize("batch_size", [1, 3, 4, 5, 10, 32])
def test_the_last_partial_batch_is_trained(batch_size):
    model = linear()
    weights, losses = by_hand(model.get_weights(), X, Y, batch_size, 3)
    history = model.fit(X, Y, batch_size=batch_size, epochs=3, **ORDERED)
    close(model.get_weights(), weights)
    close(history.history["loss"], losses)


def test_the_partial_batch_makes_a_difference():
    whole, part = linear(), linear()
    whole.fit(X, Y, batch_size=4, **ORDERED)
    part.fit(X[:8], Y[:8], batch_size=4, **ORDERED)
    assert (whole.get_weights()[0] != part.get_weights()[0]).all()


@pytest.mark.parametrize("n", [1, 2, 4, 5, 9, 10])
def test_predict_and_evaluate_take_any_number(n):
    model = linear(metrics=["mae"])
    kernel, bias = model.get_weights()
    expected = X[:n] @ kernel + bias
    close(model.predict(X[:n], batch_size=4), expected)
    loss, mae = model.evaluate(X[:n], Y[:n], batch_size=4, **QUIET)
    assert loss == pytest.approx(((expected - Y[:n]) ** 2).mean(), rel=1e-12)
    assert mae == pytest.approx(abs(expected - Y[:n]).mean(), rel=1e-12)
    assert model.test_on_batch(X[:n], Y[:n]) == pytest.approx([loss, mae], rel=1e-12)
    close(model.predict_on_batch(X[:n]), expected)


def test_evaluate_and_predict_change_nothing():
    model = linear()
    model.fit(X, Y, **QUIET)
    before = model.get_weights(), [v.value for v in model.optimizer.variables]
    model.evaluate(X, Y, **QUIET)
    model.predict(X)
    model.test_on_batch(X, Y)
    close(model.get_weights(), before[0])
    close([v.value for v in model.optimizer.variables], before[1])


def test_evaluate_returns_a_number_a_list_or_a_dict():
    assert isinstance(linear().evaluate(X, Y, **QUIET), float)
    model = linear(metrics=["mae", "mse"])
    values = model.evaluate(X, Y, **QUIET)
    named = model.evaluate(X, Y, return_dict=True, **QUIET)
    assert list(named) == ["loss", "mae", "mse"]
    assert list(named.values()) == values
    assert model.test_on_batch(X, Y, return_dict=True) == pytest.approx(named, rel=1e-12)


def test_train_on_batch_is_one_step():
    model = linear(metrics=["mae"])
    start = model.get_weights()
    mae = abs(X @ start[0] + start[1] - Y).mean()
    weights, losses = by_hand(start, X, Y, 10, 1)
    assert model.train_on_batch(X, Y) == pytest.approx([losses[0], mae], rel=1e-12)
    close(model.get_weights(), weights)
    again, losses = by_hand(weights, X, Y, 10, 1)
    assert model.train_on_batch(X, Y, return_dict=True)["loss"] == pytest.approx(losses[0], rel=1e-12)
    close(model.get_weights(), again)


# Weights of samples and classes.


@pytest.mark.parametrize("kind", [np.array, list, lambda w: w[:, None]])
def test_sample_weight(kind):
    model, sample_weight = linear(), RNG.uniform(0.0, 2.0, size=10)
    weights, losses = by_hand(model.get_weights(), X, Y, 4, 2, sample_weight)
    history = model.fit(X, Y, batch_size=4, epochs=2, sample_weight=kind(sample_weight), **ORDERED)
    close(model.get_weights(), weights)
    close(history.history["loss"], losses)
    expected = loss_and_slopes(weights, X, Y, sample_weight)[0]
    assert model.evaluate(X, Y, sample_weight=sample_weight, **QUIET) == pytest.approx(expected, rel=1e-10)


def test_samples_with_a_weight_of_zero_do_not_count_but_are_counted():
    """Keras divides by the number of elements, not by the sum of weights."""
    model = linear()
    sample_weight = np.array([1.0] * 5 + [0.0] * 5)
    half = model.evaluate(X, Y, sample_weight=sample_weight, **QUIET)
    assert half == pytest.approx(model.evaluate(X[:5], Y[:5], **QUIET) / 2, rel=1e-12)


def test_train_on_batch_takes_weights():
    sample_weight = RNG.uniform(size=10)
    one, two = linear(), linear()
    one.train_on_batch(X, Y, sample_weight=sample_weight)
    two.fit(X, Y, sample_weight=sample_weight, **ORDERED)
    close(one.get_weights(), two.get_weights())


LABELS = np.array([0, 1, 2, 0, 1, 2, 2, 2, 0, 1])
PER_CLASS = {0: 0.5, 2: 3.0}


@pytest.mark.parametrize(
    ("outputs", "loss", "y", "labels"),
    [
        (3, "sparse_categorical_crossentropy", LABELS, LABELS),
        (3, "sparse_categorical_crossentropy", LABELS[:, None], LABELS),
        (3, "mse", np.eye(3)[LABELS], LABELS),
        (1, "mse", LABELS.astype(float), LABELS),
        (1, "mse", LABELS[:, None] + 0.2, LABELS),
    ],
)
def test_class_weight_is_a_sample_weight_by_label(outputs, loss, y, labels):
    """The label, the largest of a one-hot row, or the rounded value; 1 for a class that is not named."""
    sample_weight = np.array([PER_CLASS.get(label, 1.0) for label in labels])
    one, two = linear(outputs, loss), linear(outputs, loss)
    first = one.fit(X, y, class_weight=PER_CLASS, batch_size=4, **ORDERED)
    second = two.fit(X, y, sample_weight=sample_weight, batch_size=4, **ORDERED)
    close(one.get_weights(), two.get_weights())
    assert first.history == second.history
    plain = linear(outputs, loss)
    plain.fit(X, y, batch_size=4, **ORDERED)
    assert (plain.get_weights()[0] != one.get_weights()[0]).any()
    three = linear(outputs, loss)
    three.train_on_batch(X, y, class_weight=PER_CLASS)
    four = linear(outputs, loss)
    four.train_on_batch(X, y, sample_weight=sample_weight)
    close(three.get_weights(), four.get_weights())


def test_class_weight_is_not_for_validation():
    """As in Keras: it would make losses of different fits incomparable."""
    model = linear(1)
    y = LABELS.astype(float)
    history = model.fit(X, y, class_weight=PER_CLASS, validation_split=0.3, **ORDERED)
    expected = model.evaluate(X[7:], y[7:], **QUIET)
    assert history.history["val_loss"] == pytest.approx([expected], rel=1e-12)


def test_weighted_metrics():
    model = linear(metrics=["mae"], weighted_metrics=["mae", "mse"])
    sample_weight = RNG.uniform(0.0, 2.0, size=10)
    kernel, bias = model.get_weights()
    error = abs(X @ kernel + bias - Y).mean(axis=1)
    found = model.evaluate(X, Y, sample_weight=sample_weight, batch_size=4, return_dict=True, **QUIET)
    assert list(found) == ["loss", "mae", "weighted_mae", "mse"]
    assert found["mae"] == pytest.approx(error.mean(), rel=1e-10)
    assert found["weighted_mae"] == pytest.approx(np.average(error, weights=sample_weight), rel=1e-10)


def test_one_metric_with_and_without_weights():
    metric = metrics.MeanAbsoluteError(name="mine")
    model = linear(metrics=[metric], weighted_metrics=[metric])
    found = model.evaluate(X, Y, sample_weight=[1.0] + [0.0] * 9, return_dict=True, **QUIET)
    assert found["mine"] == pytest.approx(model.evaluate(X, Y, return_dict=True, **QUIET)["mine"])
    first = model.evaluate(X[:1], Y[:1], return_dict=True, **QUIET)["mine"]
    assert found["weighted_mine"] == pytest.approx(first)


# Validation.


def test_validation_split_takes_the_last_samples():
    model, alone = linear(), linear()
    history = model.fit(X, Y, validation_split=0.3, batch_size=4, epochs=3, **ORDERED)
    trained = alone.fit(X[:7], Y[:7], batch_size=4, epochs=3, **ORDERED)
    close(model.get_weights(), alone.get_weights())
    assert history.history["loss"] == trained.history["loss"]
    expected = alone.evaluate(X[7:], Y[7:], batch_size=4, **QUIET)
    assert history.history["val_loss"][-1] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("shuffle", [False, True])
def test_nothing_leaks_from_validation(shuffle):
    """Poison: with huge values in the samples held out, every weight stays the same, bit for bit."""
    x, y = X.copy(), Y.copy()
    x[8:], y[8:] = 1e9, -1e12
    found = []
    for inputs, targets in ((X, Y), (x, y)):
        tg.set_seed(3)
        model = linear()
        model.fit(inputs, targets, validation_split=0.2, batch_size=4, epochs=3, shuffle=shuffle, verbose=0)
        found.append(b"".join(w.tobytes() for w in model.get_weights()))
        tg.set_seed(3)
        model = linear()
        model.fit(
            X[:8],
            Y[:8],
            validation_data=(inputs[8:], targets[8:]),
            batch_size=4,
            epochs=3,
            shuffle=shuffle,
            verbose=0,
        )
        found.append(b"".join(w.tobytes() for w in model.get_weights()))
    assert len(set(found)) == 1


def test_validation_data_with_weights():
    model, sample_weight = linear(), RNG.uniform(size=4)
    history = model.fit(X, Y, validation_data=(X[:4], Y[:4], sample_weight), **ORDERED)
    expected = model.evaluate(X[:4], Y[:4], sample_weight=sample_weight, **QUIET)
    assert history.history["val_loss"] == pytest.approx([expected], rel=1e-12)
    other = linear().fit(X, Y, validation_data=[X[:4], Y[:4]], validation_batch_size=3, **ORDERED)
    assert other.history["val_loss"] != history.history["val_loss"]


def test_validation_split_splits_weights_too():
    model, sample_weight = linear(), RNG.uniform(size=10)
    history = model.fit(X, Y, sample_weight=sample_weight, validation_split=0.5, **ORDERED)
    expected = model.evaluate(X[5:], Y[5:], sample_weight=sample_weight[5:], **QUIET)
    assert history.history["val_loss"] == pytest.approx([expected], rel=1e-12)


# Order of samples and epochs.


class Rows(Callback):
    """Writes down which samples each step was fed, by their first feature."""

    def __init__(self):
        self.epochs = []

    def on_epoch_begin(self, epoch, logs):
        self.epochs.append([])


def seen(model, monkeypatch, x, **kwargs):
    """The first feature of every sample, in the order of training, for each epoch."""
    from tinygraph.nn.steps import Steps

    rows, start = Rows(), Steps.start
    name = model.inputs[0].name

    def spy(function, feeds):
        rows.epochs[-1].extend(feeds[name][:, 0].tolist())
        return start(function, feeds)

    with monkeypatch.context() as patch:
        patch.setattr(Steps, "start", staticmethod(spy))
        model.fit(x, np.zeros((len(x), 2)), callbacks=[rows], verbose=0, **kwargs)
    return rows.epochs


def test_shuffle_takes_every_sample_once(monkeypatch):
    x = np.repeat(np.arange(10.0)[:, None], 3, axis=1)
    tg.set_seed(1)
    first, second = seen(linear(), monkeypatch, x, epochs=2, batch_size=4)
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second
    assert first != list(range(10))
    tg.set_seed(1)
    assert seen(linear(), monkeypatch, x, epochs=2, batch_size=4) == [first, second]


def test_without_shuffle_samples_keep_their_order(monkeypatch):
    x = np.repeat(np.arange(10.0)[:, None], 3, axis=1)
    assert seen(linear(), monkeypatch, x, epochs=2, batch_size=4, shuffle=False) == [list(range(10))] * 2


def test_shuffle_keeps_samples_targets_and_weights_together():
    """y = 2 x exactly, and only samples of weight 0 lie: any other pairing would move the weights."""
    x = RNG.normal(size=(40, 3))
    y = 2.0 * x[:, :2]
    y[::4] = 1e6
    sample_weight = np.where(np.arange(40) % 4 == 0, 0.0, 1.0)
    model = linear()
    exact = [np.array([[2.0, 0.0], [0.0, 2.0], [0.0, 0.0]]), np.zeros(2)]
    model.set_weights(exact)
    history = model.fit(x, y, sample_weight=sample_weight, epochs=3, batch_size=7, verbose=0)
    assert history.history["loss"] == pytest.approx([0.0] * 3, abs=1e-20)
    close(model.get_weights(), exact)


def test_initial_epoch_goes_on_counting():
    model = linear()
    history = model.fit(X, Y, epochs=5, initial_epoch=3, **ORDERED)
    assert history.epoch == [3, 4]
    two = linear()
    two.fit(X, Y, epochs=2, **ORDERED)
    close(model.get_weights(), two.get_weights())
    assert linear().fit(X, Y, epochs=2, initial_epoch=2, **QUIET).history == {}


def test_fits_follow_one_another():
    once, twice = linear(), linear()
    once.compile("adam", "mse")
    twice.compile("adam", "mse")
    once.fit(X, Y, epochs=4, **ORDERED)
    twice.fit(X, Y, epochs=1, **ORDERED)
    history = twice.fit(X, Y, epochs=3, **ORDERED)
    close(once.get_weights(), twice.get_weights())
    assert history.epoch == [0, 1, 2]
    assert int(once.optimizer.iterations.value) == 4


def test_compiling_again_begins_a_new_optimizer_and_keeps_the_weights():
    model = linear()
    model.compile("adam", "mse")
    model.fit(X, Y, **QUIET)
    weights, old = model.get_weights(), model.optimizer
    model.compile("adam", "mae")
    close(model.get_weights(), weights)
    assert model.optimizer is not old
    assert int(model.optimizer.iterations.value) == 0


def test_the_learning_rate_can_be_changed_between_fits():
    model = linear()
    model.fit(X, Y, **QUIET)
    before = model.get_weights()
    model.optimizer.learning_rate = 0.0
    model.fit(X, Y, **QUIET)
    close(model.get_weights(), before)


# What fit returns.


def test_history():
    model = linear(metrics=["mae"])
    assert model.history is None
    history = model.fit(X, Y, epochs=3, validation_split=0.2, **QUIET)
    assert isinstance(history, History)
    assert model.history is history
    assert {name: len(values) for name, values in history.history.items()} == {
        "loss": 3,
        "mae": 3,
        "val_loss": 3,
        "val_mae": 3,
    }
    assert all(isinstance(value, float) for values in history.history.values() for value in values)
    assert repr(history) == "<History of 3 epochs: loss, mae, val_loss, val_mae>"


def test_losses_are_those_before_the_update():
    model = linear()
    expected = model.evaluate(X, Y, **QUIET)
    assert model.fit(X, Y, batch_size=10, **ORDERED).history["loss"] == pytest.approx([expected], rel=1e-12)


@pytest.mark.parametrize(
    "name", ["sgd", "adam", "rmsprop", "nadam", "adamw", "adagrad", "adadelta", "adamax"]
)
def test_optimizers_by_name_lower_the_loss(name):
    model = linear()
    model.compile(name, "mse")
    losses = model.fit(X, Y, epochs=5, **ORDERED).history["loss"]
    assert losses[-1] < losses[0]


def test_a_loss_may_be_a_function_with_targets_of_its_own_shape():
    """The quantiles 0.1, 0.5 and 0.9 of one number: y has one column, the output three."""
    quantiles = tg.constant([[0.1, 0.5, 0.9]], dtype="float64")

    def pinball(y_true, y_pred):
        error = y_true - y_pred
        return tg.mean(tg.maximum(quantiles * error, (quantiles - 1.0) * error), axis=-1)

    model = linear(3, pinball)
    y = RNG.normal(size=(10, 1))
    error = y - model.predict(X)
    q = np.array([[0.1, 0.5, 0.9]])
    expected = np.maximum(q * error, (q - 1) * error).mean()
    assert model.evaluate(X, y, **QUIET) == pytest.approx(expected, rel=1e-10)
    history = model.fit(X, y, epochs=20, **QUIET)
    assert history.history["loss"][-1] < expected


def test_step_weights_of_outputs_in_time():
    x, y = RNG.normal(size=(6, 4, 3)), RNG.normal(size=(6, 4, 2))
    weight = RNG.uniform(size=(6, 4))
    inputs = Input((4, 3))
    model = Model(inputs, Dense(2)(inputs))
    model.compile("sgd", "mse")
    error = ((model.predict(x) - y) ** 2).mean(axis=-1)
    assert model.evaluate(x, y, sample_weight=weight, **QUIET) == pytest.approx(
        (error * weight).mean(), rel=1e-10
    )
    each = model.evaluate(x, y, sample_weight=weight[:, 0], **QUIET)
    assert each == pytest.approx((error * weight[:, :1]).mean(), rel=1e-10)


def test_history_is_plotted(tmp_path):
    matplotlib = pytest.importorskip("matplotlib")
    assert matplotlib
    model = linear(metrics=["mae"])
    history = model.fit(X, Y, epochs=3, validation_split=0.2, **QUIET)
    figure = history.plot(tmp_path / "history.png")
    assert [panel.get_ylabel() for panel in figure.axes] == ["loss", "mae"]
    assert [len(panel.lines) for panel in figure.axes] == [3, 3]
    best = int(np.argmin(history.history["val_loss"]))
    for panel in figure.axes:
        assert list(panel.lines[2].get_xdata()) == [best + 1] * 2
        assert panel.lines[2].get_label() == f"best epoch, {best + 1}"
    assert (tmp_path / "history.png").stat().st_size > 1000


def test_values_of_a_few_epochs_are_plotted_where_they_are():
    pytest.importorskip("matplotlib")

    class Sometimes(Callback):
        def on_epoch_end(self, epoch, logs):
            if epoch % 2:
                logs["val_loss"] = float(epoch)

    history = linear().fit(X, Y, epochs=4, callbacks=[Sometimes()], **QUIET)
    training, validation, _ = history.plot().axes[0].lines
    assert list(training.get_xdata()) == [1, 2, 3, 4]
    assert list(validation.get_xdata()) == [2, 4]
    assert list(validation.get_ydata()) == [1.0, 3.0]
    frame = history.to_frame()
    assert frame["val_loss"].dropna().to_dict() == {1: 1.0, 3: 3.0}


def test_history_as_a_frame():
    pytest.importorskip("pandas")
    history = linear(metrics=["mae"]).fit(X, Y, epochs=3, initial_epoch=1, validation_split=0.2, **QUIET)
    frame = history.to_frame()
    assert list(frame.columns) == ["loss", "mae", "val_loss", "val_mae"]
    assert list(frame.index) == [1, 2]
    assert frame.index.name == "epoch"
    assert frame["val_mae"].tolist() == history.history["val_mae"]
    assert History().to_frame().empty


def test_a_frame_without_pandas_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"history\.to_frame: needs pandas; pip install pandas\."):
        History().to_frame()


def test_the_best_epoch_has_the_lowest_loss_that_is_judged():
    history = History()
    assert history.best_epoch() is None
    for epoch, (loss, judged) in enumerate([(3.0, 2.0), (2.0, float("nan")), (1.0, 4.0)], start=5):
        history.on_epoch_end(epoch, {"loss": loss, "val_loss": judged})
    assert history.best_epoch() == 5
    history = History()
    history.on_epoch_end(0, {"loss": float("nan")})
    assert history.best_epoch() is None


def test_a_plot_without_matplotlib_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(
        ImportError, match=r"history\.plot: needs matplotlib; pip install 'tinygraph\[plot\]'"
    ):
        History().plot()


def test_a_loss_that_ignores_the_true_values_trains():
    model = Sequential([Dense(1, input_shape=(3,))])
    model.compile("sgd", lambda y_true, y_pred: y_pred * y_pred)
    x, y = np.ones((8, 3)), np.ones(8)
    model.fit(x, y, epochs=20, batch_size=1, verbose=0)
    assert model.evaluate(x, y, verbose=0) < 1e-3


def test_a_step_in_the_midst_of_an_epoch_does_not_disturb_it():
    x, y = np.arange(8.0).reshape(8, 1), np.ones(8)

    class Meddle(Callback):
        def on_train_batch_end(self, batch, logs):
            self.model.train_on_batch(x[:1], [100.0])

    losses = []
    for callbacks in ([], [Meddle()]):
        model = Sequential([Dense(1, input_shape=(1,), kernel_initializer="ones")])
        model.compile(optimizers.SGD(0.0), "mse")
        history = model.fit(x, y, batch_size=2, callbacks=callbacks, verbose=0)
        losses += history.history["loss"]
    assert losses[0] == pytest.approx(losses[1])
